"""A gateway between its clients and simulated backends: real processes on loopback.

`Simulator` and `Gateway` start a process each and stop exactly that one; both are context managers.
`call` is a plain client, and `RawClient` a client that controls every byte. A configuration is a Python
dictionary: JSON is YAML, so a test says what an operator would write.

HEADGATE, HEADGATE_SIM and HEADGATE_LOAD name the binaries; otherwise those in build/release are used.
HEADGATE_SANITIZED=1 says that they are instrumented: tests of speed and memory are then skipped, and waits are longer.
"""

import collections
import concurrent.futures
import contextlib
import decimal
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

SANITIZED = os.environ.get("HEADGATE_SANITIZED") == "1"
PATIENCE_S = 40 if SANITIZED else 10
CHAT = "/v1/chat/completions"


def binary(variable, name):
    """The path of one of the three programs: the value of `variable`, otherwise beside the program in HEADGATE,
    otherwise in the release build."""
    built = pathlib.Path(__file__).parents[2] / "build" / "release" / "bin" / "headgate"
    beside = pathlib.Path(os.environ.get("HEADGATE", built)).with_name(name)
    return os.environ.get(variable, str(beside))


HEADGATE = binary("HEADGATE", "headgate")
SIMULATOR = binary("HEADGATE_SIM", "headgate-sim")
LOAD = binary("HEADGATE_LOAD", "headgate-load")


def wait_for(condition, what="a condition", within=PATIENCE_S):
    """The first true value of `condition()`. Raises if there is none in time."""
    deadline = time.monotonic() + within
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within} s")
        time.sleep(0.005)


class Process:
    """A child process whose standard error is kept, to be shown if something goes wrong."""

    def __init__(self, command, **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-test-"))
        self.stderr_path = self.folder / "stderr"
        with open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, within=PATIENCE_S):
        """Waits for the end of the process; returns its exit code."""
        return self.process.wait(within)

    def stop(self, number=signal.SIGTERM):
        """Ends the process; returns its exit code. Safe to call twice."""
        if self.process.poll() is None:
            self.send_signal(number)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.last_words = self.stderr() if self.folder.exists() else ""
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode


class Simulator(Process):
    """headgate-sim with `listeners` replicas; `ports` has one for each."""

    def __init__(self, *options, listeners=1, **process):
        listen = ["--listen", "127.0.0.1:0"] * listeners
        super().__init__([SIMULATOR, *listen, "--print-ready", *options], **process)
        words = self.process.stdout.readline().decode().split()
        if not words or words[0] != "ready":
            raise AssertionError(f"the simulator did not start: {self.stderr()}")
        self.ports = [int(word.rsplit(":", 1)[1]) for word in words[1:]]

    @property
    def port(self):
        return self.ports[0]

    def url(self, index=0, path="/v1", scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.ports[index]}{path}"

    def urls(self):
        """The URLs of the replicas, as `replicas:` of a self-hosted backend lists them."""
        return [self.url(index, path="") for index in range(len(self.ports))]

    def page(self, path, index=0):
        reply = call(self.ports[index], path)
        assert reply.status == 200, (path, reply.status)
        return reply

    def bill(self, index=0):
        return self.page("/bill", index).json

    def stats(self, index=0):
        return self.page("/sim/stats", index).json

    def last_body(self, index=0):
        return self.page("/sim/last/body", index).body

    def last_head(self, index=0):
        """The request line, and the header fields as a list of (lower-case name, value)."""
        lines = self.page("/sim/last/head", index).body.decode("latin-1").split("\r\n")
        fields = [line.partition(":") for line in lines[1:] if line]
        return lines[0], [(name.lower(), value.strip()) for name, _, value in fields]

    def reset(self):
        for port in self.ports:
            assert call(port, "/sim/reset", b"").status == 200


def merged(base, changes):
    """`base` with `changes` laid over it, mapping by mapping."""
    out = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(out.get(name), dict)
        out[name] = merged(out[name], value) if both else value
    return out


