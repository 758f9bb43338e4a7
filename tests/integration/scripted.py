"""A backend that sends exactly the bytes that a test says, and a gateway with this backend as the first of two
targets."""

import json
import socket
import threading
import time
import unittest

from stage import Gateway, Simulator, paid

USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
USAGE_COST = 100 * 2000 + 10 * 8000  # nano-dollars at the prices of stage.paid()
COMPLETION = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]}


def event(chunk):
    return b"data: " + (chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode()) + b"\n\n"


def token(text, finish=None, index=0):
    return event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
        {"index": index, "delta": {"content": text}, "finish_reason": finish}]})


DONE = event(b"[DONE]")


def head(content_type, status=200, *fields):
    lines = [f"HTTP/1.1 {status} Said", "Connection: close", *fields]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join(lines).encode() + b"\r\n"


def whole(body, content_type="application/json", status=200, *fields):
    """An answer with its length."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return [head(content_type, status, *fields) + length + body]


def streamed(*pieces, content_type="text/event-stream", last=True):
    """A chunked answer; a number among the pieces is a pause in seconds."""
    out = [head(content_type) + b"Transfer-Encoding: chunked\r\n\r\n"]
    for piece in pieces:
        out.append(piece if isinstance(piece, float) else b"%x\r\n%s\r\n" % (len(piece), piece))
    return out + [b"0\r\n\r\n"] * last


class Listener:
    """Serves each connection to a free port in a thread of its own: _serve(connection) of its heirs."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()


class Scripted(Listener):
    """A server that answers each request with `script`, or with its result if it is a function: bytes, and pauses in
    seconds. `left` counts the answers whose reader left before the end, and `target` is the last request's."""

    def __init__(self, script):
        self.script = script
        self.requests = self.left = 0
        self.target = None
        super().__init__()

    def url(self, _=0, path="/v1"):
        return f"http://127.0.0.1:{self.port}{path}"

    def _serve(self, connection):
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            received = b""
            while b"\r\n\r\n" not in received:
                piece = connection.recv(1 << 16)
                if not piece:
                    return
                received += piece
            fields, _, body = received.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in fields.split(b"\r\n")
                           if line.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                body += connection.recv(1 << 16)
            self.requests += 1
            self.target = fields.split(b" ")[1].decode()
            try:
                for piece in self.script() if callable(self.script) else self.script:
                    if isinstance(piece, float):
                        time.sleep(piece)
                    else:
                        connection.sendall(piece)
            except OSError:
                self.left += 1

    def stop(self):
        self.listener.close()


class Answers(unittest.TestCase):
    """A first target that answers as scripted, and a second target that is healthy."""

    @classmethod
    def setUpClass(cls):
        cls.second = Simulator("--personality", "openai", "--ttft", "1ms", "--interval", "1ms",
                               "--tokens", "3")
        cls.addClassCleanup(cls.second.stop)

    def start(self, script, second=True, server=None, **more):
        self.first = Scripted(script)
        self.addCleanup(self.first.stop)
        backends = {"first": paid(self.first, **more)}
        targets = ["gpt-4.1@first"]
        if second:
            backends["second"] = paid(self.second, model="gpt-4.1-mini")
            targets.append("gpt-4.1-mini@second")
        gateway = Gateway(backends, [{"name": "all", "targets": targets}], server=server)
        self.addCleanup(gateway.stop)
        return gateway
