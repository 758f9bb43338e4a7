"""Compares the gateway's books with those of the simulated backends. Paid tokens agree to the nano-dollar, and the
rent of self-hosted backends to a nano-dollar per replica."""

import collections
import decimal
import gzip
import json
import pathlib
import time
import unittest

from stage import (CHAT, Gateway, RawClient, Simulator, call, chat, chat_body, in_parallel, nano,
                   own, paid, post, wait_for)

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpora" / "dev.jsonl.gz"
CLIENTS = 8
# USD for 1M tokens: input, cached input, output. The prices are odd on purpose, so that roundings show.
FAR_PRICE, FURTHER_PRICE = ("0.57", "0.143", "2.19"), ("1.997", "0.4993", "8.01")
RENT_USD_PER_HOUR = decimal.Decimal("2.10")
TARGETS = FAR, FURTHER, NEAR = "deepseek-r1@far", "gpt-4.1@further", "qwen-2.5-32b@near"
DEAR = {"x-dear": "yes"}
LEAVE = "the client leaves"


def priced(price):
    return {"input": price[0], "cached_input": price[1], "output": price[2]}


class Books(unittest.TestCase):
    def setUp(self):
        self.far = self.simulator("openai", FAR_PRICE)
        self.further = self.simulator("openai", FURTHER_PRICE)
        self.pool = self.simulator("vllm", None, listeners=2)
        self.gateway = Gateway(
            {"far": paid(self.far, models={"deepseek-r1": {"name": "r", "price": priced(FAR_PRICE)}}),
             "further": paid(self.further,
                             models={"gpt-4.1": {"name": "g", "price": priced(FURTHER_PRICE)}}),
             "near": own(self.pool.urls(), slots=4)},
            [{"name": "dear", "when": {"header": DEAR}, "targets": [FURTHER]},
             {"name": "spill", "when": {"header": {"x-spill": "yes"}}, "prefer": "ordered",
              "targets": [FAR, FURTHER]},
             {"name": "code", "when": {"class": "code"}, "targets": [FAR]},
             {"name": "rest", "targets": [NEAR]}])
        self.addCleanup(self.gateway.stop)

    def simulator(self, personality, price, listeners=1):
        prices = ["--price", "*=" + ",".join(price)] if price else []
        simulator = Simulator("--personality", personality, "--tokens", "uniform:3..30", "--ttft",
                              "2ms", "--interval", "1ms", "--cached-share", "0.37", *prices,
                              listeners=listeners)
        self.addCleanup(simulator.stop)
        return simulator

    def ask(self, text, sim=None, headers=None, stream=True, **fields):
        reply = chat(self.gateway.port, sim, headers, text=text, stream=stream, **fields)
        return reply

    def logged(self, lines):
        """Nano-dollars by target from the access log. The metrics must have exactly the same sums."""
        sums = collections.Counter()
        for line in lines:
            for attempt in line["attempts"]:
                sums[attempt["target"]] += nano(attempt["cost_usd"])
            self.assertEqual(nano(line["cost_usd"]),
                             sum(nano(attempt["cost_usd"]) for attempt in line["attempts"]))
        metrics = self.gateway.metrics()
        for target in TARGETS:
            # A counter is a double. For sums of this size it is exact once it is rounded.
            booked = metrics.sum("headgate_cost_usd_total", target=target)
            self.assertEqual(round(booked * 10**9), sums[target], target)
        return sums

    def resets(self, lines):
        """Nano-dollars by target that were booked for resets behind a whole request. The simulator has not
        worked on these requests. A real backend may have, so the gateway books an estimate of the input alone."""
        sums = collections.Counter()
        for line in lines:
            for attempt in line["attempts"]:
                if attempt["result"] == "reset" and attempt["target"] != NEAR:
                    self.assertGreater(attempt["cost_usd"], 0)
                    sums[attempt["target"]] += nano(attempt["cost_usd"])
        return sums

    def assert_books_agree(self, lines):
        """The log and the metrics must agree with each paid backend's bill to the nano-dollar."""
        logged, resets = self.logged(lines), self.resets(lines)
        for target, simulator in ((FAR, self.far), (FURTHER, self.further)):
            self.assertEqual(logged[target] - resets[target], simulator.bill()["total_nano_usd"],
                             target)
        self.assert_rent_adds_up(logged[NEAR])

    def assert_rent_adds_up(self, booked):
        status = self.gateway.status()
        near = next(backend for backend in status["backends"] if backend["name"] == "near")
        allocated = 0
        for replica in near["replicas"]:
            rent = {kind: decimal.Decimal(usd) for kind, usd in replica["rent_usd"].items()}
            self.assertEqual(rent["allocated"] + rent["idle"], rent["accrued"])
            self.assertGreater(rent["accrued"], 0)
            allocated += rent["allocated"]
        # The charges of requests and the allocated rent differ by less than a nano-dollar for each
        # replica: a request is charged whole nano-dollars, and the rest is carried to the next request.
        self.assertAlmostEqual(decimal.Decimal(booked), allocated * 10**9,
                               delta=len(near["replicas"]))

    def for_each_prompt(self, ask):
        """[ask(0, its text), …] over the corpus, from several clients at once."""
        with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
            prompts = [json.loads(line)["text"] for line in file]
        self.assertEqual(len(prompts), 226)
        replies = sum(in_parallel(CLIENTS, lambda first: [
            ask(number, prompts[number]) for number in range(first, len(prompts), CLIENTS)]), [])
        self.assertEqual(len(replies), len(prompts))
        return replies

    @unittest.skipUnless(CORPUS.exists(), f"{CORPUS.name} is not here")
    def test_real_prompts_are_all_answered_and_booked(self):
        replies = self.for_each_prompt(
            lambda number, text: self.ask(text, headers=DEAR if number % 5 == 0 else {}))
        for reply in replies:
            self.assertEqual((reply.status, reply.events[-1]), (200, "[DONE]"))
            self.assertTrue(reply.text)
        lines = self.gateway.log(len(replies))
        self.assertEqual({line["id"] for line in lines},
                         {reply.headers["x-request-id"] for reply in replies})
        for line in lines:
            self.assertEqual((line["outcome"], line["usage"]), ("ok", "exact"))
            self.assertTrue(line["class"] and line["class_reason"] and line["route"])
            self.assertGreater(line["cost_usd"], 0)
        by_route = collections.Counter(line["route"] for line in lines)
        self.assertEqual(set(by_route), {"code", "dear", "rest"})
        self.assert_books_agree(lines)
        print(f"\n{len(lines)} prompts by route: {dict(by_route)}; "
              f"paid {sum(s.bill()['total_nano_usd'] for s in (self.far, self.further))} nano-USD, "
              "as billed")

    def test_whole_answers_embeddings_and_old_completions_too(self):
        for number in range(30):
            headers = DEAR if number % 2 else {"x-spill": "yes"}
            self.assertEqual(self.ask(f"number {number}", None, headers, stream=False).status, 200)
            reply = call(self.gateway.port, "/v1/completions",
                         {"model": "gpt-4.1", "prompt": "say " * number + "x", "stream": number % 3 == 0},
                         DEAR)
            self.assertEqual(reply.status, 200)
        self.assert_books_agree(self.gateway.log(60))

    @unittest.skipUnless(CORPUS.exists(), f"{CORPUS.name} is not here")
    def test_real_prompts_with_faults_among_them_are_all_booked(self):
        # Requests to `far` fail without a charge, so their books stay exact, except for resets, which
        # are booked at an estimate. Expensive requests meet faults that the gateway must estimate.
        # Self-hosted backends meet all faults.
        harmless = ("status=500", "status=429;retry_after=0", "error_event", "reset")
        costly = ("no_usage", "cut=5;tokens=20", "error_after=5;tokens=20", LEAVE)

        def ask(number, text):
            kind = number // 3
            if number % 3 == 0:
                fault = f"{harmless[kind % 4]};times=1;message=number {number}"
                return self.ask(text, fault, {"x-spill": "yes"}, stream=kind % 2 == 0)
            fault = costly[kind % 4]
            headers = DEAR if number % 3 == 1 else {"x-headgate-class": "batch"}
            return self.leave(text, headers) if fault == LEAVE else self.ask(text, fault, headers)

        self.for_each_prompt(ask)
        lines = self.gateway.log(226)
        self.assertEqual(len(lines), 226)
        self.assertTrue(all(line["class"] and line["route"] for line in lines))
        # So many at once are more than the retry budget allows.
        self.assertGreater(sum(len(line["attempts"]) > 1 for line in lines), 15)
        wait_for(lambda: self.gateway.metrics().sum("headgate_in_flight_requests") == 0, "an end")
        logged = self.logged(lines)
        self.assertEqual(logged[FAR] - self.resets(lines)[FAR], self.far.bill()["total_nano_usd"])
        self.assert_rent_adds_up(logged[NEAR])
        # An estimate does not know the cached share or the tokens that were generated and never came.
        # Their number depends on when 36 clients leave: 26 % of difference on a busy machine.
        bill = self.further.bill()["total_nano_usd"]
        self.assertAlmostEqual(logged[FURTHER], bill, delta=0.4 * bill)
        outcomes = collections.Counter((line["outcome"], line.get("usage")) for line in lines)
        self.assertEqual(outcomes["client_gone", "estimated"], 36)
        print(f"\n{len(lines)} prompts, faults among them: "
              f"{ {f'{outcome}, {usage}': n for (outcome, usage), n in outcomes.items()} }")

    def leave(self, text, headers):
        """Reads a little of a long stream, then leaves."""
        with RawClient(self.gateway.port) as client:
            fields = [f"{name}: {value}" for name, value in headers.items()]
            body = chat_body("tokens=2000;interval=2ms", text, stream=True)
            client.send(post(body, head=fields)).head()
            for _ in range(5):
                client.chunk()

    def test_answers_that_failed_over_cost_what_was_billed(self):
        faults = ("status=500", "status=429;retry_after=0", "error_event", "reset")
        for number in range(80):
            # A fault strikes once at each backend; its message makes it a new fault each time. Good
            # requests in between keep circuits closed and the retry budget from running out. A reset
            # on a connection that was used before does not count as an attempt.
            sim = f"{faults[number // 4 % 4]};times=1;message=number {number}"
            self.ask("do it", sim if number % 4 == 0 else None, {"x-spill": "yes"},
                     stream=number % 8 == 0)
        lines = self.gateway.log(80)
        self.assertGreaterEqual(sum(len(line["attempts"]) > 1 for line in lines), 15)
        self.assertGreater(sum(line["outcome"] == "ok" for line in lines), 70)
        self.assert_books_agree(lines)

    def test_a_sum_with_an_estimate_in_it_is_called_an_estimate(self):
        for sim, stream, outcome in (("cut=12;tokens=40;times=1", False, "ok"),
                                     ("cut=12;tokens=40", False, "upstream_error")):
            with self.subTest(sim):
                line = self.gateway.log_of(self.ask("break off", sim, DEAR, stream=stream))
                self.assertEqual(line["outcome"], outcome)
                self.assertEqual(line["attempts"][0]["result"], "cut")
                self.assertGreater(line["attempts"][0]["cost_usd"], 0)
                self.assertEqual(line.get("usage"), "estimated")

    def test_what_came_of_a_whole_answer_that_broke_off_is_estimated(self):
        line = self.gateway.log_of(
            self.ask("break off", "huge=400000;cut=300;interval=0ms", DEAR, stream=False))
        for attempt in line["attempts"]:
            # Half of the announced 300 KiB had come, at four bytes a token.
            self.assertEqual(attempt["result"], "cut")
            tokens = (300 << 10) / 2 / 4
            self.assertAlmostEqual(float(attempt["cost_usd"]), tokens * float(FURTHER_PRICE[2]) / 1e6,
                                   delta=0.01 * float(attempt["cost_usd"]))

    def test_whole_answers_without_usage_are_estimated_by_their_text_alone(self):
        for fields in ({}, {"n": 3}, {"logprobs": True}):
            self.further.reset()
            line = self.gateway.log_of(self.ask("say it", "no_usage;tokens=100", DEAR, stream=False,
                                                **fields))
            self.assertEqual((line["usage"], line["outcome"]), ("estimated", "ok"))
            billed = next(iter(self.further.bill()["models"].values()))["output_tokens"]
            # The simulator's words have 4.75 bytes each.
            self.assertAlmostEqual(line["tokens"]["output"], billed, delta=0.2 * billed)

    def test_no_estimate_is_more_than_was_asked_for(self):
        line = self.gateway.log_of(self.ask("say it", "no_usage;huge=100000;interval=0ms", DEAR,
                                            stream=False, max_tokens=50, n=2))
        self.assertEqual((line["usage"], line["tokens"]["output"]), ("estimated", 100))

    def test_embeddings_without_usage_have_no_output(self):
        reply = call(self.gateway.port, "/v1/embeddings",
                     {"model": "gpt-4.1", "input": "hello there", "x_sim": "no_usage"}, DEAR)
        line = self.gateway.log_of(reply)
        self.assertEqual((line["usage"], line["tokens"]["output"]), ("estimated", 0))
        self.assertGreater(line["tokens"]["input"], 0)

    def test_a_reset_behind_a_whole_request_is_estimated_and_a_5xx_costs_nothing(self):
        for sim, result, usage in (("reset", "reset", "estimated"), ("status=500", "status_5xx", None)):
            for stream in (False, True):
                with self.subTest(sim, stream=stream):
                    before = self.gateway.metrics().sum("headgate_usage_status_total")
                    line = self.gateway.log_of(self.ask("say it", sim, DEAR, stream=stream))
                    self.assertEqual({attempt["result"] for attempt in line["attempts"]}, {result})
                    self.assertEqual(line.get("usage"), usage)
                    self.assertEqual(line["cost_usd"] > 0, usage is not None)
                    counted = self.gateway.metrics().sum("headgate_usage_status_total") - before
                    self.assertEqual(counted, len(line["attempts"]) if usage else 0)

    def test_an_answer_too_large_to_be_held_is_booked_by_its_own_usage(self):
        """A batch of embeddings as large as the official SDKs send: 17 MB."""
        body = {"model": "gpt-4.1", "input": ["hello there"] * 2048, "encoding_format": "base64",
                "dimensions": 1536}
        reply = call(self.gateway.port, "/v1/embeddings", body, DEAR)
        self.assertGreater(len(reply.body), 8 << 20)
        self.assertIn("usage", reply.json)
        whole = self.ask("go on", "huge=9000000;interval=0ms", DEAR, stream=False)
        for line in (self.gateway.log_of(reply), self.gateway.log_of(whole)):
            self.assertEqual((line["outcome"], line["usage"]), ("ok", "exact"))
        self.assert_books_agree(self.gateway.log(2))

    def test_several_choices_are_paid_for_all(self):
        for stream in (False, True):
            self.assertEqual(self.ask("many", None, DEAR, stream=stream, n=3).status, 200)
        self.assert_books_agree(self.gateway.log(2))

    def test_usage_that_never_came_is_called_an_estimate(self):
        reply = self.ask("say it", "no_usage;tokens=25", DEAR)
        line = self.gateway.log_of(reply)
        self.assertEqual((line["usage"], line["outcome"]), ("estimated", "ok"))
        self.assertEqual(line["tokens"]["output"], 25)
        self.assertGreater(line["cost_usd"], 0)
        self.assertEqual(self.gateway.metrics().sum("headgate_usage_status_total",
                                                    status="estimated"), 1)

    def test_a_client_that_leaves_is_booked_near_what_was_billed(self):
        body = chat_body("tokens=200;interval=5ms", stream=True)
        with RawClient(self.gateway.port) as client:
            client.send(post(body, head=["x-dear: yes"])).head()
            for _ in range(20):
                client.chunk()
        line = self.gateway.log(1)[0]
        self.assertEqual((line["outcome"], line["usage"]), ("client_gone", "estimated"))
        wait_for(lambda: self.further.stats()["client_aborts"] == 1, "the backend's stream ended")
        bill = next(iter(self.further.bill()["models"].values()))
        self.assertLess(bill["output_tokens"], 100)
        self.assertAlmostEqual(line["tokens"]["output"], bill["output_tokens"], delta=30)

    def test_a_cut_stream_is_booked_for_what_came(self):
        reply = self.ask("cut it", "cut=12;tokens=40", DEAR)
        line = self.gateway.log_of(reply)
        self.assertEqual((line["outcome"], line["usage"]), ("cut", "estimated"))
        self.assertEqual(line["tokens"]["output"], 12)

    def test_what_has_no_price_is_said_to_have_none(self):
        backends = {"free": paid(self.far, models={"mystery": {"name": "r"}})}
        with Gateway(backends, models={"mystery": {"context": 10000}}) as gateway:
            line = gateway.log_of(chat(gateway.port))
            self.assertEqual((line["usage"], line["cost_usd"]), ("unpriced", 0))
            self.assertEqual(gateway.metrics().sum("headgate_usage_status_total",
                                                   status="unpriced"), 1)
            self.assertEqual(gateway.status()["targets"][0]["price"], "unpriced")
            self.assertIn("mystery@free has no price", gateway.stderr())

    def test_what_has_no_price_is_refused_where_the_route_says_so(self):
        backends = {"free": paid(self.far, models={"mystery": {"name": "r"}})}
        with Gateway(backends, routes=[{"name": "strict", "unpriced": "reject"}],
                     models={"mystery": {"context": 10000}}) as gateway:
            reply = chat(gateway.port)
            error = reply.json["error"]
            self.assertEqual((reply.status, error["code"]), (400, "no_target"))
            self.assertIn("a target with a price (`unpriced: reject`)", error["message"])
            self.assertEqual(gateway.log_of(reply)["attempts"], [])

    def rent(self):
        """US dollars of both replicas, by kind, from /status."""
        near = next(b for b in self.gateway.status()["backends"] if b["name"] == "near")
        return {kind: sum(decimal.Decimal(replica["rent_usd"][kind]) for replica in near["replicas"])
                for kind in ("accrued", "allocated", "idle")}

    def test_rent_accrues_by_the_clock_with_nobody_there(self):
        self.assert_rent_adds_up(0)
        begun = time.monotonic()
        first = self.rent()
        within = time.monotonic()
        wait_for(lambda: time.monotonic() > within + 0.3, "some time")
        until = time.monotonic()
        last = self.rent()
        ended = time.monotonic()
        a_second = len(self.pool.ports) * RENT_USD_PER_HOUR / 3600
        accrued = last["accrued"] - first["accrued"]
        self.assertGreaterEqual(accrued, a_second * decimal.Decimal(until - within))
        self.assertLessEqual(accrued, a_second * decimal.Decimal(ended - begun))
        self.assertEqual((last["allocated"], last["idle"]), (0, last["accrued"]))

    def test_the_metrics_of_the_rent_add_up_too(self):
        for number in range(20):
            self.assertEqual(self.ask(f"number {number}").status, 200)
        self.gateway.log(20)
        before = self.rent()
        metrics = self.gateway.metrics()
        after = self.rent()
        allocated, idle = (metrics.sum("headgate_self_hosted_cost_usd_total", backend="near",
                                       state=state) for state in ("allocated", "idle"))
        self.assertGreater(before["allocated"], 0)
        slack = decimal.Decimal("1e-12")  # the metrics are doubles
        self.assertAlmostEqual(allocated, before["allocated"], delta=decimal.Decimal("4e-9"))
        self.assertTrue(before["accrued"] - slack <= allocated + idle <= after["accrued"] + slack,
                        (before, allocated, idle, after))
        # The rent by replica, on which several gateways agree. It is from the same scrape, so the sums are equal.
        replicas = [f"127.0.0.1:{port}" for port in self.pool.ports]
        accrued = [metrics.sum("headgate_self_hosted_rent_usd_total", backend="near", replica=name)
                   for name in replicas]
        self.assertTrue(all(rent > 0 for rent in accrued), accrued)
        self.assertAlmostEqual(sum(accrued), allocated + idle, delta=slack)


if __name__ == "__main__":
    unittest.main()
