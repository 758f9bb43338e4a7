"""The engine of headgate-sim as its clients see it: slots, KV room, priorities, prefix cache, other clients, metrics."""

import contextlib
import json
import socket
import subprocess
import time
import unittest

from simulator import BINARY, call, chat, chat_body, raw_request, read_until, running, stream


class Engine(unittest.TestCase):
    def start(self, *arguments, personality="vllm"):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        simulator = stack.enter_context(running("--personality", personality, *arguments))
        self.port = simulator.ports[0]

    def books(self):
        return call(self.port, "/sim/engine").json

    def wait_for(self, **counts):
        """Waits until the books say so, and returns their total."""
        deadline = time.monotonic() + 10
        while True:
            total = self.books()["total"]
            if all(total[name] == count for name, count in counts.items()):
                return total
            self.assertLess(time.monotonic(), deadline, (counts, total))
            time.sleep(0.002)

    def send(self, sim=None, **fields):
        """Sends a streamed request on a connection of its own and returns the connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.addCleanup(connection.close)
        connection.sendall(raw_request(chat_body(sim, stream=True, **fields)))
        return connection

    def test_service_time_is_spread_over_the_tokens(self):
        self.start("--service", "300ms", "--tokens", "4", "--slots", "1")
        begin = time.monotonic()
        connection = self.send()
        read_until(connection, b'"content":"The"')
        self.assertLess(time.monotonic() - begin, 0.2)
        read_until(connection, b"[DONE]")
        self.assertGreaterEqual(time.monotonic() - begin, 0.299)
        begin = time.monotonic()
        chat(self.port, "service=100ms")
        self.assertGreaterEqual(time.monotonic() - begin, 0.099)
        total = self.books()["total"]
        self.assertAlmostEqual(total["busy_slot_seconds"], 0.4, delta=0.1)
        self.assertLess(total["queued_seconds"], 0.05)
        self.assertEqual(total["peak_in_flight"], 1)

    def test_kv_room_makes_long_prompts_wait(self):
        # 4 bytes are a token, and 3 tokens are for the message.
        self.start("--kv-tokens", "1000", "--slots", "10", "--tokens", "2", "--interval", "30s")
        texts = ["x" * 4 * 500, "x" * 4 * 450, "x" * 4 * 400, "x"]
        connections = []
        for number, text in enumerate(texts):
            connections.append(self.send(text=text))
            self.wait_for(in_flight=number + 1)
        total = self.wait_for(running=2, waiting=2)
        self.assertEqual(total["kv_tokens"], 503 + 453 + 2)  # one token of each answer
        connections[0].close()
        total = self.wait_for(running=3, waiting=0)
        self.assertEqual(total["kv_tokens"], 453 + 403 + 4 + 3)
        self.assertEqual((total["peak_waiting"], total["peak_running"]), (2, 3))
        self.assertLessEqual(total["peak_kv_tokens"], 1000)

    def test_growing_answers_lose_their_slot_and_finish_later(self):
        self.start("--kv-tokens", "100", "--slots", "10", "--tokens", "40", "--interval", "2ms")
        # 43 tokens each: both fit, but not with 40 tokens of answer each.
        connections = [self.send(text="x" * 160, stream_options={"include_usage": True}) for _ in range(2)]
        answers = [read_until(connection, b"[DONE]") for connection in connections]
        for answer in answers:
            self.assertIn(b'"completion_tokens":40', answer)
        texts = ["".join(json.loads(line[6:])["choices"][0]["delta"].get("content", "")
                         for line in answer.decode().split("\n")
                         if line.startswith('data: {"id"') and '"delta"' in line) for answer in answers]
        self.assertEqual(texts[0], texts[1])
        total = self.wait_for(in_flight=0)
        self.assertGreaterEqual(total["preemptions"], 1)
        self.assertLessEqual(total["peak_kv_tokens"], 100)
        self.assertEqual((total["kv_tokens"], total["started"]), (0, 2))
        self.assertIn('vllm:num_preemptions_total{model_name="sim"} %d\n' % total["preemptions"],
                      call(self.port, "/metrics").body.decode())
        self.assertEqual(call(self.port, "/bill").json["models"]["m"]["output_tokens"], 80)

    def finished_in_order(self, priorities):
        """The order in which requests with these priorities are served behind one that runs."""
        first = self.send("ttft=300ms", model="first")
        self.wait_for(running=1)
        for number, priority in enumerate(priorities):
            self.send(model=f"m{number}", **({} if priority is None else {"priority": priority}))
            self.wait_for(waiting=number + 1)
        read_until(first, b"[DONE]")
        self.wait_for(in_flight=0)
        models, arrivals = self.books()["models"], call(self.port, "/sim/arrivals").json["arrivals_ms"]
        starts = {f"m{number}": arrivals[number + 1] / 1000 + models[f"m{number}"]["queued_seconds"]
                  for number in range(len(priorities))}
        return sorted(starts, key=starts.get)

    def test_priority_of_vllm_is_low_first(self):
        self.start("--slots", "1", "--tokens", "1", "--ttft", "30ms", "--scheduling", "priority")
        self.assertEqual(self.finished_in_order([0, 5, -5, None]), ["m2", "m0", "m3", "m1"])
        self.assertEqual(self.books()["total"]["priorities"], {"-5": 1, "0": 3, "5": 1})

    def test_priority_of_sglang_is_high_first_unless_told_otherwise(self):
        for extra, order in (([], ["m1", "m0", "m2"]), (["--priority-order", "low_first"], ["m2", "m0", "m1"])):
            self.start("--slots", "1", "--tokens", "1", "--ttft", "30ms", "--scheduling", "priority", *extra,
                       personality="sglang")
            self.assertEqual(self.finished_in_order([0, 5, -5]), order)

    def test_priority_without_priority_scheduling(self):
        self.start("--tokens", "1")
        refused = chat(self.port, priority=3)
        self.assertEqual(refused.status, 400)
        self.assertIn("Priority scheduling is not enabled", refused.json["error"]["message"])
        self.assertEqual(chat(self.port, priority=0).status, 200)
        self.start("--tokens", "1", personality="sglang")
        self.assertEqual(chat(self.port, priority=3).status, 200)

    def test_only_engines_with_priorities_schedule_by_them(self):
        done = subprocess.run([BINARY, "--listen", "127.0.0.1:0", "--personality", "tgi", "--scheduling", "priority"],
                              capture_output=True, text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("only vllm and sglang schedule by priority", done.stderr)

    def conversation(self, *texts):
        roles = ["user", "assistant"] * len(texts)
        return [{"role": role, "content": text} for role, text in zip(roles, texts)]

    def test_prefix_cache_saves_prefill_and_is_reported(self):
        self.start("--prefix-cache", "100000", "--prefill-per-token", "100us", "--tokens", "40")
        question = "What is the tide? " * 200  # 900 tokens
        begin = time.monotonic()
        first = chat(self.port, messages=self.conversation(question)).json
        cold = time.monotonic() - begin
        self.assertEqual(first["usage"]["prompt_tokens_details"]["cached_tokens"], 0)
        answer = first["choices"][0]["message"]["content"]
        begin = time.monotonic()
        second = chat(self.port, messages=self.conversation(question, answer, "And then?")).json["usage"]
        warm = time.monotonic() - begin
        cached = second["prompt_tokens_details"]["cached_tokens"]
        # All but the last block of the first turn and its answer.
        self.assertGreater(cached, 900 + len(answer.encode()) // 4 - 32)
        self.assertLess(cached, second["prompt_tokens"])
        self.assertGreater(cold, 0.09)
        self.assertLess(warm, cold - 0.04)
        self.assertEqual(self.books()["total"]["cached_tokens"], cached)
        self.assertEqual(call(self.port, "/bill").json["models"]["m"]["cached_input_tokens"], cached)
        self.assertIn('vllm:prefix_cache_hits_total{model_name="sim"} %d\n' % cached,
                      call(self.port, "/metrics").body.decode())
        messages = call(self.port, "/v1/messages", {
            "model": "m", "max_tokens": 5, "messages": self.conversation(question, answer, "And then?")}).json["usage"]
        self.assertGreaterEqual(messages["cache_read_input_tokens"], cached)
        other = chat(self.port, messages=self.conversation(question), model="another").json["usage"]
        self.assertEqual(other["prompt_tokens_details"]["cached_tokens"], 0)
        call(self.port, "/sim/reset", b"")
        again = chat(self.port, messages=self.conversation(question)).json["usage"]
        self.assertEqual(again["prompt_tokens_details"]["cached_tokens"], 0)

    def test_streamed_answers_are_cached_as_well(self):
        self.start("--prefix-cache", "100000", "--tokens", "100")
        answer = stream(self.port, messages=self.conversation("Tell me.")).text
        usage = stream(self.port, messages=self.conversation("Tell me.", answer, "On.")).chunks[-1]["usage"]
        self.assertGreater(usage["prompt_tokens_details"]["cached_tokens"], len(answer.encode()) // 4 - 32)

    def test_a_full_prefix_cache_forgets(self):
        self.start("--prefix-cache", "1600", "--tokens", "1")
        prompts = [str(number) * 4000 for number in range(1, 4)]  # 1000 tokens each
        cached = []
        for prompt in (prompts[0], prompts[0], prompts[1], prompts[2], prompts[0]):
            usage = chat(self.port, messages=self.conversation(prompt)).json["usage"]
            cached.append(usage["prompt_tokens_details"]["cached_tokens"])
        self.assertEqual(cached[0], 0)
        self.assertGreater(cached[1], 980)
        self.assertEqual(cached[2:4], [0, 0])
        self.assertLess(cached[4], 20)

    def test_other_clients_take_slots_and_show_in_metrics(self):
        self.start("--slots", "4", "--tokens", "1", "--others", "3,10", "--kv-tokens", "100")
        self.assertIn("vllm:num_requests_running{model_name=\"sim\"} 3\n", call(self.port, "/metrics").body.decode())
        self.assertEqual(chat(self.port).status, 200)
        self.assertEqual(call(self.port, "/sim/others?4", b"").status, 200)
        waiting = self.send()
        self.wait_for(waiting=1)
        page = call(self.port, "/metrics").body.decode()
        self.assertIn("vllm:num_requests_waiting{model_name=\"sim\"} 1\n", page)
        self.assertIn("vllm:kv_cache_usage_perc{model_name=\"sim\"} 0.3\n", page)
        self.assertEqual(call(self.port, "/sim/others?0", b"").status, 200)
        read_until(waiting, b"[DONE]")
        self.assertEqual(call(self.port, "/sim/others?many", b"").status, 400)
        total = self.wait_for(in_flight=0)
        self.assertEqual((total["peak_running"], total["peak_in_flight"]), (1, 1))

    def test_load_pages_of_llamacpp_and_ollama(self):
        self.start("--slots", "2", "--api-key", "k", "--ttft", "30s", personality="llamacpp")
        key = {"Authorization": "Bearer k"}
        for path in ("/slots", "/metrics"):
            self.assertEqual(call(self.port, path).status, 401)
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(raw_request(chat_body(stream=True), "Authorization: Bearer k\r\n"))
        self.wait_for(running=1)
        slots = call(self.port, "/slots", headers=key).json
        self.assertEqual([slot["is_processing"] for slot in slots], [True, False])
        self.assertIn("\nllamacpp:requests_processing 1\n", call(self.port, "/metrics", headers=key).body.decode())
        self.start("--tokens", "1", personality="ollama")
        self.assertEqual(call(self.port, "/api/ps").json, {"models": []})
        chat(self.port, model="llama3")
        self.assertEqual([model["name"] for model in call(self.port, "/api/ps").json["models"]], ["llama3"])

    def test_waiters_that_leave_leave_nothing_behind(self):
        self.start("--slots", "1", "--ttft", "30s", "--kv-tokens", "10000")
        connections = [self.send() for _ in range(20)]
        self.wait_for(in_flight=20, running=1)
        for connection in connections:
            connection.close()
        total = self.wait_for(in_flight=0)
        self.assertEqual((total["running"], total["waiting"], total["kv_tokens"]), (0, 0, 0))
        self.assertEqual(total["peak_in_flight"], 20)


if __name__ == "__main__":
    unittest.main()
