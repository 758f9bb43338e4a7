"""Limits inside limits, and budgets inside budgets: a key in a team in a route at a backend. Of a thousand requests at once
exactly as many pass as the least of them lets, and at no instant a budget has more spent and reserved than its limit."""

import collections
import itertools
import select
import signal
import threading
import time
import unittest

import books
from limits_test import bearer, key_entry
from soak_test import raise_file_limit
from stage import SANITIZED, Gateway, RawClient, Simulator, beside, chat_body, encoded, paid, post, wait_for

REQUESTS = 1000 if not SANITIZED else 200
NAMES = "key", "team", "route", "backend"
LEAST = 10
KEYS = {"web": ("hg-first-key", "search"), "app": ("hg-second-key", "search"), "bot": ("hg-third-key", "shop")}
# USD for 1M tokens. A byte of input costs at most 570 nano-dollars, a token of output 2,190.
PRICE = {"input": "0.57", "output": "2.19"}
OUTPUT = 10  # tokens


def flood(gateway, keys=("web",), count=REQUESTS, meanwhile=None, **fields):
    """The replies to requests that are all sent before the first answer is read, as (key, reply)."""
    body = chat_body(**fields)
    names = [name for name, _ in zip(itertools.cycle(keys), range(count))]
    clients = [RawClient(gateway.port, timeout=90) for _ in names]
    try:
        for name, client in zip(names, clients):
            client.send(post(body, head=[f"authorization: Bearer {KEYS[name][0]}"]))
        if meanwhile:
            meanwhile(clients)
        return [(name, client.reply()) for name, client in zip(names, clients)]
    finally:
        for client in clients:
            client.close()


def flood_held(gateway, simulator, least, keys=("web",), **fields):
    """The same, with a backend that does nothing before all but `least` requests were refused."""
    def hold(clients):
        answers = select.poll()
        for client in clients:
            answers.register(client.socket, select.POLLIN)
        try:
            wait_for(lambda: len(answers.poll(0)) >= len(clients) - least, f"all but {least} are refused", 30)
        finally:
            simulator.send_signal(signal.SIGCONT)

    simulator.send_signal(signal.SIGSTOP)
    try:
        return flood(gateway, keys, meanwhile=hold, **fields)
    finally:
        simulator.send_signal(signal.SIGCONT)


def passed(replies):
    """How many requests passed, by key."""
    return collections.Counter(name for name, reply in replies if reply.status == 200)


