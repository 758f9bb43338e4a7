"""HTTP framing, limits, keys and headers at the client's port: accepted, refused or passed on."""

import hashlib
import json
import time
import unittest

from stage import (CHAT, Gateway, RawClient, Simulator, call, chat, chat_body, in_parallel, own, paid,
                   post, raw, wait_for)

PROVIDER_KEY = "provider-key-of-the-edge-test"
KEY = "hg-the-key-of-a-client"
OTHER_KEY = "hg-the-key-of-another-client"
NARROW_KEY = "hg-a-key-for-one-model-only"


def digest(key):
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


class Edge(unittest.TestCase):
    """One simulator and one gateway, open to anyone, for the tests that leave no trace."""

    server = {}
    sections = {}

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--tokens", "4", "--api-key", PROVIDER_KEY)
        cls.addClassCleanup(cls.simulator.stop)
        cls.gateway = Gateway({"api": paid(cls.simulator, api_key=PROVIDER_KEY)},
                              server=cls.server, **cls.sections)
        cls.addClassCleanup(cls.gateway.stop)
        cls.port = cls.gateway.port

    def client(self):
        client = RawClient(self.port)
        self.addCleanup(client.close)
        return client

    def assert_refused(self, data, status=400):
        """Requires an OpenAI-shaped error and the end of the connection: bytes behind the request are not served."""
        reply, ended = raw(self.port, data)
        self.assertEqual(reply.status, status, reply.body)
        self.assertTrue(reply.error["message"])
        self.assertIn("x-request-id", reply.headers)
        self.assertEqual(reply.headers["connection"], "close")
        self.assertTrue(ended, "the connection stays open")


BODY = json.dumps(chat_body()).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
# A second request that must not be served, however the framing of the first request is read.
HIDDEN = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


def framed(*lines, body=BODY + HIDDEN, line="POST /v1/chat/completions HTTP/1.1", host=("Host: localhost",)):
    head = [line, *host, *lines]
    return b"\r\n".join(part if isinstance(part, bytes) else part.encode() for part in head) + \
        b"\r\n\r\n" + body


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
SMUGGLING = {
    "both framings": framed("Transfer-Encoding: chunked", "Content-Length: 4", body=CHUNKED),
    "both framings, length first": framed("Content-Length: 4", "Transfer-Encoding: chunked",
                                          body=CHUNKED),
    "chunked in HTTP/1.0": framed("Transfer-Encoding: chunked", body=CHUNKED,
                                  line="POST /v1/chat/completions HTTP/1.0"),
    "two codings": framed("Transfer-Encoding: gzip, chunked", body=CHUNKED),
    "chunked twice": framed("Transfer-Encoding: chunked, chunked", body=CHUNKED),
    "chunked in two fields": framed("Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
                                    body=CHUNKED),
    "chunked and identity": framed("Transfer-Encoding: chunked", "Transfer-Encoding: identity",
                                   body=CHUNKED),
    "identity": framed("Transfer-Encoding: identity", body=BODY),
    "unknown coding": framed("Transfer-Encoding: xchunked", body=CHUNKED),
    "chunked with a tab": framed("Transfer-Encoding:\vchunked", body=CHUNKED),
    "chunked with a parameter": framed("Transfer-Encoding: chunked;q=1", body=CHUNKED),
    "empty coding": framed("Transfer-Encoding:", body=CHUNKED),
    "space before the colon": framed("Transfer-Encoding : chunked", body=CHUNKED),
    "space before the length's colon": framed("Content-Length : 4"),
    "same length twice": framed(LENGTH.strip(), LENGTH.strip()),
    "two lengths": framed("Content-Length: 4", LENGTH.strip()),
    "listed length": framed(b"Content-Length: %d, %d" % (len(BODY), len(BODY))),
    "length with a plus": framed(b"Content-Length: +%d" % len(BODY)),
    "negative length": framed("Content-Length: -1"),
    "length with a leading zero": framed(b"Content-Length: 0%d" % len(BODY)),
    "hexadecimal length": framed("Content-Length: 0x10"),
    "length with a fraction": framed("Content-Length: 4.0"),
    "empty length": framed("Content-Length:"),
    "length of 2^64": framed("Content-Length: 18446744073709551616"),
    "folded field": framed("X-Folded: a", " b", LENGTH.strip()),
    "folded coding": framed("Transfer-Encoding:", " chunked", body=CHUNKED),
    "line that begins with a space": framed(" Content-Length: 4", LENGTH.strip()),
    "bare LF in a field": framed(b"X-A: b\nContent-Length: 4", LENGTH.strip()),
    "bare LF as the line's end": b"GET /v1/models HTTP/1.1\nHost: g\n\n",
    "bare CR in a value": framed(b"X-A: b\rContent-Length: 4", LENGTH.strip()),
    "NUL in a value": framed(b"X-A: b\0c", LENGTH.strip()),
    "field without a colon": framed("Content-Length", LENGTH.strip()),
    "field without a name": framed(": value", LENGTH.strip()),
    "name with a control byte": framed(b"X-\x01A: b", LENGTH.strip()),
    "name beyond ASCII": framed("X-Ä: b".encode(), LENGTH.strip()),
    "no host": framed(LENGTH.strip(), host=()),
    "two hosts": framed(LENGTH.strip(), host=("Host: localhost", "Host: localhost")),
    "empty host": framed(LENGTH.strip(), host=("Host:",)),
    "host with a path": framed(LENGTH.strip(), host=("Host: g/evil",)),
    "host with a user": framed(LENGTH.strip(), host=("Host: a@g",)),
    "host with a space": framed(LENGTH.strip(), host=("Host: g evil",)),
    "host with a bad port": framed(LENGTH.strip(), host=("Host: g:80x",)),
    "absolute form for another host": framed(
        LENGTH.strip(), line="POST http://evil.example/v1/chat/completions HTTP/1.1"),
    "CONNECT": b"CONNECT g:443 HTTP/1.1\r\nHost: g:443\r\n\r\n" + HIDDEN,
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n" + HIDDEN,
    "target with a tab": framed(LENGTH.strip(), line="POST /v1/chat\t/completions HTTP/1.1"),
    "target with a space": framed(LENGTH.strip(), line="POST /v1/chat /completions HTTP/1.1"),
    "target with a control byte": framed(LENGTH.strip(), line=b"POST /v1/\x01 HTTP/1.1"),
    "target beyond ASCII": framed(LENGTH.strip(), line="POST /v1/ü HTTP/1.1".encode()),
    "target with DEL": framed(LENGTH.strip(), line=b"POST /v1/\x7f HTTP/1.1"),
    "target with a fragment": framed(LENGTH.strip(), line="POST /v1/chat/completions#x HTTP/1.1"),
    "target without a slash": framed(LENGTH.strip(), line="POST v1/chat/completions HTTP/1.1"),
    "no version": b"GET /v1/models\r\nHost: localhost\r\n\r\n" + HIDDEN,
    "malformed version": framed(LENGTH.strip(), line="POST /v1/chat/completions HTTP/1.x"),
    "lower-case version": framed(LENGTH.strip(), line="POST /v1/chat/completions http/1.1"),
    "method with a control byte": b"G\x02T /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
}


