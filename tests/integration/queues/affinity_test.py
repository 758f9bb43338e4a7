"""Conversations go to the replica that has their beginning in its cache, and loads stay even. The same conversations with a
key of its own for each turn, so that no turn may profit from another, are placed by load alone."""

import hashlib
import statistics
import threading
import time
import unittest

import pool
import stage
from stage import SANITIZED, Simulator, own

REPLICAS = 4
CONVERSATIONS = 16
TURNS = 6
PREFILL_US = 40  # a token
KEYS = [f"sk-turn-{number}-0123456789" for number in range(TURNS)]


def words(seed, count):
    return " ".join(hashlib.sha256(f"{seed}/{i}".encode()).hexdigest()[:7] for i in range(count))


class Conversation(threading.Thread):
    """Turns that grow: each carries all texts before it."""

    def __init__(self, port, number, key_of_turn):
        super().__init__()
        self.port, self.number, self.key_of_turn = port, number, key_of_turn
        self.first_tokens, self.cached = [], 0

    def run(self):
        messages = [{"role": "system", "content": words(f"system {self.number % 3}", 300)}]
        for turn in range(TURNS):
            messages.append({"role": "user", "content": words(f"{self.number} {turn}", 250)})
            self.ask(messages, turn)
            time.sleep(0.02)

    def ask(self, messages, turn):
        body = {"model": "auto", "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        head = [f"Authorization: Bearer {self.key_of_turn(turn)}"]
        with stage.RawClient(self.port, timeout=60) as client:
            began = time.monotonic()
            client.send(stage.post(body, head=head))
            client.until(b'"content"')
            self.first_tokens.append(time.monotonic() - began)
            answer = client.until(b"[DONE]")
        events = [event for event in stage.stream_events(answer) if '"usage":{' in event.replace(" ", "")]
        usage = stage.json.loads(events[-1])["usage"]
        self.cached += (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        messages.append({"role": "assistant", "content": words(f"answer {self.number} {turn}", 30)})


class Affinity(unittest.TestCase):
    def run_conversations(self, key_of_turn):
        keys = [{"name": f"k{number}", "team": f"t{number}", "hash": ["sha256:" + hashlib.sha256(key.encode()).hexdigest()]}
                for number, key in enumerate(KEYS)]
        with Simulator("--personality", "vllm", "--slots", "16", "--prefix-cache", "16000", "--prefill-per-token",
                       f"{PREFILL_US}us", "--ttft", "5ms", "--interval", "4ms", "--tokens", "30",
                       listeners=REPLICAS) as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=16)}, [{"name": "all"}], server={"auth": "keys"},
                          keys=keys) as gateway:
            talks = [Conversation(gateway.port, number, key_of_turn) for number in range(CONVERSATIONS)]
            for talk in talks:
                talk.start()
            for talk in talks:
                talk.join()
            requests = [engine.page("/sim/engine", index).json["total"]["requests"] for index in range(REPLICAS)]
            self.assertEqual(sum(requests), CONVERSATIONS * TURNS)
            uneven = max(requests) / (sum(requests) / REPLICAS)
            first = statistics.mean(time for talk in talks for time in talk.first_tokens)
            return sum(talk.cached for talk in talks), uneven, first

    def test_conversations_find_their_cache(self):
        by_load, uneven_by_load, slow = self.run_conversations(lambda turn: KEYS[turn])
        cached, uneven, fast = self.run_conversations(lambda turn: KEYS[0])
        print(f"\ncached tokens {cached} beside {by_load} by load alone ({cached / max(by_load, 1):.2f} times); most "
              f"loaded replica {uneven:.2f} of the mean ({uneven_by_load:.2f}); mean time to first token "
              f"{fast * 1000:.0f} ms ({slow * 1000:.0f} ms)")
        # 16 conversations vary; affinity_simulation_test holds 1.8 times and 1.3 over 200.
        self.assertGreaterEqual(cached, 1.5 * by_load)
        self.assertLessEqual(uneven, 1.4)
        if not SANITIZED:
            self.assertLess(fast, slow)


if __name__ == "__main__":
    unittest.main()
