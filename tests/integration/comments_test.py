"""Comments ahead of an answer: signs of life from a backend in whose queue a request waits."""

import json
import signal
import time
import unittest

import stage
from scripted import DONE, Answers, event, streamed, token, whole
from stage import RawClient, chat, chat_body, post, wait_for

PING = b": ping\n\n"
QUICK = {"connect": "500ms", "first_token": "400ms", "between_tokens": "400ms", "total": "20s"}
ANSWER = (token("a"), token("b", "stop"), DONE)


def pings(count, pause=0.2, ping=PING):
    return [ping, pause] * count


def comments(body):
    return [line for line in body.decode().splitlines() if line.startswith(":")]


class Comments(Answers):
    def begin(self, script, second=True, **more):
        """A gateway whose first target sends `script` as a stream."""
        return self.start(script, second, timeouts={**QUICK, **more.pop("timeouts", {})}, **more)

    def ask(self, gateway):
        with RawClient(gateway.port) as client:
            return client.send(post(chat_body(stream=True))).reply()

    def results(self, gateway, reply):
        return [attempt["result"] for attempt in gateway.log_of(reply)["attempts"]]


class SignsOfLife(Comments):
    def test_they_hold_off_the_first_token_with_every_kind_of_line_end(self):
        for ping in (PING, b":\r\n\r\n", b":\r\r", b": one line\n", b"\n", b"event: ping\ndata:\n\n"):
            with self.subTest(ping):
                gateway = self.begin(streamed(*pings(6, ping=ping), *ANSWER), comments_after="never")
                reply = self.ask(gateway)
                self.assertEqual((reply.text, reply.events[-1]), ("ab", "[DONE]"))
                self.assertEqual(self.results(gateway, reply), ["ok"])
                self.assertEqual(comments(reply.body.partition(b"data: ")[0]), [])

    def test_silence_behind_them_is_silence(self):
        gateway = self.begin(streamed(*pings(3), 5.0, *ANSWER))
        reply = self.ask(gateway)
        self.assertEqual(reply.events[-1], "[DONE]")
        self.assertEqual(self.results(gateway, reply), ["first_token_timeout", "ok"])

    def test_half_a_comment_is_no_sign_of_life(self):
        gateway = self.begin(streamed(*[b":", 0.2] + [b"x", 0.2] * 20, *ANSWER))
        self.assertEqual(self.results(gateway, self.ask(gateway)), ["first_token_timeout", "ok"])

    def test_the_whole_time_bounds_them(self):
        for after in ("never", "0s"):
            with self.subTest(after):
                gateway = self.begin(streamed(*pings(100)), second=False, comments_after=after,
                                     timeouts={"total": "1s"})
                started = time.monotonic()
                reply = self.ask(gateway)
                self.assertLess(time.monotonic() - started, 10 if stage.SANITIZED else 3)
                self.assertEqual(self.results(gateway, reply), ["total_timeout"])
                self.assertEqual(reply.status, 200 if after == "0s" else 503)

    def test_they_hold_off_the_silence_between_tokens_too(self):
        gateway = self.begin(streamed(token("a"), *pings(6), token("b", "stop"), DONE))
        reply = self.ask(gateway)
        self.assertEqual((reply.text, reply.events[-1]), ("ab", "[DONE]"))
        self.assertEqual(comments(reply.body)[:6], [": ping"] * 6)