class RefusedHeads(Edge):
    def test_ambiguous_framing_and_malformed_heads_are_refused_and_the_connection_closed(self):
        requests = self.simulator.stats()["requests"]
        for name, data in SMUGGLING.items():
            with self.subTest(name):
                self.assert_refused(data)
        self.assertEqual(self.simulator.stats()["requests"], requests, "a request got through")

    def test_refusals_are_counted(self):
        before = self.gateway.metrics().sum("headgate_rejected_total", reason="bad_head")
        self.assert_refused(SMUGGLING["both framings"])
        after = self.gateway.metrics().sum("headgate_rejected_total", reason="bad_head")
        self.assertEqual(after - before, 1)

    def test_versions_and_expectations_that_are_not_served(self):
        self.assert_refused(framed(LENGTH.strip(), line=f"POST {CHAT} HTTP/2.0"), 505)
        self.assert_refused(framed("Expect: a miracle", LENGTH.strip()), 417)
        self.assert_refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)

    def test_a_hundred_fields_are_served_and_one_more_is_not(self):
        fields = [f"X-{i}: v" for i in range(97)]
        ninety_nine = [*fields, "Connection: close"]
        self.assertEqual(raw(self.port, post(BODY, head=ninety_nine[:98]))[0].status, 200)
        self.assert_refused(post(BODY, head=[*ninety_nine, "X-Last: v"]), 431)


