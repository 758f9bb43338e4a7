"""Runs headgate-sim --script: it sends the answers of a file in each protocol, and a retry gets the same answer."""

import contextlib
import http.client
import json
import subprocess
import tempfile
import unittest

from simulator import BINARY, call, running

STEPS = [
    {"thinking": "First I read it.", "signature": "c2lnbmF0dXJl", "text": "I look.",
     "tool_calls": [{"name": "read", "arguments": {"path": "a.txt"}, "id": "call_1"},
                    {"name": "read", "arguments": {"path": "b.txt"}, "id": "call_2"}]},
    {"tool_calls": [{"name": "edit", "arguments": {"path": "a.txt", "old": "teh", "new": "the"}, "id": "call_3"}]},
    {"text": "Fixed: “teh”."},
]
NAMES = ("read", "edit")
SCHEMA = {"type": "object", "properties": {}}
VERSION = {"anthropic-version": "2023-06-01"}


@contextlib.contextmanager
def script(lines, *arguments):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        file.flush()
        with running("--script", file.name, *arguments) as simulator:
            yield simulator.ports[0]


class Chat:
    """A client of one protocol that answers all tool calls. `said` has the answers of the model so far."""

    PERSONALITY = "vllm"
    PATH = "/v1/chat/completions"

    def __init__(self, port, stream, text="Please fix it."):
        self.port = port
        self.stream = stream
        self.messages = [{"role": "user", "content": text}]
        self.said = []

    def body(self, **fields):
        tools = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in NAMES]
        return {"model": "m", "messages": self.messages, "tools": tools, "stream": self.stream, **fields}

    def ask(self, **fields):
        return call(self.port, self.PATH, self.body(**fields), VERSION)

    def turn(self):
        reply = self.ask()
        assert reply.status == 200, reply.body
        self.said.append(self.take(reply))
        return self.said[-1]

    def take(self, reply):
        if not self.stream:
            message = reply.json["choices"][0]["message"]
        else:
            message = {"role": "assistant", "content": None, "tool_calls": []}
            for chunk in reply.chunks:
                delta = chunk["choices"][0]["delta"]
                for name in ("content", "reasoning"):
                    if delta.get(name):
                        message[name] = (message.get(name) or "") + delta[name]
                for part in delta.get("tool_calls", []):
                    if "id" in part:
                        message["tool_calls"].append(part)
                    else:
                        made = message["tool_calls"][part["index"]]
                        made["function"]["arguments"] += part["function"]["arguments"]
        self.messages.append(message)
        calls = message.get("tool_calls") or []
        self.messages += [{"role": "tool", "tool_call_id": made["id"], "content": "ok"} for made in calls]
        return (message.get("reasoning"), message["content"],
                [(made["id"], made["function"]["name"], json.loads(made["function"]["arguments"])) for made in calls])