class Passing(Comments):
    def test_the_client_gets_them_before_the_answer(self):
        gateway = self.begin(streamed(*pings(5), *ANSWER), comments_after="0s")
        with RawClient(gateway.port) as client:
            started = time.monotonic()
            status, fields = client.send(post(chat_body(stream=True))).head()
            self.assertEqual(client.chunk(), PING)
            self.assertLess(time.monotonic() - started, 0.9)  # the answer comes after a second
            self.assertEqual((status, fields["content-type"]),
                             (200, "text/event-stream; charset=utf-8"))
            # The target of the answer is not known yet.
            self.assertEqual((fields["x-headgate-route"], fields["x-headgate-class"]),
                             ("all", "general"))
            self.assertNotIn("x-headgate-target", fields)
            self.assertNotIn("x-headgate-attempts", fields)
            rest, ended = client.chunks()
        self.assertTrue(ended)
        self.assertEqual(comments(rest)[:6], [": ping"] * 4 +
                         [": x-headgate-target gpt-4.1@first", ": x-headgate-attempts 1"])
        self.assertEqual(stage.stream_events(rest)[-1], "[DONE]")

    def test_by_default_the_first_five_seconds_are_held_back(self):
        gateway = self.begin(streamed(*pings(28), *ANSWER))
        with RawClient(gateway.port) as client:
            started = time.monotonic()
            client.send(post(chat_body(stream=True))).head()
            waited = time.monotonic() - started
            self.assertEqual(client.chunk(), PING)
            self.assertEqual(stage.stream_events(client.chunks()[0])[-1], "[DONE]")
        self.assertGreaterEqual(waited, 5)
        self.assertLess(waited, 5.5)

    def test_an_answer_that_comes_earlier_has_all_its_headers(self):
        gateway = self.begin(streamed(*pings(3), *ANSWER))
        reply = self.ask(gateway)
        self.assertEqual(reply.headers["x-headgate-target"], "gpt-4.1@first")
        self.assertEqual(comments(reply.body.partition(b"data: ")[0]), [])

    def test_only_what_any_client_can_read_is_passed_on(self):
        odd = (b": caf\xc3\xa9\n\n", b": \xff\n\n", b": \x1b[31m\n\n", b":" + b"x" * 5000 + b"\n\n",
               b"id: 7\n\n", b"retry: 1\n\n", b": a\r\r", b"\n\n")
        pieces = [piece for one in odd for piece in (one, 0.1)]
        gateway = self.begin(streamed(*pieces, *ANSWER), comments_after="0s")
        reply = self.ask(gateway)
        before = reply.body.partition(b": x-headgate-target")[0]
        self.assertEqual(before, ": café\n\n:\n\n:\n\n:\n\n: a\n\n".encode())

    def test_those_that_look_like_ours_lose_their_text(self):
        gateway = self.begin(
            streamed(b": x-headgate-cost-usd 0.000000001\n\n:X-Headgate-Target evil@x\n\n", 0.1,
                     token("a"), b": x-headgate-cost-usd 99\n\n",
                     b"id: 1\n: x-headgate-attempts 9\n" + token("b", "stop"), DONE,
                     b": x-headgate-cost-usd 77\n\n"), comments_after="0s")
        reply = self.ask(gateway)
        self.assertEqual(reply.text, "ab")
        told = comments(reply.body)
        self.assertEqual(told[:4], [":", ":", ": x-headgate-target gpt-4.1@first",
                                    ": x-headgate-attempts 1"])
        self.assertEqual(told[4:-1], [":", ":"])
        self.assertTrue(told[-1].startswith(": x-headgate-cost-usd 0.0"), told)

    def test_a_flood_of_them_is_not_made_larger_and_fills_no_memory(self):
        flood = b":\n" * (8 << 10)
        gateway = self.begin(streamed(*[flood] * 400, *ANSWER), comments_after="0s")
        before = gateway.resident_kib()
        reply = self.ask(gateway)
        self.assertEqual(reply.text, "ab")
        self.assertLess(len(reply.body), len(flood) * 400)
        if not stage.SANITIZED:
            self.assertLess(gateway.resident_kib() - before, 8 << 10)

    def test_a_client_of_http_1_0_gets_them_too(self):
        gateway = self.begin(streamed(*pings(3), *ANSWER), comments_after="0s")
        with RawClient(gateway.port) as client:
            told = client.send(post(chat_body(stream=True), version="1.0")).all()
        self.assertEqual(comments(told)[:3], [": ping"] * 3)
        self.assertIn(b"[DONE]", told)


