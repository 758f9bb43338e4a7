"""The effects of a backend's refusal: who is blamed, which target is asked next, and which words and which
Retry-After reach the client and the logs."""

import email.utils
import http.server
import json
import threading
import time
import unittest

from reload_test import reload, write
from stage import Gateway, chat, call, wait_for

PRICE = {"input": 2, "output": 8}
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
OPTIONS_REFUSED = {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
                               "msg": "Extra inputs are not permitted"}]}


def whole():
    return json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"},
                                    "finish_reason": "stop"}], "usage": USAGE})


def stream(usage):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}
    events = [{**chunk, "choices": [choice]}]
    if usage:
        events.append({**chunk, "choices": [], "usage": USAGE})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


class Backend:
    """A server whose answers a test writes. `answer(request)` gets the body as JSON and returns
    (status, header fields, text), or None for a good answer of the kind that was asked for."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                backend.requests.append(body)
                options = (body.get("stream_options") or {}).get("include_usage")
                good = ((200, {"content-type": "text/event-stream"}, stream(options))
                        if body.get("stream")
                        else (200, {"content-type": "application/json"}, whole()))
                status, fields, text = backend.answer(body) or good
                data = text if isinstance(text, bytes) else text.encode()
                self.send_response_only(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def paid(self, **more):
        return {"hosting": "paid_api", "url": f"http://127.0.0.1:{self.server.server_port}/v1",
                "api_key": "provider-key-1", "models": {"gpt-4.1": {"name": "m", "price": PRICE}},
                **more}


def refusing(status, body, fields=None):
    """Always gives this answer; a body that is not a text is sent as JSON."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    usual = {} if isinstance(body, (str, bytes)) else {"content-type": "application/json"}
    return lambda _: (status, {**usual, **(fields or {})}, text)


def good(_):
    return None


class Refusals(unittest.TestCase):
    def start(self, *answers, **more):
        """A gateway whose one route has a target at a backend for each of `answers`, in order."""
        self.backends = [Backend(answer) for answer in answers]
        for backend in self.backends:
            self.addCleanup(backend.stop)
        names = [f"b{index}" for index in range(len(answers))]
        configured = {name: backend.paid(**more) for name, backend in zip(names, self.backends)}
        gateway = Gateway(configured, [{"name": "all", "targets": [f"gpt-4.1@{name}" for name in names]}])
        self.addCleanup(gateway.stop)
        return gateway

    def results(self, gateway, reply):
        return [attempt["result"] for attempt in gateway.log_of(reply)["attempts"]]


