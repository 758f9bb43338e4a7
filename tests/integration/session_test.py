"""A conversation stays at the target that answered it, as long as the target can serve it."""

import json
import unittest

from stage import Gateway, RawClient, Simulator, call, chat_body, own, paid, post, wait_for


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.one = Simulator("--personality", "openai", "--tokens", "2")
        cls.addClassCleanup(cls.one.stop)
        cls.two = Simulator("--personality", "openai", "--tokens", "2")
        cls.addClassCleanup(cls.two.stop)
        cls.gateway = Gateway(
            {"one": paid(cls.one), "two": paid(cls.two)},
            [{"name": "draw", "prefer": "weighted",
              "targets": [{"target": "gpt-4.1@one", "weight": 1}, {"target": "gpt-4.1@two", "weight": 1}]}],
            baseline="gpt-4.1@one")
        cls.addClassCleanup(cls.gateway.stop)

    def ask(self, messages, headers=None, **fields):
        body = {"model": "auto", "messages": messages, **fields}
        answer = call(self.gateway.port, "/v1/chat/completions", method="POST",
                      body=json.dumps(body).encode(),
                      headers={"Content-Type": "application/json", **(headers or {})})
        self.assertEqual(answer.status, 200)
        return self.gateway.log_of(answer)

    @staticmethod
    def conversation(name, turns):
        messages = [{"role": "user", "content": f"hello from {name}"},
                    {"role": "assistant", "content": "hello"}]
        for turn in range(turns):
            messages.append({"role": "user", "content": f"and {turn}?"})
            messages.append({"role": "assistant", "content": "yes"})
        return messages + [{"role": "user", "content": "and then?"}]

    def test_a_conversation_is_known_by_its_beginning(self):
        for name in range(6):
            lines = [self.ask(self.conversation(name, turns)) for turns in range(6)]
            self.assertEqual(len({line["target"] for line in lines}), 1)
            self.assertNotIn("sticky", lines[0])
            self.assertTrue(all(line["sticky"] for line in lines[1:]))

    def test_or_by_the_name_that_its_client_gives_it(self):
        for headers, fields in (({}, {"prompt_cache_key": "c1"}), ({"x-session-id": "c2"}, {})):
            lines = [self.ask([{"role": "user", "content": f"question {n}"}], headers, **fields)
                     for n in range(8)]
            self.assertEqual(len({line["target"] for line in lines}), 1)

    def test_without_either_each_request_is_drawn_anew(self):
        lines = [self.ask([{"role": "user", "content": "hello"}]) for _ in range(40)]
        self.assertEqual({line["target"] for line in lines}, {"gpt-4.1@one", "gpt-4.1@two"})
        self.assertFalse(any("sticky" in line for line in lines))


class Broken(unittest.TestCase):
    def test_a_conversation_moves_when_its_target_is_down_and_stays_where_it_went(self):
        with Simulator("--personality", "openai", "--tokens", "2") as first, \
                Simulator("--personality", "openai", "--tokens", "2") as second, \
                Gateway({"one": own([first.url(path="")]), "two": paid(second)},
                        [{"name": "all", "targets": ["qwen-2.5-32b@one", "gpt-4.1@two"]}],
                        baseline="gpt-4.1@two") as gateway:
            def ask():
                body = json.dumps({"model": "auto", "messages": Sessions.conversation("x", 1)})
                answer = call(gateway.port, "/v1/chat/completions", method="POST",
                              body=body.encode(), headers={"Content-Type": "application/json"})
                self.assertEqual(answer.status, 200)
                return gateway.log_of(answer)["target"]
            self.assertEqual([ask(), ask()], ["qwen-2.5-32b@one"] * 2)
            first.stop()
            self.assertEqual([ask(), ask()], ["gpt-4.1@two"] * 2)

    def test_a_conversation_that_spilled_goes_back_to_its_pool(self):
        with Simulator("--personality", "vllm", "--slots", "1", "--ttft", "2s", "--tokens", "1") as engine, \
                Simulator("--personality", "openai", "--tokens", "2") as api, \
                Gateway({"gpu": own(engine.urls(), slots=1), "api": paid(api)},
                        [{"name": "all", "targets": ["qwen-2.5-32b@gpu", "gpt-4.1@api"], "prefer": "ordered",
                          "spill": {"after": "0s"}}]) as gateway:
            def ask():
                body = json.dumps({"model": "auto", "messages": Sessions.conversation("x", 1)})
                answer = call(gateway.port, "/v1/chat/completions", method="POST",
                              body=body.encode(), headers={"Content-Type": "application/json"})
                self.assertEqual(answer.status, 200)
                return gateway.log_of(answer)

            def busy():
                return gateway.metrics().sum("headgate_slots_busy", backend="gpu")

            with RawClient(gateway.port) as other:
                other.send(post(chat_body(stream=True)))
                wait_for(lambda: busy() == 1, "the slot is taken")
                spilled = ask()
                self.assertEqual((spilled["target"], bool(spilled["spilled"])), ("gpt-4.1@api", True))
                wait_for(lambda: busy() == 0, "the slot is free")
            back = ask()
            self.assertEqual((back["target"], "sticky" in back), ("qwen-2.5-32b@gpu", False))
            stays = ask()
            self.assertEqual((stays["target"], stays["sticky"]), ("qwen-2.5-32b@gpu", True))


if __name__ == "__main__":
    unittest.main()
