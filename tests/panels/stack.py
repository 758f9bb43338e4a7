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

from scenario import CLIENT_KEY, GATEWAY, LOAD, PRICES

READY_WITHIN_S = 30
LOADS = ("load", "other_load")


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
        for name, prices in PRICES.items():
            self._start_simulator(name, 1, ["--personality", "openai", *(f"--price={price}" for price in prices)])
        self._start_simulator("flaky", 2, ["--personality", "openai"])

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
                flaky=self._backends["flaky"][0],
                flaky_port=self._backends["flaky"][0].rpartition(":")[2],
                flaky_too=self._backends["flaky"][1],
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
            (r"(?s)alerting:.*?\n\n", ""),  # nobody is to be woken
            (r"- rules\.yml", f"- {shipped / 'rules.yml'}"),
            (r"- alerts\.yml", f"- {shipped / 'alerts.yml'}"),
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
        for name, client in zip(LOADS, (self._client, self._other_client)):
            url = f"http://127.0.0.1:{client}/v1"
            command = [os.environ["HEADGATE_LOAD"], "--url", url, "--scenario", scenario]
            self._start(name, [*command, "--json", "-"])

    def await_end_of_load(self):
        """Waits until all requests have ended."""
        for name in LOADS:
            self._processes[name].wait(timeout=READY_WITHIN_S)
            if '"sent"' not in self._tail(name):  # it returns 1 for refusals, which belong to the load
                raise AssertionError(f"{name} failed:\n{self._tail(name)}")

    def bill(self, name):
        """What the paid API has charged, in nano-dollars."""
        with urllib.request.urlopen(f"http://{self._backends[name][0]}/bill", timeout=10) as answer:
            return json.load(answer)["total_nano_usd"]

    def check_running(self):
        for name, process in self._processes.items():
            if process.poll() is not None and name not in LOADS:
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