class Faults(Comments):
    """The client does not see a fault behind comments alone, whether they were passed on or not."""

    FAULTS = {
        "error_event": [event({"error": {"message": "full"}})],
        "malformed": [event(b"{broken")],
        "cut": None,
        "first_token_timeout": [5.0],
    }

    def test_the_next_target_answers_in_the_same_stream(self):
        for result, pieces in self.FAULTS.items():
            for after in ("0s", "never"):
                with self.subTest(result, after=after):
                    script = streamed(*pings(2), *(pieces or []), last=pieces is not None)
                    gateway = self.begin(script, comments_after=after)
                    reply = self.ask(gateway)
                    self.assertEqual((reply.status, reply.whole), (200, True))
                    self.assertEqual((reply.events[-1], reply.tokens), ("[DONE]", 3))
                    line = gateway.log_of(reply)
                    self.assertEqual((line["outcome"], line["target"], line["status"]),
                                     ("ok", "gpt-4.1-mini@second", 200))
                    self.assertEqual({a["result"] for a in line["attempts"]}, {result, "ok"})
                    attempts = str(len(line["attempts"]))
                    if after == "never":
                        self.assertEqual(reply.headers["x-headgate-target"], "gpt-4.1-mini@second")
                        continue
                    self.assertEqual(comments(reply.body.partition(b"data: ")[0])[-2:],
                                     [": x-headgate-target gpt-4.1-mini@second",
                                      ": x-headgate-attempts " + attempts])

    def test_when_nothing_is_left_an_error_event_says_what_the_status_would_have(self):
        gateway = self.begin(streamed(*pings(2), event({"error": {"message": "full"}})),
                             second=False, comments_after="0s")
        with RawClient(gateway.port) as client:
            reply = client.send(post(chat_body(stream=True))).reply()
            self.assertEqual((reply.status, reply.whole), (200, False))
            error = json.loads(reply.events[-1])["error"]
            self.assertEqual((error["code"], error["type"]), ("upstream_unavailable", "server_error"))
            self.assertIn("gpt-4.1@first (error_event)", error["message"])
            self.assertTrue(client.ended())
        line = gateway.log_of(reply)
        self.assertEqual((line["outcome"], line["status"], line["target"]),
                         ("upstream_error", 200, "none"))

    def test_held_back_the_failure_has_its_status(self):
        gateway = self.begin(streamed(*pings(2), event({"error": {"message": "full"}})), second=False)
        reply = self.ask(gateway)
        self.assertEqual((reply.status, reply.error["code"]), (503, "upstream_unavailable"))

    def test_a_refusal_by_the_next_target_is_an_error_event(self):
        # The second target is asked twice. The second time it refuses because of the client's own mistake.
        calls = []
        refusal = whole({"error": {"message": "no such field", "code": "bad_field"}}, status=400)
        broken = streamed(*pings(2), last=False)

        def script():
            calls.append(1)
            return broken if len(calls) == 1 else refusal
        gateway = self.begin(script, second=False, comments_after="0s")
        reply = self.ask(gateway)
        error = json.loads(reply.events[-1])["error"]
        self.assertEqual((reply.whole, error["code"], error["message"]),
                         (False, "bad_field", "no such field"))
        line = gateway.log_of(reply)
        self.assertEqual((line["outcome"], [a["result"] for a in line["attempts"]]),
                         ("client_error", ["cut", "status_4xx"]))

    def test_a_client_that_leaves_meanwhile_lets_the_backend_go(self):
        gateway = self.begin(streamed(*pings(100)), comments_after="0s")
        with RawClient(gateway.port) as client:
            client.send(post(chat_body(stream=True))).head()
            client.chunk()
        line, = gateway.log()
        self.assertEqual((line["outcome"], [a["result"] for a in line["attempts"]]),
                         ("client_gone", ["client_gone"]))
        wait_for(lambda: self.first.left == 1, "the backend sees the client leave", 5)

    def test_a_drain_says_so_in_the_stream(self):
        gateway = self.begin(streamed(*pings(100)), comments_after="0s",
                             server={"drain_timeout": "300ms"})
        with RawClient(gateway.port) as client:
            client.send(post(chat_body(stream=True))).head()
            gateway.send_signal(signal.SIGTERM)
            told, ended = client.chunks()
        self.assertFalse(ended)
        self.assertEqual(json.loads(stage.stream_events(told)[-1])["error"]["code"],
                         "gateway_shutdown")
        self.assertEqual(gateway.wait(), 0)

    def test_a_client_that_takes_nothing_slows_its_backend(self):
        comment = b": " + b"x" * 1000 + b"\n\n"
        gateway = self.begin(streamed(*[comment * 4] * 20000), comments_after="0s",
                             server={"limits": {"idle_timeout": "1s"}}, timeouts={"total": "60s"})
        before = gateway.resident_kib()
        with RawClient(gateway.port) as client:
            client.send(post(chat_body(stream=True)))
            line, = gateway.log(within=30)
        self.assertEqual(line["outcome"], "client_gone")
        if not stage.SANITIZED:
            self.assertLess(gateway.resident_kib() - before, 8 << 10)


if __name__ == "__main__":
    unittest.main()
