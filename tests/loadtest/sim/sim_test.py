"""headgate-sim as a black box: every endpoint, every fault, the bill, and clients that leave.

The binary's path is in HEADGATE_SIM.
"""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import unittest

from simulator import (BINARY, Shared, call, chat, chat_body, raw_request, read_all, read_until, running,
                       stream)

VERSION = {"anthropic-version": "2023-06-01"}


class Answers(Shared):
    def test_chat(self):
        reply = chat(self.port)
        self.assertEqual(reply.status, 200)
        body = reply.json
        self.assertEqual(body["object"], "chat.completion")
        self.assertEqual(body["model"], "m")
        choice = body["choices"][0]
        self.assertEqual(choice["finish_reason"], "stop")
        self.assertEqual(choice["message"]["role"], "assistant")
        # "hello there": 11 bytes are 3 tokens, and 3 for the message.
        usage = body["usage"]
        self.assertEqual((usage["prompt_tokens"], usage["completion_tokens"]), (6, 8))
        self.assertEqual(usage["prompt_tokens_details"]["cached_tokens"], 1)

    def test_stream_has_the_documented_order(self):
        reply = stream(self.port)
        self.assertEqual(reply.headers["content-type"].split(";")[0], "text/event-stream")
        self.assertEqual(reply.events[-1], "[DONE]")
        chunks = reply.chunks
        self.assertEqual(len(chunks), 1 + 8 + 1 + 1)
        self.assertEqual(chunks[0]["choices"][0]["delta"], {"role": "assistant", "content": ""})
        self.assertEqual(chunks[-2]["choices"],
                         [{"index": 0, "delta": {}, "finish_reason": "stop"}])
        self.assertEqual(chunks[-1]["choices"], [])
        self.assertEqual(chunks[-1]["usage"]["completion_tokens"], 8)
        self.assertTrue(all(chunk["usage"] is None for chunk in chunks[:-1]))
        self.assertEqual(len({(chunk["id"], chunk["created"]) for chunk in chunks}), 1)
        self.assertEqual(reply.text, chat(self.port).json["choices"][0]["message"]["content"])

    def test_stream_without_usage(self):
        chunks = stream(self.port, usage=False).chunks
        self.assertFalse(any("usage" in chunk for chunk in chunks))

    def test_max_tokens(self):
        for field in ("max_tokens", "max_completion_tokens"):
            body = chat(self.port, **{field: 3}).json
            self.assertEqual(body["choices"][0]["finish_reason"], "length")
            self.assertEqual(body["usage"]["completion_tokens"], 3)
            body = chat(self.port, **{field: 8}).json
            self.assertEqual(body["choices"][0]["finish_reason"], "stop")

    def test_several_choices(self):
        body = chat(self.port, n=3).json
        self.assertEqual([choice["index"] for choice in body["choices"]], [0, 1, 2])
        self.assertEqual(body["usage"]["completion_tokens"], 24)
        chunks = stream(self.port, n=2).chunks
        self.assertEqual([c["choices"][0]["index"] for c in chunks[:4]], [0, 1, 0, 1])
        self.assertEqual(chunks[-1]["usage"]["completion_tokens"], 16)

    TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}}}]

    def test_tool_call(self):
        choice = chat(self.port, tools=self.TOOLS).json["choices"][0]
        self.assertEqual(choice["finish_reason"], "tool_calls")
        self.assertIsNone(choice["message"]["content"])
        function = choice["message"]["tool_calls"][0]["function"]
        self.assertEqual(function["name"], "weather")
        self.assertEqual(set(json.loads(function["arguments"])), {"city", "days"})

    def test_streamed_tool_call(self):
        chunks = stream(self.port, tools=self.TOOLS).chunks
        calls = [c["choices"][0]["delta"]["tool_calls"][0] for c in chunks
                 if c["choices"] and "tool_calls" in c["choices"][0]["delta"]]
        self.assertEqual(calls[0]["function"], {"name": "weather", "arguments": ""})
        self.assertTrue(calls[0]["id"].startswith("call_"))
        self.assertGreater(len(calls), 3)
        self.assertIn("city", json.loads("".join(c["function"]["arguments"] for c in calls)))
        self.assertEqual(chunks[-2]["choices"][0]["finish_reason"], "tool_calls")

    def test_no_tool_call_after_a_tool_result_or_when_told_not_to(self):
        messages = [{"role": "user", "content": "?"}, {"role": "tool", "content": "sunny"}]
        for fields in ({"messages": messages}, {"tool_choice": "none"}):
            body = {**chat_body(tools=self.TOOLS), **fields}
            choice = call(self.port, "/v1/chat/completions", body).json["choices"][0]
            self.assertEqual(choice["finish_reason"], "stop")

    def test_prompt_tokens(self):
        parts = [{"type": "text", "text": "12345"},
                 {"type": "image_url", "image_url": {"url": "x"}}]
        messages = [{"role": "system", "content": ""}, {"role": "user", "content": parts}]
        body = call(self.port, "/v1/chat/completions", {"model": "m", "messages": messages}).json
        self.assertEqual(body["usage"]["prompt_tokens"], (1 + 3) + (2 + 3))

    def test_completions(self):
        body = call(self.port, "/v1/completions", {"model": "m", "prompt": "12345678"}).json
        self.assertEqual(body["object"], "text_completion")
        self.assertEqual(body["usage"]["prompt_tokens"], 2)
        reply = call(self.port, "/v1/completions", {"model": "m", "prompt": "x", "stream": True})
        self.assertEqual("".join(c["choices"][0]["text"] for c in reply.chunks),
                         body["choices"][0]["text"])
        self.assertEqual(reply.chunks[-1]["choices"][0]["finish_reason"], "stop")

    def test_embeddings(self):
        body = {"model": "m", "input": ["one", "three"], "dimensions": 5}
        plain = call(self.port, "/v1/embeddings", body).json
        self.assertEqual(plain["usage"], {"prompt_tokens": 3, "total_tokens": 3})
        packed = call(self.port, "/v1/embeddings", {**body, "encoding_format": "base64"}).json
        for one, other in zip(plain["data"], packed["data"]):
            numbers = struct.unpack("<5f", base64.b64decode(other["embedding"]))
            for number, expected in zip(numbers, one["embedding"]):
                self.assertAlmostEqual(number, expected, places=6)
        self.assertNotEqual(plain["data"][0]["embedding"], plain["data"][1]["embedding"])

    def test_models(self):
        self.assertEqual(call(self.port, "/v1/models").json["object"], "list")
        self.assertEqual(call(self.port, "/v1/models/org/name").json["id"], "org/name")

    def test_refusals(self):
        bad = [("{", None), ("[]", None), ({"model": "m"}, "messages"),
               (chat_body(max_tokens="5"), "max_tokens"), (chat_body(stream="yes"), "stream"),
               (chat_body(stream_options={"include_usage": True}), "stream_options"),
               ({**chat_body(), "model": 5}, "model"), (chat_body("nonsense"), "x_sim")]
        for body, param in bad:
            reply = call(self.port, "/v1/chat/completions", body)
            self.assertEqual(reply.status, 400, body)
            error = reply.json["error"]
            self.assertEqual((error["type"], error["param"]), ("invalid_request_error", param))
        self.assertEqual(call(self.port, "/v1/nothing").status, 404)
        self.assertEqual(call(self.port, "/v1/chat/completions").status, 405)
        self.assertEqual(call(self.port, "/health").status, 404)

    def test_awkward_bodies_are_taken(self):
        deep = "[" * 500 + "]" * 500
        body = json.dumps(chat_body())[:-1]
        body += f', "deep": {deep}, "big": 1e400, "\\u0061": "\\ud83c\\udf0a"}}'
        self.assertEqual(call(self.port, "/v1/chat/completions", body).status, 200)


