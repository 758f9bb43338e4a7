"""The metrics stay small whatever clients send, and a scrape of 5,000 series is cheap."""

import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest

from stage import CHAT, SANITIZED, Gateway, Simulator, call, chat_body, in_parallel, paid

KEY = "hg-the-key-that-exists"
TARGETS = 32
CLASSES = ("batch", "latency_critical")
NAMES = 10_000
CLIENTS = 4
SERIES = 5_000
MOST_SERIES = 10_000
SCRAPES = 50
MOST_CPU_S = 0.020
PRICE = {"input": 2, "output": 8}


def series_of(text):
    """The names and labels of all series, without the values."""
    return {line.rpartition(" ")[0] for line in text.splitlines() if line and line[0] != "#"}


class SeriesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-series-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.simulator = Simulator("--personality", "openai", "--tokens", "3", "--ttft", "0ms", "--interval", "0ms")
        cls.addClassCleanup(cls.simulator.stop)
        models = [f"model-{number}" for number in range(TARGETS)]
        cls.gateway = Gateway(
            {"far": paid(cls.simulator, models={model: {"name": model, "price": PRICE} for model in models})},
            [{"name": f"route-{model}", "when": {"model": model}, "targets": [f"{model}@far"]} for model in models],
            server={"auth": "keys", "workers": 2}, ledger={"path": str(cls.folder / "ledger")},
            models={model: {"context": 32768, "max_output": 4096} for model in models},
            keys=[{"name": "real", "team": "red", "trust_hints": "all",
                   "hash": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()]}])
        cls.addClassCleanup(cls.gateway.stop)

    def scrape(self):
        return call(self.gateway.admin, "/metrics").body.decode()

    def send(self, connection, path=CHAT, key=KEY, headers=None, **fields):
        """The status of one request on an open connection."""
        connection.request("POST", path, json.dumps(chat_body(**fields)),
                           {"authorization": f"Bearer {key}", "content-type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        reply.read()
        return reply.status

    def invent(self, connection, number):
        """One request with a made-up name in every place where a client can put one."""
        name = f"made-up-{number}"
        headers = {"x-headgate-class": name, "x-team": name, "x-session-id": name, "openai-organization": name}
        fields = {"user": name, "metadata": {"class": name, "team": name, "route": name}, "prompt_cache_key": name}
        kind = number % 4
        if kind == 0:
            return self.send(connection, headers=headers, model="model-0", **fields)
        if kind == 1:
            return self.send(connection, headers=headers, model=name, **fields)
        if kind == 2:
            return self.send(connection, key=name, headers=headers, model="model-0", **fields)
        return self.send(connection, path=f"/v1/{name}", headers=headers, model="model-0", **fields)

    def invent_many(self, first, count):
        def client(index):
            connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
            statuses = [self.invent(connection, first + number) for number in range(index, count, CLIENTS)]
            connection.close()
            return statuses
        return sum(in_parallel(CLIENTS, client), [])

    def fill(self):
        """Uses each target in each class."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
        for number in range(TARGETS):
            for name in CLASSES:
                status = self.send(connection, headers={"x-headgate-class": name}, model=f"model-{number}", stream=True)
                self.assertEqual(status, 200)
        connection.close()

    def cpu_s(self):
        fields = re.sub(r".*\) ", "", pathlib.Path(f"/proc/{self.gateway.pid}/stat").read_text()).split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_made_up_names_make_no_series(self):
        self.invent_many(NAMES, 40)  # refusals of each kind have their series then
        before = self.scrape()
        statuses = self.invent_many(0, NAMES)
        self.assertEqual({status: statuses.count(status) for status in set(statuses)},
                         {200: NAMES // 4, 404: NAMES // 2, 401: NAMES // 4})
        after = self.scrape()
        self.assertNotIn("made-up", after)
        self.assertEqual(series_of(after), series_of(before))
        self.assertIn("headgate_series_folded_total 0\n", after)

    def test_a_scrape_of_many_series_is_cheap(self):
        self.fill()
        series = len(series_of(self.scrape()))
        self.assertGreater(series, SERIES)
        self.assertLess(series, MOST_SERIES)
        before = self.cpu_s()
        for _ in range(SCRAPES):
            self.scrape()
        cpu_s = (self.cpu_s() - before) / SCRAPES
        print(f"\n{series} series: {cpu_s * 1e3:.1f} ms of CPU a scrape")
        if not SANITIZED:
            self.assertLess(cpu_s, MOST_CPU_S)


if __name__ == "__main__":
    unittest.main()
