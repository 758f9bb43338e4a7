"""Answers of servers whose media types, ends and usage differ from OpenAI's."""

import json
import time
import unittest

import stage
from scripted import (COMPLETION, DONE, USAGE, USAGE_COST, Answers, event, head, streamed, token,
                      whole)
from stage import RawClient, chat, chat_body, nano, post


class MediaTypes(Answers):
    def test_neither_case_nor_parameters_matter(self):
        for content_type in ("Text/Event-Stream; charset=utf-8", "TEXT/EVENT-STREAM",
                             "text/event-stream ;charset=UTF-8", "text/event-stream;"):
            with self.subTest(content_type):
                script = streamed(token("a"), token("b", "stop"), DONE, content_type=content_type)
                gateway = self.start(script)
                reply = chat(gateway.port, stream=True)
                self.assertEqual((reply.text, reply.events[-1]), ("ab", "[DONE]"))
                self.assertEqual(gateway.log_of(reply)["target"], "gpt-4.1@first")

    def test_json_is_json_whatever_it_is_called(self):
        for content_type in ("Application/JSON;charset=utf-8", "text/plain", None):
            with self.subTest(content_type):
                gateway = self.start(whole({**COMPLETION, "usage": USAGE}, content_type))
                reply = chat(gateway.port)
                self.assertEqual(reply.json["choices"][0]["message"]["content"], "whole")
                self.assertEqual(gateway.log_of(reply)["target"], "gpt-4.1@first")