class Gateway(Process):
    """`headgate serve` on free ports, one worker, open to anyone, unless `server` says otherwise."""

    def __init__(self, backends, routes=None, server=None, environment=None, **sections):
        log = tempfile.NamedTemporaryFile(prefix="headgate-access-", delete=False)
        log.close()
        self.log_path = pathlib.Path(log.name)
        usual = {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "auth": "none", "workers": 1,
                 "access_log": log.name, "drain_timeout": "2s"}
        config = {"server": merged(usual, server or {}), "backends": backends,
                  "routes": routes or [{"name": "all"}], **sections}
        self.config_path = self.log_path.with_suffix(".yaml")
        self.config_path.write_text(json.dumps(config, indent=1))
        super().__init__([HEADGATE, "serve", "--config", self.config_path],
                         env={**os.environ, **(environment or {})})
        serving = wait_for(self._serving, "the gateway serves")
        self.port, self.admin = int(serving[1]), int(serving[2])

    def _serving(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended: {self.stderr()}")
        return re.search(r" on [^ ]+:(\d+), admin on [^ ]+:(\d+)", self.stderr())

    def stop(self, number=signal.SIGTERM):
        """Ends the gateway and requires a clean end, whatever happened before."""
        code = super().stop(number)
        self.log_path.unlink(missing_ok=True)
        self.config_path.unlink(missing_ok=True)
        if code != 0 and self.last_words:
            raise AssertionError(f"the gateway ended with {code}: {self.last_words}")
        return code

    def status(self):
        """GET /status; numbers with a point come as exact decimals."""
        return json.loads(call(self.admin, "/status").body, parse_float=decimal.Decimal)

    def ready(self):
        return call(self.admin, "/readyz").status

    def metrics(self):
        return Metrics(call(self.admin, "/metrics").body.decode())

    def log(self, count=1, within=PATIENCE_S):
        """The access log's lines, at least `count` of them; costs are exact decimals."""
        def lines():
            whole = self.log_path.read_bytes().rpartition(b"\n")[0].splitlines()
            return (whole,) if len(whole) >= count else None  # a tuple, because an empty list is a result too
        found, = wait_for(lines, f"{count} lines in the access log", within)
        return [json.loads(line, parse_float=decimal.Decimal) for line in found]

    def log_of(self, reply):
        """The line about one request."""
        wanted = reply.headers["x-request-id"]
        return wait_for(lambda: next((line for line in self.log(0) if line["id"] == wanted), None),
                        f"the access log's line about {wanted}")

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.samples = []
        for line in text.splitlines():
            if line.startswith("#") or not line:
                continue
            name, labels, value = re.fullmatch(r"(\w+)(?:{(.*)})? (\S+)", line).groups()
            self.samples.append(
                (name, dict(re.findall(r'(\w+)="([^"]*)"', labels or "")), decimal.Decimal(value)))

    def sum(self, name, **labels):
        """The sum of all samples of `name` with these labels."""
        return sum((value for sample, has, value in self.samples
                    if sample == name and labels.items() <= has.items()), decimal.Decimal(0))


class Reply:
    """An answer that has been read to its end."""

    def __init__(self, status, headers, body, version=11, whole=True):
        self.status = status
        self.headers = headers  # lower-case names
        self.body = body
        self.version = version
        self.whole = whole  # False: a stream that ended with an error event and no last chunk

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def events(self):
        return stream_events(self.body)

    @property
    def text(self):
        return stream_text(self.body)

    @property
    def tokens(self):
        """The number of a stream's events with text: the simulator sends one for each token."""
        return len(stream_contents(self.body))


def stream_events(body):
    """The `data:` texts of a stream."""
    lines = body.decode().replace("\r\n", "\n").split("\n")
    return [line[6:] for line in lines if line.startswith("data: ")]


def ends_with_error(body):
    """Whether a stream's last event is an error: only such a stream may lack its last chunk."""
    events = stream_events(body)
    return bool(events) and events[-1] != "[DONE]" and "error" in json.loads(events[-1])


def stream_contents(body):
    """The texts of a stream's events that have text."""
    chunks = [json.loads(event) for event in stream_events(body) if event != "[DONE]"]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]
    return [delta["content"] for delta in deltas if delta.get("content")]


def stream_text(body):
    return "".join(stream_contents(body))


def chat_body(sim=None, text="hello there", **fields):
    """A chat request; `sim` is the fault that the simulated backend is asked for."""
    body = {"model": "auto", "messages": [{"role": "user", "content": text}], **fields}
    if sim:
        body["x_sim"] = sim
    return body


def encoded(body):
    return body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()


