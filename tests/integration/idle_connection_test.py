"""Backends that send bytes unasked on idle connections: clients never see a byte of them."""

import contextlib
import json
import pathlib
import re
import socket
import ssl
import tempfile
import threading
import time
import unittest

from stage import Gateway, RawClient, chat, chat_body, in_parallel, post
from tls_test import make_certificates

MARK = "stray-text-of-nobody"


def completion(text):
    return json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
                       "choices": [{"index": 0, "finish_reason": "stop",
                                    "message": {"role": "assistant", "content": text}}],
                       "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})


def answer(text, status="200 OK"):
    body = completion(text).encode()
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


STRAYS = {
    "a whole answer": answer(MARK),
    "a refusal": answer(MARK, "400 Bad Request"),
    "an empty line": b"\r\n",
}
GAPS_S = (0.005, 0.02, 0.05, 0.095, 0.25, 2.0)


class RawBackend:
    """A backend on a socket, plain or with the server side of `tls`: each connection is handed to
    `converse(connection)`. `connections` counts."""

    def __init__(self, listener, tls=None):
        self.listener, self.tls = listener, tls
        self.connections = self.requests = 0
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with contextlib.closing(connection):
                self.converse(connection)

    def config(self, name, authority=None, **more):
        trust = {"ca": str(authority)} if self.tls else {}
        scheme = "https" if self.tls else "http"
        return {"hosting": "paid_api", "url": f"{scheme}://localhost:{self.port}/v1",
                "api_key": "provider-key-1",
                "models": {name: {"name": name, "price": {"input": 1, "output": 1}}}, **trust, **more}


class Backend(RawBackend):
    """Answers each request with the text of its last message. `gap_s` after an answer it sends
    `stray` on the same connection; `pushed` counts these. It sends `in_thought` half a second
    before the second answer."""

    def __init__(self, stray=b"", gap_s=0.0, tls=None, with_answer=b"", close_notify=False,
                 in_thought=b""):
        self.in_thought, self.answered = in_thought, threading.Semaphore(0)
        self.stray, self.gap_s = stray, gap_s
        self.with_answer, self.close_notify = with_answer, close_notify
        self.pushed = threading.Semaphore(0)
        super().__init__(socket.create_server(("127.0.0.1", 0), backlog=128), tls)

    def converse(self, connection):
        data = b""
        while piece := connection.recv(1 << 16):
            data += piece
            head, end, rest = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if not end or len(rest) < int(length[1]):
                continue
            body, data = json.loads(rest[:int(length[1])]), rest[int(length[1]):]
            self.requests += 1
            if self.in_thought and self.requests == 2:
                connection.sendall(self.in_thought)
                time.sleep(0.5)
            connection.sendall(answer(body["messages"][-1]["content"]) + self.with_answer)
            self.answered.release()
            if self.stray or self.close_notify:
                time.sleep(self.gap_s)
                if self.close_notify:
                    connection.settimeout(0.2)  # the gateway says nothing back
                    with contextlib.suppress(OSError):
                        connection.unwrap()
                else:
                    connection.sendall(self.stray)
                self.pushed.release()


