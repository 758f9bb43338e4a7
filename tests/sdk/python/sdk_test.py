"""The official Python SDK against a gateway; run.py starts both and lists the backends and models.

The request's field `x_sim`, which the SDK passes on, names the fault of the simulated backend.
"""

import array
import asyncio
import base64
import json
import os
import time
import unittest
import urllib.request

import openai

SIMULATOR = os.environ["HEADGATE_TEST_SIMULATOR"]
MODEL = "gpt-4.1"
MOODY = "gpt-4.1-mini"
POOL = "acme/qwen-2.5-32b"
EMBEDDING = "text-embedding-3-small"
MESSAGES = [{"role": "user", "content": "When does the ferry leave?"}]
TOOLS = [{"type": "function", "function": {
    "name": "timetable",
    "description": "Departures from a harbour",
    "parameters": {"type": "object", "required": ["harbour", "hour"], "properties": {
        "harbour": {"type": "string"}, "hour": {"type": "integer"}}}}}]
# A stream that is far longer than any test waits.
ENDLESS = "tokens=100000;interval=20ms"


def sim(what):
    return {"extra_body": {"x_sim": what}}


def stats():
    with urllib.request.urlopen(f"{SIMULATOR}/sim/stats", timeout=5) as reply:
        return json.load(reply)


class SdkTest(unittest.TestCase):
    """A client without retries, because the tests check the first answer."""

    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(max_retries=0, timeout=20)
        cls.addClassCleanup(cls.client.close)

    def ask(self, model=MODEL, messages=None, **more):
        return self.client.chat.completions.create(
            model=model, messages=messages or MESSAGES, **more)

    def assert_cancelled(self, aborts, within=1.0):
        """The backend must see its client leave and have nothing left to do."""
        deadline = time.monotonic() + within
        while (now := stats())["client_aborts"] <= aborts or now["running"]:
            self.assertLess(time.monotonic(), deadline, f"still running upstream: {now}")
            time.sleep(0.01)


class Chat(SdkTest):
    def test_a_whole_answer(self):
        for model in (MODEL, POOL, "auto", f"{MODEL}@api"):
            with self.subTest(model):
                answer = self.ask(model)
                self.assertEqual(answer.object, "chat.completion")
                self.assertRegex(answer._request_id, r"^req_")
                self.assertEqual(answer.choices[0].finish_reason, "stop")
                self.assertIn("ferry", answer.choices[0].message.content)
                self.assertEqual(answer.usage.completion_tokens, 12)
                self.assertGreater(answer.usage.prompt_tokens, 0)

    def test_a_limit_and_several_choices(self):
        answer = self.ask(max_completion_tokens=5, n=3, temperature=0.2, seed=7)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertEqual({choice.finish_reason for choice in answer.choices}, {"length"})

    def test_the_body_arrives_as_it_was_written(self):
        extra = {"x_sim": "echo_body", "vendor_field": {"deep": [1, None, "ü"]}}
        sent = json.loads(self.ask(extra_body=extra).choices[0].message.content)
        self.assertEqual(sent, {"messages": MESSAGES, "model": MODEL, **extra})

    def test_text_and_image_parts(self):
        image = "data:image/png;base64," + base64.b64encode(os.urandom(300_000)).decode()
        parts = [{"type": "text", "text": "What is this?"},
                 {"type": "image_url", "image_url": {"url": image}}]
        answer = self.ask(messages=[{"role": "user", "content": parts}])
        self.assertTrue(answer.choices[0].message.content)

    def test_a_failure_that_another_target_makes_good_is_not_seen(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="gpt-4o", messages=MESSAGES)
        self.assertEqual(raw.headers["x-headgate-target"], "gpt-4o@api")
        self.assertGreater(int(raw.headers["x-headgate-attempts"]), 1)
        self.assertEqual(raw.parse().choices[0].finish_reason, "stop")


