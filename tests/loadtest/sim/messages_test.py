"""Runs headgate-sim as a server of Anthropic's Messages: bodies, events, refusals, faults and the bill."""

import contextlib
import http.client
import json
import unittest

from simulator import Shared, call, raw_request, read_until, running

VERSION = {"anthropic-version": "2023-06-01"}
PATH = "/v1/messages"
TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def body_of(sim=None, text="hello there", **fields):
    body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": text}], **fields}
    if sim:
        body["x_sim"] = sim
    return body


def ask(port, sim=None, headers=None, **fields):
    return call(port, PATH, body_of(sim, **fields), {**VERSION, **(headers or {})})


def stream(port, sim=None, **fields):
    return ask(port, sim, stream=True, **fields)


def turn(role, *blocks):
    return {"role": role, "content": list(blocks)}


def use(call_id, **more):
    return {"type": "tool_use", "id": call_id, "name": "weather", "input": {}, **more}


def result(call_id, content="sunny"):
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


class Messages(Shared):
    OPTIONS = ("--personality", "anthropic", "--tokens", "8", "--cached-share", "0.3",
               "--price", "m=0.55,0.14,2.19,0.7")

    def test_whole_answer(self):
        reply = ask(self.port)
        self.assertTrue(reply.headers["request-id"].startswith("req_"))
        self.assertNotIn("x-request-id", reply.headers)
        message = reply.json
        self.assertTrue(message["id"].startswith("msg_"))
        self.assertEqual((message["type"], message["role"], message["model"]), ("message", "assistant", "m"))
        self.assertEqual((message["stop_reason"], message["stop_sequence"]), ("end_turn", None))
        self.assertEqual([block["type"] for block in message["content"]], ["text"])
        # The 11 bytes of "hello there" are 3 tokens, and the message adds 3. 1 of the 6 tokens is from the cache.
        self.assertEqual(message["usage"], {
            "input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 1,
            "output_tokens": 8, "output_tokens_details": {"thinking_tokens": 0},
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "server_tool_use": None, "service_tier": "standard", "speed": "standard", "inference_geo": None})

    def test_stream_has_the_documented_order(self):
        events = stream(self.port).named
        self.assertEqual([name for name, _ in events],
                         ["message_start", "content_block_start", "ping"] + ["content_block_delta"] * 8
                         + ["content_block_stop", "message_delta", "message_stop"])
        start = events[0][1]["message"]
        self.assertEqual((start["content"], start["stop_reason"], start["usage"]["output_tokens"]), ([], None, 1))
        self.assertEqual((start["usage"]["input_tokens"], start["usage"]["cache_read_input_tokens"]), (5, 1))
        self.assertEqual(events[1][1], {"type": "content_block_start", "index": 0,
                                        "content_block": {"type": "text", "text": ""}})
        self.assertEqual(events[-2][1]["delta"], {"stop_reason": "end_turn", "stop_sequence": None})
        self.assertEqual(events[-2][1]["usage"], {
            "input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 1,
            "output_tokens": 8, "output_tokens_details": {"thinking_tokens": 0}})
        text = "".join(event["delta"]["text"] for name, event in events if name == "content_block_delta")
        self.assertEqual(text, ask(self.port).json["content"][0]["text"])

    def test_limit_of_tokens(self):
        self.assertEqual(ask(self.port, max_tokens=3).json["stop_reason"], "max_tokens")
        self.assertEqual(ask(self.port, max_tokens=8).json["stop_reason"], "end_turn")
        warmed = ask(self.port, max_tokens=0).json
        self.assertEqual((warmed["content"], warmed["stop_reason"]), ([], "max_tokens"))

    def test_thinking(self):
        message = ask(self.port, "thinking=5").json
        self.assertEqual([block["type"] for block in message["content"]], ["thinking", "text"])
        self.assertEqual((message["usage"]["output_tokens"],
                          message["usage"]["output_tokens_details"]["thinking_tokens"]), (13, 5))
        events = stream(self.port, "thinking=5").named
        deltas = [event["delta"] for name, event in events if name == "content_block_delta"]
        self.assertEqual([delta["type"] for delta in deltas],
                         ["thinking_delta"] * 5 + ["signature_delta"] + ["text_delta"] * 8)
        thought = message["content"][0]
        self.assertEqual("".join(delta.get("thinking", "") for delta in deltas), thought["thinking"])
        self.assertEqual(deltas[5]["signature"], thought["signature"])
        self.assertEqual([event["index"] for name, event in events if name == "content_block_stop"], [0, 1])
        # A client may send the answer back.
        again = [{"role": "user", "content": "?"}, turn("assistant", *message["content"]),
                 {"role": "user", "content": "go on"}]
        self.assertEqual(ask(self.port, messages=again).status, 200)

    def test_reasons_of_the_end(self):
        for finish, reason in (("stop_sequence", "stop_sequence"), ("refusal", "refusal"), ("pause", "pause_turn"),
                               ("context", "model_context_window_exceeded")):
            message = ask(self.port, f"finish={finish}", stop_sequences=["END"]).json
            delta = stream(self.port, f"finish={finish}", stop_sequences=["END"]).named[-2][1]["delta"]
            for said in (message, delta):
                self.assertEqual(said["stop_reason"], reason)
                self.assertEqual(said["stop_sequence"], "END" if finish == "stop_sequence" else None)
            self.assertEqual((message["stop_details"] or {}).get("type"), "refusal" if finish == "refusal" else None)

    def test_tool_call(self):
        message = ask(self.port, tools=[TOOL]).json
        self.assertEqual(message["stop_reason"], "tool_use")
        made = message["content"][0]
        self.assertEqual((made["type"], made["name"], set(made["input"])), ("tool_use", "weather", {"city"}))
        events = stream(self.port, tools=[TOOL]).named
        block = events[1][1]["content_block"]
        self.assertEqual((block["type"], block["name"], block["input"]), ("tool_use", "weather", {}))
        pieces = [event["delta"]["partial_json"] for name, event in events if name == "content_block_delta"]
        self.assertEqual(pieces[0], "")
        self.assertEqual(json.loads("".join(pieces)), made["input"])
        self.assertEqual(events[-2][1]["delta"]["stop_reason"], "tool_use")

    def test_no_tool_call_after_a_result_or_when_told_not_to(self):
        messages = [{"role": "user", "content": "?"}, turn("assistant", use("toolu_1")), turn("user", result("toolu_1"))]
        for fields in ({"messages": messages}, {"tool_choice": {"type": "none"}}):
            self.assertEqual(ask(self.port, tools=[TOOL], **fields).json["stop_reason"], "end_turn")

    def test_counted_tokens_are_those_of_the_answer(self):
        fields = {"system": [{"type": "text", "text": "be brief"}], "tools": [TOOL]}
        body = body_of(**fields)
        del body["max_tokens"]
        reply = call(self.port, PATH + "/count_tokens", body, VERSION)
        self.assertEqual(reply.json, {"input_tokens": (2 + 3) + (3 + 3)})
        usage = ask(self.port, "cached=0", **fields).json["usage"]
        self.assertEqual(usage["input_tokens"], reply.json["input_tokens"])
        self.assertTrue(reply.headers["request-id"])
        reply = call(self.port, PATH + "/count_tokens", {**body, "x_sim": "status=429"}, VERSION)
        self.assertEqual((reply.status, reply.json["error"]["type"]), (429, "rate_limit_error"))

    def test_models(self):
        page = call(self.port, "/v1/models", headers=VERSION).json
        self.assertEqual((page["has_more"], page["first_id"], page["last_id"]), (False, "sim", "sim"))
        model = call(self.port, "/v1/models/sim", headers=VERSION).json
        self.assertEqual(page["data"], [model])
        self.assertEqual((model["type"], model["id"], model["display_name"]), ("model", "sim", "sim"))

    def test_faults(self):
        reply = ask(self.port, "status=529;retry_after=3;message=no luck")
        self.assertEqual((reply.status, reply.headers["retry-after"]), (529, "3"))
        self.assertEqual(reply.json, {"type": "error", "request_id": reply.headers["request-id"],
                                      "error": {"type": "overloaded_error", "message": "no luck"}})
        error = ask(self.port, "status=400;code=tool_name_conflict").json["error"]
        self.assertEqual((error["type"], error["details"]),
                         ("invalid_request_error", {"error_code": "tool_name_conflict"}))
        self.assertEqual([name for name, _ in stream(self.port, "error_event").named], ["error"])
        events = stream(self.port, "error_after=2").named
        self.assertEqual([name for name, _ in events][-3:], ["content_block_delta", "content_block_delta", "error"])
        self.assertEqual(events[-1][1]["error"]["type"], "overloaded_error")
        self.assertEqual(ask(self.port, "error_after=2").json["error"]["type"], "api_error")
        self.assertEqual(ask(self.port, "error_event").json["type"], "error")
        self.assertEqual(stream(self.port, "no_done").named[-1][0], "message_delta")
        self.assertNotIn(b"usage", stream(self.port, "no_usage").body)
        self.assertIn(b'event: content_block_delta\ndata: {"broken\n\n', stream(self.port, "malformed=2").body)
        body = stream(self.port, "crlf;comment=3").body
        self.assertEqual((body.count(b"\n") - body.count(b"\r\n"), body.count(b": keep-alive\r\n\r\n")), (0, 14 // 3))
        self.assertEqual(len(ask(self.port, "huge=3000000", max_tokens=5).json["content"][0]["text"]), 3_000_000)
        self.assertEqual(ask(self.port, "encoded").headers["content-encoding"], "gzip")
        with self.assertRaises(ConnectionResetError):
            ask(self.port, "reset")
        with self.assertRaises(http.client.IncompleteRead) as raised:
            stream(self.port, "cut=3")
        self.assertEqual(raised.exception.partial.count(b"text_delta"), 3)
        with self.assertRaises(http.client.IncompleteRead):
            ask(self.port, "cut=3")

    def test_bill(self):
        ask(self.port, "cache_write=2;thinking=4")  # 6 input tokens: 1 is read from the cache, 2 are written to it
        usage = stream(self.port, "cached=0;cache_write=600").named[0][1]["message"]["usage"]
        self.assertEqual((usage["input_tokens"], usage["cache_creation_input_tokens"],
                          usage["cache_creation"]["ephemeral_5m_input_tokens"]), (0, 6, 6))
        with contextlib.suppress(http.client.HTTPException):
            stream(self.port, "cut=3")
        self.assertEqual(self.bill()["models"]["m"], {
            "requests": 3, "input_tokens": 18, "cached_input_tokens": 2, "cache_write_input_tokens": 8,
            "output_tokens": 12 + 8 + 3, "thinking_tokens": 4, "endings": {"finished": 2, "cut": 1},
            "nano_usd": 8 * 550 + 2 * 140 + 8 * 700 + 23 * 2190})

    def test_leaving_is_noticed(self):
        connection = self.connect()
        connection.sendall(raw_request(body_of("tokens=1000;interval=20ms", stream=True),
                                       "anthropic-version: 2023-06-01\r\n", PATH))
        read_until(connection, b"ferry")
        connection.close()
        self.wait_for(lambda: self.stats()["client_aborts"] == 1)
        self.assertEqual(self.stats()["running"], 0)


class Refusals(Shared):
    OPTIONS = ("--personality", "anthropic", "--tokens", "2", "--api-key", "k", "--models", "m,o")

    def refused(self, status, error_type, text, headers=None, path=PATH, **fields):
        headers = {"x-api-key": "k", **VERSION} if headers is None else headers
        body = {name: value for name, value in body_of(**fields).items() if value is not None}
        reply = call(self.port, path, body, headers)
        self.assertEqual(reply.status, status, reply.body)
        error = reply.json["error"]
        self.assertEqual(error["type"], error_type)
        self.assertIn(text, error["message"])
        self.assertEqual(reply.json["request_id"], reply.headers["request-id"])

    def invalid(self, text, **fields):
        self.refused(400, "invalid_request_error", text, **fields)

    def test_headers(self):
        for headers in ({"x-api-key": "k"}, {"authorization": "Bearer k"}, {"x-api-key": "k", "authorization": "Bearer j"}):
            self.assertEqual(ask(self.port, headers=headers).status, 200)
        for headers in ({}, {"api-key": "k"}, {"x-api-key": "j", "authorization": "Bearer k"}):
            self.refused(401, "authentication_error", "key", headers={**headers, **VERSION})
        self.invalid("anthropic-version: header is required", headers={"x-api-key": "k"})
        self.invalid("not a valid version", headers={"x-api-key": "k", "anthropic-version": "2024-01-01"})
        self.assertEqual(call(self.port, "/v1/models", headers={"x-api-key": "k"}).status, 400)

    def test_places(self):
        self.refused(404, "not_found_error", "model: x", model="x")
        self.refused(404, "not_found_error", "Not Found", path="/v1/chat/completions")
        self.refused(404, "not_found_error", "Not Found", path="/v1/responses")
        reply = call(self.port, PATH, headers={"x-api-key": "k", **VERSION})
        self.assertEqual((reply.status, reply.json["type"]), (405, "error"))

    def test_fields(self):
        self.invalid("max_tokens: Field required", max_tokens=None)
        self.invalid("messages: Field required", messages=None)
        self.invalid("messages: at least one message is required", messages=[])
        self.invalid("model: Field required", model=None)
        self.invalid("n: Extra inputs are not permitted", n=1)
        self.invalid("temperature: range: 0..1", temperature=1.5)
        beta = {"x-api-key": "k", "anthropic-beta": "context-management-2025-06-27", **VERSION}
        self.assertEqual(ask(self.port, headers=beta, context_management={}).status, 200)
        new = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
        self.invalid("top_k: Extra inputs are not permitted", headers=new, top_k=5)
        self.assertEqual(ask(self.port, headers={"x-api-key": "k"}, top_k=5).status, 200)

    def test_thinking_and_tools(self):
        small = {"type": "enabled", "budget_tokens": 1000}
        self.invalid("greater than or equal to 1024", thinking=small, max_tokens=2000)
        enabled = {"type": "enabled", "budget_tokens": 1024}
        self.invalid("must be greater than `thinking.budget_tokens`", thinking=enabled)
        self.invalid("when tool_choice forces tool use", thinking=enabled, max_tokens=2000, tools=[TOOL],
                     tool_choice={"type": "any"})
        self.invalid("tools.0.custom.input_schema: Field required", tools=[{"name": "a"}])
        self.invalid("tools.0.custom.name: String should match pattern", tools=[{**TOOL, "name": "a.b"}])
        self.invalid("Tool names must be unique", tools=[TOOL, TOOL])
        self.invalid("tool_choice: may only be specified while providing tools", tool_choice={"type": "auto"})

    def test_turns(self):
        start = {"role": "user", "content": "?"}
        used = turn("assistant", use("toolu_1"), use("toolu_2"))
        cases = [
            ([{"role": "tool", "content": "x"}], "messages.0.role: Input should be"),
            ([turn("user", {"type": "text", "text": ""})], "text content blocks must be non-empty"),
            ([turn("user", {"type": "input_text", "text": "x"})], "Input tag 'input_text' found using 'type'"),
            ([start, turn("assistant", {"type": "thinking", "thinking": "x"})],
             "messages.1.content.0.thinking.signature: Field required"),
            ([start, turn("assistant", use("functions.f:0"))], "messages.1.content.0.tool_use.id: String should"),
            ([start, turn("assistant", use("a", input="{}"))], "tool_use.input: Input should be a valid dictionary"),
            ([start, used], "without `tool_result` blocks immediately after: toolu_1"),
            ([start, used, turn("user", result("toolu_1"))], "immediately after: toolu_2"),
            ([start, used, turn("user", {"type": "text", "text": "x"}, result("toolu_1"), result("toolu_2"))],
             "messages.2.content.1: `tool_use` ids were found"),
            ([start, turn("assistant", use("toolu_1")), turn("user", result("toolu_1"), result("toolu_2"))],
             "messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_2"),
            ([turn("user", result("toolu_1"))], "unexpected `tool_use_id`"),
        ]
        for messages, text in cases:
            with self.subTest(text):
                self.invalid(text, messages=messages)
        good = [start, used, turn("user", result("toolu_1")), turn("user", result("toolu_2"), {"type": "text", "text": "x"})]
        self.assertEqual(ask(self.port, headers={"x-api-key": "k"}, messages=good).status, 200)


class Models(unittest.TestCase):
    def test_pages(self):
        with running("--personality", "anthropic", "--models", "a,b,c,d,e") as simulator:
            def page(query):
                value = call(simulator.ports[0], "/v1/models" + query, headers=VERSION).json
                return "".join(model["id"] for model in value["data"]), value["has_more"]
            self.assertEqual(page(""), ("abcde", False))
            self.assertEqual(page("?limit=2"), ("ab", True))
            self.assertEqual(page("?limit=2&after_id=b"), ("cd", True))
            self.assertEqual(page("?after_id=d"), ("e", False))
            self.assertEqual(page("?before_id=c"), ("ab", False))


class SelfHosted(unittest.TestCase):
    def test_vllm(self):
        with running("--personality", "vllm", "--models", "m", "--tokens", "3") as simulator:
            port = simulator.ports[0]
            message = call(port, PATH, body_of()).json
            self.assertEqual(message["usage"], {"input_tokens": 6, "output_tokens": 3})
            events = call(port, PATH, body_of("thinking=1", stream=True)).named
            self.assertEqual([name for name, _ in events],
                             ["message_start", "content_block_start"] + ["content_block_delta"] * 2
                             + ["content_block_stop", "content_block_start"] + ["content_block_delta"] * 3
                             + ["content_block_stop", "message_delta", "message_stop"])
            self.assertEqual(call(port, PATH, body_of("status=400;message=no")).json,
                             {"type": "error", "error": {"type": "BadRequestError", "message": "no"}})
            self.assertEqual(call(port, PATH + "/count_tokens", body_of()).json, {"input_tokens": 6})
            usage = call(port, PATH, body_of("cached=2")).json["usage"]
            self.assertEqual((usage["input_tokens"], usage["cache_read_input_tokens"]), (4, 2))


if __name__ == "__main__":
    unittest.main()
