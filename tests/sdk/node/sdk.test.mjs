// The official Node SDK against a gateway; run.py starts both and lists the backends and models.
//
// The request's field `x_sim`, which the SDK passes on, names the fault of the simulated backend.
// Runs on Node 18 and newer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import OpenAI from 'openai';

const SIMULATOR = process.env.HEADGATE_TEST_SIMULATOR;
const MODEL = 'gpt-4.1';
const MOODY = 'gpt-4.1-mini';
const POOL = 'acme/qwen-2.5-32b';
const EMBEDDING = 'text-embedding-3-small';
const messages = [{ role: 'user', content: 'When does the ferry leave?' }];
const timetable = {
  name: 'timetable',
  description: 'Departures from a harbour',
  parameters: {
    type: 'object',
    required: ['harbour', 'hour'],
    properties: { harbour: { type: 'string' }, hour: { type: 'integer' } },
  },
};
const tools = [{ type: 'function', function: timetable }];
const expectedArguments = { harbour: 'Grüße aus dem Hafen', hour: 7 };
// A stream that is far longer than any test waits.
const ENDLESS = 'tokens=100000;interval=20ms';

// A client without retries, because the tests check the first answer.
const client = new OpenAI({ maxRetries: 0, timeout: 20_000 });
const ask = (body = {}, options = {}) =>
  client.chat.completions.create({ model: MODEL, messages, ...body }, options);

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');

async function stats() {
  return (await fetch(`${SIMULATOR}/sim/stats`)).json();
}

// The backend must see its client leave and have nothing left to do.
async function assertCancelled(aborts, within = 1000) {
  const deadline = performance.now() + within;
  for (;;) {
    const now = await stats();
    if (now.client_aborts > aborts && now.running === 0) return;
    assert.ok(performance.now() < deadline, `still running upstream: ${JSON.stringify(now)}`);
    await sleep(10);
  }
}

// Requires that `call` fails with exactly this class, in the gateway's shape; returns the error.
async function assertFails(kind, call, fields = {}) {
  let failure;
  try {
    await call();
  } catch (error) {
    failure = error;
  }
  assert.ok(failure, `${kind.name} was not thrown`);
  assert.equal(failure.constructor, kind, failure.stack);
  assert.match(failure.requestID, /^req_/);
  assert.ok(failure.error.message);
  for (const [name, value] of Object.entries(fields)) assert.equal(failure[name], value);
  return failure;
}

describe('chat', () => {
  for (const model of [MODEL, POOL, 'auto', `${MODEL}@api`]) {
    test(`a whole answer from ${model}`, async () => {
      const answer = await ask({ model });
      assert.equal(answer.object, 'chat.completion');
      assert.match(answer._request_id, /^req_/);
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.match(answer.choices[0].message.content, /ferry/);
      assert.equal(answer.usage.completion_tokens, 12);
      assert.ok(answer.usage.prompt_tokens > 0);
    });
  }

  test('a limit and several choices', async () => {
    const { choices } = await ask({ max_completion_tokens: 5, n: 3, temperature: 0.2, seed: 7 });
    assert.deepEqual(choices.map((choice) => choice.index), [0, 1, 2]);
    assert.ok(choices.every((choice) => choice.finish_reason === 'length'));
  });

  test('the body arrives as it was written', async () => {
    const extra = { x_sim: 'echo_body', vendor_field: { deep: [1, null, 'ü'] } };
    const answer = await ask(extra);
    assert.deepEqual(JSON.parse(answer.choices[0].message.content),
      { model: MODEL, messages, ...extra });
  });

  test('text and image parts', async () => {
    const url = `data:image/png;base64,${randomBytes(300_000).toString('base64')}`;
    const content = [{ type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url } }];
    assert.ok((await ask({ messages: [{ role: 'user', content }] })).choices[0].message.content);
  });

  test('a failure that another target makes good is not seen', async () => {
    const { data, response } = await ask({ model: 'gpt-4o' }).withResponse();
    assert.equal(response.headers.get('x-headgate-target'), 'gpt-4o@api');
    assert.ok(Number(response.headers.get('x-headgate-attempts')) > 1);
    assert.equal(data.choices[0].finish_reason, 'stop');
  });
});