class Streaming(SdkTest):
    def test_chunks_add_up_to_the_whole_answer(self):
        for model in (MODEL, POOL):
            with self.subTest(model):
                whole = self.ask(model).choices[0].message.content
                with self.ask(model, stream=True) as stream:
                    chunks = list(stream)
                self.assertEqual(len({chunk.id for chunk in chunks}), 1)
                self.assertTrue(all(len(chunk.choices) == 1 for chunk in chunks))
                text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
                self.assertEqual(text, whole)
                self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")

    def test_usage_comes_to_those_who_ask(self):
        for model in (MODEL, POOL):
            with self.subTest(model):
                last = list(self.ask(model, stream=True,
                                     stream_options={"include_usage": True}))[-1]
                self.assertEqual(last.choices, [])
                self.assertEqual(last.usage.completion_tokens, 12)

    def test_no_usage_comes_to_those_who_do_not(self):
        for model in (MODEL, POOL):
            for options in ({}, {"stream_options": {"include_usage": False}}):
                with self.subTest(model, **options):
                    for chunk in self.ask(model, stream=True, **options):
                        self.assertIsNone(chunk.usage)
                        self.assertTrue(chunk.choices)

    def test_tokens_come_as_they_are_made(self):
        times = [time.monotonic() for chunk in
                 self.ask(stream=True, **sim("tokens=5;interval=100ms"))
                 if chunk.choices[0].delta.content]
        self.assertEqual(len(times), 5)
        # Tokens that came all at once would give 0 s. The lower bound leaves room for a busy machine.
        self.assertGreater(times[-1] - times[0], 0.3)

    def test_any_framing_of_events(self):
        for form in ("crlf", "split", "comment=2", "crlf;split;comment=1"):
            with self.subTest(form):
                chunks = list(self.ask(stream=True, **sim(form)))
                self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")

    def test_the_stream_helper(self):
        with self.client.chat.completions.stream(model=MODEL, messages=MESSAGES) as stream:
            kinds = {event.type for event in stream}
            final = stream.get_final_completion()
        self.assertIn("content.delta", kinds)
        self.assertIn("ferry", final.choices[0].message.content)


class BrokenStreams(SdkTest):
    """A stream that breaks after its first bytes must not look like one that ended."""

    def test_a_break_in_the_middle_is_an_error(self):
        for fault in ("cut=4", "reset_after=4", "error_after=4"):
            for options in ({}, {"stream_options": {"include_usage": True}}):
                with self.subTest(fault, **options):
                    text = ""
                    with self.assertRaises(openai.APIError) as raised:
                        for chunk in self.ask(MOODY, stream=True, **options,
                                              **sim(f"{fault};interval=20ms")):
                            text += chunk.choices[0].delta.content or ""
                    self.assertTrue(text, "nothing came before the break")
                    self.assertTrue(raised.exception.message)

    def test_an_answer_that_breaks_is_an_error(self):
        for fault in ("cut=4", "reset_after=4", "error_after=4", "malformed=4", "reset"):
            with self.subTest(fault), self.assertRaises(openai.InternalServerError):
                self.ask(MOODY, **sim(fault))


class Tools(SdkTest):
    def assert_called(self, call):
        self.assertEqual(call.type, "function")
        self.assertTrue(call.id)
        self.assertEqual(call.function.name, "timetable")
        self.assertEqual(json.loads(call.function.arguments),
                         {"harbour": "Grüße aus dem Hafen", "hour": 7})

    def test_a_call_and_its_result(self):
        for model in (MODEL, POOL):
            with self.subTest(model):
                choice = self.ask(model, tools=TOOLS, tool_choice="auto").choices[0]
                self.assertEqual(choice.finish_reason, "tool_calls")
                self.assertIsNone(choice.message.content)
                self.assert_called(choice.message.tool_calls[0])
                result = {"role": "tool", "tool_call_id": choice.message.tool_calls[0].id,
                          "content": json.dumps({"departs": "07:10"})}
                after = self.ask(model, [*MESSAGES, choice.message, result], tools=TOOLS)
                self.assertEqual(after.choices[0].finish_reason, "stop")

    def test_a_call_in_a_stream(self):
        for model in (MODEL, POOL):
            with self.subTest(model), self.client.chat.completions.stream(
                    model=model, messages=MESSAGES, tools=TOOLS) as stream:
                deltas = sum(event.type == "tool_calls.function.arguments.delta"
                             for event in stream)
                choice = stream.get_final_completion().choices[0]
                self.assertGreater(deltas, 1)
                self.assertEqual(choice.finish_reason, "tool_calls")
                self.assert_called(choice.message.tool_calls[0])