class IdleConnections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        make_certificates(folder.name)
        cls.authority = pathlib.Path(folder.name, "authority.pem")
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(f"{folder.name}/server.pem", f"{folder.name}/server.key")

    def stage(self, backends):
        """A gateway with one model for each of `backends`; model i is served by backend i."""
        models = {}
        config = {}
        for index, backend in enumerate(backends):
            self.addCleanup(backend.close)
            models[f"m{index}"] = {"context": 8192, "max_output": 1024}
            config[f"b{index}"] = backend.config(f"m{index}", self.authority)
        gateway = Gateway(config, models=models)
        self.addCleanup(gateway.stop)
        return gateway

    def ask(self, gateway, index, text):
        reply = chat(gateway.port, model=f"m{index}", text=text)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertNotIn(MARK.encode(), reply.body)
        self.assertEqual(reply.json["choices"][0]["message"]["content"], text)
        return reply

    def test_what_comes_between_two_requests_reaches_nobody(self):
        cases = [(tls, stray, gap) for tls in (None, self.tls) for stray in STRAYS.values()
                 for gap in GAPS_S]
        backends = [Backend(stray, gap, tls) for tls, stray, gap in cases]
        gateway = self.stage(backends)

        def work(index):
            for turn in range(4):
                reply = self.ask(gateway, index, f"text {index}-{turn}")
                self.assertTrue(backends[index].pushed.acquire(timeout=10))
                time.sleep(0.003)  # until the stray bytes have crossed the loopback
                self.assertEqual(reply.headers["x-headgate-attempts"], "1")

        in_parallel(len(cases), work)
        for (tls, stray, gap), backend in zip(cases, backends):
            with self.subTest(tls=bool(tls), stray=stray[:20], gap=gap):
                # Each request was served once, on a connection of its own.
                self.assertEqual((backend.requests, backend.connections), (4, 4))
        for line in gateway.log(4 * len(cases)):
            self.assertEqual((line["outcome"], len(line["attempts"])), ("ok", 1))

    def test_a_second_answer_in_one_piece_with_the_first(self):
        """The second answer may lie in the socket, in the TLS library or in its record layer by then."""
        backends = [Backend(with_answer=stray, tls=tls)
                    for tls in (None, self.tls) for stray in STRAYS.values()]
        gateway = self.stage(backends)
        for index, backend in enumerate(backends):
            for turn in range(4):
                self.ask(gateway, index, f"text {index}-{turn}")
            self.assertEqual(backend.connections, 4)

    def test_a_tls_connection_that_was_said_to_end_is_not_used_again(self):
        backend = Backend(tls=self.tls, close_notify=True)
        gateway = self.stage([backend])
        for turn in range(3):
            self.ask(gateway, 0, f"text {turn}")
            self.assertTrue(backend.pushed.acquire(timeout=10))
        self.assertEqual((backend.requests, backend.connections), (3, 3))

    def test_a_late_answer_reaches_nobody_else(self):
        """An answer that comes while a backend works counts as its answer (decision 30). Later answers stay in step."""
        backends = [Backend(in_thought=answer(MARK)), Backend(in_thought=answer(MARK), tls=self.tls)]
        gateway = self.stage(backends)
        for index, backend in enumerate(backends):
            self.ask(gateway, index, "text 0")
            reply = chat(gateway.port, model=f"m{index}", text="text 1")
            self.assertIn(MARK.encode(), reply.body)
            for _ in range(2):
                self.assertTrue(backend.answered.acquire(timeout=10))
            time.sleep(0.003)
            for turn in range(2, 5):
                self.ask(gateway, index, f"text {turn}")
            self.assertEqual((backend.requests, backend.connections), (5, 2))

    def test_silent_connections_are_used_again(self):
        backends = [Backend(), Backend(tls=self.tls)]
        gateway = self.stage(backends)
        for index, backend in enumerate(backends):
            for turn in range(3):
                self.ask(gateway, index, f"text {turn}")
                time.sleep(0.25)  # two sweeps, which read the session tickets
            self.assertEqual((backend.requests, backend.connections), (3, 1))

    def test_one_clients_connection_sees_its_own_answers_only(self):
        backend = Backend(STRAYS["a whole answer"], 0.01)
        gateway = self.stage([backend])
        with RawClient(gateway.port) as client:
            for turn in range(5):
                client.send(post(chat_body(model="m0", text=f"text {turn}")))
                content = client.reply().json["choices"][0]["message"]["content"]
                self.assertEqual(content, f"text {turn}")
                self.assertTrue(backend.pushed.acquire(timeout=10))
                time.sleep(0.003)


if __name__ == "__main__":
    unittest.main()