describe('streaming', () => {
  for (const model of [MODEL, POOL]) {
    test(`chunks of ${model} add up to the whole answer`, async () => {
      const whole = (await ask({ model })).choices[0].message.content;
      const chunks = await collect(await ask({ model, stream: true }));
      assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
      assert.equal(textOf(chunks), whole);
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    });

    test(`usage of ${model} comes to those who ask`, async () => {
      const stream_options = { include_usage: true };
      const last = (await collect(await ask({ model, stream: true, stream_options }))).at(-1);
      assert.deepEqual(last.choices, []);
      assert.equal(last.usage.completion_tokens, 12);
    });

    test(`no usage of ${model} comes to those who do not`, async () => {
      for (const options of [{}, { stream_options: { include_usage: false } }]) {
        for await (const chunk of await ask({ model, stream: true, ...options })) {
          assert.equal(chunk.usage ?? null, null);
          assert.equal(chunk.choices.length, 1);
        }
      }
    });
  }

  test('tokens come as they are made', async () => {
    const times = [];
    for await (const chunk of await ask({ stream: true, x_sim: 'tokens=5;interval=100ms' })) {
      if (chunk.choices[0].delta.content) times.push(performance.now());
    }
    assert.equal(times.length, 5);
    // Tokens that came all at once would give 0 ms. The lower bound leaves room for a busy machine.
    assert.ok(times.at(-1) - times[0] > 300, times);
  });

  for (const form of ['crlf', 'split', 'comment=2', 'crlf;split;comment=1']) {
    test(`events framed with ${form}`, async () => {
      const chunks = await collect(await ask({ stream: true, x_sim: form }));
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    });
  }

  test('many side by side', async () => {
    const texts = await Promise.all(Array.from({ length: 24 }, async (_, n) =>
      textOf(await collect(await ask({ model: n % 2 ? MODEL : POOL, stream: true })))));
    assert.equal(new Set(texts).size, 1);
    assert.match(texts[0], /ferry/);
  });

  test('the stream helper', async () => {
    const stream = client.chat.completions.stream({ model: MODEL, messages });
    let text = '';
    stream.on('content', (delta) => { text += delta; });
    assert.equal(await stream.finalContent(), text);
    assert.match(text, /ferry/);
  });
});

// A stream that breaks after its first bytes must not look like one that ended.
describe('broken streams', () => {
  for (const fault of ['cut=4', 'reset_after=4', 'error_after=4']) {
    test(`${fault} is an error in the middle`, async () => {
      for (const options of [{}, { stream_options: { include_usage: true } }]) {
        const stream = await ask(
          { model: MOODY, stream: true, x_sim: `${fault};interval=20ms`, ...options });
        let text = '';
        await assert.rejects(async () => {
          for await (const chunk of stream) text += chunk.choices[0].delta.content ?? '';
        }, OpenAI.APIError);
        assert.ok(text, 'nothing came before the break');
      }
    });
  }

  for (const fault of ['cut=4', 'reset_after=4', 'error_after=4', 'malformed=4']) {
    test(`${fault} is an error in a whole answer`, () =>
      assertFails(OpenAI.InternalServerError, () => ask({ model: MOODY, x_sim: fault })));
  }
});

