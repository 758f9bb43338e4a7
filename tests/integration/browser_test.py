"""Web pages at the client's port: which pages are admitted, what the browser is told, and DNS rebinding."""

import hashlib
import json
import pathlib
import time
import unittest

from stage import (CHAT, Gateway, RawClient, Simulator, call, chat, chat_body, paid, post, wait_for)

KEY = "hg-the-key-of-a-page"
PAGE = "https://chat.example"
EVIL = "https://evil.example"
BODY = json.dumps(chat_body()).encode()
ASKED = {"access-control-request-method": "POST",
         "access-control-request-headers": "authorization,content-type,x-stainless-os"}
KEYS = [{"name": "page", "hash": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()], "team": "t",
         "expose": True}]


class Browser(unittest.TestCase):
    """One simulator and one gateway for each class."""

    server = {}
    sections = {}

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--tokens", "3")
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway({"api": paid(cls.simulator)}, server=cls.server, **cls.sections)
        cls.addClassCleanup(cls.gateway.stop)
        cls.port = cls.gateway.port

    def ask(self, path=CHAT, body=BODY, method=None, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(self.port, path, body, fields, method)

    def preflight(self, path=CHAT, origin=PAGE, port=None, **headers):
        fields = {"origin": origin, **ASKED, **headers}
        return call(port or self.port, path, None, fields, "OPTIONS")

    def requests(self):
        return self.simulator.stats()["requests"]


class WithoutKeys(Browser):
    server = {"hosts": ["llm.internal"]}

    def assert_foreign(self, reply, code, setting):
        self.assertEqual((reply.status, reply.error["code"]), (403, code), reply.body)
        self.assertIn(setting, reply.error["message"])
        self.assertNotIn("access-control-allow-origin", reply.headers)

    def test_a_page_of_another_origin_spends_nothing(self):
        before = self.requests()
        for headers in ({"origin": EVIL}, {"origin": "null"},
                        {"origin": EVIL, "content_type": "text/plain"},
                        {"origin": EVIL, "content_type": "application/x-www-form-urlencoded"},
                        {"origin": EVIL, "sec_fetch_site": "cross-site"},
                        {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
                        {"origin": "http://localhost:3000"},
                        {"origin": f"https://127.0.0.1:{self.port}"},
                        {"origin": f"http://127.0.0.1:{self.port}.evil.example"},
                        {"origin": EVIL, "upgrade": "websocket", "connection": "upgrade"}):
            with self.subTest(headers):
                self.assert_foreign(self.ask(**headers), "foreign_origin", "server.cors.origins")
        for path in ("/v1/models", "/", "/health", "/nothing", CHAT):
            reply = self.ask(path, None, origin=EVIL)
            self.assert_foreign(reply, "foreign_origin", "server.cors.origins")
        self.assertEqual(self.requests(), before)
        log = self.gateway.log_of(self.ask(origin=EVIL))
        self.assertEqual((log["status"], log["rejected"], log["outcome"]), (403, "origin", "refused"))
        self.assertGreater(self.gateway.metrics().sum("headgate_rejected_total", reason="origin"), 10)

    def test_a_name_that_was_pointed_here_is_refused(self):
        before = self.requests()
        for host in ("evil.example", f"evil.example:{self.port}", "localhost.evil.example",
                     "127.0.0.1.nip.io", "0.0.0.0", "10.0.0.5", "[::2]", "sub.llm.internal"):
            with self.subTest(host):
                reply = self.ask(host=host, origin=f"http://{host}")
                self.assert_foreign(reply, "foreign_host", "server.hosts")
                self.assert_foreign(self.ask("/v1/models", None, host=host), "foreign_host",
                                    "server.hosts")
        with RawClient(self.port) as client:
            client.send(b"POST http://evil.example/v1/chat/completions HTTP/1.1\r\nHost: evil.example"
                        b"\r\nContent-Length: 2\r\n\r\n{}")
            self.assertEqual(client.reply().status, 403)
            self.assertTrue(client.ended())
        self.assertEqual(self.requests(), before)

    def test_names_of_this_machine_are_served(self):
        for host in ("localhost", "LocalHost:1", "localhost.", "app.localhost:8080", "127.0.0.1",
                     "127.9.9.9:80", "[::1]:8080", "llm.internal", "LLM.internal.:8080"):
            with self.subTest(host):
                self.assertEqual(self.ask(host=host).status, 200)

    def test_programs_are_served(self):
        # The first request is what `curl -d` sends.
        for headers in ({"content_type": "application/x-www-form-urlencoded"}, {},
                        {"content_type": "text/plain"}, {"sec_fetch_site": "none"},
                        {"sec_fetch_site": "same-origin"}, {"referer": EVIL},
                        {"origin": f"http://127.0.0.1:{self.port}"}):
            with self.subTest(headers):
                self.assertEqual(self.ask(**headers).status, 200)
        with RawClient(self.port) as client:
            data = post(BODY, version="1.0").replace(b"Host: localhost\r\n", b"")
            self.assertEqual(client.send(data).reply().status, 200)

    def test_a_refusal_does_not_break_the_connection(self):
        with RawClient(self.port) as client:
            evil = f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: {EVIL}\r\n\r\n".encode()
            self.assertEqual(client.send(evil + evil).reply().status, 403)
            self.assertEqual(client.reply().status, 403)
            # A refused request with a body ends the connection: a request inside the body is not served.
            inner = post(BODY)
            self.assertEqual(client.send(post(inner, head=[f"Origin: {EVIL}"])).reply().status, 403)
            self.assertTrue(client.ended())

    def test_preflights_are_405_as_ever(self):
        for origin in (PAGE, EVIL):
            reply = self.preflight(origin=origin)
            self.assertEqual((reply.status, reply.headers["allow"]), (405, "POST"))
            self.assertNotIn("access-control-allow-origin", reply.headers)

    def test_the_admin_port_shows_nothing_to_a_name_that_was_pointed_here(self):
        admin = self.gateway.admin
        for path in ("/status",):
            self.assertEqual(call(admin, path, headers={"host": "evil.example"}).status, 403)
            self.assertEqual(call(admin, path, headers={"host": "localhost:1"}).status, 200)
        for path in ("/metrics", "/healthz", "/readyz"):
            self.assertEqual(call(admin, path, headers={"host": "prometheus.target"}).status, 200)


class ListedPages(Browser):
    server = {"cors": {"origins": [PAGE, "https://*.pages.example"]}}

    def assert_readable(self, reply, origin=PAGE):
        self.assertEqual(reply.headers["access-control-allow-origin"], origin)
        self.assertEqual(reply.headers["vary"], "Origin")
        for name in ("x-request-id", "x-headgate-target", "retry-after"):
            self.assertIn(name, reply.headers["access-control-expose-headers"])
        self.assertNotIn("access-control-allow-credentials", reply.headers)

    def test_a_listed_page_asks_first_and_is_served(self):
        for origin in (PAGE, "https://a.pages.example"):
            reply = self.preflight(origin=origin)
            self.assertEqual((reply.status, reply.body), (204, b""))
            self.assertNotIn("content-length", reply.headers)
            self.assertNotIn("content-type", reply.headers)
            self.assert_readable(reply, origin)
            self.assertEqual(reply.headers["access-control-allow-methods"], "POST")
            self.assertEqual(reply.headers["access-control-allow-headers"],
                             "authorization, content-type, x-stainless-os")
            self.assertGreater(int(reply.headers["access-control-max-age"]), 0)
            for site in ("cross-site", "same-site"):
                reply = self.ask(origin=origin, sec_fetch_site=site)
                self.assertEqual(reply.status, 200)
                self.assert_readable(reply, origin)
                self.assertIn("x-headgate-target", reply.headers)

    def test_preflights_of_every_path(self):
        for path, methods in (("/v1/models", "GET, HEAD"), ("/v1/models/x", "GET, HEAD"),
                              ("/health", "GET, HEAD"), (CHAT + "/", "POST"),
                              ("/openai/deployments/m/chat/completions", "POST"),
                              ("/nothing", "GET, HEAD, POST")):
            reply = self.preflight(path)
            self.assertEqual(reply.status, 204, path)
            self.assertEqual(reply.headers["access-control-allow-methods"], methods)
        reply = self.preflight(**{"access-control-request-private-network": "true"})
        self.assertEqual(reply.headers["access-control-allow-private-network"], "true")

    def test_a_preflight_keeps_the_connection_and_may_have_a_body(self):
        ask = (f"OPTIONS {CHAT} HTTP/1.1\r\nHost: localhost\r\nOrigin: {PAGE}\r\n"
               "Access-Control-Request-Method: POST\r\nContent-Length: 3\r\n\r\nabc").encode()
        with RawClient(self.port) as client:
            client.send(ask + ask + post(BODY, head=[f"Origin: {PAGE}"]))
            self.assertEqual([client.head()[0] for _ in range(2)], [204, 204])
            self.assertEqual(client.reply().status, 200)

    def test_every_answer_can_be_read(self):
        streamed = chat(self.port, headers={"origin": PAGE}, stream=True)
        self.assert_readable(streamed)
        self.assertEqual(streamed.events[-1], "[DONE]")
        for reply in (self.ask("/v1/models", None, origin=PAGE), self.ask("/nothing", origin=PAGE),
                      self.ask(CHAT, None, origin=PAGE), self.ask(body=b"{", origin=PAGE),
                      self.ask("/v1/messages", b"{}", origin=PAGE),
                      self.ask(origin=PAGE, content_encoding="gzip"),
                      self.ask(origin=PAGE, authorization="Bearer a", x_api_key="b"),
                      chat(self.port, "huge=9000000", {"origin": PAGE}),
                      chat(self.port, "status=400", {"origin": PAGE}),
                      chat(self.port, "status=500", {"origin": PAGE})):
            with self.subTest(reply.status):
                self.assert_readable(reply)
        # These heads are refused before they are acted on.
        for line in ("Content-Length: 01", "Transfer-Encoding: gzip", "X: " + "x" * 40000):
            with RawClient(self.port) as client:
                client.send(f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nOrigin: {PAGE}\r\n{line}\r\n"
                            "\r\n".encode())
                reply = client.reply()
                self.assertGreaterEqual(reply.status, 400)
                self.assert_readable(reply)

    def test_programs_see_that_answers_differ_by_origin(self):
        reply = self.ask()
        self.assertEqual((reply.status, reply.headers["vary"]), (200, "Origin"))
        self.assertNotIn("access-control-allow-origin", reply.headers)

    def test_other_pages_are_refused(self):
        before = self.requests()
        for origin in (EVIL, "null", "http://chat.example", PAGE + ":8443", "https://pages.example",
                       "https://chat.example.evil.example", "https://evil.example/.pages.example"):
            for reply in (self.preflight(origin=origin), self.ask(origin=origin)):
                self.assertEqual((reply.status, reply.error["code"]), (403, "foreign_origin"), origin)
                self.assertNotIn("access-control-allow-origin", reply.headers)
                self.assertEqual(reply.headers["vary"], "Origin")
        self.assertEqual(self.preflight(host="evil.example").status, 403)
        self.assertEqual(self.requests(), before)

    def test_options_that_is_no_preflight_is_405(self):
        reply = call(self.port, CHAT, None, {"origin": PAGE}, "OPTIONS")
        self.assertEqual((reply.status, reply.headers["allow"]), (405, "POST"))
        self.assert_readable(reply)


class WithKeys(Browser):
    """A page only has a key if its user gave it one. The key decides whether the request is served, and CORS
    which page may read the answer."""

    server = {"auth": "keys", "cors": {"origins": [PAGE]}}
    sections = {"keys": KEYS}

    def test_preflights_need_no_key_and_requests_do(self):
        self.assertEqual(self.preflight().status, 204)
        refused = self.ask(origin=PAGE)
        self.assertEqual(refused.status, 401)
        self.assertEqual(refused.headers["access-control-allow-origin"], PAGE)
        reply = self.ask(origin=PAGE, authorization=f"Bearer {KEY}", sec_fetch_site="cross-site")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["access-control-allow-origin"], PAGE)

    def test_hosts_and_origins_do_not_matter_where_keys_do(self):
        reply = self.ask(origin=EVIL, host="any.example", authorization=f"Bearer {KEY}")
        self.assertEqual(reply.status, 200)
        self.assertNotIn("access-control-allow-origin", reply.headers)
        self.assertEqual(self.preflight(origin=EVIL).status, 403)

    def test_hosts_count_where_they_are_listed(self):
        server = {"auth": "keys", "hosts": ["llm.example"]}
        with Gateway({"api": paid(self.simulator)}, server=server, **self.sections) as gateway:
            headers = {"authorization": f"Bearer {KEY}"}
            for host, status in (("llm.example", 200), ("127.0.0.1:1", 200), ("other.example", 403)):
                reply = call(gateway.port, CHAT, BODY, {**headers, "host": host})
                self.assertEqual(reply.status, status, host)

    def test_a_star_lets_every_page_ask(self):
        server = {"auth": "keys", "cors": {"origins": ["*"]}}
        with Gateway({"api": paid(self.simulator)}, server=server, **self.sections) as gateway:
            for origin in (EVIL, "null"):
                reply = self.preflight(origin=origin, port=gateway.port)
                self.assertEqual((reply.status, reply.headers["access-control-allow-origin"]),
                                 (204, "*"))
                self.assertNotIn("vary", reply.headers)


class Reload(Browser):
    def test_origins_and_hosts_count_from_the_next_request(self):
        def reload(server):
            path = pathlib.Path(self.gateway.config_path)
            config = json.loads(path.read_text())
            path.write_text(json.dumps({**config, "server": {**config["server"], **server}}))
            reply = call(self.gateway.admin, "/reload", b"{}", {"content-type": "application/json"})
            self.assertEqual(reply.status, 200, reply.body)

        def status(**headers):
            return wait_for(lambda: self.ask(**headers)).status

        self.assertEqual(self.preflight().status, 405)
        self.assertEqual(status(origin=PAGE), 403)
        reload({"cors": {"origins": [PAGE]}, "hosts": ["llm.internal"]})
        wait_for(lambda: self.preflight().status == 204, "the origin is listed")
        self.assertEqual(status(origin=PAGE), 200)
        self.assertEqual(status(host="llm.internal"), 200)
        reload({"cors": {"origins": [EVIL]}, "hosts": ["other.internal"]})
        wait_for(lambda: self.preflight().status == 403, "the origin is gone")
        self.assertEqual(status(origin=PAGE), 403)
        self.assertEqual(status(host="llm.internal"), 403)


class Draining(Browser):
    def test_health_says_so(self):
        with Gateway({"api": paid(self.simulator)}) as gateway, RawClient(gateway.port) as client:
            client.send(b"GET /health HTTP/1.1\r\nHost: local")
            time.sleep(0.1)
            gateway.send_signal(15)
            wait_for(lambda: gateway.ready() == 503, "it drains")
            reply = client.send(b"host\r\n\r\n").reply()
            self.assertEqual((reply.status, reply.headers["connection"]), (503, "close"))


if __name__ == "__main__":
    unittest.main()
