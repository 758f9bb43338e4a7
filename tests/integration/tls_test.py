"""TLS on both sides: chain and name are verified, and a failure names its cause."""

import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import time
import unittest

from stage import HEADGATE, Gateway, RawClient, Simulator, call, chat, chat_body, paid, post, trusting, wait_for


def make_certificates(folder):
    """An authority, and a server certificate for localhost, 127.0.0.1; another for elsewhere.test."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=Test authority",
            "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
    for name, names in (("server", "DNS:localhost,IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.test")):
        pathlib.Path(folder, "extensions").write_text(f"subjectAltName={names}\n", encoding="ascii")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey",
                "authority.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2",
                "-extfile", "extensions")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        make_certificates(folder.name)

    def path(self, name):
        return str(self.folder / name)

    def simulator(self, certificate=None):
        tls = ["--tls-certificate", self.path(f"{certificate}.pem"), "--tls-key",
               self.path(f"{certificate}.key")] if certificate else []
        simulator = Simulator("--personality", "openai", "--tokens", "5", *tls)
        self.addCleanup(simulator.stop)
        return simulator

    def gateway(self, backend, **server):
        gateway = Gateway({"far": backend}, server=server)
        self.addCleanup(gateway.stop)
        return gateway

    def upstream(self, simulator, **more):
        return paid(simulator, url=simulator.url(scheme="https", host="localhost"), **more)

    def test_clients_may_speak_tls(self):
        server = {"certificate": self.path("server.pem"), "private_key": self.path("server.key")}
        gateway = self.gateway(paid(self.simulator()), tls=server)
        context = trusting(self.folder / "authority.pem")
        for stream in (False, True):
            reply = chat(gateway.port, tls=context, host="localhost", stream=stream)
            self.assertEqual(reply.status, 200)
        with RawClient(gateway.port, tls=context, host="localhost") as client:
            for _ in range(3):  # on one connection
                client.send(post(chat_body(stream=True)))
                self.assertEqual(client.reply().events[-1], "[DONE]")
            self.assertIn(client.socket.version(), ("TLSv1.2", "TLSv1.3"))

    def test_certificates_that_expire_soon_are_told(self):
        server = {"certificate": self.path("server.pem"), "private_key": self.path("server.key")}
        simulator = self.simulator("server")
        gateway = self.gateway(self.upstream(simulator, ca=self.path("authority.pem")), tls=server)

        def told():
            return [line["detail"] for line in map(json.loads, gateway.stderr().splitlines())
                    if line["message"] == "a certificate expires"]

        wait_for(lambda: len(told()) == 2, "both are told at the start")
        self.assertRegex(told()[0], r"server\.tls\.certificate: has a certificate that expires on "
                         r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, in 1 day; put a new certificate in its place")
        self.assertIn("backends.far.ca: has a certificate that expires", told()[1])
        self.assertEqual(call(gateway.admin, "/reload", b"", {"Content-Type": "application/json"}).status, 200)
        wait_for(lambda: len(told()) == 4, "and at a reload")

        two_days = time.time() + 2 * 86400
        for labels in ({"use": "server", "backend": ""}, {"use": "ca", "backend": "far"}):
            at = float(gateway.metrics().sum("headgate_certificate_expiry_timestamp_seconds", **labels))
            self.assertAlmostEqual(at, two_days, delta=120)
        self.assertEqual([entry["path"] for entry in gateway.status()["certificates"]],
                         ["server.tls.certificate", "backends.far.ca"])

        check = subprocess.run([HEADGATE, "check", gateway.config_path], capture_output=True, text=True, check=False)
        self.assertEqual(check.returncode, 0, check.stdout)
        self.assertRegex(check.stdout, r"server\.tls\.certificate: has a certificate that expires on .* \[warning: certificate_expiry\]")
        self.assertIn("backends.far.ca: has a certificate that expires", check.stdout)

    def test_a_stream_that_breaks_ends_without_its_last_chunk(self):
        """This holds whichever side is encrypted. The error event is read before the end."""
        server = {"certificate": self.path("server.pem"), "private_key": self.path("server.key")}
        client = {"tls": trusting(self.folder / "authority.pem"), "host": "localhost"}
        for gateway, more in (
                (self.gateway(paid(self.simulator()), tls=server), client),
                (self.gateway(self.upstream(self.simulator("server"), ca=self.path("authority.pem"))), {})):
            reply = chat(gateway.port, "cut=4", stream=True, **more)
            self.assertEqual((reply.status, reply.whole, reply.tokens), (200, False, 4))
            self.assertIn("error", json.loads(reply.events[-1]))
            line = gateway.log_of(reply)
            self.assertEqual((line["outcome"], line["attempts"][0]["result"]), ("cut", "cut"))

    def test_old_protocols_and_plain_text_are_refused(self):
        server = {"certificate": self.path("server.pem"), "private_key": self.path("server.key")}
        gateway = self.gateway(paid(self.simulator()), tls=server)
        old = trusting(self.folder / "authority.pem")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            chat(gateway.port, tls=old, host="localhost")
        with self.assertRaises(Exception):
            chat(gateway.port)
        # Neither of them harms the gateway.
        self.assertEqual(chat(gateway.port, tls=trusting(self.folder / "authority.pem"),
                              host="localhost").status, 200)

    def test_a_backend_with_an_authority_of_its_own(self):
        simulator = self.simulator("server")
        gateway = self.gateway(self.upstream(simulator, ca=self.path("authority.pem")))
        for stream in (False, True, True):
            self.assertEqual(chat(gateway.port, stream=stream).status, 200)
        # One handshake: the connection is used again.
        self.assertEqual(len(gateway.log(3)), 3)

    def test_an_unknown_authority_is_not_trusted(self):
        gateway = self.gateway(self.upstream(self.simulator("server")))
        reply = chat(gateway.port)
        self.assertEqual(reply.status, 503)
        self.assertEqual(gateway.log_of(reply)["attempts"][0]["result"], "tls_failed")

    def test_another_name_is_not_trusted(self):
        simulator = self.simulator("elsewhere")
        gateway = self.gateway(self.upstream(simulator, ca=self.path("authority.pem")))
        reply = chat(gateway.port)
        self.assertEqual(reply.status, 503)
        self.assertEqual(gateway.log_of(reply)["attempts"][0]["result"], "tls_failed")
        self.assertEqual(simulator_requests(simulator, self.folder), 0)

    def test_a_backend_that_speaks_plain_text_is_not_waited_for(self):
        gateway = self.gateway(self.upstream(self.simulator(), ca=self.path("authority.pem")))
        reply = chat(gateway.port)
        self.assertEqual(gateway.log_of(reply)["attempts"][0]["result"], "tls_failed")

    def test_why_a_backend_is_not_trusted_is_said(self):
        """The operator needs to know: an unknown authority, a wrong name and plain text have different fixes."""
        ca = {"ca": self.path("authority.pem")}
        for certificate, more, words in (("server", {}, "issuer|self.signed|authority"),
                                         ("elsewhere", ca, "name.{0,20}match|not valid for"),
                                         (None, ca, "wrong version|no TLS|not TLS|plain")):
            with self.subTest(words):
                gateway = self.gateway(self.upstream(self.simulator(certificate), **more))
                line = gateway.log_of(chat(gateway.port))
                told = json.dumps(line, default=str) + gateway.stderr()
                self.assertRegex(told, re.compile(words, re.IGNORECASE))

    def test_files_that_are_not_there_are_said(self):
        simulator = self.simulator()
        for key in ("certificate", "private_key"):
            tls = {"certificate": self.path("server.pem"), "private_key": self.path("server.key"),
                   key: self.path("nothing.pem")}
            with self.assertRaises(AssertionError) as failure:
                self.gateway(paid(simulator), tls=tls)
            self.assertIn("nothing.pem", str(failure.exception))
        with self.assertRaises(AssertionError) as failure:
            self.gateway(paid(simulator), tls={"certificate": self.path("server.pem"),
                                               "private_key": self.path("elsewhere.key")})
        self.assertIn("elsewhere.key: key values mismatch", str(failure.exception))


def simulator_requests(simulator, folder):
    """/sim/stats of a simulator that speaks TLS under another name."""
    context = trusting(folder / "authority.pem")
    context.check_hostname = False
    return call(simulator.port, "/sim/stats", tls=context).json["requests"]


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main()
