"""Two classes on one pool at 120 % load: people come before batches, and batch keeps its floor."""

import unittest

import pool
from stage import SANITIZED, own

SLOTS = 48
RATE = 1.2 * SLOTS / pool.SERVICE_S
URGENT = 0.3
FLOOR = 0.1
# Of short runs: their queue of first come, first served does not grow so long.
MOST = 0.05 if pool.SECONDS >= 60 else 0.1
ROUTES = [{"name": "all", "timeouts": {"total": "1h"}, "spill": "never"}]


def mix(prompts):
    return [{"name": "urgent", "weight": 30, "class": "latency_critical", "prompt_tokens": prompts},
            {"name": "nightly", "weight": 70, "class": "batch", "prompt_tokens": prompts}]


@unittest.skipIf(SANITIZED, "measures waits")
class Priority(unittest.TestCase):
    def run_load(self, prompts="200..400", kinds=None, options=(), **backend):
        with pool.engine(SLOTS, *options) as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=SLOTS, queue={"limit": 100000}, **backend)}, ROUTES,
                          classes=[{"class": "latency_critical", "target_ttft": pool.milliseconds(pool.SERVICE_S / 10)}]
                          ) as gateway:
            report = pool.load(gateway, kinds or mix(prompts), RATE)
            total = report["total"]
            self.assertEqual((total["ok"], total["errors"]), (total["sent"], {}), "nothing is lost")
            lines = gateway.log(total["sent"])
            engine_books = engine.page("/sim/engine").json["total"]
            self.assertLessEqual(engine_books["peak_in_flight"], SLOTS)
            return lines, gateway.metrics(), report

    def first_come(self, prompts="200..400", **backend):
        """The 95th percentile of the waits without classes."""
        kinds = [{**kind, "class": "general"} for kind in mix(prompts)]
        lines, _, _ = self.run_load(kinds=kinds, **backend)
        return pool.quantile(pool.waits(lines), 0.95)

    def check(self, prompts="200..400", most=MOST, **backend):
        first_come = self.first_come(prompts, **backend)
        lines, _, report = self.run_load(prompts, batch={"floor": f"{FLOOR:.0%}"}, **backend)
        urgent = pool.quantile(pool.waits(lines, **{"class": "latency_critical"}), 0.95)
        batch = pool.slot_seconds(lines, **{"class": "batch"})
        elapsed = report["generator"]["duration_seconds"]
        print(f"\nwaits p95: first come {first_come:.3f} s, latency-critical {urgent:.3f} s "
              f"({urgent / first_come:.1%}); batch held {batch / elapsed / SLOTS:.1%} of the slots")
        self.assertLessEqual(urgent, most * first_come)
        self.assertGreaterEqual(batch / elapsed, FLOOR * SLOTS * 0.9)

    def test_latency_critical_work_waits_a_twentieth_of_first_come_first_served(self):
        self.check()

    def test_the_same_by_tokens(self):
        self.check("200..50000", slot_tokens="400k")

    def check_moves(self, prompts="200..400", **backend):
        lines, metrics, _ = self.run_load(prompts, batch={"floor": f"{FLOOR:.0%}"}, preempt=True, **backend)
        urgent = pool.waits(lines, **{"class": "latency_critical"})
        moved = metrics.sum("headgate_moved_aside_total")
        print(f"\nwith preempt: waits p95 {pool.quantile(urgent, 0.95):.3f} s, p99 {pool.quantile(urgent, 0.99):.3f} s, "
              f"{moved} attempts moved aside")
        self.assertLessEqual(pool.quantile(urgent, 0.99), 0.3)
        self.assertGreater(moved, 0)
        for line in lines:
            moves = sum(attempt["result"] == "moved_aside" for attempt in line["attempts"])
            self.assertLessEqual(moves, 2)
            self.assertEqual(line["attempts"][-1]["result"], "ok")
            if moves:
                self.assertEqual(line["class"], "batch")

    def test_batch_is_moved_aside(self):
        self.check_moves()

    def test_batch_is_moved_aside_by_tokens(self):
        self.check_moves("200..50000", slot_tokens="400k")


if __name__ == "__main__":
    unittest.main()
