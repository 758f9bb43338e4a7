"""Hedging on four equal targets, 2 % of whose calls are ten times as slow: the p99 of the time to the first token must be
at least three times better, for at most 5 % more requests, and each of them must be booked.

HEADGATE_HEDGING_SECONDS sets how long the two runs take, which go on at the same time.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import place
import witness
from stage import LOAD, SANITIZED, Gateway, Simulator, nano, paid, wait_for

POOL = 4
RATE = 20 if SANITIZED else 60
SECONDS = int(os.environ.get("HEADGATE_HEDGING_SECONDS", "30"))
SLOW = "ttft=1s;every=50"  # of the usual 0.1 s
HEDGE = {"after": "130ms", "at_most": "5%"}
LEAST_GAIN = 3
MOST_EXTRA = 0.05


def load(port, *options):
    """The result of a run of headgate-load."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "result.json"
        subprocess.run([LOAD, "--url", f"http://127.0.0.1:{port}", "--stream", "--rate", str(RATE), "--duration",
                        f"{SECONDS}s", "--json", file, *options], check=False, capture_output=True)
        return json.loads(file.read_text())


class Run:
    """One run under load: what clients saw, what the gateway logged, what the simulators counted."""

    def __init__(self, case, route):
        simulators = [Simulator("--personality", "openai", "--ttft", "uniform:90ms..110ms", "--interval", "1ms",
                                "--tokens", "8", "--price", "*=2,2,8", "--fault", SLOW, "--seed", str(10 * number + 1))
                      for number in range(POOL)]
        for simulator in simulators:
            case.addClassCleanup(simulator.stop)
        models = ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"]
        backends = {f"b{number}": paid(simulator, model=model)
                    for number, (simulator, model) in enumerate(zip(simulators, models))}
        targets = [f"{model}@b{number}" for number, model in enumerate(models)]
        with Gateway(backends, [{"name": "all", "targets": targets, "prefer": "weighted", **route}]) as gateway:
            total = load(gateway.port)["total"]
            self.sent, self.ok = total["sent"], total["ok"]
            self.p50, self.p99 = total["ttft_ms"]["p50"], total["ttft_ms"]["p99"]
            wait_for(lambda: all(s.stats()["running"] == 0 for s in simulators), "the losers were cancelled")
            self.lines = gateway.log(self.sent)
            self.hedged = gateway.metrics().sum("headgate_hedges_total")
        self.requests = sum(simulator.stats()["requests"] for simulator in simulators)
        self.aborted = sum(simulator.stats()["client_aborts"] for simulator in simulators)
        self.billed = place.billed(*simulators)
        self.attempts = [attempt for line in self.lines for attempt in line["attempts"]]
        self.booked = sum(nano(line["cost_usd"]) for line in self.lines)

    def row(self, name):
        return (name, self.sent, self.requests, f"{self.requests / self.sent - 1:.1%}", f"{self.p50:.0f}",
                f"{self.p99:.0f}", self.booked, self.billed)


class Hedging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            plain, hedged = pool.submit(Run, cls, {}), pool.submit(Run, cls, {"hedge": HEDGE})
        cls.plain, cls.hedged = plain.result(), hedged.result()

    def test_the_slow_few_are_hedged(self):
        plain, hedged = self.plain, self.hedged
        print("\n" + witness.table([plain.row("without"), hedged.row("with")],
                                   ("hedging", "asked", "attempts", "extra", "p50 ms", "p99 ms", "booked", "billed")))
        for run in (plain, hedged):
            self.assertEqual(run.ok, run.sent)
            self.assertEqual(len(run.attempts), run.requests)  # what reached a simulator is in the log
        self.assertGreater(plain.p99, 700)  # otherwise the slow few are not the p99
        if not SANITIZED:
            self.assertGreaterEqual(plain.p99 / hedged.p99, LEAST_GAIN)
            self.assertLess(hedged.p50, 1.2 * plain.p50)
        extra = hedged.requests - hedged.sent
        self.assertGreater(extra, 0.01 * hedged.sent)
        self.assertLessEqual(extra, MOST_EXTRA * hedged.sent)
        self.assertEqual(hedged.hedged, extra)

    def test_both_attempts_are_booked_and_the_loser_is_cancelled(self):
        run = self.hedged
        twice = [line for line in run.lines if len(line["attempts"]) == 2]
        self.assertEqual(len(twice), run.requests - run.sent)
        for line in twice:
            self.assertEqual(len({attempt["target"] for attempt in line["attempts"]}), 2, line)
            self.assertEqual([attempt["result"] for attempt in line["attempts"]].count("ok"), 1, line)
            self.assertTrue(all(nano(attempt["cost_usd"]) > 0 for attempt in line["attempts"]), line)
        self.assertEqual(run.aborted, len(twice))
        # A loser is booked by an estimate of its input, so the sums are near each other and not equal.
        self.assertAlmostEqual(run.booked / run.billed, 1, delta=0.05)


if __name__ == "__main__":
    unittest.main()
