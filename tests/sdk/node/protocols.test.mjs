// Three protocols and the SDKs that speak them, each against each kind of backend: always the same
// results. run.py starts the gateway. Its simulated backends answer from script.jsonl.
//
// `sdks` says how each SDK is called; the tests at the end have the assertions. In MODELS, the
// comment behind each model says what its backend serves. Runs on Node 18 and newer.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const MODELS = [
  'gpt-4.1', // chat completions and Responses
  'claude-sonnet-5', // Messages
  'acme/qwen-2.5-32b', // chat completions alone, of vLLM
  'acme/gemma-3-27b', // all three, of vLLM
];
const QUESTION = 'When does the ferry leave?';
const ANSWER = 'The ferry to Mull leaves at ten past seven.';
const TASK = 'Look it up with the timetable.';
const LOOKED_UP = 'It leaves at 07:10.';
const RECORD = 'Write a record of the next departure.';
const GIVEN = { harbour: 'Grüße aus dem Hafen', hour: 7 };
const Departure = z.object({ harbour: z.string(), hour: z.number().int() });
const about = 'Departures from a harbour';

const BASE = process.env.OPENAI_BASE_URL;
const ROOT = BASE.replace(/\/v1$/, '');
const KEY = process.env.OPENAI_API_KEY;
const quiet = { maxRetries: 0, timeout: 20_000 };
const openai = new OpenAI(quiet);
const anthropic = new Anthropic({ baseURL: ROOT, authToken: KEY, ...quiet });

const parameters = {
  type: 'object',
  required: ['harbour', 'hour'],
  additionalProperties: false,
  properties: { harbour: { type: 'string' }, hour: { type: 'integer' } },
};
const user = (content) => [{ role: 'user', content }];
const message = (model, text) => ({ model, max_tokens: 200, messages: user(text) });
const textOf = ({ content }) => content.filter((block) => block.type === 'text')
  .map((block) => block.text).join('');

function ofChat({ choices: [choice], usage }) {
  return { text: choice.message.content, ended: choice.finish_reason,
    input: usage.prompt_tokens, output: usage.completion_tokens };
}

const textOfItems = (output) => output.flatMap((item) => item.content ?? [])
  .map((part) => part.text).join('');

function ofResponse({ output, status, usage }) {
  return { text: textOfItems(output), ended: status, input: usage.input_tokens, output: usage.output_tokens };
}

function ofMessage(answer) {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = answer.usage;
  return { text: textOf(answer), ended: answer.stop_reason, output: answer.usage.output_tokens,
    input: input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0) };
}

const timetable = (run) => tool({ description: about, inputSchema: Departure, execute: run });

// Vercel's SDK, whose providers speak the three protocols; `provider` makes a model of a name.
function vercel(provider) {
  const ofText = ({ text, finishReason, usage }) =>
    ({ text, ended: finishReason, input: usage.inputTokens, output: usage.outputTokens });
  // Without `store: false`, Responses are continued by the ids of stored items; see below.
  const asked = (model, prompt) => ({ model: provider(model), prompt, maxRetries: 0,
    maxOutputTokens: 200, providerOptions: { openai: { store: false } } });
  return {
    naturalEnd: 'stop',
    ask: async (model, text) => ofText(await generateText(asked(model, text))),
    async stream(model, text) {
      const result = streamText(asked(model, text));
      let pieces = 0;
      for await (const _ of result.textStream) pieces += 1;
      return { ...ofText({ text: await result.text, usage: await result.usage,
        finishReason: await result.finishReason }), pieces };
    },
    async runTools(model, text, run, stream) {
      const options = { ...asked(model, text), stopWhen: stepCountIs(3),
        tools: { timetable: timetable(run) } };
      return stream ? await streamText(options).text : (await generateText(options)).text;
    },
    record: async (model, text) => (await generateText(
      { ...asked(model, text), output: Output.object({ schema: Departure }) })).output,
    isNotFound: (error) => error.statusCode === 404,
  };
}

const ofVercel = {
  openai: createOpenAI({ baseURL: BASE, apiKey: KEY }),
  anthropic: createAnthropic({ baseURL: BASE, apiKey: KEY }),
};