class UnusableAnswers(Answers):
    """Answers of the first target that cannot be passed on, and that a retry would not change."""

    def refused(self, script, stream, why, cost=None):
        with self.subTest(why, stream=stream):
            gateway = self.start(script)
            reply = chat(gateway.port, stream=stream)
            self.assertEqual(reply.status, 200, reply.body)
            line = gateway.log_of(reply)
            self.assertEqual([(a["target"], a["result"]) for a in line["attempts"]],
                             [("gpt-4.1@first", "malformed"), ("gpt-4.1-mini@second", "ok")])
            self.assertEqual(line["attempts"][0]["error"], why)
            self.assertEqual(self.first.requests, 1)
            if cost is not None:
                self.assertEqual(nano(line["attempts"][0]["cost_usd"]), cost)
                self.assertEqual(line["usage"], "exact")
            return line

    def test_a_stream_was_asked_for_and_something_else_came(self):
        completion = {**COMPLETION, "usage": USAGE}
        instead = " instead of text/event-stream"
        for body, content_type, name, cost in (
                (completion, "application/json", "application/json", USAGE_COST),
                (completion, "Application/JSON; charset=utf-8", "application/json", USAGE_COST),
                (completion, "text/plain", "text/plain", USAGE_COST),
                (completion, None, "no content type", USAGE_COST),
                (b"<html>hello</html>", "Text/HTML", "text/html", None),
                (b"", "text/html", "text/html", None),
                (b"hello", "key sk-1234567890", "a malformed content type", None),
                (event({**COMPLETION, "usage": USAGE}) + DONE, "text/plain", "text/plain", USAGE_COST)):
            self.refused(whole(body, content_type), True, "answered " + name + instead, cost)
        self.refused(streamed(json.dumps(completion).encode()), True,
                     "sent JSON instead of an event stream", USAGE_COST)
        self.refused(streamed(b"\n \n", 0.05, json.dumps(completion).encode()), True,
                     "sent JSON instead of an event stream", USAGE_COST)

    def test_an_answer_was_asked_for_and_a_stream_came(self):
        usage = event({"choices": [], "usage": USAGE})
        self.refused(streamed(token("a"), token("b", "stop"), usage, DONE), False,
                     "answered text/event-stream instead of JSON", USAGE_COST)
        self.refused(streamed(token("a"), token("b", "stop"), usage, DONE,
                              content_type="application/json"), False,
                     "sent an event stream instead of JSON", USAGE_COST)
        line = self.refused(streamed(token("a"), token("b", "stop"), DONE), False,
                            "answered text/event-stream instead of JSON")
        self.assertEqual(line["usage"], "estimated")
        self.refused(whole(b"<html></html>", "text/html; charset=x"), False,
                     "answered text/html instead of JSON")

    def test_a_status_that_is_neither_200_nor_an_error(self):
        for status in (201, 202, 206, 299, 302):
            for stream in (True, False):
                body = {**COMPLETION, "usage": USAGE}
                self.refused(whole(body, status=status), stream, f"answered with status {status}",
                             USAGE_COST)
        self.refused([head(None, 204) + b"\r\n"], True, "answered with status 204")

    def test_a_head_that_is_not_http(self):
        for script in ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], [b"HTTP/1.1 two hundred\r\n\r\n"],
                       [b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]):
            with self.subTest(script):
                gateway = self.start(script)
                line = gateway.log_of(chat(gateway.port))
                self.assertEqual([a["result"] for a in line["attempts"]], ["malformed", "ok"])
                self.assertEqual(self.first.requests, 1)

    def test_an_encoding_that_was_not_asked_for(self):
        self.refused(whole(b"\x1f\x8b", "application/json", 200, "Content-Encoding: gzip"), False,
                     "answered in a content encoding, which it was asked not to use")
        for stream, content_type in ((True, "text/event-stream"), (False, "application/json")):
            script = [head(content_type) + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"]
            self.refused(script, stream,
                         "answered in a transfer coding, which it was not asked for")

    def test_a_stream_of_nothing_but_its_end(self):
        for pieces in ([DONE], [DONE, 0.4], [b": ping\n\n", DONE, 0.4]):
            self.refused(streamed(*pieces), True, "its stream holds nothing but [DONE]")

    def test_a_stream_without_a_choice(self):
        for chunk in ({"usage": USAGE}, {"choices": [], "usage": USAGE}):
            self.refused(streamed(event(chunk), DONE), True, "its stream holds nothing but [DONE]",
                         USAGE_COST)

    def test_an_answer_without_a_choice(self):
        gateway = self.start(whole({**COMPLETION, "choices": [], "usage": USAGE}))
        line = gateway.log_of(chat(gateway.port))
        self.assertEqual(line["attempts"][0]["result"], "malformed")
        self.assertEqual(line["attempts"][0]["error"], "its answer has no choice")
        self.assertEqual((line["attempts"][-1]["target"], line["outcome"]),
                         ("gpt-4.1-mini@second", "ok"))

    def test_when_nothing_is_left_the_client_reads_what_came(self):
        gateway = self.start(whole(b"<html></html>", "text/html"), second=False)
        for stream, wanted in ((True, "text/event-stream"), (False, "JSON")):
            reply = chat(gateway.port, stream=stream)
            self.assertEqual(reply.status, 502)
            self.assertIn(f"gpt-4.1@first (answered text/html instead of {wanted})",
                          reply.error["message"])

    ERRORS = [
        {"error": {"message": "busy"}}, {"error": [{"message": "boom"}]}, {"error": {}},
        {"error": True, "message": "boom"}, {"detail": "model loading"},
        {"message": "Internal server error", "code": 500},
        {"errors": [{"message": "boom"}], "success": False}, [{"error": {"message": "boom", "code": 503}}],
        {"choices": None, "base_resp": {"status_code": 1000, "status_msg": "unknown error"}},
        {**COMPLETION, "choices": [{"index": 0, "message": {"role": "assistant", "content": ""},
                                    "finish_reason": "error", "error": {"code": 502, "message": "x"}}]},
    ]

    def test_an_error_of_status_200_may_be_over_a_moment_later(self):
        for error in self.ERRORS:
            for script, stream in ((whole(error), True), (whole(error), False),
                                   (streamed(event(error), DONE), True),
                                   (streamed(b"\xef\xbb\xbf" + event(error), DONE), True)):
                with self.subTest(error, stream=stream):
                    gateway = self.start(script)
                    line = gateway.log_of(chat(gateway.port, stream=stream))
                    self.assertEqual([a["result"] for a in line["attempts"]],
                                     ["error_event", "error_event", "ok"])

    def test_an_error_of_status_200_may_name_a_status_of_its_own(self):
        for error, result in (
                ([{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}], "status_429"),
                ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, "status_429"),
                ({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, "no_credit"),
                ({"base_resp": {"status_code": 2049, "status_msg": "invalid api key"}}, "rejected")):
            for script, stream in ((whole(error), True), (whole(error), False),
                                   (streamed(event(error), DONE), True)):
                with self.subTest(error, stream=stream):
                    gateway = self.start(script)
                    line = gateway.log_of(chat(gateway.port, stream=stream))
                    self.assertEqual([a["result"] for a in line["attempts"]], [result, "ok"])

    def test_an_answer_without_choices_is_none(self):
        for body in ({}, {"id": "x", "choices": None}, {"message": {"content": "hi"}, "done": True}):
            with self.subTest(body):
                gateway = self.start(whole(body))
                line = gateway.log_of(chat(gateway.port))
                self.assertEqual([(a["result"], a.get("error")) for a in line["attempts"][:2]],
                                 [("malformed", "its answer has neither choices nor data")] * 2)

    def test_an_empty_error_beside_an_answer_is_none(self):
        for empty in ({}, "", None, False, [], {"code": None, "message": ""}):
            with self.subTest(empty):
                gateway = self.start(whole({**COMPLETION, "error": empty}))
                reply = chat(gateway.port)
                self.assertEqual(reply.json["choices"][0]["message"]["content"], "whole")
                self.assertEqual(gateway.log_of(reply)["target"], "gpt-4.1@first")
                chunk = {"error": empty, "choices": [{"index": 0, "delta": {"content": "a"},
                                                      "finish_reason": "stop"}]}
                gateway = self.start(streamed(event(chunk), DONE))
                reply = chat(gateway.port, stream=True)
                self.assertEqual((reply.text, reply.events[-1]), ("a", "[DONE]"))
                self.assertEqual(gateway.log_of(reply)["target"], "gpt-4.1@first")

    def test_json_that_breaks_off_is_worth_another_try(self):
        gateway = self.start(whole(b'{"choices":[', "application/json"))
        line = gateway.log_of(chat(gateway.port))
        self.assertEqual([a["result"] for a in line["attempts"]], ["malformed", "malformed", "ok"])

    def test_a_useless_answer_that_does_not_end_holds_nobody_up(self):
        gateway = self.start([head("text/html") + b"Content-Length: 1000\r\n\r\n<html>", 20.0])
        started = time.monotonic()
        line = gateway.log_of(chat(gateway.port, stream=True))
        self.assertEqual([a["result"] for a in line["attempts"]], ["malformed", "ok"])
        self.assertLess(time.monotonic() - started, 10 if stage.SANITIZED else 7)


class ByteOrderMarks(Answers):
    MARK = b"\xef\xbb\xbf"

    def test_before_json_it_is_taken_out(self):
        body = json.dumps({**COMPLETION, "usage": USAGE}).encode()
        gateway = self.start(whole(self.MARK + body))
        reply = chat(gateway.port)
        self.assertEqual(reply.body, body)
        line = gateway.log_of(reply)
        self.assertEqual((line["target"], nano(line["cost_usd"])), ("gpt-4.1@first", USAGE_COST))

    def test_before_events_it_is_taken_out(self):
        for pieces in ([self.MARK + token("a")], [self.MARK, 0.1, token("a")],
                       [self.MARK + b": ping\n\n", 0.1, token("a")]):
            gateway = self.start(streamed(*pieces, token("b", "stop"), DONE), comments_after="0s")
            reply = chat(gateway.port, stream=True)
            self.assertNotIn(self.MARK, reply.body)
            self.assertEqual((reply.text, reply.events[-1]), ("ab", "[DONE]"))

    def test_behind_the_comments_of_another_attempt_it_is_taken_out(self):
        calls = []

        def script():
            calls.append(1)
            if len(calls) == 1:
                return streamed(b": ping\n\n", 0.1, last=False)
            return streamed(self.MARK + token("a"), 0.1, token("b", "stop"), DONE)
        gateway = self.start(script, second=False, comments_after="0s")
        reply = chat(gateway.port, stream=True)
        self.assertNotIn(self.MARK, reply.body)
        self.assertEqual((reply.text, reply.events[-1]), ("ab", "[DONE]"))

    def test_json_in_place_of_a_stream_is_told_behind_it_too(self):
        body = self.MARK + json.dumps({**COMPLETION, "usage": USAGE}).encode()
        gateway = self.start(streamed(body))
        line = gateway.log_of(chat(gateway.port, stream=True))
        self.assertEqual([(a["result"], a.get("error")) for a in line["attempts"]],
                         [("malformed", "sent JSON instead of an event stream"), ("ok", None)])
        self.assertEqual(nano(line["attempts"][0]["cost_usd"]), USAGE_COST)


class ErrorsWithoutAnEnd(Answers):
    """Error answers whose rest does not come."""

    def seconds_of(self, content_type, begin):
        script = [head(content_type, 502) + b"Transfer-Encoding: chunked\r\n\r\n",
                  b"%x\r\n%s\r\n" % (len(begin), begin), 30.0]
        gateway = self.start(script)
        begun = time.monotonic()
        reply = chat(gateway.port)
        took = time.monotonic() - begun
        attempts = gateway.log_of(reply)["attempts"]
        self.assertEqual([(attempt["target"], attempt["result"]) for attempt in attempts],
                         [("gpt-4.1@first", "status_5xx")] * 2 + [("gpt-4.1-mini@second", "ok")])
        return took

    def test_a_page_is_not_waited_for(self):
        for content_type in ("text/html", "application/xml; charset=utf-8"):
            with self.subTest(content_type):
                self.assertLess(self.seconds_of(content_type, b"<html>"), 1)

    def test_words_have_one_second_for_each_piece(self):
        took = self.seconds_of("application/json", b'{"error":')
        self.assertGreater(took, 2)
        self.assertLess(took, 5)


class FinishReasons(Answers):
    def test_a_stream_that_never_says_why_it_ended_is_cut(self):
        for name, pieces in (
                ("empty", [token("a", ""), token("b", "")]),
                ("blank", [token("a"), token("b", " \t")]),
                ("null", [token("a"), token("b")]),
                ("null as a text", [token("a"), token("b", "null")]),
                ("missing", [event({"choices": [{"index": 0, "text": "a"}]})]),
                ("one of two", [token("a", "stop"), token("b", "", index=1)])):
            with self.subTest(name):
                gateway = self.start(streamed(*pieces))
                with RawClient(gateway.port) as client:
                    told = client.send(post(chat_body(stream=True))).all()
                self.assertNotIn(b"[DONE]", told)
                self.assertIn(b'"code":"upstream_error"', told)
                line, = gateway.log()
                self.assertEqual((line["outcome"], line["attempts"][0]["result"]), ("cut", "cut"))

    def test_as_many_choices_as_were_asked_for_must_have_ended(self):
        one, two = [token("a"), token("b", "stop")], [token("a", "stop"), token("b", "stop", 1)]
        for pieces, outcome in ((one, "cut"), (two, "ok"), (one + [DONE], "ok")):
            with self.subTest(outcome, pieces=len(pieces)):
                gateway = self.start(streamed(*pieces))
                reply = chat(gateway.port, stream=True, n=2)
                self.assertEqual(reply.events[-1] == "[DONE]", outcome == "ok")
                self.assertEqual(gateway.log_of(reply)["outcome"], outcome)

    def test_one_that_says_it_is_whole(self):
        for pieces in ([token("a", ""), token("b", "stop")], [token("a", "length"), token("", "")],
                       [event({"choices": [{"text": "a", "finish_reason": "stop"}]})],
                       [token("a", ""), token("b", ""), DONE]):
            gateway = self.start(streamed(*pieces))
            reply = chat(gateway.port, stream=True)
            self.assertEqual(reply.events[-1], "[DONE]")
            self.assertEqual(gateway.log_of(reply)["outcome"], "ok")


class UsageChunks(Answers):
    def test_what_only_the_gateway_asked_for_stays_here(self):
        for chunk in ({"usage": USAGE}, {"choices": None, "usage": USAGE},
                      {"choices": [], "usage": USAGE}, {"choices": [], "x_groq": {"usage": USAGE}}):
            for asked in (False, True):
                with self.subTest(chunk, asked=asked):
                    gateway = self.start(streamed(token("a", "stop"), event(chunk), DONE))
                    more = {"stream_options": {"include_usage": True}} if asked else {}
                    reply = chat(gateway.port, stream=True, **more)
                    self.assertEqual("usage" in reply.body.decode(), asked)
                    self.assertEqual(reply.events[-1], "[DONE]")
                    line = gateway.log_of(reply)
                    self.assertEqual((nano(line["cost_usd"]), line["usage"]), (USAGE_COST, "exact"))


class BrokenStreams(Answers):
    """A client that looks at HTTP alone sees a failure, and a client that reads events reads our error event."""

    def broken(self, gateway, client, data, piped=b""):
        """The bytes on the connection up to its end, which must not be a reset, and the error event."""
        client.send(data + piped)
        told = client.all()
        self.assertNotIn(b"[DONE]", told)
        error = json.loads(told.rpartition(b"data: ")[2].partition(b"\n\n")[0])["error"]
        self.assertTrue(error["message"])
        return told, error

    def test_no_last_chunk_follows_the_error_event(self):
        # The pause lets the first event reach the client. A fault that comes with it would cause a retry.
        breaks = {"cut": [token("a")], "malformed": [token("a"), 0.2, event(b"{broken")],
                  "error": [token("a"), 0.2, event({"error": {"message": "no more"}})]}
        for name, pieces in breaks.items():
            for piped in (b"", post(chat_body(stream=True))):
                with self.subTest(name, piped=bool(piped)):
                    gateway = self.start(streamed(*pieces, last=name != "cut"))
                    with RawClient(gateway.port) as client:
                        told, _ = self.broken(gateway, client, post(chat_body(stream=True)), piped)
                    self.assertTrue(told.endswith(b"\n\n\r\n"), told[-80:])
                    self.assertNotIn(b"\r\n0\r\n", told)
                    line, = gateway.log()
                    self.assertEqual(line["outcome"], "cut")

    def test_an_error_event_of_any_shape_becomes_one_that_sdks_read(self):
        for piece, message, code in (
                (event({"error": {"message": "boom", "code": "x"}}), "boom", "x"),
                (event({"object": "error", "message": "boom", "type": "t"}), "boom", "upstream_error"),
                (b'event: error\ndata: {"message":"boom"}\n\n', "boom", "upstream_error"),
                (b"event: error\ndata: boom\n\n", "boom", "upstream_error"),
                (event({"error": "boom"}), "boom", "upstream_error"),
                (event({"error": [{"message": "boom"}]}), "boom", "upstream_error"),
                (event({"error": True, "message": "boom"}), "boom", "upstream_error"),
                (event({"detail": "boom"}), "boom", "upstream_error"),
                (event([{"error": {"message": "boom"}}]), "boom", "upstream_error"),
                (event({"base_resp": {"status_code": 1000, "status_msg": "boom"}}), "boom", "upstream_error"),
                (event({"choices": [{"index": 0, "delta": {}, "finish_reason": "error",
                                     "error": {"message": "boom"}}]}), "boom", "upstream_error"),
                (b'data: {"error":\ndata: {"message":"boom"}}\n\n', "boom", "upstream_error"),
                (event({"error": {}}), "The backend's answer broke off.", "upstream_error")):
            with self.subTest(piece):
                gateway = self.start(streamed(token("a"), 0.1, piece, 0.1, token("late"), DONE))
                with RawClient(gateway.port) as client:
                    told, error = self.broken(gateway, client, post(chat_body(stream=True)))
                self.assertEqual((error["message"], error["code"]), (message, code))
                self.assertNotIn(b"late", told)
                self.assertNotIn(b"event: error", told)
                line, = gateway.log()
                self.assertEqual((line["outcome"], line["attempts"][0]["result"]),
                                 ("cut", "error_event"))
                self.assertNotIn("boom", str(line))

    def test_an_answer_that_its_backend_gave_up_is_never_a_whole_one(self):
        for word in ("error", "abort", "insufficient_system_resource", "network_error"):
            end = event({"choices": [{"index": 0, "delta": {}, "finish_reason": word}]})
            with self.subTest(word):
                gateway = self.start(streamed(token("a"), 0.1, end, DONE))
                with RawClient(gateway.port) as client:
                    _, error = self.broken(gateway, client, post(chat_body(stream=True)))
                self.assertEqual(error["message"], "The backend's answer broke off.")
                line, = gateway.log()
                self.assertEqual(line["outcome"], "cut")

    def test_an_error_event_shows_no_secret(self):
        for error in (b'{"error":{"message":"key provider-key-1 is wrong"}}',
                      b'{"error":{"message":"key provider\\u002dkey-1 is wrong"}}',
                      b'{"detail":"key provider-key-1 is wrong"}'):
            gateway = self.start(streamed(token("a"), 0.1, event(error)))
            with RawClient(gateway.port) as client:
                told, error = self.broken(gateway, client, post(chat_body(stream=True)))
            self.assertEqual(error["message"], "key *** is wrong")

    def test_a_large_backlog_is_read_before_the_end(self):
        """A reset would discard the bytes that the client has not read yet."""
        gateway = self.start(streamed(*[token("x" * 1000)] * 1000))
        with RawClient(gateway.port) as client:
            client.send(post(chat_body(stream=True)))
            time.sleep(0.3)
            told = client.all()
        self.assertEqual(told.count(b"x" * 1000), 1000)
        self.assertIn(b'"code":"upstream_error"', told)

    def test_a_clean_end_keeps_the_connection(self):
        gateway = self.start(streamed(token("a", "stop"), DONE))
        with RawClient(gateway.port) as client:
            for _ in range(2):
                reply = client.send(post(chat_body(stream=True))).reply()
                self.assertEqual(reply.events[-1], "[DONE]")

    def test_one_of_http_1_0_ends_with_its_connection(self):
        gateway = self.start(streamed(token("a")))
        with RawClient(gateway.port) as client:
            told, error = self.broken(gateway, client, post(chat_body(stream=True), version="1.0"))
        self.assertEqual(error["code"], "upstream_error")
        self.assertNotIn(b"Transfer-Encoding", told)


if __name__ == "__main__":
    unittest.main()
