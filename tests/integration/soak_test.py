"""Thousands of streams at once, with generator, gateway and simulators on the same machine. No stream is lost or
waits for another, and each costs little memory. Prints the measured figures.

HEADGATE_SOAK_STREAMS and HEADGATE_SOAK_SECONDS set the number of streams and their duration.
"""

import json
import os
import resource
import subprocess
import tempfile
import threading
import unittest

import stage
from stage import Gateway, Simulator, own, paid

STREAMS = int(os.environ.get("HEADGATE_SOAK_STREAMS", "200" if stage.SANITIZED else "2000"))
SECONDS = int(os.environ.get("HEADGATE_SOAK_SECONDS", "20"))
TOKENS_A_SECOND = 4
INTERVAL_MS = 1000 // TOKENS_A_SECOND
RAMP_S = 10
# The longest wait of a stream beyond the simulator's own interval.
STALL_MS = 250
KIB_A_STREAM = 64


def raise_file_limit():
    """Each stream needs two descriptors in the gateway, and one in the generator and in the simulator."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Peak:
    """The highest resident memory of a process, and how many streams ran at once."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.kib = self.streams = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            self.kib = max(self.kib, self.gateway.resident_kib())
            self.streams = max(self.streams,
                               int(self.gateway.metrics().sum("headgate_in_flight_requests")))


class Soak(unittest.TestCase):
    def test_streams(self):
        raise_file_limit()
        tokens = (SECONDS + RAMP_S) * TOKENS_A_SECOND
        with Simulator("--personality", "vllm", "--slots", str(STREAMS), "--interval",
                       f"{INTERVAL_MS}ms", "--tokens", str(tokens), listeners=2) as pool, \
             Simulator("--personality", "openai", "--interval", f"{INTERVAL_MS}ms",
                       "--tokens", str(tokens)) as api, \
             Gateway({"near": own(pool.urls(), slots=STREAMS), "far": paid(api)},
                     [{"name": "half", "when": {"header": {"x-half": "yes"}},
                       "targets": ["gpt-4.1@far"]},
                      {"name": "rest", "targets": ["qwen-2.5-32b@near"]}],
                     server={"limits": {"connections": 2 * STREAMS}}) as gateway, \
             tempfile.TemporaryDirectory() as folder:
            scenario = {
                "duration": f"{RAMP_S}s", "rate": STREAMS / RAMP_S, "arrivals": "constant",
                "mix": [{"name": half, "weight": 1, "stream": True, "prompt_bytes": 1000,
                         "max_tokens": tokens, "headers": {"x-half": half}}
                        for half in ("yes", "no")]}
            with open(f"{folder}/streams.yaml", "w", encoding="utf-8") as file:
                json.dump(scenario, file)
            idle_kib = gateway.resident_kib()
            peak = Peak(gateway)
            with stage.beside(peak.run):
                try:
                    load = subprocess.run(
                        [stage.LOAD, "--url", f"http://127.0.0.1:{gateway.port}", "--scenario",
                         f"{folder}/streams.yaml", "--json", f"{folder}/result.json", "--timeout",
                         f"{2 * (SECONDS + RAMP_S) + 30}s"],
                        capture_output=True, text=True, timeout=4 * (SECONDS + RAMP_S) + 60, check=False)
                finally:
                    peak.over.set()
            with open(f"{folder}/result.json", encoding="utf-8") as file:
                result = json.load(file)
            booked = gateway.metrics()
            # The delay of the simulators' own tokens, and of the generator in reading them. The
            # machine causes these delays, not the gateway.
            own_stall = result["generator"]["longest_own_stall_ms"] + max(
                simulator.stats(index)["longest_own_stall_ms"]
                for simulator in (pool, api) for index in range(len(simulator.ports)))
        total = result["total"]
        each = (peak.kib - idle_kib) / max(peak.streams, 1)
        print(f"\n{total['ok']} of {STREAMS} streams whole, {peak.streams} at once; "
              f"gaps p50 {total['gap_ms']['p50']:.0f} p99.9 {total['gap_ms']['p99.9']:.0f} "
              f"max {total['gap_ms']['max']:.0f} ms (simulator: {INTERVAL_MS}, "
              f"it and the generator were late by {own_stall:.0f} at most); "
              f"{each:.1f} KiB a stream, resident {peak.kib / 1024:.1f} MiB; generator "
              f"{result['generator']['cpu_seconds']:.1f} s of CPU")
        self.assertEqual((load.returncode, total["errors"]), (0, {}), load.stdout + load.stderr)
        self.assertEqual(total["ok"], STREAMS)
        self.assertEqual(booked.sum("headgate_requests_total", outcome="ok"), STREAMS)
        self.assertEqual(booked.sum("headgate_tokens_total", kind="output"), STREAMS * tokens)
        self.assertEqual(peak.streams, STREAMS)
        if not stage.SANITIZED:
            self.assertLess(total["gap_ms"]["max"], INTERVAL_MS + own_stall + STALL_MS)
            self.assertLess(each, KIB_A_STREAM)


if __name__ == "__main__":
    unittest.main()
