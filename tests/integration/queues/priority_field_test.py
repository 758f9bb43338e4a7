"""Engines that order their own queue are told how urgent a request is, with their sign."""

import json
import unittest

import pool  # finds stage
import stage
from stage import Simulator, chat, own


class PriorityField(unittest.TestCase):
    def priority_of(self, personality, order, **headers):
        options = ["--scheduling", "priority", "--tokens", "1"]
        with Simulator("--personality", personality, *options) as engine, \
             stage.Gateway({"gpu": own(engine.urls(), engine=personality, priority=order)}) as gateway:
            values = []
            for kind in ("latency_critical", "general", "batch"):
                self.assertEqual(chat(gateway.port, headers={"x-headgate-class": kind}, priority=-99).status, 200)
                values.append(json.loads(engine.last_body()).get("priority", 0))
            return values

    def test_the_sign_of_each_engine(self):
        self.assertEqual(self.priority_of("vllm", True), [-10, 0, 10])
        self.assertEqual(self.priority_of("sglang", True), [10, 0, -10])
        self.assertEqual(self.priority_of("sglang", "low_first"), [-10, 0, 10])

    def test_an_engine_that_is_not_told_keeps_the_clients_word(self):
        with Simulator("--personality", "vllm", "--scheduling", "priority", "--tokens", "1") as engine, \
             stage.Gateway({"gpu": own(engine.urls(), engine="vllm")}) as gateway:
            self.assertEqual(chat(gateway.port, priority=7).status, 200)
            self.assertEqual(json.loads(engine.last_body())["priority"], 7)


if __name__ == "__main__":
    unittest.main()
