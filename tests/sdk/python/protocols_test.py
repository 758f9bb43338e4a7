"""Three protocols and the SDKs that speak them, each against each kind of backend: always the same results.

run.py starts the gateway. Its simulated backends answer from script.jsonl. `Conversations` has the assertions, and the
class of an SDK says how that SDK is called. In MODELS, the comment behind each model says what its backend serves.
"""

import asyncio
import dataclasses
import json
import os
import unittest

import agents
import anthropic
import openai
import pydantic

MODELS = (
    "gpt-4.1",            # chat completions and Responses
    "claude-sonnet-5",    # Messages
    "acme/qwen-2.5-32b",  # chat completions alone, of vLLM
    "acme/gemma-3-27b",   # all three, of vLLM
)
QUESTION = "When does the ferry leave?"
ANSWER = "The ferry to Mull leaves at ten past seven."
TASK = "Look it up with the timetable."
LOOKED_UP = "It leaves at 07:10."
RECORD = "Write a record of the next departure."
GIVEN = {"harbour": "Grüße aus dem Hafen", "hour": 7}
SCHEMA = {"type": "object", "required": ["harbour", "hour"], "additionalProperties": False,
          "properties": {"harbour": {"type": "string"}, "hour": {"type": "integer"}}}
ABOUT = "Departures from a harbour"
ROOT = os.environ["OPENAI_BASE_URL"].removesuffix("/v1")
KEY = os.environ["OPENAI_API_KEY"]


class Departure(pydantic.BaseModel):
    harbour: str
    hour: int


@dataclasses.dataclass
class Said:
    """An answer, as an SDK gave it."""
    text: str
    ended: str  # the SDK's word for it
    input: int
    output: int
    pieces: int = 1


class Conversations:
    """What every SDK can do with every model. A subclass has the methods that these tests call."""

    NATURAL_END = ""
    NOT_FOUND = openai.NotFoundError

    def test_a_whole_answer_and_a_streamed_one_are_the_same(self):
        for model in MODELS:
            with self.subTest(model):
                whole, streamed = self.ask(model, QUESTION), self.stream(model, QUESTION)
                self.assertEqual((whole.text, whole.ended), (ANSWER, self.NATURAL_END))
                self.assertGreater(min(whole.input, whole.output), 0)
                self.assertGreater(streamed.pieces, 3)
                self.assertEqual(dataclasses.replace(streamed, pieces=1), whole)

    def test_a_tool_is_called_and_its_result_is_answered(self):
        for model in MODELS:
            with self.subTest(model):
                for stream in (False, True):
                    with self.subTest(stream=stream):
                        calls = []
                        text = self.run_tools(model, TASK, lambda **given: calls.append(given) or "07:10", stream)
                        self.assertEqual((text, calls), (LOOKED_UP, [GIVEN]))

    def test_a_structured_answer(self):
        for model in MODELS:
            with self.subTest(model):
                self.assertEqual(self.record(model, RECORD), Departure(harbour="Oban", hour=7))

    def test_a_model_that_is_not_there(self):
        with self.assertRaises(self.NOT_FOUND):
            self.ask("gpt-2", QUESTION)