class Framing(Edge):
    def test_pipelined_requests_are_answered_in_order(self):
        bodies = [chat_body(f"tokens={n}", stream=n % 2 == 0) for n in range(1, 9)]
        client = self.client()
        client.send(b"".join(post(body) for body in bodies) + HIDDEN)
        for n, _ in enumerate(bodies, 1):
            reply = client.reply()
            self.assertEqual(reply.status, 200)
            if n % 2 == 0:
                self.assertEqual(reply.tokens, n)
            else:
                self.assertEqual(reply.json["usage"]["completion_tokens"], n)
        self.assertEqual(client.reply().json["object"], "list")

    def test_pipelining_goes_on_behind_a_refusal_that_reads_its_body(self):
        client = self.client()
        client.send(post(b"{") + post(BODY))
        self.assertEqual(client.reply().status, 400)
        self.assertEqual(client.reply().status, 200)

    def test_a_connection_serves_many_requests(self):
        client = self.client()
        for _ in range(50):
            self.assertEqual(client.send(post(BODY)).reply().status, 200)
        self.assertEqual(self.gateway.metrics().sum("headgate_client_connections"), 1)
        # The last answer may arrive before the gateway has ended its request.
        wait_for(lambda: self.gateway.metrics().sum("headgate_in_flight_requests") == 0,
                 "no request in flight")

    def test_connection_close_is_honoured(self):
        for option in ("close", "Close", "keep-alive, close", "x-mine,close"):
            reply, ended = raw(self.port, post(BODY, head=[f"Connection: {option}"]))
            self.assertEqual((reply.status, reply.headers["connection"]), (200, "close"))
            self.assertTrue(ended)
        # All connections are closed.
        wait_for(lambda: self.gateway.metrics().sum("headgate_client_connections") == 0, "closed")

    def test_head_and_body_may_come_byte_by_byte(self):
        client = self.client()
        for byte in post(BODY):
            client.send(bytes([byte]))
        self.assertEqual(client.reply().status, 200)

    def test_blank_lines_in_front_of_a_request_are_skipped(self):
        self.assertEqual(raw(self.port, b"\r\n\r\n" + post(BODY))[0].status, 200)

    def test_absolute_form_for_the_same_host_is_served(self):
        data = framed(LENGTH.strip(), line=f"POST http://localhost{CHAT} HTTP/1.1", body=BODY)
        self.assertEqual(raw(self.port, data)[0].status, 200)

    def test_expect_continue_is_answered_before_the_body(self):
        client = self.client()
        head, _, body = post(BODY, head=["Expect: 100-continue"]).partition(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        self.assertEqual(client.until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertEqual(client.send(body).reply().status, 200)
        # If the body has already come, a 100 would be one answer too many for some clients.
        reply = client.send(post(BODY, head=["Expect: 100-continue"])).reply()
        self.assertEqual(reply.status, 200)

    def test_expect_continue_with_a_chunked_body(self):
        client = self.client()
        client.send(framed("Expect: 100-continue", "Transfer-Encoding: chunked", body=b""))
        self.assertEqual(client.head()[0], 100)
        self.assertEqual(client.send(CHUNKED).reply().status, 200)

    def test_a_refused_request_gets_no_continue(self):
        client = self.client()
        client.send(b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
                    b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(client.reply().status, 404)
        self.assertTrue(client.ended())

    def test_http_1_0_without_a_stream(self):
        reply, ended = raw(self.port, post(BODY, version="1.0"))
        self.assertEqual(reply.status, 200)
        self.assertNotIn("transfer-encoding", reply.headers)
        self.assertEqual(len(reply.json["choices"]), 1)
        self.assertTrue(ended)

    def test_http_1_0_with_a_stream_ends_with_the_connection(self):
        reply, ended = raw(self.port, post(chat_body(stream=True), version="1.0"))
        self.assertEqual(reply.status, 200)
        self.assertNotIn("transfer-encoding", reply.headers)
        self.assertNotIn("content-length", reply.headers)
        self.assertEqual(reply.events[-1], "[DONE]")
        self.assertEqual(len(reply.text.split()), 4)
        self.assertTrue(ended)

    def test_http_1_0_may_ask_to_stay(self):
        client = self.client()
        client.send(post(BODY, version="1.0", head=["Connection: keep-alive"]))
        self.assertEqual(client.reply().status, 200)
        client.send(post(BODY, version="1.0", head=["Connection: keep-alive"]))
        self.assertEqual(client.reply().status, 200)

    def test_http_1_0_needs_no_host(self):
        reply, _ = raw(self.port, b"GET /v1/models HTTP/1.0\r\n\r\n")
        self.assertEqual(reply.status, 200)


class ChunkedBodies(Edge):
    def test_chunked_bodies_are_decoded_and_go_upstream_with_their_length(self):
        half = len(BODY) // 2
        forms = {
            "one chunk": CHUNKED,
            "two chunks": b"%x\r\n%s\r\n%X\r\n%s\r\n0\r\n\r\n" % (
                half, BODY[:half], len(BODY) - half, BODY[half:]),
            "leading zeros": b"000%x\r\n%s\r\n000\r\n\r\n" % (len(BODY), BODY),
            "extension": b'%x;name="value"\r\n%s\r\n0;last\r\n\r\n' % (len(BODY), BODY),
            "trailers": b"%x\r\n%s\r\n0\r\nX-Trailer: dropped\r\nHost: evil\r\n\r\n" % (
                len(BODY), BODY),
            "bytes": b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n",
        }
        for name, body in forms.items():
            with self.subTest(name):
                client = self.client()
                client.send(framed("Transfer-Encoding: chunked", body=body) + post(BODY))
                self.assertEqual(client.reply().status, 200)
                self.assertEqual(client.reply().status, 200)
                sent = self.simulator.last_body()
                self.assertEqual(sent, BODY.replace(b'"auto"', b'"gpt-4.1"'))
                _, fields = self.simulator.last_head()
                names = [field for field, _ in fields]
                self.assertNotIn("transfer-encoding", names)
                self.assertNotIn("x-trailer", names)
                self.assertIn(("content-length", str(len(sent))), fields)

    def test_malformed_chunks_are_refused(self):
        size = b"%x\r\n" % len(BODY)
        for name, body in {
            "no size": b"\r\n" + BODY,
            "not a number": b"xyz\r\n",
            "negative": b"-1\r\n",
            "plus": b"+1\r\na\r\n0\r\n\r\n",
            "0x": b"0x1\r\na\r\n0\r\n\r\n",
            "space in front": b" 1\r\na\r\n0\r\n\r\n",
            "space behind": b"1 \r\na\r\n0\r\n\r\n",
            "huge": b"ffffffffffffffff1\r\n",
            "bare LF": b"%x\n%s\n0\n\n" % (len(BODY), BODY),
            "bare LF in an extension": size.replace(b"\r\n", b";a\nb\r\n") + BODY,
            "bare CR in an extension": size.replace(b"\r\n", b";a\rb\r\n") + BODY + b"\r\n0\r\n\r\n",
            "data longer than said": b"3\r\n" + BODY + b"\r\n0\r\n\r\n",
            "an endless size line": b"1;" + b"x" * 8000,
            "endless trailers": size + BODY + b"\r\n0\r\n" + b"X-A: %s\r\n" % (b"y" * 1000) * 40,
        }.items():
            with self.subTest(name):
                self.assert_refused(framed("Transfer-Encoding: chunked", body=body))

    def test_a_malformed_chunk_in_a_later_segment_is_refused(self):
        client = self.client()
        client.send(framed("Transfer-Encoding: chunked", body=b"5\r\n{\"mod"))
        time.sleep(0.05)
        client.send(b"\r\nzz\r\n")
        self.assertEqual(client.reply().status, 400)
        self.assertTrue(client.ended())


class Limits(Edge):
    server = {"limits": {"head": "2KiB", "body": "64KiB", "connections": 20, "head_timeout": "400ms",
                         "body_timeout": "400ms", "idle_timeout": "800ms"}}

    def rejected(self, reason):
        return self.gateway.metrics().sum("headgate_rejected_total", reason=reason)

    def test_a_head_that_is_too_large(self):
        self.assert_refused(post(BODY, head=["X-Large: " + "x" * 4000]), 431)
        self.assert_refused(b"GET /" + b"x" * 4000, 431)

    def test_a_body_that_is_too_large(self):
        large = chat_body(text="x" * (70 << 10))
        self.assert_refused(post(large), 413)
        client = self.client()
        client.send(f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n".encode())
        self.assertEqual(client.reply().status, 413)
        self.assertTrue(client.ended())
        self.assertEqual(chat(self.port, text="x" * (60 << 10)).status, 200)

    def test_a_chunked_body_that_grows_too_large(self):
        self.assert_refused(framed("Transfer-Encoding: chunked",
                                   body=b"4000\r\n" + b" " * 0x4000 + b"\r\n" + b"ff00\r\n"), 413)

    def test_a_large_body_learns_its_refusal_even_when_it_never_stops_sending(self):
        client = self.client()
        client.send(framed("Transfer-Encoding: chunked", body=b"fffff\r\n"))
        try:
            for _ in range(200):
                client.send(b" " * 10000)
        except OSError:
            pass
        self.assertEqual(client.reply().status, 413)

    def test_a_slow_head_is_408(self):
        client = self.client()
        client.send(b"GET /v1/models HTTP/1.1\r\nHo")
        started = time.monotonic()
        reply = client.reply()
        self.assertEqual((reply.status, reply.headers["connection"]), (408, "close"))
        self.assertTrue(client.ended())
        self.assertLess(time.monotonic() - started, 2)

    def test_a_head_that_trickles_is_408_all_the_same(self):
        client = self.client()
        started = time.monotonic()
        try:
            for byte in b"GET /v1/models HTTP/1.1\r\nX-Slow: " + b"x" * 100:
                client.send(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - started > 1.5:
                    break
        except OSError:
            pass
        self.assertEqual(client.reply().status, 408)

    def test_a_slow_head_of_head_is_408_without_a_body(self):
        client = self.client()
        client.send(b"HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 1500)
        reply = client.reply("HEAD")
        self.assertEqual(reply.status, 408)
        self.assertTrue(client.ended())

    def test_a_slow_body_is_408(self):
        client = self.client()
        client.send(post(BODY)[:-5])
        self.assertEqual(client.reply().status, 408)
        self.assertTrue(client.ended())

    def test_a_slow_chunked_body_is_408(self):
        client = self.client()
        client.send(framed("Transfer-Encoding: chunked", body=CHUNKED[:-9]))
        self.assertEqual(client.reply().status, 408)
        self.assertTrue(client.ended())

    def pieces_of_a_long_body(self):
        whole = json.dumps(chat_body(text="x" * (60 << 10))).encode()
        return [whole[at:at + (8 << 10)] for at in range(0, len(whole), 8 << 10)]

    def test_a_body_that_keeps_coming_may_take_longer_than_the_timeout(self):
        pieces = self.pieces_of_a_long_body()
        chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
        length = f"Content-Length: {sum(map(len, pieces))}"
        for field, parts in ((length, pieces), ("Transfer-Encoding: chunked", chunks)):
            with self.subTest(field):
                client = self.client()
                client.send(framed(field, body=b""))
                started = time.monotonic()
                for part in parts:
                    time.sleep(0.15)
                    client.send(part)
                self.assertGreater(time.monotonic() - started, 1)
                self.assertEqual(client.reply().status, 200)

    def test_a_body_that_trickles_is_408_all_the_same(self):
        trickle = [b" "] * 60
        chunks = [b"1\r\n \r\n"] * 60
        for field, parts in (("Content-Length: 1000", trickle),
                             ("Transfer-Encoding: chunked", chunks)):
            with self.subTest(field):
                client = self.client()
                client.send(framed(field, body=b""))
                started = time.monotonic()
                try:
                    for part in parts:
                        client.send(part)
                        time.sleep(0.05)
                        if time.monotonic() - started > 1.5:
                            break
                except OSError:
                    pass
                self.assertEqual(client.reply().status, 408)

    def test_timeouts_are_counted(self):
        before = self.rejected("timeout")
        self.test_a_slow_body_is_408()
        self.test_a_slow_head_is_408()
        self.assertEqual(self.rejected("timeout") - before, 2)

    def test_an_idle_connection_is_closed_without_a_word(self):
        client = self.client()
        self.assertEqual(client.send(HIDDEN).reply().status, 200)
        self.assertTrue(client.ended())

    def test_a_stream_is_not_idle(self):
        reply = chat(self.port, "tokens=4;interval=500ms", stream=True)
        self.assertEqual(reply.events[-1], "[DONE]")

    def test_connections_beyond_the_limit_are_closed_and_the_others_stay(self):
        before = self.rejected("connections")
        wait_for(lambda: self.gateway.metrics().sum("headgate_client_connections") == 0)
        clients = [self.client() for _ in range(20)]
        for client in clients:
            self.assertEqual(client.send(HIDDEN).reply().status, 200)
        extra = self.client()
        self.assertTrue(extra.ended())
        self.assertEqual(clients[0].send(HIDDEN).reply().status, 200)
        self.assertEqual(self.rejected("connections") - before, 1)
        for client in clients:
            client.close()
        wait_for(lambda: self.gateway.metrics().sum("headgate_client_connections") == 0)
        self.assertEqual(call(self.port, "/v1/models").status, 200)


def head_of(path, *lines, method="HEAD", host="localhost", version="1.1"):
    fields = "".join(f"{line}\r\n" for line in (*([f"Host: {host}"] if host else []), *lines))
    return f"{method} {path} HTTP/{version}\r\n{fields}\r\n".encode()


class Head(Edge):
    """HEAD is GET without the body, on every path and for every answer."""

    def both(self, path, *lines):
        """The answers to GET and HEAD, one behind the other on one connection."""
        client = self.client()
        got = client.send(head_of(path, *lines, method="GET")).reply("GET")
        head = client.send(head_of(path, *lines)).reply("HEAD")
        # A byte of a body would come in front of the next answer.
        self.assertEqual(client.send(HIDDEN).reply().json["object"], "list")
        return got, head

    def test_the_head_is_that_of_get(self):
        for path in ("/", "/health", "/health/", "/v1/models", "/v1/models/", "/v1/models/gpt-4.1",
                     "/v1/models/none", "/nothing", "/chat/completions", "/v1/responses",
                     "/v1/messages", "/openai/v1/models", CHAT, "/v1/embeddings",
                     "/openai/deployments/gpt-4.1/chat/completions"):
            with self.subTest(path):
                got, head = self.both(path)
                self.assertEqual(head.status, got.status)
                self.assertEqual(head.headers["content-type"], got.headers["content-type"])
                self.assertEqual(head.headers.get("allow"), got.headers.get("allow"))
                self.assertEqual(int(head.headers["content-length"]), len(got.body))
                self.assertEqual(head.body, b"")

    def test_refusals_have_no_body_either(self):
        for lines in (("Host: two",), ("Origin: https://evil.example",), ("Content-Encoding: gzip",),
                      ("Authorization: Bearer a", "x-api-key: b"), ("Content-Length: 01",),
                      ("Expect: a miracle",), ("X-Large: " + "x" * 40000,), (" folded",)):
            with self.subTest(lines):
                client = self.client()
                reply = client.send(head_of("/v1/models", *lines)).reply("HEAD")
                self.assertGreaterEqual(reply.status, 400)
                self.assertGreater(int(reply.headers["content-length"]), 0)
                if reply.headers.get("connection") == "close":
                    self.assertTrue(client.ended(), "something stands behind the head")
                else:
                    self.assertEqual(client.send(HIDDEN).reply().json["object"], "list")

    def test_a_body_that_is_refused_on_its_way(self):
        # The buffer that holds the head moves while a body of 20 KB is read.
        client = self.client()
        client.send(head_of("/v1/models", "Transfer-Encoding: chunked") + b"5000\r\n" + b"x" * 0x3000)
        time.sleep(0.05)
        client.send(b"x" * 0x2000 + b"\r\nnonsense\r\n")
        reply = client.reply("HEAD")
        self.assertEqual(reply.status, 400)
        self.assertTrue(client.ended(), "something stands behind the head")

    def test_pipelined_and_with_a_body(self):
        client = self.client()
        client.send(head_of("/v1/models", "Content-Length: 3") + b"abc" + head_of("/nothing") +
                    head_of(CHAT) + head_of("/health") + HIDDEN)
        self.assertEqual([client.reply("HEAD").status for _ in range(4)], [200, 404, 405, 200])
        self.assertEqual(client.reply().json["object"], "list")

    def test_http_1_0(self):
        reply, ended = raw(self.port, head_of("/v1/models", host="", version="1.0"), "HEAD")
        self.assertEqual((reply.status, ended), (200, True))

    def test_the_admin_port(self):
        for path in ("/metrics", "/healthz", "/readyz", "/status", "/nothing", "/reload"):
            with self.subTest(path), RawClient(self.gateway.admin) as client:
                got = client.send(head_of(path, method="GET")).reply("GET")
                head = client.send(head_of(path)).reply("HEAD")
                self.assertEqual(head.status, got.status)
                self.assertGreater(int(head.headers["content-length"]), 0)
                if path not in ("/metrics", "/status"):  # these two change between requests
                    self.assertEqual(int(head.headers["content-length"]), len(got.body))
                self.assertEqual(client.send(head_of("/healthz", method="GET")).reply().status, 200)


class Paths(Edge):
    def test_the_root_and_health_say_that_it_runs(self):
        for path in ("/", "/health", "/health/"):
            reply = call(self.port, path)
            self.assertEqual((reply.status, reply.body), (200, b"Headgate is running.\n"))

    def test_unknown_paths_name_the_known_ones(self):
        for path in ("/v2/chat/completions", "/v1/chat", "/v1/chat/completions//", "/metrics",
                     "/status", "/healthz", "/../v1/models", "/v1//models", "//"):
            with self.subTest(path):
                reply = call(self.port, path, b"" if "chat" in path else None)
                self.assertEqual(reply.status, 404)
                for known in (CHAT, "/v1/completions", "/v1/embeddings", "/v1/models"):
                    self.assertIn(known, reply.error["message"])

    def test_one_slash_at_the_end_is_accepted(self):
        self.assertEqual(call(self.port, CHAT + "/", BODY).status, 200)
        self.assertEqual(self.simulator.last_head()[0], f"POST {CHAT} HTTP/1.1")
        self.assertEqual(call(self.port, "/v1/models/").json["object"], "list")
        self.assertEqual(call(self.port, "/v1/models/gpt-4.1/").json["id"], "gpt-4.1")
        self.assertEqual(call(self.port, CHAT + "/?api-version=1", BODY).status, 200)

    def test_a_base_url_that_is_wrong_is_explained(self):
        for path, word in (("/v1/v1/chat/completions", "twice"), ("/chat/completions", "/v1"),
                           ("/models", "must end in /v1"), ("/embeddings", "must end in /v1"),
                           ("/completions", "must end in /v1"), ("/models/x", "must end in /v1"),
                           ("/api/v1/chat/completions", "nothing in between"),
                           ("/v1/chat/completions/chat/completions", "without the path"),
                           ("/api/generate", "Ollama")):
            for method in ("POST", "GET"):
                with self.subTest(path, method=method):
                    reply = call(self.port, path, BODY if method == "POST" else None)
                    self.assertEqual((reply.status, reply.error["code"]), (404, "unknown_url"))
                    self.assertIn(word, reply.error["message"])
                    self.assertIn("base URL", reply.error["message"])

    def test_parts_of_apis_that_are_not_served_say_what_helps(self):
        for path in ("/v1/conversations", "/v1/conversations/conv_1/items"):
            reply = call(self.port, path, b"{}")
            self.assertEqual((reply.status, reply.error["code"]), (404, "unknown_url"))
            self.assertIn("choose an id yourself", reply.error["message"])
        for method in ("GET", "DELETE"):
            reply = call(self.port, "/v1/responses/resp_1", method=method)
            self.assertEqual((reply.status, reply.error["code"]), (404, "responses_not_stored"))
            self.assertIn("server.state", reply.error["message"])
        self.assertEqual(call(self.port, "/v1/responses/resp_1/cancel", b"{}").status, 400)
        for path, word in (("/v1/messages/batches", "one by one"), ("/v1/v1/messages?beta=true", "without /v1"),
                           ("/messages/count_tokens", "Claude Code")):
            reply = call(self.port, path, b"{}", {"anthropic-version": "2023-06-01"})
            self.assertEqual(reply.status, 404)
            self.assertEqual(reply.json["type"], "error")
            self.assertEqual(reply.json["request_id"], reply.headers["x-request-id"])
            self.assertEqual(reply.headers["request-id"], reply.headers["x-request-id"])
            self.assertEqual(reply.error["type"], "not_found_error")
            self.assertIn(word, reply.error["message"])

    def test_another_method_is_405_and_told_which_there_is(self):
        for method, path, allow in (
                ("GET", CHAT, "POST"), ("PUT", CHAT, "POST"), ("OPTIONS", CHAT, "POST"),
                ("BREW", CHAT, "POST"), ("post", CHAT, "POST"), ("GET", CHAT + "/", "POST"),
                ("DELETE", "/v1/models/gpt-4.1", "GET, HEAD"), ("POST", "/v1/models", "GET, HEAD"),
                ("POST", "/", "GET, HEAD"), ("OPTIONS", "/health", "GET, HEAD"),
                ("GET", "/openai/deployments/m/embeddings", "POST"),
                ("POST", "/v1/responses/resp_1", "GET, HEAD, DELETE"),
                ("PUT", "/v1/responses/resp_1", "GET, HEAD, DELETE"),
                ("DELETE", "/v1/responses/resp_1/input_items", "GET, HEAD")):
            with self.subTest(method=method, path=path):
                reply = call(self.port, path, method=method)
                self.assertEqual((reply.status, reply.error["code"]), (405, "method_not_allowed"))
                self.assertEqual(reply.headers["allow"], allow)
                self.assertIn(f"POST {CHAT}", reply.error["message"])
        for method, path, allow in (("POST", "/metrics", "GET, HEAD"), ("GET", "/reload", "POST"),
                                    ("PUT", "/status", "GET, HEAD"), ("HEAD", "/explain", "POST"),
                                    ("OPTIONS", "/reload", "POST")):
            with self.subTest(method=method, path=path):
                reply = call(self.gateway.admin, path, method=method)
                self.assertEqual((reply.status, reply.headers.get("allow")), (405, allow))

    def test_encoded_bodies_are_415(self):
        for coding in ("gzip", "br", "deflate, gzip", "x"):
            reply = call(self.port, CHAT, BODY, {"content-encoding": coding})
            self.assertEqual(reply.status, 415)
        for coding in ("identity", "Identity", ""):
            self.assertEqual(call(self.port, CHAT, BODY, {"content-encoding": coding}).status, 200)

    def test_the_query_of_a_client_is_not_passed_on(self):
        reply = call(self.port, CHAT + "?api-version=evil&key=1", BODY)
        self.assertEqual(reply.status, 200)
        self.assertEqual(self.simulator.last_head()[0], f"POST {CHAT} HTTP/1.1")

    def test_models(self):
        listed = [model["id"] for model in call(self.port, "/v1/models").json["data"]]
        self.assertIn("gpt-4.1", listed)
        self.assertIn("auto", listed)
        self.assertEqual(call(self.port, "/v1/models/gpt-4.1").json["id"], "gpt-4.1")
        reply = call(self.port, "/v1/models/Qwen/none")
        self.assertEqual((reply.status, reply.error["code"]), (404, "model_not_found"))


class Azure(Edge):
    """The paths of AzureOpenAI classes: the deployment is the model."""

    DEPLOYMENT = "/openai/deployments/{}/chat/completions?api-version=2024-10-21"

    def sent(self):
        return self.simulator.last_head()[0], json.loads(self.simulator.last_body())

    def test_the_deployment_is_the_model(self):
        without = chat_body()
        del without["model"]
        for body in (without, chat_body(model="something-else"), chat_body(model=None),
                     chat_body(model="")):
            for stream in (False, True):
                with self.subTest(model=body.get("model"), stream=stream):
                    asked = {**body, "stream": True} if stream else body
                    reply = call(self.port, self.DEPLOYMENT.format("gpt-4.1"), asked)
                    self.assertEqual(reply.status, 200, reply.body)
                    line, sent = self.sent()
                    self.assertEqual(line, f"POST {CHAT} HTTP/1.1")
                    self.assertEqual(sent["model"], "gpt-4.1")
                    self.assertEqual(sent["messages"], body["messages"])
                    log = self.gateway.log_of(reply)
                    self.assertEqual((log["model"], log["endpoint"]), ("gpt-4.1", "chat"))

    def test_names_are_percent_decoded_and_resolved_like_any_model(self):
        for name in ("gpt-4%2E1", "auto", "gpt-4.1@api", "gpt-4.1%40api", "%67pt-4.1"):
            with self.subTest(name):
                reply = call(self.port, self.DEPLOYMENT.format(name), chat_body(model="x"))
                self.assertEqual(reply.status, 200, reply.body)
                self.assertEqual(self.sent()[1]["model"], "gpt-4.1")
        for name in ("none", "%00", "%FF", "a%2Fb", "a/b", "%zz", "%", "gpt-4.1%20"):
            with self.subTest(name):
                reply = call(self.port, self.DEPLOYMENT.format(name), chat_body(model="gpt-4.1"))
                self.assertEqual((reply.status, reply.error["code"]), (404, "model_not_found"))

    def test_other_operations_and_the_newer_paths(self):
        body = {"prompt": "x"}
        self.assertEqual(call(self.port, "/openai/deployments/gpt-4.1/completions", body).status, 200)
        self.assertEqual(self.sent()[0], "POST /v1/completions HTTP/1.1")
        reply = call(self.port, "/openai/deployments/gpt-4.1/embeddings/", {"input": "x"})
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.sent(), ("POST /v1/embeddings HTTP/1.1",
                                       {"input": "x", "model": "gpt-4.1"}))
        self.assertEqual(call(self.port, "/openai/v1/chat/completions", BODY).status, 200)
        self.assertEqual(call(self.port, "/openai/v1/models").json["object"], "list")
        self.assertEqual(call(self.port, "/openai/models?api-version=1").json["object"], "list")
        for path in ("/openai/deployments//chat/completions", "/openai/deployments/m",
                     "/openai/deployments/m/images/generations"):
            self.assertEqual(call(self.port, path, BODY).status, 404)

    def test_a_body_that_is_wrong_stays_wrong(self):
        for body in (b"{}", b'{"model": 5, "messages": []}', b"[]", b"",
                     b'{"model":"a","messages":[{"role":"user","content":"x"}],"model":"a"}'):
            reply = call(self.port, self.DEPLOYMENT.format("gpt-4.1"), body)
            self.assertEqual(reply.status, 400, reply.body)

    def test_a_body_that_comes_late_or_in_chunks_keeps_the_model_of_the_path(self):
        client = self.client()
        large = json.dumps({"messages": chat_body(text="x" * 50000)["messages"]}).encode()
        path = self.DEPLOYMENT.format("gpt-4%2E1")
        whole = post(large, path=path)
        client.send(whole[:300])
        time.sleep(0.05)
        self.assertEqual(client.send(whole[300:]).reply().status, 200)
        self.assertEqual(self.sent()[1]["model"], "gpt-4.1")
        chunked = framed("Transfer-Encoding: chunked", line=f"POST {path} HTTP/1.1",
                         body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large))
        self.assertEqual(client.send(chunked).reply().status, 200)
        self.assertEqual(self.sent()[1]["model"], "gpt-4.1")


class WhatGoesUpstream(Edge):
    def test_client_credentials_and_hop_by_hop_fields_stop_here(self):
        stopped = {
            "authorization": "Bearer client-secret", "cookie": "session=client-secret",
            "x-api-key": "client-secret", "api-key": "client-secret",
            "proxy-authorization": "Basic client-secret", "openai-organization": "org-mine",
            "openai-project": "p", "x-internal": "client-secret", "forwarded": "for=1.2.3.4",
            "x-forwarded-for": "1.2.3.4", "te": "trailers", "upgrade": "h2c",
            "keep-alive": "timeout=5", "proxy-connection": "keep-alive", "trailer": "X-A",
            "x-headgate-class": "batch", "x-nominated": "client-secret",
            "connection": "keep-alive, x-nominated, user-agent-extra",
            "accept-encoding": "gzip, br", "origin": f"http://127.0.0.1:{self.port}",
            "referer": "http://evil",
        }
        reply = call(self.port, CHAT, BODY, stopped)
        self.assertEqual(reply.status, 200)
        line, fields = self.simulator.last_head()
        self.assertEqual(line, f"POST {CHAT} HTTP/1.1")
        names = [name for name, _ in fields]
        self.assertEqual(len(names), len(set(names)), names)
        for name in stopped.keys() - {"authorization", "accept-encoding", "connection"}:
            self.assertNotIn(name, names)
        self.assertNotIn("client-secret", str(fields))
        sent = dict(fields)
        self.assertEqual(sent["authorization"], f"Bearer {PROVIDER_KEY}")
        self.assertEqual(sent["accept-encoding"], "identity")
        self.assertEqual(sent["host"], f"127.0.0.1:{self.simulator.port}")
        self.assertEqual(sent["content-type"], "application/json")

    def test_what_a_backend_may_know_passes(self):
        passed = {"user-agent": "OpenAI/Python 9", "openai-beta": "assistants=v2",
                  "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                  "idempotency-key": "stainless-1", "x-client-request-id": "c-1"}
        self.assertEqual(call(self.port, CHAT, BODY, passed).status, 200)
        sent = dict(self.simulator.last_head()[1])
        self.assertEqual({name: sent.get(name) for name in passed}, passed)

    def test_what_connection_nominates_stops_here(self):
        head = ["User-Agent: nominated", "TraceParent: nominated", "OpenAI-Beta: passes",
                "Connection: keep-alive, user-agent", "Connection: TRACEPARENT"]
        self.assertEqual(raw(self.port, post(BODY, head=head))[0].status, 200)
        _, fields = self.simulator.last_head()
        self.assertNotIn("nominated", str(fields))
        self.assertIn(("openai-beta", "passes"), fields)

    def test_each_name_is_sent_once_and_the_operators_word_counts(self):
        backend = paid(self.simulator, api_key=PROVIDER_KEY,
                       headers={"User-Agent": "the operator", "x-team": "red"})
        head = ["User-Agent: the client", "Accept: text/one", "Accept: text/two",
                "OpenAI-Beta: one", "openai-beta: two"]
        with Gateway({"api": backend}) as gateway:
            self.assertEqual(raw(gateway.port, post(BODY, head=head))[0].status, 200)
        _, fields = self.simulator.last_head()
        names = [name for name, _ in fields]
        self.assertEqual(len(names), len(set(names)), names)
        sent = dict(fields)
        self.assertEqual((sent["user-agent"], sent["x-team"]), ("the operator", "red"))
        self.assertEqual((sent["accept"], sent["openai-beta"]), ("text/one", "one"))

    def test_credentials_that_differ_are_a_contradiction_without_keys_too(self):
        reply = call(self.port, CHAT, BODY, {"authorization": "Bearer one", "x-api-key": "two"})
        self.assertEqual((reply.status, reply.error["code"]), (400, "conflicting_credentials"))
        reply = call(self.port, CHAT, BODY, {"authorization": "Bearer one", "x-api-key": "one"})
        self.assertEqual(reply.status, 200)

    def test_the_request_id_is_ours(self):
        reply = call(self.port, CHAT, BODY, {"x-request-id": "mine"})
        self.assertRegex(reply.headers["x-request-id"], r"^req_[0-9a-f]{24}$")

    def test_provider_keys_never_show_in_errors(self):
        for part in (PROVIDER_KEY, PROVIDER_KEY[:12], f"Bearer {PROVIDER_KEY}", PROVIDER_KEY[5:20]):
            for stream in (False, True):
                for fault in (f"status=400;message=your key {part} is wrong",
                              f"status=400;code={part}", f"status=500;message={part}",
                              f"error_event;message=no {part} here",
                              f"error_after=2;message=no {part} here"):
                    with self.subTest(fault=fault, stream=stream):
                        reply = chat(self.port, fault, stream=stream)
                        self.assertNotIn(part.encode(), reply.body)
                        self.assertNotIn(PROVIDER_KEY[:8].encode(), reply.body)
                        self.assertNotIn(PROVIDER_KEY[5:13].encode(), reply.body)
        log = self.gateway.log_path.read_text()
        self.assertNotIn(PROVIDER_KEY[:8], log)
        self.assertNotIn(PROVIDER_KEY[:8], self.gateway.stderr())

    def test_no_prompt_and_no_credential_is_logged(self):
        call(self.port, CHAT, chat_body(text="a very private question"),
             {"authorization": "Bearer client-secret"})
        chat(self.port, text="a very private question", model="private-model-name" * 20)
        call(self.port, CHAT, b'{"model": "a very private question')
        log = "\n".join(map(str, self.gateway.log(3)))
        self.assertNotIn("client-secret", log + self.gateway.stderr())
        self.assertNotIn("private question", log + self.gateway.stderr())


class Keys(Edge):
    server = {"auth": "keys"}
    sections = {"keys": [
        {"name": "one", "hash": [digest(KEY), digest("hg-the-next-key-of-one")], "team": "red",
         "expose": True},
        {"name": "two", "hash": [digest(OTHER_KEY)], "team": "blue"},
        {"name": "narrow", "hash": [digest(NARROW_KEY)], "team": "blue", "models": ["gpt-4.1-mini"]},
    ]}

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--tokens", "4", "--api-key", PROVIDER_KEY)
        cls.addClassCleanup(cls.simulator.stop)
        api = paid(cls.simulator, api_key=PROVIDER_KEY, models={
            "gpt-4.1-mini": {"name": "mini", "price": {"input": 1, "output": 1}}})
        cls.gateway = Gateway({"api": api}, server=cls.server, **cls.sections)
        cls.addClassCleanup(cls.gateway.stop)
        cls.port = cls.gateway.port

    def test_three_headers_are_one_door(self):
        for name, value in (("authorization", f"Bearer {KEY}"), ("authorization", f"bearer {KEY}"),
                            ("x-api-key", KEY), ("api-key", KEY),
                            ("authorization", "Bearer hg-the-next-key-of-one")):
            with self.subTest(name, value=value):
                for path, body in ((CHAT, BODY), ("/v1/models", None)):
                    self.assertEqual(call(self.port, path, body, {name: value}).status, 200)
                line = self.gateway.log_of(call(self.port, CHAT, BODY, {name: value}))
                self.assertEqual((line["key"], line["team"]), ("one", "red"))
        sent = str(self.simulator.last_head())
        self.assertNotIn(KEY, sent)
        self.assertIn(PROVIDER_KEY, sent)

    def test_the_same_key_in_all_three_is_one_key(self):
        headers = {"authorization": f"Bearer {KEY}", "x-api-key": KEY, "api-key": KEY}
        self.assertEqual(call(self.port, CHAT, BODY, headers).status, 200)

    def test_different_keys_are_a_contradiction(self):
        for headers in ({"authorization": f"Bearer {KEY}", "x-api-key": OTHER_KEY},
                        {"x-api-key": KEY, "api-key": OTHER_KEY},
                        {"authorization": "Bearer nobody", "api-key": KEY}):
            reply = call(self.port, CHAT, BODY, headers)
            self.assertEqual((reply.status, reply.error["code"]), (400, "conflicting_credentials"))

    def test_a_repeated_credential_is_refused(self):
        head = [f"Authorization: Bearer {KEY}", f"Authorization: Bearer {KEY}"]
        self.assert_refused(post(BODY, head=head))

    def test_without_a_good_key_nothing_is_served(self):
        wrong = [{}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer "},
                 {"authorization": "Bearer nobody"}, {"authorization": f"Basic {KEY}"},
                 {"authorization": f"Bearer {KEY}x"}, {"authorization": f"Bearer {KEY[:-1]}"},
                 {"x-api-key": digest(KEY)}, {"x-api-key": digest(KEY)[7:]},
                 {"authorization": f"Bearer {PROVIDER_KEY}"},
                 {"authorization": "Bearer ' OR '1'='1"}]
        requests = self.simulator.stats()["requests"]
        for headers in wrong:
            for path, body in ((CHAT, BODY), ("/v1/models", None), ("/v1/models/gpt-4.1-mini", None)):
                with self.subTest(headers, path=path):
                    reply = call(self.port, path, body, headers)
                    self.assertEqual((reply.status, reply.error["code"]), (401, "invalid_api_key"))
                    self.assertEqual(reply.headers["www-authenticate"], "Bearer")
                    self.assertNotIn("x-headgate-class", reply.headers)
        self.assertEqual(self.simulator.stats()["requests"], requests)

    def test_a_key_reaches_its_models_only(self):
        narrow = {"authorization": f"Bearer {NARROW_KEY}"}
        self.assertEqual(chat(self.port, headers=narrow, model="gpt-4.1-mini").status, 200)
        self.assertEqual(chat(self.port, headers=narrow, model="auto").status, 200)
        for model in ("gpt-4.1", "gpt-4.1@api", "GPT-4.1-mini", "gpt-4.1-mini@nowhere"):
            reply = chat(self.port, headers=narrow, model=model)
            self.assertEqual((reply.status, reply.error["code"]), (404, "model_not_found"), model)

    def test_how_a_request_was_served_shows_to_keys_that_may_see_it(self):
        shown = call(self.port, CHAT, BODY, {"authorization": f"Bearer {KEY}"}).headers
        self.assertEqual(shown["x-headgate-target"], "gpt-4.1-mini@api")
        self.assertEqual(shown["x-headgate-route"], "all")
        self.assertIn("x-headgate-cost-usd", shown)
        hidden = call(self.port, CHAT, BODY, {"authorization": f"Bearer {OTHER_KEY}"}).headers
        self.assertEqual([name for name in hidden if name.startswith("x-headgate")], [])


class KeysOfTwoModels(unittest.TestCase):
    def test_auto_leaves_out_what_a_key_may_not_use(self):
        models = {"gpt-4.1": {"name": "large", "price": {"input": 1, "output": 1}},
                  "gpt-4.1-mini": {"name": "mini", "price": {"input": 1, "output": 1}}}
        keys = [{"name": "narrow", "hash": [digest(NARROW_KEY)], "team": "t", "expose": True,
                 "models": ["gpt-4.1-mini"]}]
        headers = {"api-key": NARROW_KEY}
        with Simulator("--tokens", "2") as simulator, Gateway(
                {"api": paid(simulator, models=models)}, server={"auth": "keys"},
                routes=[{"name": "all", "targets": ["gpt-4.1@api", "gpt-4.1-mini@api"]}],
                keys=keys) as gateway:
            reply = chat(gateway.port, headers=headers)
            self.assertEqual(reply.headers["x-headgate-target"], "gpt-4.1-mini@api")
            listed = call(gateway.port, "/v1/models", headers=headers).json["data"]
            self.assertNotIn("gpt-4.1", [model["id"] for model in listed])
            self.assertEqual(call(gateway.port, "/v1/models/gpt-4.1", headers=headers).status, 404)
            pinned = chat(gateway.port, headers=headers, model="gpt-4.1@api")
            self.assertEqual(pinned.status, 404)


class ModelsOfAKey(unittest.TestCase):
    """GET /v1/models lists the models that requests of the key may use."""

    KEYS = {"free": {}, "clinic": {"team": "health"}, "own": {"require": {"hosting": "self_hosted"}},
            "both": {"team": "health", "models": ["gpt-4.1-mini", "qwen-2.5-32b"]},
            "cheap": {"require": {"price": {"output": "<= $2"}}},
            "quick": {"require": {"ttft_p95": "<= 1ms", "error_rate": "<= 1%"}},
            "nothing": {"models": ["gpt-4.1"], "require": {"hosting": "self_hosted"}}}
    TARGETS = {"gpt-4.1": "us", "gpt-4.1-mini": "us", "qwen-2.5-32b": "pool"}

    @classmethod
    def setUpClass(cls):
        simulator = Simulator("--tokens", "2")
        cls.addClassCleanup(simulator.stop)
        models = {"gpt-4.1": {"name": "large", "price": {"input": 2, "output": 8}},
                  "gpt-4.1-mini": {"name": "mini", "price": {"input": 1, "output": 2}}}
        keys = [{"name": name, "hash": [digest("hg-key-of-" + name)], "team": "t", **more}
                for name, more in cls.KEYS.items()]
        cls.gateway = Gateway(
            {"us": paid(simulator, models=models, labels={"region": "us"}),
             "eu": paid(simulator, models={"gpt-4.1-mini": models["gpt-4.1-mini"]},
                        labels={"region": "eu"}),
             "pool": own(simulator.urls(), labels={"region": "eu"})},
            server={"auth": "keys"}, keys=keys,
            teams={"t": {}, "health": {"require": {"labels": {"region": "eu"}}}},
            aliases={"old": "gpt-4.1", "any": "auto", "far": "gpt-4.1-mini@us",
                     "near": "gpt-4.1-mini@eu"})
        cls.addClassCleanup(cls.gateway.stop)

    def ask(self, key, path):
        return call(self.gateway.port, path, headers={"x-api-key": "hg-key-of-" + key})

    def test_the_list(self):
        everything = {"any", "auto", "far", "gpt-4.1", "gpt-4.1-mini", "near", "old", "qwen-2.5-32b"}
        for key, listed in (
                ("free", everything), ("quick", everything),
                ("clinic", {"any", "auto", "gpt-4.1-mini", "near", "qwen-2.5-32b"}),
                ("own", {"any", "auto", "qwen-2.5-32b"}),
                ("both", {"any", "auto", "gpt-4.1-mini", "near", "qwen-2.5-32b"}),
                ("cheap", everything - {"gpt-4.1", "old"}), ("nothing", set())):
            with self.subTest(key):
                models = self.ask(key, "/v1/models").json["data"]
                self.assertEqual({model["id"] for model in models}, listed)
                for model in everything:
                    status = self.ask(key, f"/v1/models/{model}").status
                    self.assertEqual(status, 200 if model in listed else 404, model)

    def test_pinned_targets(self):
        for key, target, status in (
                ("free", "gpt-4.1@us", 200), ("clinic", "gpt-4.1-mini@eu", 200),
                ("clinic", "gpt-4.1-mini@us", 404), ("clinic", "gpt-4.1@us", 404),
                ("own", "qwen-2.5-32b@pool", 200), ("own", "gpt-4.1-mini@eu", 404),
                ("nothing", "gpt-4.1@us", 404), ("nothing", "auto", 404)):
            with self.subTest(key, target=target):
                self.assertEqual(self.ask(key, f"/v1/models/{target}").status, status)

    def test_what_is_listed_can_be_used_and_nothing_else(self):
        for key in self.KEYS:
            listed = {model["id"] for model in self.ask(key, "/v1/models").json["data"]}
            for model in ("auto", "any", "near", "far", *self.TARGETS):
                with self.subTest(key, model=model):
                    reply = chat(self.gateway.port, model=model,
                                 headers={"x-api-key": "hg-key-of-" + key})
                    self.assertEqual(reply.status == 200, model in listed, reply.body)


class ManyConnections(Edge):
    server = {"workers": 2}

    def test_workers_serve_side_by_side(self):
        def work(_):
            client = RawClient(self.port)
            for _ in range(20):
                if client.send(post(BODY)).reply().status != 200:
                    return False
            client.close()
            return True
        self.assertEqual(in_parallel(16, work), [True] * 16)
        # The last answers may arrive before their requests are booked.
        wait_for(lambda: self.gateway.metrics().sum("headgate_requests_total", outcome="ok") >= 320,
                 "every request booked")
        self.assertEqual(self.gateway.metrics().sum("headgate_requests_total", outcome="ok"), 320)


if __name__ == "__main__":
    unittest.main()
