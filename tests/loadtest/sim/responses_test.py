"""Runs headgate-sim as a server of OpenAI's Responses: bodies, events, refusals, faults and the bill."""

import contextlib
import http.client
import json
import unittest

from simulator import Shared, call, raw_request, read_until, running

PATH = "/v1/responses"
TOOL = {"type": "function", "name": "weather", "strict": True,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def body_of(sim=None, text="hello there", **fields):
    body = {"model": "m", "input": text, **fields}
    if sim:
        body["x_sim"] = sim
    return body


def ask(port, sim=None, **fields):
    return call(port, PATH, body_of(sim, **fields))


def stream(port, sim=None, **fields):
    return ask(port, sim, stream=True, **fields)


def made(call_id, **more):
    return {"type": "function_call", "call_id": call_id, "name": "weather", "arguments": "{}", **more}


def output(call_id):
    return {"type": "function_call_output", "call_id": call_id, "output": "sunny"}


class Responses(Shared):
    OPTIONS = ("--tokens", "8", "--cached-share", "0.3", "--price", "m=0.55,0.14,2.19,0.7")

    def test_whole_answer(self):
        response = ask(self.port, instructions="be brief", metadata={"a": "b"}, store=False).json
        self.assertTrue(response["id"].startswith("resp_"))
        self.assertEqual((response["object"], response["status"], response["model"]), ("response", "completed", "m"))
        self.assertEqual((response["error"], response["incomplete_details"]), (None, None))
        self.assertEqual((response["instructions"], response["metadata"], response["store"]),
                         ("be brief", {"a": "b"}, False))
        self.assertEqual((response["tools"], response["tool_choice"], response["parallel_tool_calls"]), ([], "auto", True))
        item, = response["output"]
        self.assertEqual((item["type"], item["role"], item["status"]), ("message", "assistant", "completed"))
        self.assertEqual(set(item["content"][0]), {"type", "annotations", "logprobs", "text"})
        # "be brief" has 2 tokens, "hello there" has 3, and each message adds 3. 3 of the 11 tokens are from the cache.
        self.assertEqual(response["usage"], {
            "input_tokens": 11, "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
            "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 19})

    def test_stream_has_the_documented_order(self):
        reply = stream(self.port)
        self.assertTrue(reply.headers["x-request-id"].startswith("req_"))
        events = reply.named
        self.assertEqual([name for name, _ in events],
                         ["response.created", "response.in_progress", "response.output_item.added",
                          "response.content_part.added"] + ["response.output_text.delta"] * 8
                         + ["response.output_text.done", "response.content_part.done",
                            "response.output_item.done", "response.completed"])
        self.assertEqual([event["sequence_number"] for _, event in events], list(range(len(events))))
        self.assertEqual(events[0][1]["response"]["status"], "in_progress")
        self.assertIsNone(events[0][1]["response"]["usage"])
        added = events[2][1]
        self.assertEqual((added["output_index"], added["item"]["content"], added["item"]["status"]), (0, [], "in_progress"))
        delta = events[4][1]
        self.assertEqual((delta["item_id"], delta["output_index"], delta["content_index"], delta["logprobs"]),
                         (added["item"]["id"], 0, 0, []))
        text = "".join(event["delta"] for name, event in events if name == "response.output_text.delta")
        self.assertEqual(events[12][1]["text"], text)
        self.assertEqual(events[13][1]["part"]["text"], text)
        last = events[-1][1]["response"]
        self.assertEqual(last["output"], [events[14][1]["item"]])
        self.assertEqual(last["output"][0]["content"][0]["text"], text)
        self.assertEqual(text, ask(self.port).json["output"][0]["content"][0]["text"])
        self.assertEqual(last["usage"]["output_tokens"], 8)

    def test_limit_of_tokens(self):
        response = ask(self.port, "tokens=20", max_output_tokens=16).json
        self.assertEqual((response["status"], response["incomplete_details"]),
                         ("incomplete", {"reason": "max_output_tokens"}))
        self.assertEqual(response["output"][0]["status"], "incomplete")
        name, event = stream(self.port, "tokens=20", max_output_tokens=16).named[-1]
        self.assertEqual((name, event["response"]["status"]), ("response.incomplete", "incomplete"))

    def test_reasons_of_the_end(self):
        for finish, reason in (("stop_sequence", None), ("refusal", "content_filter"), ("pause", None),
                               ("context", "max_output_tokens")):
            for response in (ask(self.port, f"finish={finish}").json,
                             stream(self.port, f"finish={finish}").named[-1][1]["response"]):
                self.assertEqual(response["status"], "incomplete" if reason else "completed")
                self.assertEqual(response["incomplete_details"], {"reason": reason} if reason else None)

    def test_tool_call(self):
        item, = ask(self.port, tools=[TOOL]).json["output"]
        self.assertEqual((item["type"], item["name"], item["status"]), ("function_call", "weather", "completed"))
        self.assertTrue(item["call_id"].startswith("call_") and item["id"].startswith("fc_"))
        self.assertEqual(set(json.loads(item["arguments"])), {"city"})
        events = stream(self.port, tools=[TOOL]).named
        added = events[2][1]["item"]
        self.assertEqual((added["type"], added["name"], added["arguments"]), ("function_call", "weather", ""))
        pieces = [event["delta"] for name, event in events if name == "response.function_call_arguments.delta"]
        self.assertGreater(len(pieces), 3)
        self.assertEqual("".join(pieces), item["arguments"])
        self.assertEqual([name for name, _ in events][-3:],
                         ["response.function_call_arguments.done", "response.output_item.done", "response.completed"])
        self.assertEqual(events[-1][1]["response"]["tools"], [TOOL])
        history = [{"role": "user", "content": [{"type": "input_text", "text": "?"}]}, made("c"), output("c")]
        for fields in ({"input": history}, {"tool_choice": "none"}):
            self.assertEqual(ask(self.port, tools=[TOOL], **fields).json["output"][0]["type"], "message")

    def test_reasoning(self):
        hidden = ask(self.port, "thinking=5").json
        self.assertEqual(hidden["output"][0]["summary"], [])
        self.assertNotIn("encrypted_content", hidden["output"][0])
        self.assertEqual((hidden["usage"]["output_tokens"], hidden["usage"]["output_tokens_details"]),
                         (13, {"reasoning_tokens": 5}))
        fields = {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
        item = ask(self.port, "thinking=5", **fields).json["output"][0]
        self.assertTrue(item["encrypted_content"])
        events = stream(self.port, "thinking=5", **fields).named
        self.assertEqual([name for name, _ in events][2:12],
                         ["response.output_item.added", "response.reasoning_summary_part.added"]
                         + ["response.reasoning_summary_text.delta"] * 5
                         + ["response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
                            "response.output_item.done"])
        self.assertEqual(events[4][1]["summary_index"], 0)
        told = events[11][1]["item"]
        self.assertEqual((told["summary"], told["encrypted_content"]), (item["summary"], item["encrypted_content"]))

    def test_refusals(self):
        cases = [
            ({"input": None}, "input", "missing_required_parameter"),
            ({"messages": []}, "messages", "unsupported_parameter"),
            ({"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
            ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
            ({"previous_response_id": "resp_1"}, "previous_response_id", "previous_response_not_found"),
            ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools[0].name", "missing_required_parameter"),
            ({"input": [made("c")]}, "input", None),
            ({"input": [output("c")]}, "input", None),
            ({"input": [{"type": "function_call", "name": "f", "arguments": ""}]}, "input[0].call_id",
             "missing_required_parameter"),
            ({"model": None}, "model", "missing_required_parameter"),
            ({"x_sim": "nonsense"}, "x_sim", None),
        ]
        for fields, param, code in cases:
            with self.subTest(fields):
                reply = ask(self.port, **fields)
                error = reply.json["error"]
                self.assertEqual((reply.status, error["type"], error["param"], error["code"]),
                                 (400, "invalid_request_error", param, code))

    def test_faults(self):
        reply = ask(self.port, "status=503;retry_after=3;message=no luck")
        self.assertEqual((reply.status, reply.headers["retry-after"], reply.json["error"]["code"]),
                         (503, "3", "server_is_overloaded"))
        # The SDK's helper reads only streams that start with response.created.
        (first, created), (name, event) = stream(self.port, "error_event;message=gone").named
        self.assertEqual((first, created["sequence_number"], created["response"]["status"]),
                         ("response.created", 0, "in_progress"))
        self.assertEqual((name, event["sequence_number"], event["message"], event["code"], event["param"]),
                         ("error", 1, "gone", "server_error", None))
        name, event = stream(self.port, "error_after=2;message=gone;code=rate_limit_exceeded").named[-1]
        self.assertEqual((name, event["response"]["status"], event["response"]["error"]),
                         ("response.failed", "failed", {"code": "rate_limit_exceeded", "message": "gone"}))
        self.assertEqual(ask(self.port, "error_after=2").status, 500)
        self.assertEqual(stream(self.port, "no_done").named[-1][0], "response.output_item.done")
        self.assertIsNone(stream(self.port, "no_usage").named[-1][1]["response"]["usage"])
        self.assertIn(b'event: response.output_text.delta\ndata: {"broken\n\n', stream(self.port, "malformed=2").body)
        self.assertEqual(len(ask(self.port, "huge=3000000").json["output"][0]["content"][0]["text"]), 3_000_000)
        self.assertEqual(stream(self.port, "split;crlf").named[-1][0], "response.completed")
        with self.assertRaises(ConnectionResetError):
            ask(self.port, "reset")
        with self.assertRaises(http.client.IncompleteRead) as raised:
            stream(self.port, "cut=3")
        self.assertEqual(raised.exception.partial.count(b"event: response.output_text.delta"), 3)

    def test_bill(self):
        ask(self.port, "cache_write=2;thinking=4")  # 6 input tokens: 1 is read from the cache, 2 are written to it
        with contextlib.suppress(http.client.HTTPException):
            stream(self.port, "cut=3")
        self.assertEqual(self.bill()["models"]["m"], {
            "requests": 2, "input_tokens": 12, "cached_input_tokens": 2, "cache_write_input_tokens": 2,
            "output_tokens": 15, "thinking_tokens": 4, "endings": {"finished": 1, "cut": 1},
            "nano_usd": 8 * 550 + 2 * 140 + 2 * 700 + 15 * 2190})

    def test_leaving_is_noticed(self):
        connection = self.connect()
        connection.sendall(raw_request(body_of("tokens=1000;interval=20ms", stream=True), path=PATH))
        read_until(connection, b"ferry")
        connection.close()
        self.wait_for(lambda: self.stats()["client_aborts"] == 1)


class SelfHosted(unittest.TestCase):
    def test_vllm_shows_its_reasoning(self):
        with running("--personality", "vllm", "--models", "m", "--tokens", "2") as simulator:
            port = simulator.ports[0]
            item = ask(port, "thinking=3").json["output"][0]
            self.assertEqual((item["type"], item["summary"], item["content"][0]["type"]),
                             ("reasoning", [], "reasoning_text"))
            names = [name for name, _ in stream(port, "thinking=3").named]
            self.assertEqual(names[2:10],
                             ["response.output_item.added", "response.reasoning_part.added"]
                             + ["response.reasoning_text.delta"] * 3
                             + ["response.reasoning_text.done", "response.reasoning_part.done",
                                "response.output_item.done"])
            error = ask(port, "status=400;message=no").json["error"]
            self.assertEqual((error["message"], error["code"]), ("no", 400))

    def test_sglang_nests_its_errors_here_alone(self):
        with running("--personality", "sglang") as simulator:
            self.assertEqual(ask(simulator.ports[0], "status=400;message=no").json["error"]["message"], "no")


if __name__ == "__main__":
    unittest.main()