describe('tools', () => {
  for (const model of [MODEL, POOL]) {
    test(`a call of ${model}`, async () => {
      const [choice] = (await ask({ model, tools, tool_choice: 'auto' })).choices;
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.equal(choice.message.content, null);
      const [call] = choice.message.tool_calls;
      assert.equal(call.type, 'function');
      assert.equal(call.function.name, 'timetable');
      assert.deepEqual(JSON.parse(call.function.arguments), expectedArguments);
    });

    test(`a call of ${model} in a stream`, async () => {
      const stream = client.chat.completions.stream({ model, messages, tools });
      let deltas = 0;
      stream.on('tool_calls.function.arguments.delta', () => { deltas += 1; });
      const [choice] = (await stream.finalChatCompletion()).choices;
      assert.ok(deltas > 1);
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.ok(choice.message.tool_calls[0].id);
      assert.deepEqual(JSON.parse(choice.message.tool_calls[0].function.arguments),
        expectedArguments);
    });

    for (const stream of [false, true]) {
      test(`the tool runner's loop with ${model}, stream: ${stream}`, async () => {
        const calls = [];
        const run = (given) => {
          calls.push(given);
          return '07:10';
        };
        const runner = client.chat.completions.runTools({
          model, messages, stream,
          tools: [
            { type: 'function', function: { ...timetable, function: run, parse: JSON.parse } }],
        });
        assert.match(await runner.finalContent(), /ferry/);
        assert.deepEqual(calls, [expectedArguments]);
      });
    }
  }
});

describe('embeddings', () => {
  test('vectors decode', async () => {
    // Without `encoding_format` the SDK asks for base64 and decodes it.
    const body = { model: EMBEDDING, input: ['a harbour', 'a ferry'], dimensions: 256 };
    const decoded = await client.embeddings.create(body);
    const plain = await client.embeddings.create({ ...body, encoding_format: 'float' });
    assert.deepEqual(decoded.data.map((row) => row.index), [0, 1]);
    for (const [n, row] of decoded.data.entries()) {
      assert.equal(row.embedding.length, 256);
      assert.deepEqual(Float32Array.from(row.embedding),
        Float32Array.from(plain.data[n].embedding));
    }
    assert.notDeepEqual(decoded.data[0].embedding, decoded.data[1].embedding);
    assert.ok(decoded.usage.prompt_tokens > 0);
  });

  test('token ids', async () => {
    const answer = await client.embeddings.create({ model: EMBEDDING, input: [[1, 2, 3], [4]] });
    assert.equal(answer.data.length, 2);
  });
});

describe('completions', () => {
  test('a whole answer', async () => {
    const answer = await client.completions.create(
      { model: MODEL, prompt: 'The ferry', max_tokens: 8 });
    assert.equal(answer.object, 'text_completion');
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.usage.completion_tokens, 8);
  });

  test('a stream', async () => {
    const body = { model: POOL, prompt: 'The ferry' };
    const whole = (await client.completions.create(body)).choices[0].text;
    const chunks = await collect(await client.completions.create({ ...body, stream: true }));
    assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(''), whole);
    assert.ok(chunks.every((chunk) => (chunk.usage ?? null) === null));
  });
});

describe('models', () => {
  test('the list', async () => {
    const models = new Map((await collect(client.models.list())).map((model) => [model.id, model]));
    for (const id of ['auto', MODEL, POOL, EMBEDDING]) assert.ok(models.has(id), id);
    assert.equal(models.get(POOL).owned_by, 'pool');
  });

  for (const id of [MODEL, POOL, `${POOL}@pool`, 'auto']) {
    test(`${id} is there`, async () => {
      const model = await client.models.retrieve(id);
      assert.deepEqual([model.id, model.object], [id, 'model']);
    });
  }

  for (const id of ['gpt-2', 'acme/other', 'acme']) {
    test(`${id} is not`, () => assertFails(
      OpenAI.NotFoundError, () => client.models.retrieve(id), { code: 'model_not_found' }));
  }
});

