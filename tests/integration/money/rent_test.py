"""Allocated and idle rent are the accrued rent, always: under load, while reloads add, remove and reprice replicas and while
replicas are ejected. And the accrued rent is what the clock says.

HEADGATE_RENT_SECONDS sets the duration."""

import json
import os
import random
import threading
import time
import unittest
from decimal import Decimal

import books
import pool
from stage import Gateway, RawClient, beside, call, chat, chat_body, in_parallel, own, post, wait_for

SECONDS = float(os.environ.get("HEADGATE_RENT_SECONDS", "12"))
SLOTS, REPLICAS = 3, 4
TARGET = "qwen-2.5-32b@gpu"
SERVICE_S = 0.2
KINDS = "accrued", "allocated", "idle"
RENTS = "2.10", "0.37", "1.000000007"  # USD for a replica and an hour


class Clock:
    """The least and the most rent that can have accrued, from the times at which reloads began and ended."""

    def __init__(self):
        self.least = self.most = Decimal(0)
        self.rate = Decimal(0)  # USD a second, of all replicas
        self.begun = self.ended = None  # when the present rate was asked for, and was in force

    def change(self, begun, ended, rate):
        """From a moment between `begun` and `ended` on, all replicas together accrue `rate`."""
        if self.begun is not None:
            self.least += self.rate * Decimal(max(begun - self.ended, 0))
            self.most += self.rate * Decimal(ended - self.begun)
        self.begun, self.ended, self.rate = begun, ended, rate


