"""Clients leave at random moments: while they wait, while their answer is held, hedged or resumed, and in the middle of a
stream. Nothing may be left behind: no request, no slot, no connection, no descriptor, no memory.

HEADGATE_DISCONNECTS sets the number of disconnects, 10,000 by default. Meant for sanitizer builds too: Gateway.stop()
requires a clean end, which is where they report.
"""

import os
import pathlib
import random
import resource
import time
import unittest

import place
from stage import (PATIENCE_S, SANITIZED, Gateway, RawClient, call, chat_body, in_parallel, own, paid, post,
                   wait_for)

COUNT = int(os.environ.get("HEADGATE_DISCONNECTS", "10000"))
CLIENTS = 24
MOST_WAIT_S = 0.08
GROWTH_KIB = 24 * 1024

# The header that chooses the route, and the fault of the first target there.
ROUTES = {
    "waiting": ({}, "ttft=2s"),
    "streamed": ({}, "interval=5ms;tokens=200"),
    "held": ({"commit": "complete"}, "interval=5ms;tokens=200"),
    "hedged": ({"hedge": {"after": "15ms", "at_most": "100%"}}, "ttft=60ms;tokens=50;interval=2ms"),
    "resumed": ({"resume": True}, "cut=5;interval=2ms;tokens=60"),
}


def descriptors(pid):
    return len(os.listdir(pathlib.Path("/proc") / str(pid) / "fd"))


class Disconnects(unittest.TestCase):
    def setUp(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.near = self.started(place.Simulator("--personality", "vllm", "--slots", "4", *place.QUICK))
        self.first = self.started(place.primary_simulator())
        self.second = self.started(place.fallback_simulator())
        backends = {"near": own(self.near.urls(), slots=4)}
        routes = [{"name": "queued", "when": {"header": {"x-kind": "queued"}}, "targets": ["qwen-2.5-32b@near"]}]
        for number, (name, (route, fault)) in enumerate(ROUTES.items()):
            model = {"name": f"m#{fault}", "price": place.PRICE}
            backends[f"first{number}"] = paid(self.first, models={"gpt-4.1": model})
            routes.append({"name": name, "when": {"header": {"x-kind": name}}, "prefer": "ordered",
                           "targets": [f"gpt-4.1@first{number}", "gpt-4.1-mini@second"], **route})
        backends["second"] = paid(self.second, engine="vllm", models={
            "gpt-4.1-mini": {"name": "m", "price": place.PRICE, "supports": ["prefill"]}})
        self.gateway = self.started(Gateway(backends, routes))

    def started(self, process):
        self.addCleanup(process.stop)
        return process

    def leave(self, chance, kind):
        """Asks, and leaves at a random moment, with a FIN or a RST. Returns whether anything was sent."""
        client = RawClient(self.gateway.port)
        try:
            client.send(post(chat_body(stream=chance.random() < 0.7), head=[f"x-kind: {kind}"]))
            time.sleep(chance.random() * MOST_WAIT_S)
        finally:
            client.reset() if chance.random() < 0.5 else client.close()

    def storm(self, count):
        """`count` clients that come and leave, CLIENTS of them at a time."""
        kinds = [*ROUTES, "queued"]

        def work(number):
            chance = random.Random(number)
            for turn in range(number, count, CLIENTS):
                self.leave(chance, kinds[turn % len(kinds)])

        in_parallel(CLIENTS, work)

    def assert_empty(self):
        simulators = (self.near, self.first, self.second)
        wait_for(lambda: self.gateway.metrics().sum("headgate_in_flight_requests") == 0, "no request is left",
                 within=3 * PATIENCE_S)
        wait_for(lambda: all(s.stats()["running"] == s.stats()["waiting"] == 0 for s in simulators),
                 "no attempt is left")
        self.assertEqual(self.gateway.metrics().sum("headgate_slots_busy"), 0)
        self.assertEqual(self.gateway.metrics().sum("headgate_queue_depth"), 0)

    def test_nothing_is_left_behind(self):
        self.storm(COUNT // 10)  # fills pools and buffers
        self.assert_empty()
        kib, files = self.gateway.resident_kib(), descriptors(self.gateway.pid)
        self.storm(COUNT)
        self.assert_empty()
        grown = self.gateway.resident_kib() - kib
        # Connections to backends that were kept may differ; those of clients must be gone.
        wait_for(lambda: descriptors(self.gateway.pid) <= files + CLIENTS, "the descriptors are free")
        lines = self.gateway.log(COUNT)
        outcomes = {line["outcome"] for line in lines}
        gone = sum(line["outcome"] == "client_gone" for line in lines)
        attempts = sum(len(line["attempts"]) > 1 for line in lines)
        print(f"\n{COUNT} disconnects: {gone} before the end of their answers, {attempts} with more than one attempt, "
              f"{grown} KiB more memory")
        self.assertGreater(gone, COUNT / 3)
        self.assertGreater(attempts, COUNT / 100)  # hedged and resumed requests are among them
        self.assertLessEqual(outcomes, {"ok", "client_gone", "cut", "upstream_error"})
        if not SANITIZED:
            self.assertLess(grown, GROWTH_KIB)
        # The gateway serves as before.
        self.assertEqual(call(self.gateway.port, "/v1/chat/completions", chat_body(),
                              {"x-kind": "streamed"}, timeout=30).status, 200)


if __name__ == "__main__":
    unittest.main()
