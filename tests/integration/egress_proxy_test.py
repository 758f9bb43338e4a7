"""Paid APIs through an HTTP proxy: CONNECT, its password, and proxies that refuse, stall or lie."""

import base64
import pathlib
import socket
import tempfile
import threading
import time
import unittest

from scripted import Listener
from stage import Gateway, Simulator, call, chat, paid, trusting
from tls_test import make_certificates

PASSWORD = "pass-7f2"


class Proxy(Listener):
    """An HTTP proxy for CONNECT on a free port. `answer`: what it says, if not its tunnel."""

    def __init__(self, answer=None, password=None, target=None):
        self.answer, self.password, self.target = answer, password, target
        self.heads, self.bytes_up = [], b""
        super().__init__()

    def close(self):
        self.listener.close()

    def _serve(self, client):
        with client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                piece = client.recv(1)  # one byte at a time: what follows belongs to the tunnel
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode("latin-1"))
            if self.password and f"Proxy-Authorization: Basic {self.password}" not in self.heads[-1]:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            if self.answer is not None:
                if self.answer:
                    client.sendall(self.answer)
                time.sleep(3)
                return
            host, port = head.split()[1].decode().rsplit(":", 1)
            with socket.create_connection(self.target or (host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server, keep=True)
                back.join()

    def _copy(self, source, sink, keep=False):
        try:
            while piece := source.recv(1 << 16):
                if keep:
                    self.bytes_up += piece
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class EgressProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        make_certificates(folder.name)

    def simulator(self):
        simulator = Simulator("--personality", "openai", "--tokens", "5", "--tls-certificate",
                              str(self.folder / "server.pem"), "--tls-key", str(self.folder / "server.key"))
        self.addCleanup(simulator.stop)
        return simulator

    def fields(self, simulator):
        """The header fields of the last request that the provider got."""
        tls = trusting(self.folder / "authority.pem")
        head = call(simulator.port, "/sim/last/head", tls=tls, host="localhost").body.decode("latin-1")
        return {name.lower(): value.strip() for name, _, value in
                (line.partition(":") for line in head.split("\r\n")[1:])}

    def proxy(self, **kind):
        proxy = Proxy(**kind)
        self.addCleanup(proxy.close)
        return proxy

    def gateway(self, simulator, url, **more):
        backend = paid(simulator, url=simulator.url(scheme="https", host="localhost"),
                       ca=str(self.folder / "authority.pem"), proxy=url, **more)
        gateway = Gateway({"far": backend})
        self.addCleanup(gateway.stop)
        return gateway

    def test_answers_come_through_the_tunnel_and_the_proxy_sees_no_key(self):
        simulator, proxy = self.simulator(), self.proxy()
        gateway = self.gateway(simulator, f"http://127.0.0.1:{proxy.port}")
        for stream in (False, True, True):
            reply = chat(gateway.port, stream=stream)
            self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(reply.tokens, 5)
        self.assertEqual(len(proxy.heads), 1, "the connection is used again")
        self.assertTrue(proxy.heads[0].startswith(f"CONNECT localhost:{simulator.port} HTTP/1.1\r\n"), proxy.heads)
        self.assertNotIn("authorization", proxy.heads[0].lower())
        self.assertNotIn(b"Bearer", proxy.bytes_up)
        self.assertEqual(self.fields(simulator)["authorization"], "Bearer provider-key-1")

    def test_a_password_goes_to_the_proxy_alone(self):
        simulator = self.simulator()
        proxy = self.proxy(password=base64.b64encode(f"us:{PASSWORD}".encode()).decode())
        gateway = self.gateway(simulator, f"http://us:{PASSWORD}@127.0.0.1:{proxy.port}")
        self.assertEqual(chat(gateway.port).status, 200)
        self.assertNotIn("proxy-authorization", self.fields(simulator))
        wrong = self.gateway(simulator, f"http://us:wrong-{PASSWORD}@127.0.0.1:{proxy.port}")
        reply = chat(wrong.port)
        self.assertIn(reply.status, (502, 503))
        attempt = wrong.log_of(reply)["attempts"][0]
        self.assertEqual(attempt["result"], "connect_failed")
        self.assertTrue(attempt["error"].startswith("the proxy"), attempt)
        for text in (reply.body.decode(), wrong.stderr(), str(wrong.log())):
            self.assertNotIn(PASSWORD, text)

    def test_what_a_proxy_does_wrong_is_said_and_bounded(self):
        simulator = self.simulator()
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        answers = {
            "refuses": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            "is no proxy": b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
            "never ends its head": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000,
            "is silent": b"",
        }
        ports = {name: self.proxy(answer=answer).port for name, answer in answers.items()}
        ports["is not there"] = port
        for name, number in ports.items():
            with self.subTest(name):
                gateway = self.gateway(simulator, f"http://127.0.0.1:{number}", timeouts={"connect": "1s"})
                began = time.monotonic()
                reply = chat(gateway.port)
                self.assertLess(time.monotonic() - began, 6)
                self.assertIn(reply.status, (502, 503), reply.body)
                attempt = gateway.log_of(reply)["attempts"][0]
                self.assertEqual(attempt["result"], "connect_failed", attempt)
                self.assertTrue(attempt["error"].startswith("the proxy"), attempt)

    def test_the_name_behind_the_tunnel_is_verified(self):
        simulator, other = self.simulator(), self.simulator()
        proxy = self.proxy(target=("127.0.0.1", other.port))  # a proxy may lie about where it leads
        gateway = self.gateway(simulator, f"http://127.0.0.1:{proxy.port}")
        self.assertEqual(chat(gateway.port).status, 200, "the other has the same certificate")
        backend = paid(simulator, url=simulator.url(scheme="https", host="elsewhere.test"),
                       ca=str(self.folder / "authority.pem"), proxy=f"http://127.0.0.1:{proxy.port}")
        strict = Gateway({"far": backend})
        self.addCleanup(strict.stop)
        reply = chat(strict.port)
        self.assertIn(reply.status, (502, 503))
        self.assertEqual(strict.log_of(reply)["attempts"][0]["result"], "tls_failed")


if __name__ == "__main__":
    unittest.main()