class Chat(Conversations, unittest.TestCase):
    NATURAL_END = "stop"

    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(max_retries=0, timeout=20)
        cls.addClassCleanup(cls.client.close)
        cls.chat = cls.client.chat.completions

    @staticmethod
    def said(completion, pieces=1):
        choice, usage = completion.choices[0], completion.usage
        return Said(choice.message.content, choice.finish_reason, usage.prompt_tokens, usage.completion_tokens, pieces)

    def ask(self, model, text):
        return self.said(self.chat.create(model=model, messages=[{"role": "user", "content": text}]))

    def stream(self, model, text):
        with self.chat.stream(model=model, messages=[{"role": "user", "content": text}],
                              stream_options={"include_usage": True}) as stream:
            pieces = sum(event.type == "content.delta" for event in stream)
            return self.said(stream.get_final_completion(), pieces)

    def run_tools(self, model, text, tool, stream):
        tools = [{"type": "function", "function": {
            "name": "timetable", "description": ABOUT, "parameters": SCHEMA, "strict": True}}]
        messages = [{"role": "user", "content": text}]
        for _ in range(3):
            if stream:
                with self.chat.stream(model=model, messages=messages, tools=tools) as events:
                    message = events.get_final_completion().choices[0].message
            else:
                message = self.chat.create(model=model, messages=messages, tools=tools).choices[0].message
            if not message.tool_calls:
                return message.content
            messages.append(message.model_dump(include={"role", "content", "tool_calls"}, mode="json", exclude={
                "tool_calls": {"__all__": {"function": {"parsed_arguments"}, "index": True}}}))
            messages += [{"role": "tool", "tool_call_id": call.id,
                          "content": tool(**json.loads(call.function.arguments))} for call in message.tool_calls]
        return self.fail("the model calls its tool again and again")

    def record(self, model, text):
        return self.chat.parse(model=model, messages=[{"role": "user", "content": text}],
                               response_format=Departure).choices[0].message.parsed


class Responses(Conversations, unittest.TestCase):
    NATURAL_END = "completed"

    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(max_retries=0, timeout=20)
        cls.addClassCleanup(cls.client.close)
        cls.responses = cls.client.responses

    @staticmethod
    def said(response, pieces=1):
        usage = response.usage
        return Said(response.output_text, response.status, usage.input_tokens, usage.output_tokens, pieces)

    def ask(self, model, text):
        return self.said(self.responses.create(model=model, input=text, store=False))

    def stream(self, model, text):
        with self.responses.stream(model=model, input=text, store=False) as stream:
            pieces = sum(event.type == "response.output_text.delta" for event in stream)
            return self.said(stream.get_final_response(), pieces)

    def run_tools(self, model, text, tool, stream):
        tools = [{"type": "function", "name": "timetable", "description": ABOUT, "parameters": SCHEMA, "strict": True}]
        items = [{"role": "user", "content": text}]
        for _ in range(3):
            if stream:
                with self.responses.stream(model=model, input=items, tools=tools, store=False) as events:
                    response = events.get_final_response()
            else:
                response = self.responses.create(model=model, input=items, tools=tools, store=False)
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                return response.output_text
            items += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True, mode="json")
                      for item in response.output]
            items += [{"type": "function_call_output", "call_id": call.call_id,
                       "output": tool(**json.loads(call.arguments))} for call in calls]
        return self.fail("the model calls its tool again and again")

    def record(self, model, text):
        return self.responses.parse(model=model, input=text, text_format=Departure, store=False).output_parsed

    def test_what_is_not_stored_here_is_not_found(self):
        with self.assertRaises(openai.BadRequestError):
            self.responses.create(model="claude-sonnet-5", input=QUESTION, previous_response_id="resp_1")
        with self.assertRaises(openai.NotFoundError):
            self.responses.retrieve("resp_1")