class Words(Refusals):
    SHAPES = [
        ({"error": {"message": "WORDS", "type": "invalid_request_error"}}, "WORDS"),
        ({"detail": [{"loc": ["body", "x"], "msg": "field required"}]}, "body.x: field required"),
        ({"message": {"detail": [{"loc": ["body", "x"], "msg": "no"}]}}, "body.x: no"),
        ([{"error": {"code": 400, "message": "WORDS", "status": "INVALID_ARGUMENT"}}], "WORDS"),
        ({"title": "Bad Request", "detail": "WORDS"}, "Bad Request: WORDS"),
        ({"Message": "WORDS"}, "WORDS"),
        ({"base_resp": {"status_code": 2013, "status_msg": "WORDS"}}, "WORDS"),
        ({"error": {"message": "<b>WORDS</b> is not valid"}}, "<b>WORDS</b> is not valid"),
        ({"error": {"message": "<image> WORDS"}}, "<image> WORDS"),
        ({"error": {"message": "<!doctype html><p>WORDS</p>"}}, "HTTP 400"),
        (': ping\n\ndata: {"error":{"message":"WORDS"}}\n\n', "WORDS"),
        ('event: error\ndata: {"error":\ndata: {"message":"WORDS"}}\n\n', "WORDS"),
        ("WORDS", "WORDS"),
        ("<html><body>WORDS</body></html>", "HTTP 400"),
        ('{"error":{"message":"WORDS \\ud800","param":"\xff'.encode("latin-1"), "WORDS \ufffd"),
        ({"error": "Incorrect key provider-key-1"}, "Incorrect key ***"),
    ]

    def test_an_error_keeps_its_words_whatever_their_shape(self):
        current = []
        gateway = self.start(lambda _: current[0](_))
        for body, words in self.SHAPES:
            with self.subTest(body):
                current[:] = [refusing(400, body)]
                for streamed in (False, True):
                    reply = chat(gateway.port, stream=streamed)
                    self.assertEqual((reply.status, reply.error["message"]), (400, words))
                    self.assertEqual(gateway.log_of(reply)["outcome"], "client_error")
        current[:] = [refusing(502, "Bad Gateway", {"content-type": "text/html"})]
        self.assertNotIn("Bad Gateway", chat(gateway.port).body.decode())
        self.assertNotIn("WORDS", gateway.log_path.read_text())
        self.assertNotIn("WORDS", gateway.stderr())

    def test_a_context_that_is_too_long_is_seen_in_every_shape(self):
        for body in ([{"error": {"message": "The input token count (9) exceeds the maximum"}}],
                     {"message": {"detail": [{"loc": ["body"], "msg": "maximum context length is 8"}]}},
                     "`inputs` must have less than 4095 tokens"):
            with self.subTest(body):
                first, second = Backend(refusing(422, body)), Backend(good)
                self.addCleanup(first.stop)
                self.addCleanup(second.stop)
                models = {"small": {"context": 8000, "max_output": 1000}}
                with Gateway({"first": first.paid(models={"small": {"name": "m", "price": PRICE}}),
                              "second": second.paid()},
                             [{"name": "all", "targets": ["small@first", "gpt-4.1@second"]}],
                             models=models) as gateway:
                    self.assertEqual(self.results(gateway, chat(gateway.port)), ["status_4xx", "ok"])

    def test_an_error_inside_a_200_is_a_refusal_like_any_other(self):
        refusal = {"error": {"message": "WORDS", "code": 400, "type": "BadRequestError"}}
        gateway = self.start(
            lambda body: (200, {"content-type": "text/event-stream"}, f"data: {json.dumps(refusal)}\n\n")
            if body.get("stream") else (200, {"content-type": "application/json"}, json.dumps(refusal)),
            good)
        for streamed in (False, True):
            reply = chat(gateway.port, stream=streamed)
            self.assertEqual((reply.status, reply.error["message"]), (400, "WORDS"))
            self.assertEqual(self.results(gateway, reply), ["status_4xx"])
        self.assertEqual(len(self.backends[1].requests), 0)


