"""An outage under load: all requests are served, few reach the replica that is down, and it is used again soon after its
return, slowly at first. Own hardware is asked for its health meanwhile; a paid API gets a probe.

HEADGATE_FAULTS_FACTOR divides the length of the outage, 60 s. What must happen after it is not divided.
"""

import bisect
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

import place
import witness
from stage import LOAD, SANITIZED, Gateway, Simulator, call, own, paid, wait_for

RATE = 30 if SANITIZED else 90
BEFORE_S = 5
OUTAGE_S = max(12, place.scaled(60))
OWN_BACK_S, PAID_BACK_S = 3, 20
MOST_PER_10_S = 3
SLOW_START_SHARE = 0.25
TIMEOUTS = {"connect": "1s", "first_token": "1s", "first_byte": "2s", "between_tokens": "1s"}

STREAMS_ARE_CUT = ("refuse", "silence")

Outcome = collections.namedtuple("Outcome", "kind errors sent during back first_second share checks")


class Load:
    """headgate-load in the background."""

    def __init__(self, port, seconds):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "result.json"
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [LOAD, "--url", f"http://127.0.0.1:{port}", "--stream", "--rate", str(RATE), "--duration",
             f"{seconds:.0f}s", "--json", self.file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def result(self):
        self.process.wait()
        with self.folder:
            return json.loads(self.file.read_text())["total"]


def arrivals(simulator):
    """Seconds since 1970 at which requests came, in order."""
    return [at / 1000 for at in json.loads(simulator.page("/sim/arrivals").body)["arrivals_ms"]]


def count(times, first, last):
    return bisect.bisect_left(times, last) - bisect.bisect_left(times, first)


class Outage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """All outages take place at the same time: each is mostly waiting."""
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            cls.outages = {
                "own, 503": pool.submit(cls.own_hardware, "503"),
                "own, refused": pool.submit(cls.own_hardware, "refuse"),
                "paid, 503": pool.submit(cls.paid_api, "503"),
                "paid, silent": pool.submit(cls.paid_api, "silence")}

    @classmethod
    def simulator(cls, *options):
        simulator = Simulator("--ttft", "20ms", "--interval", "2ms", "--tokens", "20", *options)
        cls.addClassCleanup(simulator.stop)
        return simulator

    @staticmethod
    def run_outage(gateway, victim, kind, share, back_s):
        """Load with an outage of `victim` in it. `share` is the part of the load that it usually gets."""
        seconds = BEFORE_S + OUTAGE_S + back_s + 8
        load = Load(gateway.port, seconds)
        wait_for(lambda: victim.stats()["requests"] > 0, "load")
        time.sleep(BEFORE_S)
        begins = time.time()
        assert call(victim.port, f"/sim/outage?0s-{round(OUTAGE_S * 1000)}ms:{kind}", b"").status == 200
        ends = begins + OUTAGE_S
        total = load.result()
        came = arrivals(victim)
        after = [at for at in came if at >= ends]
        back = after[0] - ends if after else float("inf")
        first_second = count(came, after[0], after[0] + 1) if after else 0
        # What came before anybody could know of it does not count. Silence is noticed at the first-token timeout.
        noticed = begins + (2.5 if kind == "silence" else 1)
        windows = [count(came, noticed + at, min(ends, noticed + at + 10)) for at in range(max(1, round(OUTAGE_S) - 12))]
        during = max(windows)
        return Outcome(kind, total["errors"], total["sent"], during, back, first_second, share * RATE,
                       victim.stats()["health_checks"])

    def check(self, name, back_s):
        outcome = self.outages[name].result()
        print("\n" + witness.table(
            [(name, outcome.sent, json.dumps(outcome.errors), outcome.during, f"{outcome.back:.2f} s",
              outcome.first_second, f"{outcome.share:.0f}")],
            ("outage", "asked", "not served", "most in 10 s", "back after", "first second", "usual second")))
        if outcome.kind in STREAMS_ARE_CUT:
            # What was running is cut, and nobody may continue it: an honest error, a few times.
            self.assertLessEqual(outcome.errors.pop("error_event", 0), 10)
        self.assertEqual(outcome.errors, {})
        self.assertLessEqual(outcome.during, MOST_PER_10_S)
        self.assertLessEqual(outcome.back, back_s + (2 if SANITIZED else 0))
        # A request or two are within the noise of arrivals.
        self.assertLessEqual(outcome.first_second, SLOW_START_SHARE * outcome.share + 2)
        return outcome

    @classmethod
    def own_hardware(cls, kind):
        pool = [cls.simulator("--personality", "vllm", "--slots", "64") for _ in range(3)]
        backend = own([replica.url(path="") for replica in pool], slots=64, engine="vllm")
        gateway = Gateway({"near": backend}, [{"name": "all", "timeouts": TIMEOUTS}])
        cls.addClassCleanup(gateway.stop)
        return cls.run_outage(gateway, pool[0], kind, 1 / 3, OWN_BACK_S)

    @classmethod
    def paid_api(cls, kind):
        first = cls.simulator("--personality", "openai")
        second = cls.simulator("--personality", "openai")
        gateway = Gateway({"first": paid(first), "second": paid(second, model="gpt-4.1-mini")},
                          [{"name": "all", "targets": ["gpt-4.1@first", "gpt-4.1-mini@second"], "prefer": "ordered",
                            "timeouts": TIMEOUTS}])
        cls.addClassCleanup(gateway.stop)
        return cls.run_outage(gateway, first, kind, 1, PAID_BACK_S)

    def test_own_hardware_that_answers_503(self):
        outcome = self.check("own, 503", OWN_BACK_S)
        self.assertGreaterEqual(outcome.checks, OUTAGE_S / 2 - 3)  # every 2 s while ejected

    def test_own_hardware_that_nobody_listens_on(self):
        self.check("own, refused", OWN_BACK_S)

    def test_a_paid_api_that_answers_503(self):
        self.check("paid, 503", PAID_BACK_S)

    def test_a_paid_api_that_is_silent(self):
        self.check("paid, silent", PAID_BACK_S)


if __name__ == "__main__":
    unittest.main()