class Embeddings(SdkTest):
    def test_vectors_decode(self):
        # Without `encoding_format` the SDK asks for base64 and decodes it.
        inputs = ["a harbour", "a ferry"]
        decoded = self.client.embeddings.create(model=EMBEDDING, input=inputs, dimensions=256)
        plain = self.client.embeddings.create(model=EMBEDDING, input=inputs, dimensions=256,
                                              encoding_format="float")
        self.assertEqual([row.index for row in decoded.data], [0, 1])
        for mine, theirs in zip(decoded.data, plain.data, strict=True):
            self.assertEqual(array.array("f", mine.embedding), array.array("f", theirs.embedding))
            self.assertEqual(len(mine.embedding), 256)
        self.assertNotEqual(decoded.data[0].embedding, decoded.data[1].embedding)
        self.assertGreater(decoded.usage.prompt_tokens, 0)

    def test_token_ids(self):
        answer = self.client.embeddings.create(model=EMBEDDING, input=[[1, 2, 3], [4]])
        self.assertEqual(len(answer.data), 2)


class Completions(SdkTest):
    def test_a_whole_answer(self):
        answer = self.client.completions.create(model=MODEL, prompt="The ferry", max_tokens=8)
        self.assertEqual(answer.object, "text_completion")
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 8)

    def test_a_stream(self):
        whole = self.client.completions.create(model=POOL, prompt="The ferry").choices[0].text
        chunks = list(self.client.completions.create(model=POOL, prompt="The ferry", stream=True))
        self.assertEqual("".join(chunk.choices[0].text for chunk in chunks), whole)
        self.assertTrue(all(chunk.usage is None for chunk in chunks))


class Models(SdkTest):
    def test_the_list(self):
        models = {model.id: model for model in self.client.models.list()}
        self.assertLessEqual({"auto", MODEL, POOL, EMBEDDING}, models.keys())
        self.assertEqual(models[POOL].owned_by, "pool")

    def test_one_of_them(self):
        for name in (MODEL, POOL, f"{POOL}@pool", "auto"):
            with self.subTest(name):
                model = self.client.models.retrieve(name)
                self.assertEqual((model.id, model.object), (name, "model"))

    def test_one_that_is_not_there(self):
        for name in ("gpt-2", "acme/other", "acme"):
            with self.subTest(name), self.assertRaises(openai.NotFoundError) as raised:
                self.client.models.retrieve(name)
            self.assertEqual(raised.exception.code, "model_not_found")


class Errors(SdkTest):
    def assert_raises(self, kind, call, **fields):
        with self.assertRaises(kind) as raised:
            call()
        error = raised.exception
        self.assertIs(type(error), kind)
        self.assertRegex(error.request_id, r"^req_")
        self.assertTrue(error.body["message"])
        for name, value in fields.items():
            self.assertEqual(getattr(error, name), value)
        return error

    def test_a_wrong_key(self):
        stranger = self.client.with_options(api_key="hg-nobody")
        for stream in (False, True):
            self.assert_raises(
                openai.AuthenticationError,
                lambda: stranger.chat.completions.create(
                    model=MODEL, messages=MESSAGES, stream=stream),
                status_code=401, code="invalid_api_key")
        self.assert_raises(openai.AuthenticationError, lambda: list(stranger.models.list()))

    def test_a_model_that_is_not_there(self):
        self.assert_raises(openai.NotFoundError, lambda: self.ask("gpt-2"),
                           status_code=404, code="model_not_found", param="model")

    def test_a_path_that_is_not_there(self):
        self.assert_raises(openai.NotFoundError,
                           lambda: self.client.moderations.create(input="hello"), status_code=404)

    def test_a_request_that_the_gateway_refuses(self):
        self.assert_raises(openai.BadRequestError, lambda: self.ask(max_tokens="many"),
                           status_code=400, param="max_tokens")

    def test_a_request_that_the_backend_refuses(self):
        for status, kind in ((400, openai.BadRequestError),
                             (422, openai.UnprocessableEntityError)):
            for stream in (False, True):
                fault = sim(f"status={status};message=not like this;code=picky")
                error = self.assert_raises(kind, lambda: self.ask(stream=stream, **fault),
                                           status_code=status, code="picky")
                self.assertIn("not like this", str(error))

    def test_failures_with_nothing_else_left(self):
        for status in (500, 502, 503, 529):
            for stream in (False, True):
                with self.subTest(status, stream=stream):
                    self.assert_raises(
                        openai.InternalServerError,
                        lambda: self.ask(MOODY, stream=stream, **sim(f"status={status}")))

    def test_a_limited_backend_with_nothing_else_left(self):
        error = self.assert_raises(
            openai.RateLimitError,
            lambda: self.ask(MOODY, **sim("status=429;retry_after=30")), status_code=429)
        self.assertEqual(error.response.headers["retry-after"], "30")

    def test_an_error_in_place_of_the_first_event(self):
        self.assert_raises(openai.InternalServerError,
                           lambda: self.ask(MOODY, stream=True, **sim("error_event")))

    def test_a_rejected_provider_key_is_not_the_clients_fault(self):
        self.assert_raises(openai.InternalServerError, lambda: self.ask("gpt-4o-mini"),
                           status_code=502)

    def test_what_waiting_mends_the_sdk_retries(self):
        # The gateway gives up after its own second attempt, or after the first if the tests before have used up its
        # budget of retries. The SDK's second or third request is served.
        patient = self.client.with_options(max_retries=2)
        raw = patient.chat.completions.with_raw_response.create(
            model=MOODY, messages=MESSAGES, **sim("status=500;times=2;message=twice"))
        self.assertIn(raw.retries_taken, (1, 2))