class Nested(books.Books):
    def setUp(self):
        super().setUp()
        raise_file_limit()

    def simulator(self, *options):
        return self.started(Simulator("--personality", "openai", "--tokens", str(OUTPUT), "--interval", "1ms",
                                      "--price", "*=0.57,0.57,2.19", *options))

    def gateway(self, simulator, limits=None, of_teams=None, **sections):
        """`limits`: by name of NAMES. Every key has the limits of keys, and every team those of teams."""
        limits = limits or {}

        def limited(name):
            return {"limits": limits[name]} if name in limits else {}

        backend = paid(simulator, models={"gpt-4.1": {"name": "g", "price": PRICE}}, **limited("backend"))
        return self.started(Gateway(
            {"far": backend}, [{"name": "all", **limited("route")}], server={"workers": 2, "auth": "keys"},
            keys=[key_entry(name, key, team, **limited("key")) for name, (key, team) in KEYS.items()],
            teams={team: limited("team") for _, team in KEYS.values()} if of_teams is None else of_teams, **sections))

    def assert_passed(self, replies, least, seconds=0.0):
        """Exactly `least`, but for what a bucket of so many requests in a minute refills in the meantime."""
        self.assertEqual({reply.status for _, reply in replies}, {200, 429})
        count = passed(replies).total()
        self.assertGreaterEqual(count, least)
        self.assertLessEqual(count, least + int(seconds * least / 60))

    def each_least(self, kind):
        """For each of NAMES, limits of which this one is the least."""
        for number, least in enumerate(NAMES):
            more = itertools.count(LEAST + 5, 7)
            yield least, {name: {kind: LEAST if i == number else next(more)} for i, name in enumerate(NAMES)}

    def test_requests_in_a_minute(self):
        for least, limits in self.each_least("requests_per_minute"):
            with self.subTest(least):
                simulator = self.simulator()
                gateway = self.gateway(simulator, limits)
                began = time.monotonic()
                replies = flood(gateway)
                self.assert_passed(replies, LEAST, time.monotonic() - began)
                self.assertEqual(simulator.stats()["requests"], passed(replies).total())
                gateway.stop()

    def test_requests_at_once(self):
        for least, limits in self.each_least("in_flight"):
            with self.subTest(least):
                simulator = self.simulator()
                gateway = self.gateway(simulator, limits)
                replies = flood_held(gateway, simulator, LEAST)
                self.assert_passed(replies, LEAST)
                self.assertEqual(simulator.stats()["requests"], LEAST)
                gateway.stop()

    def test_what_a_refused_request_took_is_given_back(self):
        # The backend lets 15 pass. Each key may send 7, team search 10: bot has 7 at most, web and app 10 together.
        simulator = self.simulator()
        gateway = self.gateway(simulator, {name: {"in_flight": most} for name, most in zip(NAMES, (7, 10, 100, 15))})
        for _ in range(2):
            replies = flood_held(gateway, simulator, 15, tuple(KEYS))
            self.assert_passed(replies, 15)
            counts = passed(replies)
            self.assertLessEqual(max(counts.values()), 7)
            self.assertLessEqual(counts["web"] + counts["app"], 10)
            wait_for(lambda: gateway.metrics().sum("headgate_in_flight_requests") == 0, "all have ended")

    # --- budgets -----------------------------------------------------------------------------------

    def watched(self, gateway, work):
        """The result of work(), and what the least budget had reserved whenever /status was read meanwhile."""
        over, seen = threading.Event(), []

        def watch():
            while not over.is_set():
                budgets = books.budgets(gateway)
                for name, (spent, reserved, limit) in budgets.items():
                    self.assertLessEqual(spent + reserved, limit, name)
                seen.append(min((limit, reserved) for _, reserved, limit in budgets.values())[1])

        with beside(watch):
            try:
                return work(), seen
            finally:
                over.set()

    def nested_budgets(self, limits):
        scopes = {"team": "search"}, {"key": "web"}, {"backend": "far"}, {"model": "gpt-4.1"}, {}
        return [{"scope": scope, "limit": f"{limit / 1e9:.9f}", "per": "month"} for scope, limit in zip(scopes, limits)]

    def most_of_one(self):
        """What one call can cost at most, in nano-dollars."""
        return len(encoded(chat_body(max_tokens=OUTPUT))) * 570 + OUTPUT * 2190

    def test_budgets(self):
        for place in range(5):
            limits = [self.most_of_one() * (10.5 if i == place else 20.5 + i) for i in range(5)]
            with self.subTest(place):
                simulator = self.simulator()
                gateway = self.gateway(simulator, ledger=self.ledger, budgets=self.nested_budgets(limits))
                replies, reserved = self.watched(gateway, lambda: flood_held(
                    gateway, simulator, LEAST, max_tokens=OUTPUT))
                self.assert_passed(replies, LEAST)
                self.assertEqual(max(reserved), LEAST * self.most_of_one())
                for spent, left, _ in books.budgets(gateway).values():
                    self.assertEqual((spent, left), (simulator.bill()["total_nano_usd"], 0))
                gateway.stop()
                self.ledger["path"] += "-next"

    def test_budgets_that_are_spent_bit_by_bit(self):
        """Answers come while others are asked, so that reservations are made, settled and refused at every moment."""
        simulator = self.simulator("--ttft", "uniform:0ms..40ms")
        limits = [self.most_of_one() * factor for factor in (70.5, 40.5, 90.5, 80.5, 60.5)]
        gateway = self.gateway(simulator, ledger=self.ledger, budgets=self.nested_budgets(limits))
        keys = ("web", "app", "bot")

        def work():
            replies = []
            for _ in range(REQUESTS // 15):
                last = flood(gateway, keys, 60, max_tokens=OUTPUT)
                replies += last
                if not passed(last).total():  # nothing fits any more
                    break
            return replies

        replies, reserved = self.watched(gateway, work)
        self.assertEqual({reply.status for _, reply in replies}, {200, 429})
        self.assertGreater(len(set(reserved)), 5, "reservations were seen coming and going")
        spent = {name: amounts for name, amounts in books.budgets(gateway).items()}
        self.assertEqual(spent["per=month"][0], simulator.bill()["total_nano_usd"])
        self.assertEqual({reserved for _, reserved, _ in spent.values()}, {0})
        # The budget of all requests is the least. It is spent as far as a call fits.
        self.assertGreater(sum(spent["per=month"][:2]), spent["per=month"][2] - self.most_of_one())
        self.assertGreater(passed(replies).total(), 60)


if __name__ == "__main__":
    unittest.main()
