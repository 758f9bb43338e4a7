"""All four classes on a full pool, with spill, moves and faults: the books equal the bills, and nothing is left behind.

HEADGATE_SOAK_SECONDS sets the duration."""

import collections
import decimal
import os
import unittest

import pool
from stage import SANITIZED, Simulator, nano, own, paid, wait_for

SECONDS = float(os.environ.get("HEADGATE_SOAK_SECONDS", "20"))
SLOTS = 4
SERVICE_S = 0.25 if not SANITIZED else 1
POOL, API = "qwen-2.5-32b@gpu", "gpt-4.1@api"
PRICE = ("1.997", "0.4993", "8.01")
RENT_USD_PER_HOUR = decimal.Decimal("2.10")


def routes():
    both = [POOL, API]
    return [{"name": "urgent", "when": {"class": "latency_critical"}, "targets": both, "prefer": "ordered",
             "spill": {"when_wait_over": "40ms"}},
            {"name": "batch", "when": {"class": "batch"}, "targets": [POOL], "spill": "never"},
            {"name": "code", "when": {"class": "code"}, "targets": both, "prefer": "ordered", "spill": {"after": "50ms"}},
            {"name": "general", "targets": both, "prefer": "lowest_cost", "spill": {"after": "2s"}}]


def kinds():
    return [{"name": "urgent", "weight": 25, "class": "latency_critical", "stream": True},
            {"name": "batch", "weight": 35, "class": "batch"},
            {"name": "code", "weight": 20, "class": "code", "stream": True},
            {"name": "general", "weight": 10, "class": "general"},
            {"name": "faults", "weight": 5, "class": "general", "extra": {"x_sim": "status=503;times=1"}},
            {"name": "leaves", "weight": 5, "class": "latency_critical", "stream": True, "abort_after": "0ms..500ms"}]


class QueueSoak(unittest.TestCase):
    def test_books_and_bills(self):
        with pool.engine(SLOTS, service_s=SERVICE_S, listeners=2) as engine, \
             Simulator("--personality", "openai", "--tokens", "uniform:3..30", "--ttft", "20ms", "--interval", "1ms",
                       "--price", "*=" + ",".join(PRICE)) as api, \
             pool.gateway(
                 {"gpu": own(engine.urls(), slots=SLOTS, preempt=True, batch={"floor": "10%"}, queue={"limit": 200}),
                  "api": paid(api, models={"gpt-4.1": {"name": "gpt-4.1", "price": {
                      "input": PRICE[0], "cached_input": PRICE[1], "output": PRICE[2]}}})},
                 routes(), server={"workers": 2}, baseline=API,
                 classes=[{"class": "latency_critical", "target_ttft": "20ms"}]) as gateway:
            rate = 1.05 * 2 * SLOTS / SERVICE_S
            report = pool.load(gateway, kinds(), rate, seconds=SECONDS, within=SECONDS * 3 + 300)
            total = report["total"]
            wait_for(lambda: pool.idle(gateway), "nothing runs and nothing waits")
            lines = gateway.log(total["sent"])
            self.assertEqual(len(lines), total["sent"], "each request has one line")
            self.assert_paid_adds_up(lines, api)
            self.assert_rent_adds_up(lines, gateway)
            self.assert_all_happened(lines, report)
            # A request that is aborted leaves the engine a moment after its slot has been given away.
            for index in range(2):
                self.assertLessEqual(engine.page("/sim/engine", index).json["total"]["peak_in_flight"], SLOTS + 2)
            memory = gateway.resident_kib()
            print(f"; {memory / 1024:.0f} MiB resident")
            if not SANITIZED:
                self.assertLess(memory, 400 * 1024)

    def attempts(self, lines, target):
        return [attempt for line in lines for attempt in line["attempts"] if attempt["target"] == target]

    # A client that leaves is booked by an estimate; everything else equals the bill to the nano-dollar.
    def assert_paid_adds_up(self, lines, api):
        left = [line for line in lines if line["outcome"] == "client_gone"]
        logged = sum(nano(attempt["cost_usd"]) for attempt in self.attempts(lines, API))
        estimated = sum(nano(attempt["cost_usd"]) for attempt in self.attempts(left, API))
        self.assertAlmostEqual(logged, api.bill()["total_nano_usd"], delta=max(estimated, 1))

    def assert_rent_adds_up(self, lines, gateway):
        logged = sum(nano(attempt["cost_usd"]) for attempt in self.attempts(lines, POOL))
        status = gateway.status()
        allocated = idle = accrued = decimal.Decimal(0)
        for replica in status["backends"][0]["replicas"]:
            rent = {name: decimal.Decimal(text) for name, text in replica["rent_usd"].items()}
            self.assertEqual(rent["allocated"] + rent["idle"], rent["accrued"])
            allocated, idle, accrued = allocated + rent["allocated"], idle + rent["idle"], accrued + rent["accrued"]
        # A nano-dollar for each replica is carried to the next request.
        self.assertAlmostEqual(logged, allocated * 10**9, delta=4)
        self.assertGreater(idle, 0)

    def assert_all_happened(self, lines, report):
        results = collections.Counter(attempt["result"] for line in lines for attempt in line["attempts"])
        why = collections.Counter(left["why"] for line in lines for left in line.get("spilled", []))
        print(f"\n{len(lines)} requests: {dict(results)}, spilled {dict(why)}, "
              f"{report['total']['aborted']} clients left", end="")
        for result in ("ok", "moved_aside", "status_5xx"):
            self.assertGreater(results[result], 0, result)
        self.assertGreater(why["decided"], 0)
        self.assertGreater(why["waited"], 0)
        mix = report["mix"]
        for name in ("urgent", "batch", "code", "general", "faults"):
            self.assertEqual((mix[name]["ok"], mix[name]["errors"]), (mix[name]["sent"], {}), name)


if __name__ == "__main__":
    unittest.main()
