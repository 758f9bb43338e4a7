"""Everything at once: streams, cached tokens, faults, retries, hedges, resumed streams, clients that leave, moves and spill.
All books and all bills agree to the nano-dollar, but for calls that were cut, whose estimates are near their bills.

HEADGATE_SOAK_SECONDS sets the duration."""

import collections
import statistics
import time
import unittest

import books
import lanes
import pool
import queue_soak_test as queues
from limits_test import bearer, key_entry
from stage import SANITIZED, Gateway, Simulator, beside, in_parallel, own, paid, wait_for

CACHED_SHARE = "0.37"
KEYS = {"web": "hg-first-key", "app": "hg-second-key"}
MOST_ABSOLUTE, MOST_SIGNED = 0.10, 0.03
LEAVES = "gpt-4.1-mini@api"  # its clients leave, so its calls are estimates


def kinds():
    """The load of the queues' soak. Requests whose clients leave have a route of their own."""
    return [{**kind, "key": KEYS["web"], **({"headers": {"x-leaves": "yes"}} if kind["name"] == "leaves" else {})}
            for kind in queues.kinds()]


def routes():
    leaves = {**queues.routes()[0], "name": "leaves", "when": {"header": {"x-leaves": "yes"}},
              "targets": [queues.POOL, LEAVES]}
    return [leaves, *lanes.routes(), *queues.routes()]


class MixedSoak(books.Books):
    def setUp(self):
        super().setUp()
        self.engine = self.started(pool.engine(queues.SLOTS, service_s=queues.SERVICE_S, listeners=2))
        self.api = self.started(Simulator(
            "--personality", "openai", "--tokens", "uniform:3..30", "--ttft", "20ms", "--interval", "1ms",
            "--cached-share", CACHED_SHARE, "--price", "*=" + ",".join(lanes.PRICE)))
        self.first, self.second = (self.started(one) for one in lanes.simulators(CACHED_SHARE))
        gpu = own(self.engine.urls(), slots=queues.SLOTS, preempt=True, batch={"floor": "10%"}, queue={"limit": 200})
        api = paid(self.api, models=lanes.models("gpt-4.1", "gpt-4.1-mini"))
        self.gateway = self.started(Gateway(
            {"gpu": gpu, "api": api, **lanes.backends(self.first, self.second)}, routes(),
            server={"workers": 2, "auth": "keys"}, baseline=queues.API, ledger=self.ledger,
            keys=[key_entry("web", KEYS["web"], "search", trust_hints=["all"]), key_entry("app", KEYS["app"], "shop")],
            classes=[{"class": "latency_critical", "target_ttft": "20ms"}]))

    def test_books_and_bills(self):
        until = time.monotonic() + books.SECONDS

        def client(number):
            lane = lanes.Lane(number, self.gateway, self.first, self.second, bearer(KEYS["app"]))
            calls = []
            while time.monotonic() < until:
                calls.append(lane.next_call())
            return calls

        rate = 1.05 * 2 * queues.SLOTS / queues.SERVICE_S
        with beside(lambda: pool.load(self.gateway, kinds(), rate, seconds=books.SECONDS,
                                      within=books.SECONDS * 3 + 300)) as (sender,):
            calls = sum(in_parallel(lanes.LANES, client), [])
        total = sender.result()["total"]
        wait_for(lambda: pool.idle(self.gateway), "nothing runs and nothing waits")
        lines = self.gateway.log(total["sent"] + len(calls))
        self.assertEqual(len(lines), total["sent"] + len(calls), "each request has one line")
        self.assert_witnesses_agree(self.gateway, lines)
        self.assert_exact_calls_equal_the_bills(lines)
        self.assert_rent_adds_up(lines)
        self.assert_lanes_add_up(calls, {line["id"]: line for line in lines})
        self.assert_all_happened(lines, calls)

    def assert_exact_calls_equal_the_bills(self, lines):
        bill = self.api.bill()["models"]
        logged = books.sums_of_log(lines, "target")
        self.assertEqual(logged[queues.API], bill["gpt-4.1"]["nano_usd"])
        row = next(row for row in books.report(self.gateway, "--by", "target")["rows"] if row["target"] == queues.API)
        for ours, theirs in (("requests", "requests"), ("input_tokens", "input_tokens"), ("output_tokens", "output_tokens"),
                             ("cached_input_tokens", "cached_input_tokens")):
            self.assertEqual(row[ours], bill["gpt-4.1"][theirs], ours)
        if logged[LEAVES]:
            print(f"\nclients that left an API with 1 ms between tokens: booked {logged[LEAVES]}, billed "
                  f"{bill['gpt-4.1-mini']['nano_usd']} nano-USD", end="")

    def assert_rent_adds_up(self, lines):
        gpu = next(one for one in self.gateway.status()["backends"] if one["name"] == "gpu")
        rents = [books.dollars(replica) for replica in gpu["replicas"]]
        for rent in rents:
            self.assertEqual(rent["allocated"] + rent["idle"], rent["accrued"])
        # Less than a nano-dollar for each replica is carried to the next request.
        self.assertAlmostEqual(books.sums_of_log(lines, "target")[queues.POOL],
                               sum(rent["allocated"] for rent in rents) * 10**9, delta=len(rents))

    def assert_lanes_add_up(self, calls, line_of):
        exact, estimates = 0, collections.defaultdict(list)
        for call in calls:
            line = line_of[call.identity]
            for booked, billed, is_exact in call.sides(line):
                if is_exact:
                    self.assertEqual(booked, billed, (call.kind, line))
                    exact += billed
                else:
                    self.assertGreater(billed, 0, (call.kind, line))
                    estimates[call.kind].append((booked, billed))
        everything = sum(estimates.values(), [])
        for kind, pairs in [*sorted(estimates.items()), ("all", everything)]:
            errors = [booked / billed - 1 for booked, billed in pairs]
            print(f"\n{len(pairs)} estimates of {kind}: error {statistics.mean(map(abs, errors)):.1%} absolute, "
                  f"{statistics.mean(errors):+.1%} signed; "
                  f"{sum(booked for booked, _ in pairs) / sum(billed for _, billed in pairs) - 1:+.1%} of the money", end="")
        print(f"; {exact} nano-USD exact")
        if SANITIZED:
            return
        errors = [booked / billed - 1 for booked, billed in everything]
        self.assertLessEqual(statistics.mean(map(abs, errors)), MOST_ABSOLUTE)
        self.assertLessEqual(abs(statistics.mean(errors)), MOST_SIGNED)

    def assert_all_happened(self, lines, calls):
        results = collections.Counter(attempt["result"] for line in lines for attempt in line["attempts"])
        why = collections.Counter(left["why"] for line in lines for left in line.get("spilled", []))
        more = {"resumed": sum(bool(line.get("resumed")) for line in lines),
                "cached tokens": sum(line.get("tokens", {}).get("cached_input", 0) for line in lines)}
        print(f"{len(lines)} requests: {dict(results)}, spilled {dict(why)}, {more}")
        for result in ("ok", "moved_aside", "status_5xx", "hedge_lost", "cut", "client_gone"):
            self.assertGreater(results[result], 0, result)
        self.assertGreater(min(more.values()), 0, more)
        self.assertGreater(sum(why.values()), 0)
        self.assertEqual({call.kind for call in calls}, set(lanes.KINDS))


if __name__ == "__main__":
    unittest.main()
