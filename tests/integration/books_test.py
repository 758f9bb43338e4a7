"""The gateway's books against those of the simulated backends, which keep their own: to the
nano-dollar for what is paid by the token, and to the last one of the rent for own hardware."""

import collections
import decimal
import gzip
import json
import pathlib
import unittest

from stage import (CHAT, Gateway, RawClient, Simulator, call, chat, chat_body, in_parallel, nano,
                   own, paid, post, wait_for)

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpora" / "dev.jsonl.gz"
CLIENTS = 8
# USD for 1M tokens: input, cached input, output; odd on purpose, so that roundings would show.
FAR, FURTHER = ("0.57", "0.143", "2.19"), ("1.997", "0.4993", "8.01")


def priced(price):
    return {"input": price[0], "cached_input": price[1], "output": price[2]}


class Books(unittest.TestCase):
    def setUp(self):
        self.far = self.simulator("openai", FAR)
        self.further = self.simulator("openai", FURTHER)
        self.pool = self.simulator("vllm", None, listeners=2)
        self.gateway = Gateway(
            {"far": paid(self.far, models={"deepseek-r1": {"name": "r", "price": priced(FAR)}}),
             "further": paid(self.further,
                             models={"gpt-4.1": {"name": "g", "price": priced(FURTHER)}}),
             "near": own(self.pool.urls(), slots=4)},
            [{"name": "code", "when": {"class": "code"}, "targets": ["deepseek-r1@far"]},
             {"name": "dear", "when": {"header": {"x-dear": "yes"}}, "targets": ["gpt-4.1@further"]},
             {"name": "spill", "when": {"header": {"x-spill": "yes"}}, "prefer": "ordered",
              "targets": ["deepseek-r1@far", "gpt-4.1@further"]},
             {"name": "rest", "targets": ["qwen-2.5-32b@near"]}])
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

    def assert_books_agree(self, lines):
        """Each paid backend's bill, to the nano-dollar, in the log and in the metrics."""
        logged = collections.Counter()
        for line in lines:
            for attempt in line["attempts"]:
                logged[attempt["target"]] += nano(attempt["cost_usd"])
            self.assertEqual(nano(line["cost_usd"]),
                             sum(nano(attempt["cost_usd"]) for attempt in line["attempts"]))
        metrics = self.gateway.metrics()
        for target, simulator in (("deepseek-r1@far", self.far), ("gpt-4.1@further", self.further)):
            bill = simulator.bill()["total_nano_usd"]
            self.assertEqual(logged[target], bill, target)
            # A counter is a double: exact to 15 digits.
            booked = metrics.sum("headgate_cost_usd_total", target=target)
            self.assertAlmostEqual(booked * 10**9, bill, delta=1)
        self.assert_rent_adds_up(logged["qwen-2.5-32b@near"])

    def assert_rent_adds_up(self, booked):
        status = self.gateway.status()
        near = next(backend for backend in status["backends"] if backend["name"] == "near")
        allocated = 0
        for replica in near["replicas"]:
            rent = {kind: decimal.Decimal(usd) for kind, usd in replica["rent_usd"].items()}
            self.assertEqual(rent["allocated"] + rent["idle"], rent["accrued"])
            self.assertGreater(rent["accrued"], 0)
            allocated += rent["allocated"]
        # What requests were charged and what is called allocated differ by less than a nano-dollar
        # for each replica: a request is charged whole ones, and the rest goes to the next.
        self.assertAlmostEqual(decimal.Decimal(booked), allocated * 10**9,
                               delta=len(near["replicas"]))

    @unittest.skipUnless(CORPUS.exists(), f"{CORPUS.name} is not here")
    def test_real_prompts_are_all_answered_and_booked(self):
        with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
            prompts = [json.loads(line)["text"] for line in file]
        self.assertEqual(len(prompts), 226)

        def client(first):
            replies = []
            for number in range(first, len(prompts), CLIENTS):
                headers = {"x-dear": "yes"} if number % 5 == 0 else {}
                replies.append(self.ask(prompts[number], headers=headers))
            return replies
        replies = sum(in_parallel(CLIENTS, client), [])
        self.assertEqual(len(replies), len(prompts))
        for reply in replies:
            self.assertEqual((reply.status, reply.events[-1]), (200, "[DONE]"))
            self.assertTrue(reply.text)
        lines = self.gateway.log(len(prompts))
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
            headers = {"x-dear": "yes"} if number % 2 else {"x-spill": "yes"}
            self.assertEqual(self.ask(f"number {number}", None, headers, stream=False).status, 200)
            reply = call(self.gateway.port, "/v1/completions",
                         {"model": "gpt-4.1", "prompt": "say " * number + "x", "stream": number % 3 == 0},
                         {"x-dear": "yes"})
            self.assertEqual(reply.status, 200)
        self.assert_books_agree(self.gateway.log(60))

    def test_answers_that_failed_over_cost_what_was_billed(self):
        for number in range(20):
            for sim in ("status=500;times=1", "status=429;times=1;retry_after=0",
                        "error_event;times=1"):
                reply = self.ask(f"{number} {sim}", sim, {"x-spill": "yes"}, stream=number % 2 == 0)
                self.assertEqual(reply.status, 200, reply.body)
        lines = self.gateway.log(60)
        self.assertTrue(any(len(line["attempts"]) > 1 for line in lines))
        self.assert_books_agree(lines)

    def test_several_choices_are_paid_for_all(self):
        for stream in (False, True):
            self.assertEqual(self.ask("many", None, {"x-dear": "yes"}, stream=stream, n=3).status, 200)
        self.assert_books_agree(self.gateway.log(2))

    def test_usage_that_never_came_is_called_an_estimate(self):
        reply = self.ask("say it", "no_usage;tokens=25", {"x-dear": "yes"})
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
        reply = self.ask("cut it", "cut=12;tokens=40", {"x-dear": "yes"})
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

    def test_rent_accrues_with_nobody_there(self):
        self.assert_rent_adds_up(0)
        before = self.gateway.metrics().sum("headgate_self_hosted_cost_usd_total", state="idle")
        after = wait_for(
            lambda: (now := self.gateway.metrics().sum("headgate_self_hosted_cost_usd_total",
                                                       state="idle")) > before and now, "rent")
        self.assertGreater(after, before)


if __name__ == "__main__":
    unittest.main()