const sdks = {
  'openai, chat completions': {
    naturalEnd: 'stop',
    ask: async (model, text) =>
      ofChat(await openai.chat.completions.create({ model, messages: user(text) })),
    async stream(model, text) {
      const stream = openai.chat.completions.stream(
        { model, messages: user(text), stream_options: { include_usage: true } });
      let pieces = 0;
      stream.on('content', () => { pieces += 1; });
      return { ...ofChat(await stream.finalChatCompletion()), pieces };
    },
    runTools: (model, text, run, stream) => openai.chat.completions.runTools({
      model, messages: user(text), stream,
      tools: [{ type: 'function', function: {
        name: 'timetable', description: about, parameters, function: run, parse: JSON.parse } }],
    }).finalContent(),
    record: async (model, text) => (await openai.chat.completions.parse({
      model, messages: user(text), response_format: zodResponseFormat(Departure, 'departure'),
    })).choices[0].message.parsed,
    isNotFound: (error) => error instanceof OpenAI.NotFoundError,
  },

  'openai, Responses': {
    naturalEnd: 'completed',
    ask: async (model, text) =>
      ofResponse(await openai.responses.create({ model, input: text, store: false })),
    async stream(model, text) {
      const stream = openai.responses.stream({ model, input: text, store: false });
      let pieces = 0;
      stream.on('response.output_text.delta', () => { pieces += 1; });
      return { ...ofResponse(await stream.finalResponse()), pieces };
    },
    async runTools(model, text, run, stream) {
      const input = user(text);
      const tools = [
        { type: 'function', name: 'timetable', description: about, parameters, strict: true }];
      for (let turn = 0; turn < 3; turn += 1) {
        const body = { model, input, tools, store: false };
        const { output } = stream ? await openai.responses.stream(body).finalResponse()
          : await openai.responses.create(body);
        const calls = output.filter((item) => item.type === 'function_call');
        if (!calls.length) return textOfItems(output);
        input.push(...output.map(({ parsed_arguments: _, ...item }) => item));
        for (const call of calls) {
          input.push({ type: 'function_call_output', call_id: call.call_id,
            output: run(JSON.parse(call.arguments)) });
        }
      }
      return assert.fail('the model calls its tool again and again');
    },
    record: async (model, text) => (await openai.responses.parse({
      model, input: text, store: false, text: { format: zodTextFormat(Departure, 'departure') },
    })).output_parsed,
    isNotFound: (error) => error instanceof OpenAI.NotFoundError,
  },

  '@anthropic-ai/sdk': {
    naturalEnd: 'end_turn',
    ask: async (model, text) => ofMessage(await anthropic.messages.create(message(model, text))),
    async stream(model, text) {
      const stream = anthropic.messages.stream(message(model, text));
      let pieces = 0;
      stream.on('text', () => { pieces += 1; });
      return { ...ofMessage(await stream.finalMessage()), pieces };
    },
    async runTools(model, text, run, stream) {
      const timetable = betaZodTool(
        { name: 'timetable', description: about, inputSchema: Departure, run });
      // A thread would be kept at one provider, and its later requests hold only what is new.
      const runner = anthropic.beta.messages.toolRunner(
        { ...message(model, text), tools: [timetable], max_iterations: 3, stream, thread: false });
      if (!stream) return textOf(await runner);
      let last;
      for await (const turn of runner) last = await turn.finalMessage();
      return textOf(last);
    },
    record: async (model, text) => (await anthropic.messages.parse({
      ...message(model, text), output_config: { format: zodOutputFormat(Departure) },
    })).parsed_output,
    isNotFound: (error) => error instanceof Anthropic.NotFoundError,
  },

  'ai with @ai-sdk/openai, Responses': vercel((model) => ofVercel.openai(model)),
  'ai with @ai-sdk/openai, chat completions': vercel((model) => ofVercel.openai.chat(model)),
  'ai with @ai-sdk/anthropic': vercel((model) => ofVercel.anthropic(model)),
};

for (const [name, sdk] of Object.entries(sdks)) {
  describe(name, () => {
    for (const model of MODELS) {
      test(`a whole answer of ${model}, and the same in a stream`, async () => {
        const whole = await sdk.ask(model, QUESTION);
        const { pieces, ...streamed } = await sdk.stream(model, QUESTION);
        assert.deepEqual([whole.text, whole.ended], [ANSWER, sdk.naturalEnd]);
        assert.ok(whole.input > 0 && whole.output > 0);
        assert.ok(pieces > 3);
        assert.deepEqual(streamed, whole);
      });

      for (const stream of [false, true]) {
        test(`${model} calls a tool and answers its result, stream: ${stream}`, async () => {
          const calls = [];
          const run = ({ harbour, hour }) => {
            calls.push({ harbour, hour });
            return '07:10';
          };
          assert.equal(await sdk.runTools(model, TASK, run, stream), LOOKED_UP);
          assert.deepEqual(calls, [GIVEN]);
        });
      }

      test(`a structured answer of ${model}`, async () => {
        assert.deepEqual(await sdk.record(model, RECORD), { harbour: 'Oban', hour: 7 });
      });
    }

    test('a model that is not there', () =>
      assert.rejects(() => sdk.ask('gpt-2', QUESTION), sdk.isNotFound));
  });
}

describe('@ai-sdk/openai with the settings that it has', () => {
  for (const model of MODELS) {
    for (const stream of [false, true]) {
      test(`${model} is continued by references to stored items, stream: ${stream}`, async () => {
        const options = { model: ofVercel.openai(model), prompt: TASK, maxRetries: 0,
          stopWhen: stepCountIs(3), tools: { timetable: timetable(() => '07:10') } };
        const result = stream ? streamText(options) : await generateText(options);
        assert.equal(await result.text, LOOKED_UP);
        const [, second] = await result.steps;
        // Without a reference, this would not test the store.
        assert.match(JSON.stringify(second.request.body), /item_reference/);
      });
    }
  }

  test('an item that is not stored is not found', () => assert.rejects(
    () => openai.responses.create(
      { model: MODELS[1], input: [{ type: 'item_reference', id: 'fc_nobodys' }] }),
    OpenAI.NotFoundError));
});

describe('Messages alone', () => {
  for (const model of MODELS) {
    test(`the tokens for ${model} are counted`, async () => {
      const { max_tokens: _, ...body } = message(model, QUESTION);
      assert.ok((await anthropic.messages.countTokens(body)).input_tokens > 0);
    });

    for (const headers of [{ 'x-api-key': KEY, authorization: null },
      { authorization: `Bearer ${KEY}` }]) {
      test(`a key in ${Object.keys(headers)[0]} for ${model}`, async () => {
        const answer = await anthropic.messages.create(message(model, QUESTION), { headers });
        assert.equal(textOf(answer), ANSWER);
      });
    }
  }

  test('a wrong key', () => assert.rejects(
    () => anthropic.messages.create(message(MODELS[0], QUESTION),
      { headers: { authorization: 'Bearer hg-nobody' } }),
    Anthropic.AuthenticationError));

  test('the list of models', async () => {
    const ids = [];
    for await (const model of anthropic.models.list()) ids.push(model.id);
    for (const model of MODELS) assert.ok(ids.includes(model), model);
  });
});