class NoCredit(Refusals):
    REFUSALS = [
        (402, {"error": {"message": "Insufficient Balance"}}),
        (403, {"error": {"message": "Insufficient Balance"}}),
        (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
        (429, {"error": {"message": "suspended", "type": "exceeded_current_quota_error"}}),
        (400, {"type": "error", "error": {"type": "invalid_request_error",
                                          "message": "Your credit balance is too low to access"}}),
        (402, ""),
    ]

    def test_an_account_without_money_is_our_trouble(self):
        for status, body in self.REFUSALS:
            with self.subTest(status, body=body):
                gateway = self.start(refusing(status, body, {"retry-after": "0"}), good)
                reply = chat(gateway.port)
                self.assertEqual(reply.status, 200)
                self.assertEqual(self.results(gateway, reply), ["no_credit", "ok"])
                self.assertEqual(len(self.backends[0].requests), 1)
                wait_for(lambda: "has no money or quota left" in gateway.stderr(), "an alert")
                metrics = gateway.metrics()
                self.assertEqual(metrics.sum("headgate_fallbacks_total", reason="no_credit"), 1)

    def test_a_client_is_told_nothing_of_our_account(self):
        for status, body in self.REFUSALS:
            with self.subTest(status, body=body):
                gateway = self.start(refusing(status, body))
                reply = chat(gateway.port, stream=True)
                self.assertEqual((reply.status, reply.error["code"]), (502, "upstream_error"))
                self.assertNotIn("retry-after", reply.headers)
                self.assertEqual(reply.headers["x-should-retry"], "false")
                self.assertEqual(reply.error["message"],
                                 "No backend could answer. Tried: gpt-4.1@b0 (unavailable).")
                line = gateway.log_of(reply)
                self.assertEqual((line["outcome"], line["attempts"][0]["result"]),
                                 ("upstream_error", "no_credit"))

    def test_five_in_a_row_are_passed_over_with_one_alert(self):
        gateway = self.start(refusing(402, {"error": {"message": "Insufficient Balance"}}), good)
        for _ in range(8):
            self.assertEqual(chat(gateway.port).status, 200)
        self.assertEqual(len(self.backends[0].requests), 5)
        self.assertEqual(gateway.stderr().count("has no money or quota left"), 1)

    def test_a_rate_limit_is_not_an_empty_account(self):
        words = "You exceeded your current quota, please check your plan and billing details. Please retry in 13s."
        gateway = self.start(refusing(429, [{"error": {"message": words}}]))
        reply = chat(gateway.port)
        self.assertEqual((reply.status, self.results(gateway, reply)), (429, ["status_429"]))


class RateLimits(Refusals):
    def limit(self, words, **fields):
        body = {"error": {"message": words, "type": "tokens", "code": "rate_limit_exceeded"}}
        return refusing(429, body, {name.replace("_", "-"): value for name, value in fields.items()})

    def test_when_all_are_full_the_client_gets_the_words_and_the_shortest_wait(self):
        gateway = self.start(self.limit("in 40", retry_after="40"),
                             self.limit("in 20", retry_after="20"),
                             self.limit("in 30", retry_after="30"))
        reply = chat(gateway.port)
        self.assertEqual((reply.status, reply.headers["retry-after"]), (429, "20"))
        self.assertEqual(reply.error, {"message": "in 20", "type": "tokens", "code": "rate_limit_exceeded"})
        line = gateway.log_of(reply)
        self.assertEqual((line["status"], line["outcome"]), (429, "upstream_error"))
        self.assertNotIn("in 20", str(line))
        self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["status_429"] * 3)
        self.assertEqual(gateway.metrics().sum("headgate_requests_total", outcome="upstream_error"), 1)

    def test_a_date_counts_as_what_it_says(self):
        now = time.time()
        far, skewed = email.utils.formatdate(now + 90, usegmt=True), now + 5000
        gateway = self.start(self.limit("date", retry_after=far))
        self.assertIn(int(chat(gateway.port).headers["retry-after"]), range(85, 92))
        # By the answer's own clock, which is wrong, the time is 45 s away.
        gateway = self.start(self.limit("skew", date=email.utils.formatdate(skewed, usegmt=True),
                                        retry_after=email.utils.formatdate(skewed + 45, usegmt=True)))
        self.assertEqual(chat(gateway.port).headers["retry-after"], "45")
        # A time in the past means at once, so the same target gets a second try.
        gateway = self.start(self.limit("past", retry_after="Sun, 06 Nov 1994 08:49:37 GMT"))
        reply = chat(gateway.port)
        self.assertEqual((reply.headers["retry-after"], len(self.backends[0].requests)), ("0", 2))

    def test_without_a_wait_none_is_made_up(self):
        for fields in ({}, {"retry_after": "soon"}, {"retry_after": "-3"}):
            with self.subTest(fields):
                gateway = self.start(self.limit("no wait", **fields))
                reply = chat(gateway.port)
                self.assertEqual((reply.status, reply.error["message"]), (429, "no wait"))
                self.assertNotIn("retry-after", reply.headers)

    def test_mixed_failures_stay_a_503(self):
        gateway = self.start(self.limit("full", retry_after="20"), refusing(503, "down"))
        reply = chat(gateway.port)
        self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
        gateway = self.start(self.limit("full", retry_after="20"), refusing(402, ""))
        reply = chat(gateway.port)
        self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "20"))
        self.assertNotIn("x-should-retry", reply.headers)