class Rent(books.Books):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(7)
        self.clock = Clock()
        self.removals = 0
        self.engine = self.started(pool.engine(SLOTS, service_s=SERVICE_S, listeners=REPLICAS))
        self.price, self.present = RENTS[0], [0, 1]
        begun = time.monotonic()
        self.gateway = self.started(Gateway({"gpu": self.backend()}, ledger=self.ledger, server={"workers": 2}))
        self.clock.change(begun, time.monotonic(), self.rate())
        self.last = dict.fromkeys(KINDS, Decimal(0))

    def backend(self):
        urls = self.engine.urls()
        return own([urls[index] for index in self.present], slots=SLOTS, queue={"limit": 200},
                   cost={"per_replica_hour": self.price})

    def rate(self):
        return len(self.present) * Decimal(self.price) / 3600

    # --- changes -----------------------------------------------------------------------------------

    def reload(self):
        config = json.loads(self.gateway.config_path.read_text())
        config["backends"]["gpu"] = self.backend()
        begun = time.monotonic()
        self.gateway.config_path.write_text(json.dumps(config))
        reply = call(self.gateway.admin, "/reload", {}, {"content-type": "application/json"})
        self.assertEqual(reply.status, 200, reply.body)
        self.clock.change(begun, time.monotonic(), self.rate())

    def add(self):
        self.present += [index for index in range(REPLICAS) if index not in self.present][:1]
        self.reload()

    def remove(self):
        if len(self.present) > 1:
            self.present.remove(self.chance.choice(self.present))
            self.removals += 1
        self.reload()

    def reprice(self):
        self.price = self.chance.choice(RENTS)
        self.reload()

    def eject(self):
        index = self.chance.choice(self.present)
        call(self.engine.ports[index], "/sim/outage?0s-700ms:reset", b"")

    # --- what is looked at ---------------------------------------------------------------------------

    def look(self):
        """Every figure adds up, and none ever falls."""
        status = self.gateway.status()
        gpu = next(one for one in status["backends"] if one["name"] == "gpu")
        rents = [books.dollars(one) for one in [*gpu["replicas"], *status["removed_replicas"].values()]]
        for rent in rents:
            self.assertEqual(rent["allocated"] + rent["idle"] - rent["accrued"], 0)
            self.assertGreaterEqual(min(rent.values()), 0)
        total = {kind: sum(rent[kind] for rent in rents) for kind in KINDS}
        self.assertEqual(total["allocated"] + total["idle"] - total["accrued"], 0)
        for kind in KINDS:
            self.assertGreaterEqual(total[kind], self.last[kind], kind)
        self.last = total
        return any(replica["circuit"] != "closed" for replica in gpu["replicas"])

    def watch(self, until, seen):
        while time.monotonic() < until:
            seen.append(self.look())
            time.sleep(0.02)

    def change(self, until):
        changes = [self.add, self.remove, self.eject, self.reprice, self.add, self.eject, self.remove, self.add]
        while time.monotonic() < until:
            for change in changes:
                if time.monotonic() >= until:
                    return
                change()
                time.sleep(0.25 + self.chance.random() / 4)

    def test_allocated_and_idle_are_accrued(self):
        until, seen = time.monotonic() + SECONDS, []
        kinds = [{"name": "batch", "weight": 1, "class": "batch"}, {"name": "chat", "weight": 2, "stream": True}]
        with beside(lambda: pool.load(self.gateway, kinds, 1.1 * 2 * SLOTS / SERVICE_S, seconds=SECONDS,
                                      within=SECONDS * 3 + 120),
                    lambda: self.watch(until, seen)) as (sender, _):
            self.change(until)
        sent = sender.result()["total"]["sent"]
        wait_for(lambda: pool.idle(self.gateway), "nothing runs and nothing waits")
        lines = self.gateway.log(sent)
        self.look()
        # A removed replica accrues until its last request has ended.
        longest = max(attempt["ms"] for line in lines for attempt in line["attempts"]) / 1000
        rent = self.assert_accrued_by_the_clock(self.removals * longest)
        self.assert_witnesses_agree(self.gateway, lines)
        # What requests were charged, but for less than a nano-dollar in each life of a replica.
        charged = books.sums_of_log(lines, "target")[TARGET]
        lives = len(self.present) + self.removals
        self.assertAlmostEqual(charged, rent["allocated"] * 10**9, delta=lives)
        self.assert_metrics_agree()
        self.assertGreater(sum(seen), 0, "replicas were ejected")
        self.assertGreater(self.removals, 0)
        print(f"\n{len(seen)} looks, {self.removals} replicas removed, {sent} requests: accrued {rent['accrued']:f}, "
              f"allocated {rent['allocated']:f}, idle {rent['idle']:f} USD, of which requests were charged {charged} nano-USD")

    def test_slots_of_clients_that_left_are_paid_by_the_next(self):
        """Clients leave while they wait, some of them at the moment at which they are given a slot."""
        until = time.monotonic() + SECONDS / 3

        def client(number):
            chance = random.Random(number)
            while time.monotonic() < until:
                with RawClient(self.gateway.port) as leaving:
                    leaving.send(post(chat_body("service=10ms", stream=True)))
                    time.sleep(chance.random() * 0.05)

        in_parallel(4 * SLOTS * len(self.present), client)
        wait_for(lambda: pool.idle(self.gateway), "nothing runs and nothing waits")
        for _ in range(4 * SLOTS):  # on every replica
            in_parallel(SLOTS, lambda _: chat(self.gateway.port, "service=10ms"))
        wait_for(lambda: pool.idle(self.gateway), "nothing runs and nothing waits")
        self.look()
        lines = self.gateway.log(int(self.gateway.metrics().sum("headgate_requests_total")))
        left = sum(line["outcome"] == "client_gone" for line in lines)
        self.assertGreater(left, 50)
        self.assertAlmostEqual(books.sums_of_log(lines, "target")[TARGET], self.last["allocated"] * 10**9,
                               delta=len(self.present))

    def assert_accrued_by_the_clock(self, extra_s):
        begun = time.monotonic()
        self.look()
        self.clock.change(begun, time.monotonic(), Decimal(0))
        self.assertGreaterEqual(self.last["accrued"], self.clock.least)
        self.assertLessEqual(self.last["accrued"], self.clock.most + extra_s * max(map(Decimal, RENTS)) / 3600)
        print(f"\nby the clock {self.clock.least:.9f} to {self.clock.most:.9f} USD", end="")
        return self.last

    def assert_metrics_agree(self):
        def sums():
            metrics = self.gateway.metrics()
            states = [metrics.sum("headgate_self_hosted_cost_usd_total", backend="gpu", state=state)
                      for state in ("allocated", "idle")]
            return states, metrics.sum("headgate_self_hosted_rent_usd_total", backend="gpu")

        self.look()
        before = self.last
        (allocated, idle), by_replica = sums()
        self.look()
        slack = Decimal("1e-12")  # the metrics are doubles
        self.assertAlmostEqual(allocated, self.last["allocated"], delta=slack)
        self.assertTrue(before["idle"] - slack <= idle <= self.last["idle"] + slack)
        self.assertTrue(before["accrued"] - slack <= allocated + idle <= self.last["accrued"] + slack)
        self.assertLessEqual(by_replica, allocated + idle + slack)


if __name__ == "__main__":
    unittest.main()
