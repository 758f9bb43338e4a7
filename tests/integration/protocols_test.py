"""Clients of three protocols in front of backends of three protocols, streamed and whole, and who bills what."""

import json
import unittest

from stage import Gateway, Simulator, call, chat_body, paid

MESSAGES, COUNT, RESPONSES = "/v1/messages?beta=true", "/v1/messages/count_tokens", "/v1/responses"
CHAT = "/v1/chat/completions"
VERSION = {"anthropic-version": "2023-06-01", "x-api-key": "k"}


def message_body(model, **more):
    return {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "hello there"}], **more}


def response_body(model, **more):
    return {"model": model, "input": "hello there", "store": False, **more}


def named_events(reply):
    """(event, data) of a stream whose events have names."""
    events = []
    for block in reply.body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            events.append((fields.get("event"), json.loads(fields["data"])))
    return events


class Protocols(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.claude = Simulator("--personality", "anthropic", "--price", "*=2,2,8,2")
        cls.openai = Simulator("--personality", "openai", "--price", "*=2,2,8,2")
        cls.gateway = Gateway(
            {"claude": paid(cls.claude, model="claude-sonnet-5", protocol="anthropic"),
             "chat": paid(cls.openai, model="gpt-4.1"),
             "both": paid(cls.openai, model="o3-mini", endpoints=["chat", "responses"])})
        cls.port = cls.gateway.port
        cls.simulators = {"claude-sonnet-5": cls.claude, "gpt-4.1": cls.openai, "o3-mini": cls.openai}

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.claude.stop()
        cls.openai.stop()

    def setUp(self):
        self.claude.reset()
        self.openai.reset()

    def ask(self, path, body, headers=None):
        reply = call(self.port, path, body, {**(VERSION if "messages" in path else {}), **(headers or {})})
        self.assertEqual(reply.status, 200, reply.body)
        return reply

    def assert_billed(self, model, reply, usage):
        """The client's figures, the gateway's books and the backend's own are the same."""
        line = self.gateway.log_of(reply)
        tokens = line["tokens"]
        self.assertEqual((tokens["input"], tokens["output"]), usage)
        self.assertEqual(line["usage"], "exact")
        self.assertEqual(self.simulators[model].stats()["requests"], 1)

    def test_whole_answers(self):
        for model in self.simulators:
            with self.subTest(model, client="messages"):
                self.setUp()
                reply = self.ask(MESSAGES, message_body(model))
                answer = reply.json
                self.assertEqual((answer["type"], answer["role"]), ("message", "assistant"))
                self.assertEqual(answer["content"][0]["type"], "text")
                self.assertEqual(reply.headers["request-id"], reply.headers["x-request-id"])
                usage = answer["usage"]
                read = sum(usage.get(name) or 0 for name in (
                    "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"))
                self.assert_billed(model, reply, (read, usage["output_tokens"]))
            with self.subTest(model, client="responses"):
                self.setUp()
                reply = self.ask(RESPONSES, response_body(model))
                answer = reply.json
                self.assertEqual((answer["object"], answer["status"]), ("response", "completed"))
                usage = answer["usage"]
                self.assert_billed(model, reply, (usage["input_tokens"], usage["output_tokens"]))
            with self.subTest(model, client="chat"):
                self.setUp()
                reply = self.ask(CHAT, chat_body(model=model))
                usage = reply.json["usage"]
                self.assertTrue(reply.json["choices"][0]["message"]["content"])
                self.assert_billed(model, reply, (usage["prompt_tokens"], usage["completion_tokens"]))

    def test_streams(self):
        for model in self.simulators:
            with self.subTest(model, client="messages"):
                names = [name for name, _ in named_events(self.ask(MESSAGES, message_body(model, stream=True)))]
                self.assertEqual((names[0], names[-2:]), ("message_start", ["message_delta", "message_stop"]))
                self.assertIn("content_block_delta", names)
                self.assertEqual(names.count("message_stop"), 1)
            with self.subTest(model, client="responses"):
                events = named_events(self.ask(RESPONSES, response_body(model, stream=True)))
                names = [name for name, _ in events]
                self.assertEqual((names[0], names[-1]), ("response.created", "response.completed"))
                self.assertIn("response.output_text.delta", names)
                self.assertEqual([data["sequence_number"] for _, data in events], list(range(len(events))))
                self.assertGreater(events[-1][1]["response"]["usage"]["output_tokens"], 0)
            with self.subTest(model, client="chat"):
                reply = self.ask(CHAT, chat_body(model=model, stream=True))
                self.assertEqual(reply.events[-1], "[DONE]")
                self.assertGreater(reply.tokens, 0)

    def test_the_clients_own_bytes_reach_a_backend_of_its_protocol(self):
        body = message_body("claude-sonnet-5", context_management={"edits": []})
        # The simulator refuses fields of a beta without its header, so the header is passed too.
        self.ask(MESSAGES, body, {"anthropic-beta": "context-management-2025-06-27"})
        self.assertEqual(json.loads(self.claude.last_body()), body)
        self.ask(RESPONSES, response_body("o3-mini", truncation="auto"))
        self.assertEqual(json.loads(self.openai.last_body())["truncation"], "auto")

    def test_what_is_left_out_is_named(self):
        reply = self.ask(MESSAGES, message_body("gpt-4.1", context_management={"edits": []}))
        self.assertIn("context_management", reply.headers["x-headgate-dropped"].split(", "))
        self.assertEqual(self.gateway.log_of(reply)["dropped"], reply.headers["x-headgate-dropped"])
        self.assertEqual(self.gateway.log_of(reply)["translated"], "chat")
        passing = self.ask(MESSAGES, message_body("claude-sonnet-5"))
        self.assertNotIn("x-headgate-dropped", passing.headers)
        self.assertNotIn("translated", self.gateway.log_of(passing))

    def test_tokens_are_counted_or_estimated_and_cost_nothing(self):
        for model in ("claude-sonnet-5", "gpt-4.1"):
            with self.subTest(model):
                body = message_body(model)
                del body["max_tokens"]
                reply = self.ask(COUNT, body)
                self.assertEqual(list(reply.json), ["input_tokens"])
                self.assertGreater(reply.json["input_tokens"], 0)
                self.assertEqual(float(self.gateway.log_of(reply)["cost_usd"]), 0)

    def test_a_request_that_only_one_provider_can_serve(self):
        reply = call(self.port, RESPONSES, response_body("gpt-4.1", previous_response_id="resp_1"))
        self.assertEqual(reply.status, 400)
        self.assertIn("previous_response_id", reply.error["message"])
        self.assertIn("server.state", reply.error["message"])

    def test_a_refusal_says_once_what_is_missing_and_what_to_do(self):
        error = call(self.port, CHAT, chat_body(model="claude-sonnet-5", logprobs=True)).error
        self.assertEqual(error["param"], "logprobs")
        self.assertEqual(error["message"].count("logprobs"), 2)  # what is needed, and what to leave out
        self.assertIn("Leave out `logprobs`, or ask for a model", error["message"])
        error = call(self.port, RESPONSES, response_body("gpt-4.1", tools=[{"type": "file_search"}])).error
        self.assertEqual(error["param"], "tools")
        self.assertIn("Offer functions only", error["message"])

    def test_errors_have_the_clients_shape(self):
        reply = call(self.port, MESSAGES, message_body("no-such-model"), VERSION)
        self.assertEqual((reply.status, reply.json["type"]), (404, "error"))
        self.assertEqual(reply.json["error"]["type"], "not_found_error")

    def test_models_in_anthropics_shape(self):
        listed = call(self.port, "/v1/models?limit=1000", headers=VERSION).json
        ids = [model["id"] for model in listed["data"]]
        self.assertIn("claude-sonnet-5", ids)
        self.assertEqual((listed["has_more"], listed["first_id"], listed["last_id"]), (False, ids[0], ids[-1]))
        self.assertTrue(all(model["type"] == "model" and model["display_name"] for model in listed["data"]))
        self.assertEqual(call(self.port, "/v1/models").json["object"], "list")


if __name__ == "__main__":
    unittest.main()