class StreamOptions(Refusals):
    def strict(self, body):
        return (422, {"content-type": "application/json"}, json.dumps(OPTIONS_REFUSED)) \
            if "stream_options" in body else None

    def asked(self, backend=0):
        return ["stream_options" in request for request in self.backends[backend].requests]

    def test_who_refuses_them_is_asked_once_more_and_remembered(self):
        gateway = self.start(self.strict)
        reply = chat(gateway.port, stream=True)
        self.assertEqual((reply.status, reply.text, reply.events[-1]), (200, "Hi", "[DONE]"))
        line = gateway.log_of(reply)
        self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["status_4xx", "ok"])
        self.assertEqual((line["usage"], line["outcome"]), ("estimated", "ok"))
        # The refusal is remembered, also for clients that ask for usage themselves.
        self.assertEqual(chat(gateway.port, stream=True, stream_options={"include_usage": True}).status, 200)
        self.assertEqual(self.asked(), [True, False, False])
        self.assertEqual(chat(gateway.port).status, 200)
        wait_for(lambda: "stream_usage: false for backend b0" in gateway.stderr(), "a word to the operator")
        # A reload that does not change the backend keeps the memory. A new key makes it another backend.
        config = json.loads(gateway.config_path.read_text())
        config["routes"][0]["name"] = "renamed"
        write(gateway, config)
        reload(gateway)
        chat(gateway.port, stream=True)
        config["backends"]["b0"]["api_key"] = "provider-key-2"
        write(gateway, config)
        reload(gateway)
        chat(gateway.port, stream=True)
        self.assertEqual(self.asked()[4:], [False, True, False])

    def test_every_shape_of_the_refusal_is_understood(self):
        for status, body in ((400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}}),
                             (422, {"message": {"detail": [{"loc": ["body", "stream_options"], "msg": "no"}]}}),
                             (400, "unknown field `stream_options`"),
                             (400, {"error": {"message": "no", "param": "stream_options"}})):
            with self.subTest(body):
                answer = refusing(status, body)
                gateway = self.start(lambda request, say=answer: say(request) if "stream_options" in request else None)
                self.assertEqual(chat(gateway.port, stream=True).status, 200)
                self.assertEqual(self.asked(), [True, False])

    def test_it_costs_no_retry(self):
        """The second try does not count against the retry budget or as the one retry of a fault."""
        def answer(body):
            if "stream_options" in body:
                return 422, {}, json.dumps(OPTIONS_REFUSED)
            return (503, {}, "") if self.asked().count(False) == 1 else None
        gateway = self.start(answer)
        self.assertEqual(chat(gateway.port, stream=True).status, 200)
        self.assertEqual(self.asked(), [True, False, False])

    def test_the_key_says_it_from_the_start(self):
        gateway = self.start(self.strict, stream_usage=False)
        reply = chat(gateway.port, stream=True)
        self.assertEqual((reply.status, self.asked()), (200, [False]))
        self.assertEqual(gateway.log_of(reply)["usage"], "estimated")

    def test_a_client_that_asked_for_usage_gets_the_stream_without_it(self):
        gateway = self.start(self.strict)
        reply = chat(gateway.port, stream=True, stream_options={"include_usage": True})
        self.assertEqual(reply.events[-1], "[DONE]")
        self.assertFalse(any("usage" in json.loads(event) for event in reply.events[:-1]))

    def test_no_client_can_make_the_gateway_forget_usage(self):
        """A refusal of the client's own stream options does not count as a refusal of Headgate's."""
        def answer(body):
            options = body.get("stream_options") or {}
            odd = set(options) - {"include_usage"}
            return (400, {}, f"stream_options has {odd}") if odd else None
        gateway = self.start(answer)
        odd = chat(gateway.port, stream=True, stream_options={"x": 1})
        self.assertEqual(odd.status, 200)
        self.assertEqual(gateway.log_of(chat(gateway.port, stream=True))["usage"], "exact")
        self.assertEqual(self.asked(), [True, False, True])

    def test_a_refusal_that_goes_on_without_them_goes_to_the_client(self):
        gateway = self.start(refusing(400, {"error": {"message": "no x; there is stream_options"}}), good)
        reply = chat(gateway.port, stream=True)
        self.assertEqual((reply.status, self.asked()), (400, [True, False]))
        reply = chat(gateway.port)
        self.assertEqual((reply.status, len(self.backends[0].requests)), (400, 3))


if __name__ == "__main__":
    unittest.main()
