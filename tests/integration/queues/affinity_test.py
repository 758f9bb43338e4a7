"""Conversations go to the replica that has their beginning in its cache, and loads stay even. The same conversations are also
sent to random replicas, past the gateway, and with a team of its own for each turn, so that no turn may profit from another
and load alone places them."""

import hashlib
import random
import time
import unittest

import pool
import stage
from stage import SANITIZED, Simulator, own

REPLICAS = 4
AT_ONCE = 20  # as in affinity_simulation_test
CONVERSATIONS = 80 if pool.SECONDS >= 30 else 20
TURNS = 6
PREFILL_US = 40  # a token


def words(seed, count):
    return " ".join(hashlib.sha256(f"{seed}/{i}".encode()).hexdigest()[:7] for i in range(count))


def key_of(number, turn):
    return f"sk-{number}-{turn}-0123456789"


def keys():
    turns = [(number, turn) for number in range(CONVERSATIONS) for turn in range(TURNS)]
    return [{"name": f"k{number}-{turn}", "team": f"t{number}-{turn}",
             "hash": ["sha256:" + hashlib.sha256(key_of(number, turn).encode()).hexdigest()]} for number, turn in turns]


def by_affinity(gateway, _):
    return lambda number, turn: (gateway.port, key_of(0, 0))


def by_load(gateway, _):
    return lambda number, turn: (gateway.port, key_of(number, turn))


def by_chance(_, engine):
    return lambda number, turn: (random.Random(f"{number} {turn}").choice(engine.ports), key_of(0, 0))


def ask(port, key, messages):
    """The seconds until the first token."""
    body = {"model": "qwen-2.5-32b", "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
    with stage.RawClient(port, timeout=60) as client:
        began = time.monotonic()
        client.send(stage.post(body, head=[f"Authorization: Bearer {key}"]))
        client.until(b'"content"')
        first_token = time.monotonic() - began
        client.until(b"[DONE]")
    return first_token


def talk(number, place):
    """Turns that grow: each carries all texts before it. The times to their first tokens."""
    messages = [{"role": "system", "content": words(f"system {number % 3}", 300)}]
    first_tokens = []
    for turn in range(TURNS):
        messages.append({"role": "user", "content": words(f"{number} {turn}", 250)})
        first_tokens.append(ask(*place(number, turn), messages))
        messages.append({"role": "assistant", "content": words(f"answer {number} {turn}", 30)})
        time.sleep(0.02)
    return first_tokens


class Affinity(unittest.TestCase):
    def run_conversations(self, placement):
        """What the engines have counted: cached tokens, and the most loaded replica beside the mean, by requests and by
        the time of their slots. Then the mean time to the first token."""
        with Simulator("--personality", "vllm", "--slots", "16", "--prefix-cache", "16000", "--prefill-per-token",
                       f"{PREFILL_US}us", "--ttft", "5ms", "--interval", "4ms", "--tokens", "30",
                       listeners=REPLICAS) as engine, \
             pool.gateway({"gpu": own(engine.urls(), slots=16)}, [{"name": "all"}], server={"auth": "keys"},
                          keys=keys()) as gateway:
            place = placement(gateway, engine)
            talks = sum(stage.in_parallel(AT_ONCE, lambda first: [
                talk(number, place) for number in range(first, CONVERSATIONS, AT_ONCE)]), [])
            first_tokens = sum(talks, [])
            books = [engine.page("/sim/engine", index).json["total"] for index in range(REPLICAS)]

            def uneven(name):
                loads = [book[name] for book in books]
                return max(loads) * REPLICAS / sum(loads)

            self.assertEqual(sum(book["requests"] for book in books), CONVERSATIONS * TURNS)
            return (sum(book["cached_tokens"] for book in books), uneven("requests"), uneven("busy_slot_seconds"),
                    sum(first_tokens) / len(first_tokens))

    def test_conversations_find_their_cache(self):
        randomly = self.run_conversations(by_chance)[0]
        _, *uneven_by_load, slow = self.run_conversations(by_load)
        cached, *uneven, fast = self.run_conversations(by_affinity)
        print(f"\n{CONVERSATIONS} conversations: cached tokens {cached} beside {randomly} by chance "
              f"({cached / max(randomly, 1):.2f} times); most loaded replica {uneven[0]:.2f} of the mean by requests and "
              f"{uneven[1]:.2f} by slot time (by load alone {uneven_by_load[0]:.2f}, {uneven_by_load[1]:.2f}); mean time to "
              f"first token {fast * 1000:.0f} ms (by load alone {slow * 1000:.0f} ms)")
        # Few conversations vary.
        many = CONVERSATIONS >= 80
        self.assertGreaterEqual(cached, (1.8 if many else 1.5) * randomly)
        self.assertLessEqual(max(uneven), 1.3 if many else 1.4)
        if not SANITIZED:
            self.assertLess(fast, slow)


if __name__ == "__main__":
    unittest.main()