describe('errors', () => {
  test('a wrong key', async () => {
    const stranger = client.withOptions({ apiKey: 'hg-nobody' });
    for (const stream of [false, true]) {
      await assertFails(OpenAI.AuthenticationError,
        () => stranger.chat.completions.create({ model: MODEL, messages, stream }),
        { status: 401, code: 'invalid_api_key' });
    }
    await assertFails(OpenAI.AuthenticationError, () => stranger.models.list());
  });

  test('a model that is not there', () => assertFails(
    OpenAI.NotFoundError, () => ask({ model: 'gpt-2' }),
    { status: 404, code: 'model_not_found', param: 'model' }));

  test('a path that is not there', () => assertFails(
    OpenAI.NotFoundError, () => client.moderations.create({ input: 'hello' }), { status: 404 }));

  test('a request that the gateway refuses', () => assertFails(
    OpenAI.BadRequestError, () => ask({ max_tokens: 'many' }),
    { status: 400, param: 'max_tokens' }));

  for (const [status, kind] of [
    [400, OpenAI.BadRequestError], [422, OpenAI.UnprocessableEntityError]]) {
    test(`a request that the backend refuses with ${status}`, async () => {
      const x_sim = `status=${status};message=not like this;code=picky`;
      for (const stream of [false, true]) {
        const error = await assertFails(kind, () => ask({ stream, x_sim }),
          { status, code: 'picky' });
        assert.match(error.message, /not like this/);
      }
    });
  }

  for (const status of [500, 502, 503, 529]) {
    test(`${status} with nothing else left`, async () => {
      for (const stream of [false, true]) {
        await assertFails(OpenAI.InternalServerError,
          () => ask({ model: MOODY, stream, x_sim: `status=${status}` }));
      }
    });
  }

  test('a limited backend with nothing else left', async () => {
    const error = await assertFails(OpenAI.RateLimitError,
      () => ask({ model: MOODY, x_sim: 'status=429;retry_after=30' }), { status: 429 });
    assert.equal(error.headers.get('retry-after'), '30');
  });

  test('an error in place of the first event', () => assertFails(
    OpenAI.InternalServerError, () => ask({ model: MOODY, stream: true, x_sim: 'error_event' })));

  test("a rejected provider key is not the client's fault", () => assertFails(
    OpenAI.InternalServerError, () => ask({ model: 'gpt-4o-mini' }), { status: 502 }));

  test('what waiting mends the SDK retries', async () => {
    // The gateway gives up after its own second attempt; the SDK's second request is served.
    const answer = await ask({ model: MOODY, x_sim: 'status=500;times=2;message=twice' },
      { maxRetries: 2 });
    assert.equal(answer.choices[0].finish_reason, 'stop');
  });
});

describe('leaving', () => {
  test('aborting a stream cancels upstream', async () => {
    const { client_aborts: aborts } = await stats();
    const stream = await ask({ stream: true, x_sim: ENDLESS });
    let chunks = 0;
    for await (const _ of stream) {
      chunks += 1;
      if (chunks === 3) stream.controller.abort();
    }
    await assertCancelled(aborts);
  });

  test('breaking out of a stream cancels upstream', async () => {
    const { client_aborts: aborts } = await stats();
    for await (const _ of await ask({ stream: true, x_sim: ENDLESS })) break;
    await assertCancelled(aborts);
  });

  test('a signal before the first byte cancels upstream', async () => {
    for (const stream of [false, true]) {
      const { client_aborts: aborts, requests } = await stats();
      const leaving = new AbortController();
      const answer = assert.rejects(
        ask({ stream, x_sim: 'ttft=30s' }, { signal: leaving.signal }), OpenAI.APIUserAbortError);
      while ((await stats()).requests === requests) await sleep(5);
      leaving.abort();
      await answer;
      await assertCancelled(aborts);
    }
  });

  test('a timeout cancels upstream', async () => {
    for (const stream of [false, true]) {
      const { client_aborts: aborts } = await stats();
      await assert.rejects(ask({ stream, x_sim: 'ttft=30s' }, { timeout: 300 }),
        OpenAI.APIConnectionTimeoutError);
      await assertCancelled(aborts);
    }
  });
});
