"""A client that watches one answer, and the verdict about what it saw.

`ask` sends a request and keeps everything that happened. `judge` compares it with what the simulator would have said.
README.md defines the verdicts.
"""

import contextlib
import dataclasses
import json
import socket
import time

PASS, PARTIAL, SAFE, FAIL = "pass", "partial", "safe", "fail"
MOST_ATTEMPTS = 6  # of one request at one target


@dataclasses.dataclass
class Seen:
    """What a client saw of one request. Times are in seconds since it was sent."""

    status: int = 0
    identity: str = ""
    headers: dict = dataclasses.field(default_factory=dict)
    text: str = ""
    error: str = ""            # the message of an error, in the body or in the stream
    code: str = ""
    finish: str = ""           # the reason of the end
    usage: dict | None = None
    done: bool = False         # [DONE] came, or the whole body of an answer that is not streamed
    framed: bool = False       # HTTP says that the answer is complete
    hung: bool = False         # the client gave up
    first_s: float | None = None  # the first text
    total_s: float = 0
    ids: set = dataclasses.field(default_factory=set)
    malformed: int = 0         # events that are not JSON

    @property
    def clean(self):
        """Whether a client takes the answer for a whole one."""
        return self.status == 200 and self.framed and self.done and bool(self.finish) and not self.error


