"""What the panels test serves: the configuration of a gateway, and the load on it."""

CLIENT_KEY = "hg-a-key-of-the-panels-test"

GATEWAY = """\
server:
  listen: 127.0.0.1:{client}
  admin: 127.0.0.1:{admin}
  auth: keys
  workers: 1
  access_log: "off"
  drain_timeout: 2s
  state: {state}

responses: {{store: 1h}}
ledger: {{path: {state}/ledger}}

backends:
  gpu:
    protocol: openai
    hosting: self_hosted
    engine: vllm
    replicas: [http://{replica_0}, http://{replica_1}]
    models: {{qwen-2.5-32b: qwen, mistral-large-2411: {{name: mistral, supports: [prefill]}}}}
    slots: 4
    cost: {{per_replica_hour: 2.10}}
  small:                              # always full, so that requests wait, spill and are moved aside
    protocol: openai
    hosting: self_hosted
    engine: vllm
    replicas: [http://{small}]
    models: {{llama-4-scout: scout}}
    slots: 3
    slot_tokens: 100k
    preempt: true
    batch: {{floor: 10%}}
    queue: {{limit: 12}}
    cost: {{per_replica_hour: 0.60}}
  cheap:
    protocol: openai
    hosting: paid_api
    url: http://{cheap}/v1
    models:
      deepseek-r1: {{name: reasoner, price: {{input: 0.50, cached_input: 0.10, output: 2}}}}
      llama-4-scout: {{name: scout, price: {{input: 0.20, output: 0.60}}}}
  dear:
    protocol: openai
    hosting: paid_api
    url: http://{dear}/v1
    ca: ca.pem                        # so that there is a certificate to watch
    models:
      gpt-4.1: {{name: gpt-4.1, price: {{input: 2, cached_input: 0.50, output: 8}}}}
      gpt-5-mini: {{name: mini, price: {{input: 0.40, cached_input: 0.10, output: 1.60}}}}
      text-embedding-3-small: {{name: embedding, price: {{input: 0.02, output: 0}}}}
  broken:                             # always fails, so that there are fallbacks, ejections and health checks
    protocol: openai
    hosting: self_hosted
    engine: vllm
    replicas: dns://localhost:{flaky_port}
    models: {{gpt-5-mini: "mini#status=503"}}
    slots: 4
    cost: {{per_replica_hour: 0.001}}
  flaky:                              # breaks streams, so that they are resumed
    protocol: openai
    hosting: paid_api
    url: http://{flaky}/v1
    models: {{gpt-4.1-mini: mini, mistral-large-2411: "mistral#cut=3"}}
  flaky_too:                          # for hedges
    protocol: openai
    hosting: paid_api
    url: http://{flaky_too}/v1
    models: {{gpt-4.1-mini: mini}}

routes:
  - {{name: unlucky, when: {{model: gpt-5-mini}}, targets: [gpt-5-mini@broken, gpt-5-mini@dear]}}
  - name: hedged
    when: {{model: gpt-4.1-mini}}
    targets: [gpt-4.1-mini@flaky, gpt-4.1-mini@flaky_too]
    prefer: ordered
    hedge: {{after: 40ms, at_most: 50%}}
  - name: resumed
    when: {{model: mistral-large-2411}}
    targets: [mistral-large-2411@flaky, mistral-large-2411@gpu]
    prefer: ordered
    resume: true
  - {{name: overnight, when: {{model: llama-4-scout, class: batch}}, targets: [llama-4-scout@small], spill: never}}
  - name: pool
    when: {{model: llama-4-scout}}
    targets: [llama-4-scout@small, llama-4-scout@cheap]
    prefer: ordered
    spill: {{after: 50ms}}
  - {{name: embeddings, when: {{endpoint: embeddings}}, targets: [text-embedding-3-small@dear]}}
  - {{name: fast, when: {{class: latency_critical}}, targets: [qwen-2.5-32b@gpu, gpt-4.1@dear]}}
  - {{name: code, when: {{class: code}}, targets: [deepseek-r1@cheap, gpt-4.1@dear]}}
  - {{name: general, targets: [qwen-2.5-32b@gpu, deepseek-r1@cheap], prefer: lowest_cost}}

baseline: gpt-4.1@dear

budgets:
  - {{scope: {{team: shop}}, per: month, limit: 5}}  # more than the load costs
alerts: {{webhook: http://{cheap}/alerts}}

keys:
  - {{name: panels, hash: ["sha256:{digest}"], team: shop, trust_hints: all}}
"""

# What the simulated APIs bill, in USD for 1M tokens: as in the configuration above.
PRICES = {
    "cheap": ["reasoner=0.5,0.1,2", "scout=0.2,0.2,0.6"],
    "dear": ["gpt-4.1=2,0.5,8", "mini=0.4,0.1,1.6", "embedding=0.02,0.02,0"],
}

EMBEDDINGS = {"model": "text-embedding-3-small", "endpoint": "embeddings", "stream": False}


def request(name, weight, text, model="auto", endpoint="chat", stream=True, headers=None, extra=None):
    return {
        "name": name,
        "weight": weight,
        "endpoint": endpoint,
        "model": model,
        "stream": stream,
        "text": text,
        "headers": {"authorization": f"Bearer {CLIENT_KEY}", **(headers or {})},
        "extra": extra or {},
    }


# Each holds a slot of the small pool for 1.5 s. Nothing of it is sent before it is whole, so it can be moved aside.
LONG_BATCH = {
    "model": "llama-4-scout", "stream": False,
    "headers": {"x-headgate-class": "batch"}, "extra": {"x_sim": "ttft=1500ms"},
}
# Must not wait: its first token is due when it comes.
AT_ONCE = {
    "model": "llama-4-scout",
    "headers": {"x-headgate-class": "latency_critical", "x-slo-ttft-ms": "20"},
}

LOAD = {
    "rate": 23,  # requests a second through each of two gateways
    "arrivals": "poisson",
    "seed": 7,
    "mix": [
        request("talk", 4, "Why is the sky blue at noon and red in the evening?"),
        request("code", 3, "Fix it:\n```python\ndef add(a, b):\n    return a - b\n```"),
        request("batch", 1, "Summarise the minutes.", headers={"x-headgate-class": "batch"}),
        request("urgent", 2, "Complete: to be", headers={"x-headgate-class": "latency_critical"}),
        request("unlucky", 1, "Hello?", model="gpt-5-mini", stream=False),
        request("embed", 1, "a line", **EMBEDDINGS),
        request("overnight", 3, "Label this line.", **LONG_BATCH),  # 3.5 a second: more than 3 slots serve
        request("at-once", 1, "Is it open?", **AT_ONCE),
        request("pool", 1, "Tell me a story.", model="llama-4-scout"),
        request("hedged", 1, "Which of two?", model="gpt-4.1-mini"),
        request("resumed", 1, "Go on.", model="mistral-large-2411"),
        request("stranger", 1, "Let me in.", headers={"authorization": "Bearer nobody"}),
    ],
}
