"""Runs headgate-sim as a process and sends requests to it. HEADGATE_SIM has the path of the binary."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
import unittest

BINARY = os.environ["HEADGATE_SIM"]
PRICES = ["--price", "m=0.55,0.14,2.19", "--price", "*=1,0.5,2"]


class Simulator:
    """A running simulator; `ports` has one for each listener."""

    def __init__(self, *arguments, listeners=1):
        listen = ["--listen", "127.0.0.1:0"] * listeners
        self.process = subprocess.Popen(
            [BINARY, *listen, "--print-ready", *arguments], stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        assert words and words[0] == "ready", words
        self.ports = [int(word.rsplit(":", 1)[1]) for word in words[1:]]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def running(*arguments, **options):
    simulator = Simulator(*arguments, **options)
    try:
        yield simulator
    finally:
        simulator.stop()


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        text = self.body.decode().replace("\r\n", "\n")
        return [line[6:] for line in text.split("\n") if line.startswith("data: ")]

    @property
    def named(self):
        """[(event name, JSON)] of a stream whose events all have names. Checks that `type` is the same name."""
        text = self.body.decode().replace("\r\n", "\n")
        found = []
        for block in text.split("\n\n"):
            lines = [line for line in block.split("\n") if line and not line.startswith(":")]
            if not lines:
                continue
            (first, name), (second, data) = (line.split(": ", 1) for line in lines)
            assert (first, second) == ("event", "data"), block
            value = json.loads(data)
            assert value["type"] == name, block
            found.append((name, value))
        return found

    @property
    def chunks(self):
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    @property
    def text(self):
        deltas = [c["choices"][0]["delta"] for c in self.chunks if c.get("choices")]
        return "".join(delta.get("content") or "" for delta in deltas)


def call(port, path, body=None, headers=None, method=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers or {})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def chat_body(sim=None, text="hello there", **fields):
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **fields}
    if sim:
        body["x_sim"] = sim
    return body


def chat(port, sim=None, headers=None, **fields):
    return call(port, "/v1/chat/completions", chat_body(sim, **fields), headers)


def stream(port, sim=None, usage=True, **fields):
    if usage:
        fields["stream_options"] = {"include_usage": True}
    return chat(port, sim, stream=True, **fields)


def raw_request(body, head="", path="/v1/chat/completions"):
    data = json.dumps(body).encode()
    return (f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(data)}\r\n{head}\r\n"
            .encode() + data)


def read_until(connection, mark):
    data = b""
    while mark not in data:
        piece = connection.recv(65536)
        if not piece:
            raise EOFError(data)
        data += piece
    return data


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


class Shared(unittest.TestCase):
    """One simulator for the tests that leave no trace."""

    OPTIONS = ("--tokens", "8", "--cached-share", "0.3", *PRICES)

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.OPTIONS)
        cls.port = cls.simulator.ports[0]

    @classmethod
    def tearDownClass(cls):
        assert cls.simulator.stop() == 0

    def setUp(self):
        self.assertEqual(call(self.port, "/sim/reset", b"").status, 200)

    def stats(self):
        return call(self.port, "/sim/stats").json

    def bill(self):
        return call(self.port, "/bill").json

    def wait_for(self, condition):
        deadline = time.monotonic() + 5
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.002)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.addCleanup(connection.close)
        return connection
