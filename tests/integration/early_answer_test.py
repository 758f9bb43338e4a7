"""Backends that answer before they have read the request: refusals are used at once, and stray answers reach no
client."""

import json
import pathlib
import re
import socket
import ssl
import tempfile
import threading
import time
import unittest

from idle_connection_test import MARK, RawBackend, answer, completion
from stage import PATIENCE_S, Gateway, Simulator, chat, in_parallel, wait_for
from tls_test import make_certificates

CHUNK = 1 << 14
ERROR = json.dumps({"error": {"message": "too much for me", "type": "x"}}).encode()


def refusal(status):
    return (f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(ERROR)}\r\n\r\n").encode() + ERROR


class Backend(RawBackend):
    """Reads slowly: `rate` bytes a second after the first CHUNK of each request, at most CHUNK at once.
    `early(number)` is sent when that chunk of the connection's request `number` (from 1) has come;
    `stops`: nothing is read after it."""

    def __init__(self, early=lambda number: b"", rate=2_000_000, stops=False, tls=None):
        self.early, self.rate, self.stops = early, rate, stops
        self.over = threading.Event()
        listener = socket.socket()
        # The system acknowledges bytes that the backend has not read, so they look as if they had been read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        super().__init__(listener, tls)

    def close(self):
        self.over.set()
        super().close()

    def converse(self, connection):
        number = 1
        while self._answer(connection, number):
            number += 1

    def _answer(self, connection, number):
        data, said = b"", False
        while True:
            piece = connection.recv(CHUNK)
            if not piece:
                return False
            data += piece
            head, end, body = data.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            if not said and len(body) < length:
                said = True
                connection.sendall(self.early(number))
                if self.stops:
                    self.over.wait(60)
                    return False
            if end and len(body) >= length:
                break
            time.sleep(len(piece) / self.rate)
        self.requests += 1
        connection.sendall(answer(json.loads(body)["messages"][-1]["content"]))
        return True


class EarlyAnswers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        make_certificates(folder.name)
        cls.authority = pathlib.Path(folder.name, "authority.pem")
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(f"{folder.name}/server.pem", f"{folder.name}/server.key")

    def stage(self, backends, **more):
        """A gateway with one model for each of `backends`; model i is served by backend i."""
        models = {}
        config = {}
        for index, backend in enumerate(backends):
            self.addCleanup(backend.close)
            models[f"m{index}"] = {"context": 8_000_000, "max_output": 1024}
            config[f"b{index}"] = backend.config(f"m{index}", self.authority, **more)
        gateway = Gateway(config, models=models)
        self.addCleanup(gateway.stop)
        return gateway

    def content(self, gateway, index, text, size=0):
        reply = chat(gateway.port, model=f"m{index}", text=text, user="x" * size, timeout=60)
        self.assertEqual(reply.status, 200, reply.body[:500])
        return reply.json["choices"][0]["message"]["content"]

    def test_an_answer_that_comes_before_the_request_has_left_reaches_nobody(self):
        cases = [(tls, size) for tls in (None, self.tls) for size in (150_000, 1_000_000, 3_000_000)]
        strays = {}

        def stray_of(case):
            def early(number):
                if number == 1 or case in strays:
                    return b""
                strays[case] = True
                return answer(MARK)
            return early

        backends = [Backend(stray_of(case), rate=case[1] * 5, tls=case[0]) for case in cases]
        gateway = self.stage(backends)

        def work(index):
            for turn in range(4):
                text = f"text {index}-{turn}"
                size = cases[index][1] if turn > 0 else 0
                self.assertEqual(self.content(gateway, index, text, size), text)

        in_parallel(len(cases), work)
        for case, backend in zip(cases, backends):
            with self.subTest(tls=bool(case[0]), size=case[1]):
                # The stray answer was sent, its connection was dropped, and the second connection serves the rest.
                self.assertIn(case, strays)
                self.assertEqual((backend.requests, backend.connections), (4, 2))
        for line in gateway.log(4 * len(cases)):
            self.assertEqual((line["outcome"], len(line["attempts"])), ("ok", 1))

    def test_a_refusal_that_comes_before_the_request_has_left_is_used_at_once(self):
        for tls in (None, self.tls):
            for status, stream in ((413, False), (429, False), (503, True), (503, False)):
                with self.subTest(tls=bool(tls), status=status, stream=stream):
                    self.refused(tls, status, stream)

    def refused(self, tls, status, stream):
        backend = Backend(lambda _: refusal(status), stops=True, tls=tls)
        self.addCleanup(backend.close)
        with Simulator("--tokens", "3", "--ttft", "1ms", "--interval", "1ms") as second:
            config = {"first": backend.config("m0", self.authority),
                      "second": {"hosting": "paid_api", "url": second.url(), "api_key": "key-2-of-test",
                                 "models": {"m1": {"name": "m1", "price": {"input": 1, "output": 1}}}}}
            models = {name: {"context": 8_000_000, "max_output": 1024} for name in ("m0", "m1")}
            with Gateway(config, [{"name": "all", "targets": ["m0@first", "m1@second"]}],
                         models=models) as gateway:
                begun = time.monotonic()
                reply = chat(gateway.port, user="x" * 8_000_000, stream=stream, timeout=60)
                self.assertLess(time.monotonic() - begun, PATIENCE_S / 2)
                attempts = gateway.log_of(reply)["attempts"]
                if status == 413:
                    self.assertEqual((reply.status, reply.json["error"]["message"]),
                                     (413, "too much for me"))
                else:
                    self.assertEqual(reply.status, 200)
                    self.assertEqual(attempts[-1]["target"], "m1@second")
                self.assertEqual(attempts[0]["status"], status)

    def test_an_early_answer_on_a_new_connection_is_an_answer(self):
        """The request is written to its end, and the connection is not used again."""
        whole = completion("text of the eager").encode()
        for tls in (None, self.tls):
            with self.subTest(tls=bool(tls)):
                head = (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(whole)}\r\n\r\n").encode()
                backend = Backend(lambda _, head=head: head + whole, tls=tls)
                gateway = self.stage([backend])
                for turn in range(2):
                    self.assertEqual(self.content(gateway, 0, "text", 1_000_000), "text of the eager")
                    wait_for(lambda turn=turn: backend.requests == turn + 1)
                self.assertEqual(backend.connections, 2)

    def test_large_requests_use_a_connection_again(self):
        backends = [Backend(rate=20_000_000), Backend(rate=20_000_000, tls=self.tls)]
        gateway = self.stage(backends)
        for index, backend in enumerate(backends):
            for turn in range(4):
                self.assertEqual(self.content(gateway, index, f"text {turn}", 600_000), f"text {turn}")
            self.assertEqual((backend.requests, backend.connections), (4, 1))


if __name__ == "__main__":
    unittest.main()