class Transport(Shared):
    def test_last_request_is_kept_as_it_came(self):
        body = b'{ "model":"m",\n "messages":[{"role":"user","content":"\\u0068i"}], "x":1e400 }'
        connection = self.connect()
        head = (b"POST /v1/chat/completions?a=b HTTP/1.1\r\nhOST:  h\r\nX-Odd:  v \r\n"
                b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                          for i in range(0, len(body), 7))
        connection.sendall(head + chunks + b"0\r\n\r\n")
        self.assertIn(b"200 OK", read_all(connection))
        self.assertEqual(call(self.port, "/sim/last/body").body, body)
        self.assertEqual(call(self.port, "/sim/last/head").body, head)

    def test_pipelined_requests_are_answered_in_order(self):
        connection = self.connect()
        delays = ["delay=60ms", "delay=20ms", ""]
        connection.sendall(b"".join(
            raw_request(chat_body(delay and f"{delay}", model=f"m{i}"),
                        "Connection: close\r\n" if i == 2 else "")
            for i, delay in enumerate(delays)))
        data = read_all(connection).decode()
        places = [data.index(f'"model":"m{i}"') for i in range(3)]
        self.assertEqual(places, sorted(places))

    def test_expect_100_continue(self):
        connection = self.connect()
        request = raw_request(chat_body(), "Expect: 100-continue\r\n")
        head, body = request.split(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        self.assertEqual(read_until(connection, b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(body)
        self.assertIn(b"HTTP/1.1 200", read_until(connection, b"fp_headgate_sim"))

    def test_http_1_0_is_framed_by_the_close(self):
        connection = self.connect()
        request = raw_request(chat_body(stream=True)).replace(b"HTTP/1.1", b"HTTP/1.0")
        connection.sendall(request)
        data = read_all(connection)
        self.assertNotIn(b"chunked", data)
        self.assertTrue(data.endswith(b"data: [DONE]\n\n"))

    def test_large_and_too_large_bodies(self):
        self.assertEqual(chat(self.port, text="x" * 5_000_000).json["usage"]["prompt_tokens"],
                         1_250_003)
        connection = self.connect()
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
        self.assertIn(b" 413 ", read_until(connection, b"\r\n\r\n"))

    def test_slow_reader_gets_a_huge_stream_whole(self):
        connection = self.connect()
        connection.sendall(raw_request(chat_body("huge=8000000", stream=True),
                                       "Connection: close\r\n"))
        time.sleep(1)
        self.assertEqual(self.stats()["running"], 1)
        data = read_all(connection)
        self.assertGreater(len(data), 8_000_000)
        self.assertTrue(data.endswith(b"0\r\n\r\n"))
        # A blocking write would have stalled the simulator for the second in which the reader does not read.
        self.assertLess(self.stats()["longest_own_stall_ms"], 900)


class Money(Shared):
    def test_bill_is_exact(self):
        chat(self.port)  # 6 input of which 1 cached, 8 output
        stream(self.port, model="other#tokens=3", usage=False)
        bill = self.bill()
        first = (5 * 550 + 1 * 140 + 8 * 2190)
        second = (5 * 1000 + 1 * 500 + 3 * 2000)
        self.assertEqual(bill["models"]["m"], {
            "requests": 1, "input_tokens": 6, "cached_input_tokens": 1, "cache_write_input_tokens": 0,
            "output_tokens": 8, "thinking_tokens": 0, "nano_usd": first, "endings": {"finished": 1}})
        self.assertEqual(bill["models"]["other"]["nano_usd"], second)
        self.assertEqual(bill["total_nano_usd"], first + second)

    def test_what_was_generated_before_the_end_is_billed(self):
        for sim, ending, output in [("cut=3", "cut", 3), ("reset_after=2", "reset", 2),
                                    ("error_after=4", "error", 4)]:
            call(self.port, "/sim/reset", b"")
            with contextlib.suppress(ConnectionError, http.client.HTTPException):
                stream(self.port, sim)
            line = self.bill()["models"]["m"]
            self.assertEqual((line["output_tokens"], line["endings"]), (output, {ending: 1}))

    def test_errors_in_place_of_an_answer_cost_nothing(self):
        chat(self.port, "status=500")
        stream(self.port, "error_event")
        self.assertEqual(self.bill(), {"models": {}, "total_nano_usd": 0})


class Aborts(Shared):
    def test_leaving_a_stream_is_noticed_at_once(self):
        connection = self.connect()
        connection.sendall(raw_request(chat_body("tokens=1000;interval=20ms", stream=True)))
        read_until(connection, b"ferry")
        connection.close()
        self.wait_for(lambda: self.stats()["client_aborts"] == 1)
        stats = self.stats()
        self.assertEqual((stats["running"], stats["finished"]), (0, 0))
        # The simulator noticed it before the end of the 20 s stream.
        self.assertLess(stats["last_abort_ms_ago"], 15000)
        line = self.bill()["models"]["m"]
        self.assertEqual(line["endings"], {"client_abort": 1})
        self.assertGreaterEqual(line["output_tokens"], 2)

    def test_leaving_before_the_first_token_is_noticed(self):
        for fields in ({"stream": True}, {}):
            call(self.port, "/sim/reset", b"")
            connection = self.connect()
            connection.sendall(raw_request(chat_body("ttft=60s", **fields)))
            self.wait_for(lambda: self.stats()["running"] == 1)
            connection.close()
            self.wait_for(lambda: self.stats()["client_aborts"] == 1)
            self.assertEqual(self.stats()["running"], 0)

    def test_stats_count_connections(self):
        connection = self.connect()
        self.wait_for(lambda: self.stats()["open_connections"] == 2)
        connection.close()
        self.wait_for(lambda: self.stats()["open_connections"] == 1)


class Faults(Shared):
    def test_status(self):
        for status, code in [(429, "rate_limit_exceeded"), (503, "server_is_overloaded"),
                             (500, None)]:
            reply = chat(self.port, f"status={status};retry_after=3;message=no luck")
            self.assertEqual((reply.status, reply.headers["retry-after"]), (status, "3"))
            self.assertEqual((reply.json["error"]["message"], reply.json["error"]["code"]),
                             ("no luck", code))

    def test_code(self):
        reply = chat(self.port, "status=400;code=context_length_exceeded")
        self.assertEqual(reply.json["error"]["code"], "context_length_exceeded")

    def test_all_three_ways_to_ask(self):
        self.assertEqual(chat(self.port, headers={"X-Sim": "status=500"}).status, 500)
        self.assertEqual(chat(self.port, "status=502").status, 502)
        self.assertEqual(chat(self.port, model="m#status=503").status, 503)

    def test_delay_comes_before_the_head(self):
        start = time.monotonic()
        chat(self.port, "status=500;delay=120ms")
        chat(self.port, "delay=120ms")
        self.assertGreaterEqual(time.monotonic() - start, 0.24)

    def test_reset(self):
        with self.assertRaises(ConnectionResetError):
            chat(self.port, "reset")

    def test_reset_after(self):
        for fields in ({"stream": True}, {}):
            connection = self.connect()
            connection.sendall(raw_request(chat_body("reset_after=3;interval=20ms", **fields)))
            data = b""
            with self.assertRaises(ConnectionResetError):
                while piece := connection.recv(65536):
                    data += piece
            self.assertEqual(data.count(b'"content":"'), 4 if fields else 0)

    def test_cut_stream(self):
        with self.assertRaises(http.client.IncompleteRead) as raised:
            stream(self.port, "cut=3")
        self.assertEqual(raised.exception.partial.count(b'"delta"'), 4)
        self.assertNotIn(b"[DONE]", raised.exception.partial)

    def test_cut_whole_answer(self):
        with self.assertRaises(http.client.IncompleteRead):
            chat(self.port, "cut=3")

    def test_stall(self):
        for stalled in (0, 4, 8):
            start = time.monotonic()
            self.assertEqual(stream(self.port, f"stall={stalled},600ms").events[-1], "[DONE]")
            self.assertGreaterEqual(time.monotonic() - start, 0.6)
        # The stall of one stream does not stall the simulator.
        self.assertLess(self.stats()["longest_own_stall_ms"], 500)

    def test_malformed(self):
        events = stream(self.port, "malformed=2").events
        self.assertEqual(events[3], '{"broken')
        self.assertEqual(events[-1], "[DONE]")
        self.assertEqual(chat(self.port, "malformed=2").body, b'{"broken')

    def test_no_done(self):
        self.assertIn("usage", stream(self.port, "no_done").events[-1])

    def test_no_usage(self):
        reply = stream(self.port, "no_usage")
        self.assertTrue(all(chunk["choices"] for chunk in reply.chunks))
        self.assertNotIn("usage", chat(self.port, "no_usage").json)

    def test_huge(self):
        text = chat(self.port, "huge=3000000").json["choices"][0]["message"]["content"]
        self.assertEqual(len(text), 3_000_000)

    def test_tokens_ttft_and_interval(self):
        start = time.monotonic()
        body = chat(self.port, "tokens=5;ttft=100ms;interval=25ms").json
        self.assertGreaterEqual(time.monotonic() - start, 0.2)
        self.assertEqual(body["usage"]["completion_tokens"], 5)

    def test_error_event(self):
        reply = stream(self.port, "error_event;message=gone")
        self.assertEqual(reply.status, 200)
        self.assertEqual(json.loads(reply.events[0])["error"]["message"], "gone")
        self.assertEqual(reply.events[1:], ["[DONE]"])
        self.assertIn("error", chat(self.port, "error_event").json)

    def test_error_after(self):
        events = stream(self.port, "error_after=2").events
        self.assertEqual(len(events), 1 + 2 + 2)
        self.assertIn("error", json.loads(events[3]))
        self.assertEqual(chat(self.port, "error_after=2").status, 500)

    def test_comment(self):
        body = stream(self.port, "comment=3").body
        self.assertEqual(body.count(b": keep-alive\n\n"), 12 // 3)

    def test_crlf(self):
        body = stream(self.port, "crlf").body
        self.assertEqual(body.count(b"\n"), body.count(b"\r\n"))

    def test_split(self):
        connection = self.connect()
        connection.sendall(raw_request(chat_body("split;tokens=24", stream=True),
                                       "Connection: close\r\n"))
        data = read_all(connection).split(b"\r\n\r\n", 1)[1]
        sizes = set()
        pieces = []
        while not data.startswith(b"0\r\n"):
            size, data = data.split(b"\r\n", 1)
            sizes.add(int(size, 16))
            pieces.append(data[:int(size, 16)])
            data = data[int(size, 16) + 2:]
        self.assertLessEqual(max(sizes), 3)
        torn = 0
        for piece in pieces:
            try:
                piece.decode()
            except UnicodeDecodeError:
                torn += 1
        self.assertGreater(torn, 0)
        self.assertIn("🌊", b"".join(pieces).decode())
        self.assertEqual(chat(self.port, "split").json["object"], "chat.completion")

    def test_encoded(self):
        self.assertEqual(chat(self.port, "encoded").headers["content-encoding"], "gzip")
        self.assertEqual(stream(self.port, "encoded").headers["content-encoding"], "gzip")

    def test_close_after_and_no_length(self):
        for sim in ("close_after", "no_length"):
            connection = self.connect()
            connection.sendall(raw_request(chat_body(sim)))
            data = read_all(connection)
            self.assertIn(b"connection: close\r\n", data)
            self.assertEqual(b"content-length" in data, sim == "close_after")

    def test_times(self):
        statuses = [chat(self.port, "status=500;times=2").status for _ in range(4)]
        self.assertEqual(statuses, [500, 500, 200, 200])
        call(self.port, "/sim/reset", b"")
        self.assertEqual(chat(self.port, "status=500;times=2").status, 500)

    def test_cached(self):
        usage = chat(self.port, "cached=4").json["usage"]
        self.assertEqual(usage["prompt_tokens_details"]["cached_tokens"], 4)
        usage = chat(self.port, "cached=400").json["usage"]
        self.assertEqual(usage["prompt_tokens_details"]["cached_tokens"], 6)

    def test_finish(self):
        for finish, reason in (("refusal", "content_filter"), ("context", "length"), ("pause", "stop"),
                               ("stop_sequence", "stop")):
            self.assertEqual(chat(self.port, f"finish={finish}").json["choices"][0]["finish_reason"], reason)
        self.assertEqual(chat(self.port, "finish=never").status, 400)

    def test_thinking_is_counted_and_shown_by_those_who_show_it(self):
        chunks = stream(self.port, "thinking=3").chunks
        self.assertEqual(len(chunks), 1 + 8 + 1 + 1)
        usage = chunks[-1]["usage"]
        self.assertEqual((usage["completion_tokens"], usage["completion_tokens_details"]["reasoning_tokens"]), (11, 3))
        for personality, member in (("vllm", "reasoning"), ("sglang", "reasoning_content")):
            with running("--personality", personality, "--tokens", "2") as simulator:
                port = simulator.ports[0]
                deltas = [chunk["choices"][0]["delta"] for chunk in stream(port, "thinking=3", usage=False).chunks]
                thought = "".join(delta.get(member, "") for delta in deltas)
                self.assertEqual(thought, "The ferry leaves")
                self.assertEqual(chat(port, "thinking=3").json["choices"][0]["message"][member], thought)

    def test_cache_write(self):
        details = chat(self.port, "cached=2;cache_write=40").json["usage"]["prompt_tokens_details"]
        self.assertEqual((details["cached_tokens"], details["cache_write_tokens"]), (2, 4))

    def test_echo_body(self):
        body = json.dumps(chat_body("echo_body", text="ü\"\\"), ensure_ascii=False).encode()
        reply = call(self.port, "/v1/chat/completions", body)
        self.assertEqual(reply.json["choices"][0]["message"]["content"].encode(), body)


class Paths(unittest.TestCase):
    """The paths of each real server, and its answer to other paths."""

    CHAT = "/v1/chat/completions"
    RESPONSES = "/v1/responses"
    MESSAGES = "/v1/messages"
    COUNT = "/v1/messages/count_tokens"
    # Personality: (paths that answer a POST, paths that answer a GET, its own 404).
    SERVERS = {
        "vllm": ([CHAT, RESPONSES, MESSAGES, COUNT], ["/v1/models", "/health", "/metrics"], b'{"detail":"Not Found"}'),
        "sglang": ([CHAT, RESPONSES, MESSAGES], ["/v1/models", "/health", "/metrics"], b'{"detail":"Not Found"}'),
        "llamacpp": ([CHAT, "/chat/completions", RESPONSES, MESSAGES, COUNT],
                     ["/v1/models", "/models", "/health", "/v1/health", "/metrics", "/slots"],
                     b'{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}'),
        "tgi": ([CHAT], ["/v1/models", "/health", "/", "/metrics"], b""),
        "ollama": ([CHAT, RESPONSES, MESSAGES], ["/v1/models", "/v1/models/m", "/", "/api/ps"], b"404 page not found"),
        "openai": ([CHAT, RESPONSES], ["/v1/models", "/v1/models/m"], None),
        "anthropic": ([MESSAGES, COUNT], ["/v1/models", "/v1/models/m"], None),
        "azure": (["/openai/deployments/m/chat/completions?api-version=1",
                   "/openai/v1/chat/completions", "/openai/v1/responses"],
                  ["/openai/v1/models", "/openai/models?api-version=1"],
                  b'{"error":{"code":"404","message":"Resource not found"}}'),
    }
    POSTS = {path for posts, _, _ in SERVERS.values() for path in posts} | {
        "/completions", "/v1/v1/chat/completions", "/v1/chat/completions/", "//v1/chat/completions",
        "/api/v1/chat/completions", "/openai/deployments/m/chat/completions",
        "/openai/deployments//chat/completions?api-version=1", "/messages", "/v1/responses/", "/", ""}
    GETS = {path for _, gets, _ in SERVERS.values() for path in gets} | {"/v1", "/v1/", "/models/m"}

    def test_each_server_has_its_own_paths_and_no_other(self):
        for personality, (posts, gets, not_found) in self.SERVERS.items():
            with running("--personality", personality, "--tokens", "2") as simulator:
                port = simulator.ports[0]
                for path in sorted(self.POSTS):
                    with self.subTest(personality, post=path):
                        body = {"model": "m", "input": "hi"}
                        if "responses" not in path:
                            body = chat_body(max_tokens=5)
                        reply = call(port, path or "/nothing", body, VERSION)
                        if path in posts:
                            self.assertEqual(reply.status, 200, reply.body)
                        elif path not in gets:
                            self.assertEqual(reply.status, 404)
                            if not_found is not None:
                                self.assertEqual(reply.body, not_found)
                for path in sorted(self.GETS):
                    with self.subTest(personality, get=path):
                        status = call(port, path, headers=VERSION).status
                        self.assertEqual(status, 200 if path in gets else 404)

    def test_the_others_endpoints(self):
        for personality in self.SERVERS.keys() - {"anthropic"}:
            base = "/openai/v1" if personality == "azure" else "/v1"
            with running("--personality", personality, "--tokens", "2") as simulator:
                port = simulator.ports[0]
                body = {"model": "m", "prompt": "x"}
                self.assertEqual(call(port, base + "/completions", body).status, 200)
                status = call(port, base + "/embeddings", {"model": "m", "input": "x"}).status
                self.assertEqual(status, 404 if personality == "tgi" else 200, personality)
                self.assertEqual(call(port, base + "/chat/completions").status, 405)

    def test_the_deployment_is_the_model_of_a_body_without_one(self):
        body = chat_body()
        del body["model"]
        with running("--personality", "azure") as simulator:
            path = "/openai/deployments/my-model/chat/completions?api-version=2024-10-21"
            self.assertEqual(call(simulator.ports[0], path, body).json["model"], "my-model")

    def test_openai_names_the_url(self):
        with running() as simulator:
            reply = call(simulator.ports[0], "/chat/completions", chat_body())
            self.assertEqual(reply.status, 404)
            self.assertEqual(reply.json["error"]["message"], "Invalid URL (POST /chat/completions)")

    def test_errors_have_the_servers_shape(self):
        shapes = {}
        for personality in self.SERVERS.keys() - {"anthropic"}:
            base = "/openai/v1" if personality == "azure" else "/v1"
            with running("--personality", personality) as simulator:
                reply = call(simulator.ports[0], base + "/chat/completions",
                             chat_body("status=400;message=no"))
                shapes[personality] = reply.json
        self.assertEqual(shapes["tgi"], {"error": "no", "error_type": "validation"})
        self.assertEqual(shapes["sglang"]["object"], "error")
        self.assertEqual(shapes["sglang"]["message"], "no")
        self.assertEqual(shapes["llamacpp"]["error"]["code"], 400)
        self.assertIsNone(shapes["ollama"]["error"]["code"])
        self.assertEqual(shapes["azure"]["error"]["type"], "invalid_request_error")


class Options(unittest.TestCase):
    def test_slots_queue_in_order_and_metrics(self):
        with running("--personality", "vllm", "--slots", "1", "--models", "m", "--ttft", "150ms",
                     "--tokens", "4") as simulator:
            port = simulator.ports[0]
            self.assertEqual((call(port, "/health").status, call(port, "/health").body), (200, b""))
            connections = []
            for i in range(3):
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                self.addCleanup(connection.close)
                connection.sendall(raw_request(chat_body(stream=True)))
                connections.append(connection)
                while (lambda s: s["running"] + s["waiting"])(call(port, "/sim/stats").json) <= i:
                    pass
            page = call(port, "/metrics").body.decode()
            self.assertIn('vllm:num_requests_running{model_name="m"} 1\n', page)
            self.assertIn('vllm:num_requests_waiting{model_name="m"} 2\n', page)
            self.assertIn('vllm:kv_cache_usage_perc{model_name="m"} 1\n', page)
            connections[1].close()  # in the queue
            read_until(connections[2], b"[DONE]")
            stats = call(port, "/sim/stats").json
            self.assertEqual((stats["finished"], stats["client_aborts"]), (2, 1))
            page = call(port, "/metrics").body.decode()
            self.assertIn('vllm:generation_tokens_total{model_name="m"} 8\n', page)
            self.assertIn('vllm:time_to_first_token_seconds_count{model_name="m"} 2\n', page)
            self.assertIn('time_to_first_token_seconds_bucket{model_name="m",le="0.1"} 0\n', page)

    def test_vllm_shapes(self):
        with running("--personality", "vllm", "--models", "org/a,b") as simulator:
            port = simulator.ports[0]
            error = chat(port).json["error"]
            self.assertEqual((error["code"], error["type"]), (404, "NotFoundError"))
            chunks = stream(port, model="b").chunks
            self.assertFalse(any("usage" in chunk for chunk in chunks[:-1]))
            self.assertIn("usage", chunks[-1])
            ids = [model["id"] for model in call(port, "/v1/models").json["data"]]
            self.assertEqual(ids, ["org/a", "b"])
            self.assertEqual(call(port, "/v1/models/org/a").json, {"detail": "Not Found"})

    def test_unknown_model_of_openai(self):
        with running("--models", "a") as simulator:
            reply = chat(simulator.ports[0])
            self.assertEqual((reply.status, reply.json["error"]["code"]), (404, "model_not_found"))

    def test_api_key(self):
        with running("--api-key", "k") as simulator:
            port = simulator.ports[0]
            reply = chat(port)
            self.assertEqual((reply.status, reply.json["error"]["code"]), (401, "invalid_api_key"))
            self.assertEqual(chat(port, headers={"Authorization": "Bearer k"}).status, 200)
            self.assertEqual(chat(port, headers={"api-key": "k"}).status, 200)
            self.assertEqual(call(port, "/bill").status, 200)

    def test_listeners_have_books_of_their_own(self):
        with running(listeners=2) as simulator:
            chat(simulator.ports[0])
            self.assertEqual(call(simulator.ports[0], "/bill").json["models"]["m"]["requests"], 1)
            self.assertEqual(call(simulator.ports[1], "/bill").json["models"], {})

    def test_echo_and_load_growth(self):
        with running("--answer", "echo", "--ttft", "20ms", "--load-growth", "640") as simulator:
            start = time.monotonic()
            self.assertEqual(stream(simulator.ports[0], text="grüße 🌊!").text, "grüße 🌊!")
            # One running request of 64 adds 640 / 64 times the 20 ms: it takes 20 ms x 11.
            self.assertGreaterEqual(time.monotonic() - start, 0.22)

    def test_same_seed_same_answers(self):
        counts = []
        for _ in range(2):
            with running("--seed", "5", "--tokens", "uniform:5..50") as simulator:
                counts.append([chat(simulator.ports[0]).json["usage"]["completion_tokens"]
                               for _ in range(10)])
        self.assertEqual(counts[0], counts[1])
        self.assertGreater(len(set(counts[0])), 3)

    def test_bad_options_are_named(self):
        for arguments in (["--listen", "nowhere"], ["--ttft", "fast"], ["--price", "m=1"]):
            result = subprocess.run([BINARY, "--listen", "127.0.0.1:0", *arguments],
                                    capture_output=True, text=True, timeout=10)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(arguments[1], result.stderr + result.stdout)

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = f"{folder}/key.pem", f"{folder}/cert.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-nodes",
                            "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-keyout", key, "-out", certificate,
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                           check=True, capture_output=True)
            with running("--tls-certificate", certificate, "--tls-key", key) as simulator:
                trusting = ssl.create_default_context(cafile=certificate)
                plain = socket.create_connection(("127.0.0.1", simulator.ports[0]), timeout=10)
                with trusting.wrap_socket(plain, server_hostname="localhost") as connection:
                    connection.sendall(raw_request(chat_body(stream=True)))
                    read_until(connection, b"[DONE]")
                    connection.sendall(raw_request(chat_body("huge=3000000;close_after")))
                    data = b""
                    while piece := connection.recv(65536):
                        data += piece
                    self.assertGreater(len(data), 3_000_000)


if __name__ == "__main__":
    unittest.main()