class Leaving(SdkTest):
    def test_closing_a_stream_cancels_upstream(self):
        aborts = stats()["client_aborts"]
        stream = self.ask(stream=True, **sim(ENDLESS))
        for _ in range(3):
            next(stream)
        stream.close()
        self.assert_cancelled(aborts)

    def test_a_timeout_before_the_first_byte_cancels_upstream(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                aborts = stats()["client_aborts"]
                with self.assertRaises(openai.APITimeoutError):
                    self.ask(stream=stream, timeout=0.3, **sim("ttft=30s"))
                self.assert_cancelled(aborts)

    def test_a_timeout_within_a_stream_cancels_upstream(self):
        aborts = stats()["client_aborts"]
        with self.assertRaises(openai.APIError):
            list(self.ask(stream=True, timeout=0.3, **sim("stall=3,30s")))
        self.assert_cancelled(aborts)


class Async(SdkTest):
    """The asynchronous client, many requests on one loop."""

    def run_with_client(self, work):
        async def run():
            async with openai.AsyncOpenAI(max_retries=0, timeout=20) as client:
                return await work(client)
        return asyncio.run(run())

    def test_streams_side_by_side(self):
        async def read(client, model):
            stream = await client.chat.completions.create(
                model=model, messages=MESSAGES, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        async def work(client):
            return await asyncio.gather(*(read(client, (MODEL, POOL)[n % 2]) for n in range(24)))

        texts = self.run_with_client(work)
        self.assertEqual(len(texts), 24)
        self.assertEqual(len(set(texts)), 1)

    def test_whole_answers_tools_embeddings_and_models(self):
        async def work(client):
            return await asyncio.gather(
                client.chat.completions.create(model=MODEL, messages=MESSAGES),
                client.chat.completions.create(model=POOL, messages=MESSAGES, tools=TOOLS),
                client.embeddings.create(model=EMBEDDING, input="a harbour"),
                client.models.retrieve(POOL))

        whole, tools, embedding, model = self.run_with_client(work)
        self.assertEqual(whole.choices[0].finish_reason, "stop")
        self.assertEqual(tools.choices[0].message.tool_calls[0].function.name, "timetable")
        self.assertEqual(len(embedding.data[0].embedding), 64)
        self.assertEqual(model.id, POOL)

    def test_a_break_in_the_middle_is_an_error(self):
        async def work(client):
            stream = await client.chat.completions.create(
                model=MOODY, messages=MESSAGES, stream=True, **sim("cut=4"))
            async for _ in stream:
                pass

        with self.assertRaises(openai.APIError):
            self.run_with_client(work)

    def test_cancelling_a_task_cancels_upstream(self):
        aborts = stats()["client_aborts"]

        async def work(client):
            started = asyncio.Event()

            async def read():
                stream = await client.chat.completions.create(
                    model=MODEL, messages=MESSAGES, stream=True, **sim(ENDLESS))
                async for _ in stream:
                    started.set()

            task = asyncio.create_task(read())
            await started.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            # The client and its other connections are still open.
            await asyncio.to_thread(self.assert_cancelled, aborts)

        self.run_with_client(work)


if __name__ == "__main__":
    unittest.main()