class Messages(Conversations, unittest.TestCase):
    NATURAL_END = "end_turn"
    NOT_FOUND = anthropic.NotFoundError

    @classmethod
    def setUpClass(cls):
        cls.client = anthropic.Anthropic(base_url=ROOT, auth_token=KEY, max_retries=0, timeout=20)
        cls.addClassCleanup(cls.client.close)
        cls.messages = cls.client.messages

    @staticmethod
    def fields(model, text):
        return {"model": model, "max_tokens": 200, "messages": [{"role": "user", "content": text}]}

    @staticmethod
    def said(message, pieces=1):
        usage = message.usage
        read = usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        text = "".join(block.text for block in message.content if block.type == "text")
        return Said(text, message.stop_reason, read, usage.output_tokens, pieces)

    def ask(self, model, text):
        return self.said(self.messages.create(**self.fields(model, text)))

    def stream(self, model, text):
        with self.messages.stream(**self.fields(model, text)) as stream:
            pieces = sum(event.type == "text" for event in stream)
            return self.said(stream.get_final_message(), pieces)

    def run_tools(self, model, text, tool, stream):
        @anthropic.beta_tool(name="timetable", description=ABOUT, input_schema=SCHEMA)
        def timetable(harbour, hour):
            return tool(harbour=harbour, hour=hour)

        # A thread would be kept at one provider, and its later requests hold only what is new.
        runner = self.client.beta.messages.tool_runner(
            **self.fields(model, text), tools=[timetable], max_iterations=3, stream=stream, thread=False)
        if stream:
            message = [turn.get_final_message() for turn in runner][-1]
        else:
            message = runner.until_done()
        return "".join(block.text for block in message.content if block.type == "text")

    def record(self, model, text):
        return self.messages.parse(**self.fields(model, text), output_format=Departure).parsed_output

    def test_tokens_are_counted(self):
        for model in MODELS:
            with self.subTest(model):
                fields = self.fields(model, QUESTION)
                del fields["max_tokens"]
                self.assertGreater(self.messages.count_tokens(**fields).input_tokens, 0)

    def test_either_header_carries_the_key(self):
        styles = ({"x-api-key": KEY, "authorization": anthropic.omit}, {"authorization": f"Bearer {KEY}"})
        for model in MODELS:
            with self.subTest(model):
                for headers in styles:
                    with self.subTest(headers=list(headers)):
                        answer = self.messages.create(**self.fields(model, QUESTION), extra_headers=headers)
                        self.assertEqual(self.said(answer).text, ANSWER)
        with self.assertRaises(anthropic.AuthenticationError):
            wrong = {"authorization": "Bearer hg-nobody"}
            self.messages.create(**self.fields(MODELS[0], QUESTION), extra_headers=wrong)

    def test_models_are_listed(self):
        self.assertLessEqual(set(MODELS), {model.id for model in self.client.models.list()})


class AgentsOfOpenAi(unittest.TestCase):
    """openai-agents with each of its two models: Responses, which is its own default, and chat completions."""

    KINDS = (agents.OpenAIResponsesModel, agents.OpenAIChatCompletionsModel)

    def run_each(self, work, **more):
        """Awaits `work(agent)` for an agent of each kind and model."""
        async def run(kind, model):
            async with openai.AsyncOpenAI(max_retries=0, timeout=20) as client:
                await work(agents.Agent(name="Harbour", instructions="Be short.", model=kind(
                    model=model, openai_client=client), **more))

        for kind in self.KINDS:
            for model in MODELS:
                with self.subTest(kind=kind.__name__, model=model):
                    asyncio.run(run(kind, model))

    def test_a_tool_is_called_and_its_result_is_answered(self):
        calls = []

        @agents.function_tool
        def timetable(harbour: str, hour: int) -> str:
            """Departures from a harbour."""
            calls.append({"harbour": harbour, "hour": hour})
            return "07:10"

        async def work(agent):
            calls.clear()
            whole = await agents.Runner.run(agent, TASK, max_turns=3)
            streamed = agents.Runner.run_streamed(agent, TASK, max_turns=3)
            async for _ in streamed.stream_events():
                pass
            self.assertEqual((whole.final_output, streamed.final_output), (LOOKED_UP, LOOKED_UP))
            self.assertEqual(calls, [GIVEN, GIVEN])

        self.run_each(work, tools=[timetable])

    def test_a_structured_answer(self):
        async def work(agent):
            result = await agents.Runner.run(agent, RECORD, max_turns=2)
            self.assertEqual(result.final_output, Departure(harbour="Oban", hour=7))

        self.run_each(work, output_type=Departure)


if __name__ == "__main__":
    agents.set_tracing_disabled(True)
    unittest.main()
