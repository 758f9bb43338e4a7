"""Everything fails at 1,000 requests a second: the outage is not amplified, and it costs no more at its end than at its
beginning.

HEADGATE_STORM_RATE and HEADGATE_STORM_SECONDS set the load.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import place  # noqa: F401  pylint: disable=unused-import
import witness
from stage import LOAD, SANITIZED, Gateway, Simulator, beside, own, paid, wait_for

RATE = int(os.environ.get("HEADGATE_STORM_RATE", "100" if SANITIZED else "1000"))
SECONDS = int(os.environ.get("HEADGATE_STORM_SECONDS", "20"))
MOST_ATTEMPTS = 1.2
MORE_CPU = 1.25
MORE_KIB = 16 * 1024
KINDS = ["status=500", "status=503", "reset", "error_event"]


class Usage:
    """Processor seconds and resident memory of a process, once a second: [(time, seconds, KiB)]."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.over = threading.Event()
        self.samples = []

    def run(self):
        stat = pathlib.Path(f"/proc/{self.gateway.pid}/stat")
        while not self.over.wait(1):
            fields = stat.read_text().rpartition(") ")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            self.samples.append((time.monotonic(), ticks / os.sysconf("SC_CLK_TCK"), self.gateway.resident_kib()))

    def share(self, first, last):
        """The share of a core between two samples."""
        (began, before, _), (ended, after, _) = self.samples[first], self.samples[last]
        return (after - before) / (ended - began)


class Storm(unittest.TestCase):
    def storm(self, fault, resume):
        simulators = [Simulator("--personality", "openai", "--fault", fault) for _ in range(2)]
        pool = Simulator("--personality", "vllm", "--slots", "64", "--fault", fault, listeners=2)
        for simulator in (*simulators, pool):
            self.addCleanup(simulator.stop)
        backends = {"near": own(pool.urls(), slots=64), "first": paid(simulators[0]),
                    "second": paid(simulators[1], model="gpt-4.1-mini")}
        targets = ["qwen-2.5-32b@near", "gpt-4.1@first", "gpt-4.1-mini@second"]
        with Gateway(backends, [{"name": "all", "targets": targets, "prefer": "ordered", "resume": resume}]) as gateway, \
             tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "result.json"
            usage = Usage(gateway)
            with beside(usage.run):
                try:
                    subprocess.run([LOAD, "--url", f"http://127.0.0.1:{gateway.port}", "--stream", "--rate", str(RATE),
                                    "--duration", f"{SECONDS}s", "--json", file], check=False, capture_output=True)
                finally:
                    usage.over.set()
            total = json.loads(file.read_text())["total"]
            arrived = (sum(simulator.stats()["requests"] for simulator in simulators) +
                       sum(pool.stats(index)["requests"] for index in range(2)))
            wait_for(lambda: gateway.metrics().sum("headgate_in_flight_requests") == 0, "no request is left")
        return total, arrived, usage

    def test_an_outage_of_everything_is_not_amplified(self):
        rows = []
        for fault in KINDS:
            with self.subTest(fault):
                total, arrived, usage = self.storm(fault, False)
                self.assertEqual(total["ok"], 0)
                self.assertGreaterEqual(total["sent"], 0.9 * RATE * SECONDS)
                middle, last = len(usage.samples) // 2, len(usage.samples) - 1
                early, late = usage.share(2, middle), usage.share(middle, last)
                grown = usage.samples[last][2] - usage.samples[middle][2]
                rows.append((fault, total["sent"], arrived, f"{arrived / total['sent']:.2f}", f"{early:.2f}",
                             f"{late:.2f}", grown, json.dumps(total["errors"])))
                self.assertLessEqual(arrived, MOST_ATTEMPTS * total["sent"])
                # Every client is told: an answer with a status, and no broken connection.
                self.assertEqual([kind for kind in total["errors"] if not kind.startswith("status_")], [])
                if not SANITIZED:
                    self.assertLessEqual(late, MORE_CPU * early + 0.05)
                    self.assertLess(grown, MORE_KIB)
        print("\n" + witness.table(rows, ("fault", "asked", "attempts", "ratio", "cores early", "late", "KiB more",
                                          "clients saw")))


if __name__ == "__main__":
    unittest.main()
