"""A gateway with simulated backends, mixed load and Prometheus, on free loopback ports."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

READY_WITHIN_S = 30
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

backends:
  gpu:
    protocol: openai
    hosting: self_hosted
    engine: vllm
    replicas: [http://{replica_0}, http://{replica_1}]
    models: {{qwen-2.5-32b: qwen}}
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
  broken:                             # always fails, so that there are fallbacks and an ejection
    protocol: openai
    hosting: paid_api
    url: http://{cheap}/v1
    models: {{gpt-5-mini: "mini#status=503"}}
  dear:
    protocol: openai
    hosting: paid_api
    url: http://{dear}/v1
    ca: ca.pem                        # so that there is a certificate to watch
    models: {{gpt-4.1: gpt-4.1, gpt-5-mini: mini, text-embedding-3-small: embedding}}

routes:
  - {{name: unlucky, when: {{model: gpt-5-mini}}, targets: [gpt-5-mini@broken, gpt-5-mini@dear]}}
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

keys:
  - {{name: panels, hash: ["sha256:{digest}"], team: shop, trust_hints: all}}
"""


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
    "rate": 21,  # requests a second through each of two gateways
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
        request("stranger", 1, "Let me in.", headers={"authorization": "Bearer nobody"}),
    ],
}


def free_ports(count):
    """Ports that are free now. All are held until the last one is found, so that they differ."""
    with contextlib.ExitStack() as sockets:
        found = []
        for _ in range(count):
            one = sockets.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


class Stack:
    """Starts processes, each with a log in `folder`; stop() ends exactly these processes."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._processes = {}
        self._backends = {}
        self._client, self._admin, self._other_client, self._other_admin, self._prometheus = free_ports(5)

    def start_backends(self):
        vllm = ["--personality", "vllm", "--slots", "4", "--cached-share", "0.25"]
        self._start_simulator("gpu", 2, vllm)
        # One for each gateway: with other clients on its engine a gateway would use fewer slots.
        self._start_simulator("small", 2, ["--personality", "vllm", "--slots", "3"])
        self._start_simulator("cheap", 1, ["--personality", "openai", "--price", "*=0.5,0.1,2"])
        self._start_simulator("dear", 1, ["--personality", "openai", "--price", "*=2,0.5,8"])

    def start_gateways(self):
        """Starts two gateways. They share the replicas of `gpu`, and each has a replica of `small` for itself."""
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=test"]
        subprocess.run(
            [*command, "-keyout", "ca.key", "-out", "ca.pem"],
            cwd=self._folder, capture_output=True, check=True,
        )
        small, other_small = self._backends["small"]
        self._start_gateway("headgate", self._client, self._admin, small)
        self._start_gateway("other_headgate", self._other_client, self._other_admin, other_small)

    def _start_gateway(self, name, client, admin, small):
        replicas = self._backends["gpu"]
        config = self._folder / f"{name}.yaml"
        state = self._folder / f"{name}.state"
        state.mkdir()
        config.write_text(
            GATEWAY.format(
                client=client,
                admin=admin,
                state=state,
                replica_0=replicas[0],
                replica_1=replicas[1],
                small=small,
                cheap=self._backends["cheap"][0],
                dear=self._backends["dear"][0],
                digest=hashlib.sha256(CLIENT_KEY.encode()).hexdigest(),
            )
        )
        self._start(name, [os.environ["HEADGATE"], "serve", "--config", config])
        self._await_ok(f"http://127.0.0.1:{admin}/readyz")

    def start_prometheus(self, binary, shipped):
        """Runs Prometheus with the shipped configuration, a free port and a shorter interval. Returns the URL."""
        text = (shipped / "prometheus.yml").read_text()
        changes = (
            (r"scrape_interval: \S+", "scrape_interval: 1s"),
            (r"evaluation_interval: \S+", "evaluation_interval: 1s"),
            (r"127\.0\.0\.1:9464", f"127.0.0.1:{self._admin}, 127.0.0.1:{self._other_admin}"),
            (r"- rules\.yml", f"- {shipped / 'rules.yml'}"),
        )
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            if count != 1:
                raise AssertionError(f"prometheus.yml has `{pattern}` {count} times, not once")
        config = self._folder / "prometheus.yml"
        config.write_text(text)
        self._start(
            "prometheus",
            [
                binary,
                f"--config.file={config}",
                f"--storage.tsdb.path={self._folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{self._prometheus}",
                "--log.level=warn",
            ],
        )
        url = f"http://127.0.0.1:{self._prometheus}"
        self._await_ok(f"{url}/-/ready")
        return url

    def start_load(self, seconds):
        scenario = self._folder / "scenario.json"
        scenario.write_text(json.dumps({**LOAD, "duration": f"{seconds}s"}, indent=1))
        for name, client in (("load", self._client), ("other_load", self._other_client)):
            url = f"http://127.0.0.1:{client}/v1"
            command = [os.environ["HEADGATE_LOAD"], "--url", url, "--scenario", scenario]
            self._start(name, [*command, "--json", "-"])

    def check_running(self):
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended with {process.returncode}:\n{self._tail(name)}")

    def log_tails(self):
        return "\n".join(f"--- {name}\n{self._tail(name)}" for name in self._processes)

    def stop(self):
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in reversed(self._processes.values()):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start_simulator(self, name, replicas, options):
        command = [os.environ["HEADGATE_SIM"], "--print-ready", "--listen", "127.0.0.1:0"]
        command += ["--listen", "127.0.0.1:0"] * (replicas - 1) + options
        command += ["--ttft", "lognormal:50ms,0.4", "--interval", "5ms", "--tokens", "24"]
        self._start(name, command)
        ready = self._await(
            lambda: re.search(r"^ready (.+)$", self._log(name).read_text(), re.MULTILINE), name
        )
        self._backends[name] = ready.group(1).split()

    def _start(self, name, command):
        with open(self._log(name), "wb") as log:
            self._processes[name] = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _await_ok(self, url):
        def answers():
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                return False

        self._await(answers, url)

    def _await(self, condition, what):
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            if found := condition():
                return found
            self.check_running()
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} is not ready:\n{self.log_tails()}")
            time.sleep(0.05)

    def _log(self, name):
        return self._folder / f"{name}.log"

    def _tail(self, name):
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-15:])