def call(port, path=CHAT, body=None, headers=None, method=None, tls=None, host="127.0.0.1",
         timeout=PATIENCE_S):
    """One request on a connection of its own."""
    body = encoded(body)
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    extra = {"context": tls} if tls else {}
    connection = kind(host, port, timeout=timeout, **extra)
    with contextlib.closing(connection):
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers or {})
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Reply(response.status, fields, response.read(), response.version)
        except http.client.IncompleteRead as broken:
            if not ends_with_error(broken.partial):
                raise
            return Reply(response.status, fields, broken.partial, response.version, whole=False)


def chat(port, sim=None, headers=None, tls=None, host="127.0.0.1", timeout=PATIENCE_S, **fields):
    return call(port, CHAT, chat_body(sim, **fields), headers, tls=tls, host=host, timeout=timeout)


def post(body=b"{}", path=CHAT, head=(), version="1.1", host="localhost"):
    """The bytes of a POST with its length."""
    body = encoded(body)
    lines = [f"POST {path} HTTP/{version}", f"Host: {host}", f"Content-Length: {len(body)}", *head]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class RawClient:
    """A connection on which a test controls every byte."""

    def __init__(self, port, timeout=PATIENCE_S, tls=None, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Leaves with a TCP RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def _more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise EOFError(f"the connection ended behind {self.rest[:200]!r}")
        self.rest += piece

    def until(self, mark):
        """The bytes up to and with `mark`."""
        while mark not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found + mark

    def exactly(self, size):
        while len(self.rest) < size:
            self._more()
        found, self.rest = self.rest[:size], self.rest[size:]
        return found

    def all(self):
        """Everything up to the end of the connection."""
        while piece := self.socket.recv(1 << 16):
            self.rest += piece
        found, self.rest = self.rest, b""
        return found

    def head(self):
        """Status and header fields of the next answer."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}

    def chunk(self):
        """The next chunk of a chunked answer; empty at its end."""
        size = int(self.until(b"\r\n"), 16)
        data = self.exactly(size)
        self.exactly(2)
        return data

    def chunks(self):
        """The rest of a chunked answer, and whether its last chunk came."""
        body = b""
        try:
            while data := self.chunk():
                body += data
            return body, True
        except EOFError:
            if self.rest or not ends_with_error(body):
                raise
            return body, False

    def reply(self, method="POST"):
        """The next answer, to its end."""
        status, headers = self.head()
        if headers.get("transfer-encoding") == "chunked":
            body, whole = self.chunks()
            return Reply(status, headers, body, whole=whole)
        elif method == "HEAD":
            body = b""
        elif "content-length" in headers:
            body = self.exactly(int(headers["content-length"]))
        else:
            body = self.all()
        return Reply(status, headers, body)

    def ended(self):
        """Whether the peer ends the connection within the timeout and sends nothing before."""
        try:
            return not self.rest and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def raw(port, data, method="POST"):
    """The answer to `data`, and whether the connection ended behind it."""
    with RawClient(port) as client:
        reply = client.send(data).reply(method)
        client.socket.settimeout(1)
        return reply, client.ended()


@contextlib.contextmanager
def beside(*works):
    """Runs each work() in a thread of its own beside the block, which gets their futures. The end of the block waits for
    them, so the block must have told them to end. An exception in one of them is raised there."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work) for work in works]
        try:
            yield running
        finally:
            for one in running:
                one.result()


def in_parallel(count, work):
    """[work(0), …, work(count - 1)], each in a thread; the first exception is raised."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [one.result() for one in [pool.submit(work, index) for index in range(count)]]


def paid(simulator, index=0, model="gpt-4.1", **more):
    """A paid backend; unless told otherwise it serves one model, under its own name."""
    return {"hosting": "paid_api", "url": simulator.url(index), "api_key": "provider-key-1",
            "models": {model: {"name": model, "price": {"input": 2, "output": 8}}}, **more}


def own(urls, model="qwen-2.5-32b", slots=8, **more):
    """A self-hosted pool."""
    return {"hosting": "self_hosted", "replicas": urls, "models": {model: model}, "slots": slots,
            "cost": {"per_replica_hour": "2.10"}, **more}


def nano(usd):
    """Nano-dollars of an exact decimal of dollars."""
    exact = decimal.Decimal(usd) * 10**9
    assert exact == exact.to_integral_value(), usd
    return int(exact)


def trusting(authority):
    """A client's TLS context that trusts one authority."""
    return ssl.create_default_context(cafile=str(authority))