class Connection:
    """Reads an HTTP/1.1 answer under one deadline for all of it."""

    def __init__(self, port, within):
        self.deadline = time.monotonic() + within
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=within)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()

    def more(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise EOFError
        self.rest += piece

    def line(self):
        while b"\r\n" not in self.rest:
            self.more()
        found, _, self.rest = self.rest.partition(b"\r\n")
        return found

    def exactly(self, size):
        while len(self.rest) < size:
            self.more()
        found, self.rest = self.rest[:size], self.rest[size:]
        return found

    def pieces(self, headers):
        """The body, piece by piece. Ends without an exception only if the body is complete."""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(self.line(), 16):
                yield self.exactly(size)
                self.exactly(2)
            self.line()
        else:
            yield self.exactly(int(headers["content-length"]))


def _read_event(data, seen, now):
    if data == "[DONE]":
        seen.done = True
        return
    try:
        event = json.loads(data)
    except ValueError:
        seen.malformed += 1
        return
    if "error" in event:
        _read_error(event, seen)
        return
    if event.get("id"):
        seen.ids.add(event["id"])
    if event.get("usage"):
        seen.usage = event["usage"]
    for choice in event.get("choices", []):
        piece = (choice.get("delta") or {}).get("content")
        if piece:
            if seen.first_s is None:
                seen.first_s = now
            seen.text += piece
        if choice.get("finish_reason"):
            seen.finish = choice["finish_reason"]


def _read_error(body, seen):
    error = body["error"] if isinstance(body["error"], dict) else {"message": str(body["error"])}
    seen.error = error.get("message") or "an error without a message"
    seen.code = str(error.get("code") or "")


def _read_whole(body, seen):
    answer = json.loads(body)
    if "error" in answer:
        _read_error(answer, seen)
        return
    choice = answer["choices"][0]
    seen.text = choice["message"]["content"] or ""
    seen.finish = choice["finish_reason"]
    seen.usage = answer.get("usage")
    seen.done = True


def _read_stream(connection, headers, seen, started):
    """Reads events as they arrive. Comments and unknown fields are left out, as a client does."""
    buffer = ""
    pending = b""
    for piece in connection.pieces(headers):
        now = time.monotonic() - started
        pending += piece
        complete = pending.rfind(b"\n") + 1
        buffer += pending[:complete].decode()
        pending = pending[complete:]
        *lines, buffer = buffer.split("\n")
        for line in lines:
            if line.startswith("data:"):
                _read_event(line[5:].strip(), seen, now)


def _read(connection, seen, started):
    seen.status = int(connection.line().split()[1])
    while line := connection.line():
        name, _, value = line.decode("latin-1").partition(":")
        seen.headers[name.lower()] = value.strip()
    seen.identity = seen.headers.get("x-request-id", "")
    if seen.headers.get("content-type", "").startswith("text/event-stream"):
        _read_stream(connection, seen.headers, seen, started)
    else:
        _read_whole(b"".join(connection.pieces(seen.headers)), seen)
    seen.framed = True


def ask(port, body, within, headers=()):
    """Sends `body` as a chat request. Gives up after `within` seconds."""
    data = json.dumps(body).encode()
    head = ["POST /v1/chat/completions HTTP/1.1", "Host: localhost", "Content-Type: application/json",
            f"Content-Length: {len(data)}", *headers]
    seen = Seen()
    started = time.monotonic()
    with contextlib.closing(Connection(port, within)) as connection:
        try:
            connection.send("\r\n".join(head).encode() + b"\r\n\r\n" + data)
            _read(connection, seen, started)
        except TimeoutError:
            seen.hung = True
        except (EOFError, ConnectionError):
            pass  # `framed` stays false
        except (ValueError, KeyError, IndexError, TypeError) as failure:
            seen.error = seen.error or f"not an answer: {failure!r}"
            seen.framed = False
            seen.status = seen.status if seen.status >= 400 else -1
    seen.total_s = time.monotonic() - started
    return seen


def question(stream=True, model="auto", **fields):
    body = {"model": model, "messages": [{"role": "user", "content": "When does the ferry leave?"}], "stream": stream,
            **fields}
    if stream:
        body["stream_options"] = {"include_usage": True}
    return body


def judge(seen, whole, within, refusal=None):
    """(verdict, reason). `whole` is the text of the whole answer, `within` the time in seconds in which the request must
    be over. `refusal` is a part of the message with which the request must be refused; then no answer is expected."""
    if seen.hung or seen.total_s > within:
        return FAIL, f"took {seen.total_s:.1f} s, more than {within:.1f} s"
    if seen.status == -1 or seen.status == 0:
        return FAIL, seen.error or "no answer at all"
    if seen.status >= 400:
        if not seen.error or not seen.framed:
            return FAIL, f"status {seen.status} without an error that a client can read"
        if refusal:
            told = refusal in seen.error and seen.status < 500
            return (PASS, "refused with its reason") if told else (SAFE, f"{seen.status} {seen.error[:60]}")
        return SAFE, f"{seen.status} {seen.code or seen.error[:60]}"
    if seen.malformed:
        return FAIL, f"{seen.malformed} malformed events reached the client"
    if not whole.startswith(seen.text):
        return FAIL, f"the text is wrong from byte {_differs(seen.text, whole)} on"
    if seen.clean:
        if refusal:
            return FAIL, "answered, and must have been refused"
        return _judge_whole(seen, whole)
    if seen.framed and not seen.error:
        return FAIL, "a stream that ends as if it were whole, without its finish or [DONE]"
    if not seen.error:
        return FAIL, "the connection broke without an error event"
    return PARTIAL, f"error after {len(seen.text)} of {len(whole)} characters"


def _judge_whole(seen, whole):
    if seen.text != whole:
        return FAIL, f"{len(seen.text)} of {len(whole)} characters passed off as the whole answer"
    if len(seen.ids) > 1:
        return FAIL, f"one stream with {len(seen.ids)} ids"
    if not seen.usage or not seen.usage.get("completion_tokens"):
        return FAIL, "no usage"
    return PASS, "whole"


def _differs(text, whole):
    return next((i for i, (one, other) in enumerate(zip(text, whole)) if one != other), min(len(text), len(whole)))


def judge_attempts(line, simulators, requests=1, answers=None):
    """A reason to fail because of what reached the simulators, or None. `line` is the access log's line of a request.
    `answers` is how many whole answers the simulators may have generated, by default one for each request."""
    for target in {attempt["target"] for attempt in line["attempts"]}:
        count = sum(attempt["target"] == target for attempt in line["attempts"])
        if count > MOST_ATTEMPTS:
            return f"{count} attempts at {target}"
    for simulator in simulators:
        arrived = simulator.stats()["requests"]
        if arrived > MOST_ATTEMPTS * requests:
            return f"{arrived} requests reached a simulator for {requests}"
    finished = sum(simulator.stats()["finished"] for simulator in simulators)
    if finished > (answers or requests):
        return f"{finished} whole answers were generated for {requests} requests: billed twice"
    return None


def table(rows, head):
    """Lines of a table with aligned columns."""
    cells = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)