class Messages(Chat):
    PERSONALITY = "anthropic"
    PATH = "/v1/messages"

    def body(self, **fields):
        tools = [{"name": name, "input_schema": SCHEMA} for name in NAMES]
        return {"model": "m", "max_tokens": 999, "messages": self.messages, "tools": tools,
                "stream": self.stream, **fields}

    def take(self, reply):
        if not self.stream:
            blocks = reply.json["content"]
        else:
            blocks, pieces = [], []
            for name, event in reply.named:
                if name == "content_block_start":
                    blocks.append(event["content_block"])
                    pieces = []
                elif name == "content_block_delta":
                    delta = event["delta"]
                    for member in ("text", "thinking", "signature"):
                        if member in delta:
                            blocks[-1][member] += delta[member]
                    pieces.append(delta.get("partial_json", ""))
                elif name == "content_block_stop" and blocks[-1]["type"] == "tool_use":
                    blocks[-1]["input"] = json.loads("".join(pieces))
        self.messages.append({"role": "assistant", "content": blocks})
        calls = [block for block in blocks if block["type"] == "tool_use"]
        if calls:
            self.messages.append({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": made["id"], "content": "ok"} for made in calls]})
        first = {block["type"]: block for block in reversed(blocks)}
        if "thinking" in first:
            assert first["thinking"]["signature"] == STEPS[0]["signature"]
        return (first.get("thinking", {}).get("thinking"), first.get("text", {}).get("text"),
                [(made["id"], made["name"], made["input"]) for made in calls])


class Responses(Chat):
    PERSONALITY = "openai"
    PATH = "/v1/responses"

    def body(self, **fields):
        tools = [{"type": "function", "name": name, "parameters": SCHEMA} for name in NAMES]
        return {"model": "m", "input": self.messages, "tools": tools, "stream": self.stream, "store": False,
                "include": ["reasoning.encrypted_content"], "reasoning": {"summary": "auto"}, **fields}

    def take(self, reply):
        items = reply.named[-1][1]["response"]["output"] if self.stream else reply.json["output"]
        self.messages += items
        calls = [item for item in items if item["type"] == "function_call"]
        self.messages += [{"type": "function_call_output", "call_id": made["call_id"], "output": "ok"} for made in calls]
        first = {item["type"]: item for item in reversed(items)}
        thinking = text = None
        if "reasoning" in first:
            assert first["reasoning"]["encrypted_content"] == STEPS[0]["signature"]
            thinking = first["reasoning"]["summary"][0]["text"]
        if "message" in first:
            text = first["message"]["content"][0]["text"]
        return thinking, text, [(made["call_id"], made["name"], json.loads(made["arguments"])) for made in calls]


class Script(unittest.TestCase):
    EXPECTED = [
        ("First I read it.", "I look.", [("call_1", "read", {"path": "a.txt"}), ("call_2", "read", {"path": "b.txt"})]),
        (None, None, [("call_3", "edit", {"path": "a.txt", "old": "teh", "new": "the"})]),
        (None, "Fixed: “teh”.", []),
    ]

    def test_an_agent_is_led_through_its_work(self):
        for protocol in (Chat, Messages, Responses):
            with script(STEPS, "--personality", protocol.PERSONALITY) as port:
                for streamed in (False, True):
                    with self.subTest(protocol.__name__, streamed=streamed):
                        agent = protocol(port, streamed)
                        self.assertEqual([agent.turn() for _ in self.EXPECTED], self.EXPECTED)

    def test_a_retry_gets_the_same_step(self):
        steps = [{**STEPS[0], "x_sim": "cut=4;times=1"}, {**STEPS[1], "x_sim": "status=503;times=2"}, STEPS[2]]
        for protocol in (Chat, Messages, Responses):
            with script(steps, "--personality", protocol.PERSONALITY) as port, self.subTest(protocol.__name__):
                agent = protocol(port, True)
                with self.assertRaises(http.client.IncompleteRead):
                    agent.turn()
                self.assertEqual(agent.turn(), self.EXPECTED[0])
                self.assertEqual([agent.ask().status for _ in range(2)], [503, 503])
                self.assertEqual([agent.turn() for _ in range(2)], self.EXPECTED[1:])

    def test_only_tools_that_are_offered_are_called(self):
        with script(STEPS, "--personality", "vllm", "--models", "m", "--tokens", "2") as port:
            agent = Chat(port, False)
            for fields in ({"tools": None}, {"tool_choice": "none"}):
                self.assertEqual(agent.ask(**fields).json["choices"][0]["message"]["content"], "The ferry")

    def test_conversations_are_told_apart(self):
        steps = [{"match": "say “one”", "text": "1"}, {"match": "two", "text": "2"}, {"text": "any"}]
        with script(steps) as port:
            for text, answer in (("say “one” or two", "1"), ("now two", "2"), ("three", "any")):
                body = json.dumps(Chat(port, False, text).body(), ensure_ascii=False).encode()
                reply = call(port, Chat.PATH, body)
                self.assertEqual(reply.json["choices"][0]["message"]["content"], answer)

    def test_a_step_may_say_when_it_comes(self):
        steps = [STEPS[1], {"after": 3, "text": "enough"}]
        with script(steps) as port:
            agent = Chat(port, False)
            self.assertEqual([agent.turn()[1] for _ in range(4)], [None, None, None, "enough"])

    def test_limit_and_usage(self):
        with script(STEPS, "--personality", "anthropic") as port:
            message = Messages(port, False).ask(max_tokens=4 + 2 + 3).json
            self.assertEqual([block["type"] for block in message["content"]], ["thinking", "text", "tool_use"])
            self.assertEqual((message["stop_reason"], message["content"][2]["input"]), ("max_tokens", {}))
            self.assertEqual(message["usage"]["output_tokens_details"]["thinking_tokens"], 4)
            line = call(port, "/bill").json["models"]["m"]
            self.assertEqual((line["output_tokens"], line["thinking_tokens"]), (9, 4))

    def test_redacted_thinking(self):
        steps = [{"redacted_thinking": "b3BhcXVl", "text": "Hm."}]
        with script(steps, "--personality", "anthropic") as port:
            blocks = [{"type": "redacted_thinking", "data": "b3BhcXVl"}, {"type": "text", "text": "Hm."}]
            for streamed in (False, True):
                agent = Messages(port, streamed)
                agent.turn()
                self.assertEqual(agent.messages[-1]["content"], blocks)
        with script(steps) as port:
            for streamed in (False, True):
                agent = Responses(port, streamed)
                reply = agent.ask()
                item = (reply.named[-1][1]["response"] if streamed else reply.json)["output"][0]
                self.assertEqual((item["type"], item["summary"], item["encrypted_content"]),
                                 ("reasoning", [], "b3BhcXVl"))

    def test_custom_tools_of_responses(self):
        steps = [{"tool_calls": [{"name": "apply_patch", "arguments": "*** Begin Patch\n"}]}, {"text": "done"}]
        with script(steps) as port:
            agent = Responses(port, True)
            events = agent.ask(tools=[{"type": "custom", "name": "apply_patch"}]).named
            item = events[-1][1]["response"]["output"][0]
            self.assertEqual((item["type"], item["input"]), ("custom_tool_call", "*** Begin Patch\n"))
            self.assertIn("response.custom_tool_call_input.delta", [name for name, _ in events])
            agent.messages += [item, {"type": "custom_tool_call_output", "call_id": item["call_id"], "output": "ok"}]
            self.assertEqual(agent.turn()[1], "done")

    def test_signatures_are_checked_if_asked(self):
        for protocol in (Messages, Responses):
            with script(STEPS, "--personality", protocol.PERSONALITY, "--check-signatures") as port, \
                    self.subTest(protocol.__name__):
                agent = protocol(port, False)
                self.assertEqual([agent.turn() for _ in self.EXPECTED], self.EXPECTED)
                agent.messages += [{"role": "user", "content": "And now?"}]
                agent.messages = json.loads(json.dumps(agent.messages).replace(STEPS[0]["signature"], "forged"))
                reply = agent.ask()
                self.assertEqual(reply.status, 400)
                self.assertRegex(reply.json["error"]["message"], "Invalid `signature`|could not be verified")
                # The simulator also accepts signatures that it made itself.
                plain = protocol(port, False, "Think.")
                thought = plain.ask(tools=[], x_sim="thinking=3;tokens=2")
                plain.messages += (thought.json["output"] if protocol is Responses
                                   else [{"role": "assistant", "content": thought.json["content"]}])
                plain.messages += [{"role": "user", "content": "Go on."}]
                self.assertEqual(plain.ask(tools=[], x_sim="tokens=2").status, 200)

    def test_bad_scripts_are_named(self):
        for line, text in [("{", "line 3"), ("[]", "must be a JSON object"), ({"say": "x"}, "`say` is unknown"),
                           ({"tool_calls": [{}]}, "needs a `name`"), ({"after": -1}, "`after`"),
                           ({"text": 5}, "`text` must be a string")]:
            with tempfile.NamedTemporaryFile("w") as file:
                file.write('{"text":"ok"}\n\n' + (line if isinstance(line, str) else json.dumps(line)))
                file.flush()
                result = subprocess.run([BINARY, "--listen", "127.0.0.1:0", "--script", file.name],
                                        capture_output=True, text=True, timeout=10)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("line 3 of the script", result.stderr)
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
