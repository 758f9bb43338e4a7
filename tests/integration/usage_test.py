"""The gateway books reported usage equally for answers that are non-streamed, streamed or too large to hold, in every
dialect. Impossible reports never book less than zero."""

import http.server
import json
import threading
import unittest

from stage import CHAT, Gateway, call, chat, nano

PRICES = {"input": 2, "cached_input": "0.5", "cache_write": "2.5", "output": 8}
TEXT = "x" * 40  # 10 tokens, estimated
LARGE = "x" * (9 << 20)


class Backend(http.server.ThreadingHTTPServer):
    """Answers with the text `say_text` and the usage `say_usage` of the request."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            usage = body.get("say_usage", "null")
            text = LARGE if body.get("say_large") else body.get("say_text", TEXT)
            if body.get("stream"):
                self.stream(usage, text)
            elif self.path.endswith("/embeddings"):
                self.whole('{"object":"list","data":[{"embedding":[0.5]}],"usage":%s}' % usage)
            else:
                choice = {"index": 0, "message": {"role": "assistant", "content": text},
                          "finish_reason": body.get("say_finish", "stop")}
                self.whole('{"choices":[%s],"usage":%s}' % (json.dumps(choice), usage))

        def whole(self, text):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def stream(self, usage, text):
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            choices = [{"index": 0, "delta": {"content": text[at:at + 4]}, "finish_reason": None}
                       for at in range(0, len(text), 4)]
            choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
            for choice in choices:
                self.wfile.write(b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode())
            self.wfile.write(b'data: {"choices":[],"usage":%s}\n\n' % usage.encode())
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Usage(unittest.TestCase):
    def setUp(self):
        backend = Backend()
        self.addCleanup(backend.stop)
        self.gateway = Gateway({"far": {
            "hosting": "paid_api", "url": f"http://127.0.0.1:{backend.server_port}/v1",
            "api_key": "provider-key-1",
            "models": {"gpt-4.1": {"name": "g", "price": PRICES},
                       "text-embedding-3-small": {"name": "e", "price": PRICES}}}})
        self.addCleanup(self.gateway.stop)

    def booked(self, usage, **fields):
        usage = usage if isinstance(usage, str) else json.dumps(usage)
        reply = chat(self.gateway.port, model="gpt-4.1", say_usage=usage, **fields)
        self.assertEqual(reply.status, 200)
        line = self.gateway.log_of(reply)
        self.assertEqual(line["outcome"], "ok")
        return line

    def everywhere(self, usage):
        """The log's lines of the same usage in a non-streamed answer, in a stream, and in an answer too large
        to hold."""
        lines = {"whole": self.booked(usage), "streamed": self.booked(usage, stream=True),
                 "large": self.booked(usage, say_large=True)}
        return lines.items()

    def assert_booked(self, usage, status, output, cost, input_tokens=1000, ways=("whole", "streamed", "large")):
        for way, line in self.everywhere(usage):
            if way not in ways:
                continue
            with self.subTest(way=way, usage=usage):
                self.assertEqual((line["usage"], line["tokens"]["input"], line["tokens"]["output"]),
                                 (status, input_tokens, output))
                self.assertEqual(nano(line["cost_usd"]), cost)

    def test_thinking_outside_the_completion_is_paid_for(self):
        thinking = {"completion_tokens_details": {"reasoning_tokens": 500}}
        self.assert_booked({"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1600,
                            **thinking}, "exact", 600, 1000 * 2000 + 600 * 8000)
        self.assert_booked({"prompt_tokens": 1000, "completion_tokens": 600, "total_tokens": 1600,
                            **thinking}, "exact", 600, 1000 * 2000 + 600 * 8000)
        self.assert_booked({"prompt_tokens": 1000, "completion_tokens": 100, **thinking},
                           "exact", 600, 1000 * 2000 + 600 * 8000)
        self.assert_booked({"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1600},
                           "exact", 600, 1000 * 2000 + 600 * 8000)

    def test_cached_tokens_have_their_price_in_every_dialect(self):
        counts = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        cost = 600 * 500 + 400 * 2000 + 100 * 8000
        for names in ({"cached_tokens": 600}, {"prompt_cache_hit_tokens": 600},
                      {"prompt_tokens_details": {"cached_tokens": 600}},
                      {"cache_read_input_tokens": 600}):
            self.assert_booked({**counts, **names}, "exact", 100, cost)
        written = 600 * 500 + 300 * 2500 + 100 * 2000 + 100 * 8000
        for name in ("cache_creation_tokens", "cache_write_tokens", "created_cache_tokens"):
            details = {"cached_tokens": 600, name: 300}
            self.assert_booked({**counts, "prompt_tokens_details": details}, "exact", 100, written)

    def test_cached_tokens_beyond_the_prompt_are_booked_beside_it(self):
        self.assert_booked({"prompt_tokens": 100, "completion_tokens": 100, "cached_tokens": 900},
                           "estimated", 100, 100 * 2000 + 900 * 500 + 100 * 8000)

    def test_usage_that_says_nothing_is_estimated(self):
        for usage in ("null", "{}", '{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}',
                      '{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}',
                      '{"prompt_tokens":-5,"completion_tokens":-5,"total_tokens":-10}',
                      '{"prompt_tokens":99999999999999999999,"completion_tokens":1e300}'):
            for way, line in self.everywhere(usage):
                with self.subTest(way=way, usage=usage):
                    self.assertEqual(line["usage"], "estimated")
                    self.assertGreater(line["tokens"]["input"], 0)
                    self.assertEqual(line["tokens"]["output"],
                                     len(LARGE) // 4 if way == "large" else 10)
                    self.assertGreater(line["cost_usd"], 0)

    def test_a_side_that_is_missing_is_estimated_and_the_other_is_kept(self):
        for usage in ({"prompt_tokens": 1000}, {"prompt_tokens": 1000, "completion_tokens": 0},
                      {"prompt_tokens": 1000, "completion_tokens": None, "total_tokens": 1000}):
            self.assert_booked(usage, "estimated", 10, 1000 * 2000 + 10 * 8000,
                               ways=("whole", "streamed"))
            self.assert_booked(usage, "estimated", len(LARGE) // 4,
                               1000 * 2000 + len(LARGE) // 4 * 8000, ways=("large",))
        for usage in ({"completion_tokens": 100}, {"prompt_tokens": 0, "completion_tokens": 100}):
            for way, line in self.everywhere(usage):
                with self.subTest(way=way, usage=usage):
                    self.assertEqual((line["usage"], line["tokens"]["output"]), ("estimated", 100))
                    self.assertGreater(line["tokens"]["input"], 0)

    def test_an_answer_without_text_may_have_no_output(self):
        empty = {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}
        for stream in (False, True):
            line = self.booked(empty, say_text="", say_finish="content_filter", stream=stream)
            self.assertEqual((line["usage"], line["tokens"]["output"]), ("exact", 0))

    def test_embeddings_need_not_speak_of_an_output(self):
        def booked(usage):
            reply = call(self.gateway.port, "/v1/embeddings",
                         {"model": "text-embedding-3-small", "input": "hello there",
                          "say_usage": json.dumps(usage)})
            self.assertEqual(reply.status, 200)
            return self.gateway.log_of(reply)
        for usage in ({"prompt_tokens": 8, "total_tokens": 8},
                      {"prompt_tokens": 8, "completion_tokens": 0, "total_tokens": 8}):
            line = booked(usage)
            self.assertEqual((line["usage"], line["tokens"]["input"]), ("exact", 8))
            self.assertEqual(nano(line["cost_usd"]), 8 * 2000)
        line = booked({"prompt_tokens": 0, "total_tokens": 0})
        self.assertEqual(line["usage"], "estimated")
        self.assertGreater(line["cost_usd"], 0)


if __name__ == "__main__":
    unittest.main()
