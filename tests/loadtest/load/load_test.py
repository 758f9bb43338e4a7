"""Runs headgate-load against a simulator whose behaviour is known."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

LOAD, SIMULATOR = os.environ["HEADGATE_LOAD"], os.environ["HEADGATE_SIM"]
PATIENCE_S = 60


class LoadTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.simulator = subprocess.Popen(
            [SIMULATOR, "--listen", "127.0.0.1:0", "--personality", "openai", "--tokens", "20",
             "--interval", "5ms", "--print-ready"], stdout=subprocess.PIPE)
        self.addCleanup(self.stop)
        self.url = "http://" + self.simulator.stdout.readline().decode().split()[1]

    def stop(self):
        self.simulator.terminate()
        self.simulator.wait(PATIENCE_S)
        self.simulator.stdout.close()

    def path(self, name, text=""):
        path = pathlib.Path(self.folder.name) / name
        if text:
            path.write_text(text, encoding="utf-8")
        return str(path)

    def run_load(self, *options, url=None):
        """(exit code, result, the finished process)"""
        json_path = self.path("result.json")
        done = subprocess.run([LOAD, "--url", url or self.url, "--json", json_path, *options],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        result = None
        if os.path.exists(json_path):
            with open(json_path, encoding="utf-8") as file:
                result = json.load(file)
        return done.returncode, result, done

    def test_streams_are_measured(self):
        code, result, done = self.run_load(
            "--rate", "40", "--arrivals", "constant", "--duration", "1s", "--stream")
        total = result["total"]
        self.assertEqual((code, total["sent"], total["ok"], total["errors"]), (0, 40, 40, {}))
        self.assertEqual(total["chunks"], 40 * 20)
        # Chunks that arrive in one read have no gap between them, so a busy machine gives fewer gaps. A first
        # chunk that comes late shortens the gaps behind it.
        self.assertLessEqual(total["gap_ms"]["count"], 40 * 19)
        self.assertGreater(total["gap_ms"]["count"], 40 * 19 // 2)
        self.assertGreater(total["gap_ms"]["mean"], 4)
        self.assertGreater(total["latency_ms"]["p50"], 94)
        self.assertLess(total["ttft_ms"]["p50"], total["latency_ms"]["p50"])
        self.assertEqual(result["mix"]["requests"], total)
        self.assertIn("sent late by", done.stdout)

    def test_every_kind_of_failure_has_its_name(self):
        kinds = {
            "ok": ("ok", {"stream": True}), "whole": ("ok", {}),
            "embeddings": ("ok", {"endpoint": "embeddings"}),
            "completions": ("ok", {"endpoint": "completions", "stream": True}),
            "500": ("status_500", {"extra": {"x_sim": "status=500"}}),
            "429": ("status_429", {"extra": {"x_sim": "status=429"}}),
            "reset": ("reset", {"extra": {"x_sim": "reset"}}),
            "cut": ("cut", {"stream": True, "extra": {"x_sim": "cut=3"}}),
            "no done": ("cut", {"stream": True, "extra": {"x_sim": "no_done"}}),
            "event": ("error_event", {"stream": True, "extra": {"x_sim": "error_event"}}),
            "stall": ("timeout", {"stream": True, "extra": {"x_sim": "stall=3,10s"}}),
            "leaves": ("aborted", {"stream": True, "abort_after": "4 chunks"}),
            "leaves in time": ("aborted", {"stream": True, "abort_after": "30ms"})}
        scenario = {"rate": 200, "arrivals": "constant", "duration": "1s",
                    "mix": [{"name": name, **entry} for name, (_, entry) in kinds.items()]}
        code, result, _ = self.run_load(
            "--scenario", self.path("scenario.yaml", json.dumps(scenario)), "--timeout", "2s")
        self.assertEqual(code, 1)
        self.assertEqual(result["total"]["sent"], 200)
        for name, (wanted, _) in kinds.items():
            with self.subTest(name):
                block = result["mix"][name]
                counts = {"ok": block["ok"], "aborted": block["aborted"], **block["errors"]}
                self.assertGreater(block["sent"], 0)
                self.assertEqual({kind: n for kind, n in counts.items() if n},
                                 {wanted: block["sent"]})

    def test_a_server_that_is_not_there(self):
        self.stop()
        code, result, _ = self.run_load("--rate", "20", "--duration", "500ms")
        self.assertEqual((code, set(result["total"]["errors"])), (1, {"connect"}))
        self.simulator = subprocess.Popen(["true"], stdout=subprocess.PIPE)

    def test_latency_counts_from_when_a_request_was_due(self):
        # One request at a time would be fast, but all are due in the first moment, and the simulator queues them.
        with subprocess.Popen(
                [SIMULATOR, "--listen", "127.0.0.1:0", "--personality", "vllm", "--slots", "1",
                 "--tokens", "10", "--interval", "10ms", "--print-ready"],
                stdout=subprocess.PIPE) as busy:
            url = "http://" + busy.stdout.readline().decode().split()[1]
            _, result, _ = self.run_load("--rate", "1000", "--duration", "1s", "--requests", "10",
                                         url=url)
            busy.terminate()
        self.assertGreater(result["total"]["latency_ms"]["max"], 800)

    def test_prompts_are_each_sent_once_and_answers_kept(self):
        prompts = "".join(json.dumps(line) + "\n" for line in (
            {"prompt": "one \u00e9"}, {"messages": [{"role": "user", "content": "two"}]},
            {"prompt": "three", "x": 1}))
        kept = self.path("kept.jsonl")
        code, result, _ = self.run_load(
            "--prompts", self.path("prompts.jsonl", prompts), "--once", "--rate", "1000", "--stream",
            "--header", "x-sim: echo_body", "--keep-answers", kept)
        self.assertEqual((code, result["total"]["ok"]), (0, 3))
        with open(kept, encoding="utf-8") as file:
            answers = {line["index"]: line for line in map(json.loads, file)}
        self.assertEqual(set(answers), {0, 1, 2})
        self.assertEqual({line["outcome"] for line in answers.values()}, {"ok"})
        self.assertTrue(all(line["text"] for line in answers.values()))

    def test_no_more_at_once_than_allowed(self):
        code, result, _ = self.run_load("--rate", "500", "--duration", "200ms", "--stream",
                                        "--concurrency", "3")
        errors = collections.Counter(result["total"]["errors"])
        self.assertEqual((code, set(errors)), (1, {"not_sent"}))
        self.assertGreater(result["total"]["ok"], 2)

    def test_an_interrupt_still_prints_what_was_measured(self):
        with subprocess.Popen(
                [LOAD, "--url", self.url, "--rate", "50", "--duration", "60s", "--json",
                 self.path("partial.json")], stdout=subprocess.PIPE, text=True) as load:
            while json.loads(self.seen_requests())["requests"] < 10:
                pass
            load.send_signal(signal.SIGINT)
            out, _ = load.communicate(timeout=PATIENCE_S)
        self.assertEqual(load.returncode, 130)
        self.assertIn("latency ms", out)

    def seen_requests(self):
        return subprocess.run(["curl", "-s", self.url + "/sim/stats"], capture_output=True,
                              text=True, check=True).stdout

    def run_scenario(self, *options, url=None, **scenario):
        code, result, done = self.run_load(
            "--scenario", self.path("scenario.yaml", json.dumps(scenario)), *options, url=url)
        self.assertEqual(code, 0, done.stderr)
        return result

    def start(self, *arguments):
        """Starts another simulator and returns its address."""
        simulator = subprocess.Popen([SIMULATOR, "--listen", "127.0.0.1:0", "--print-ready", *arguments],
                                     stdout=subprocess.PIPE)

        def stop():
            simulator.terminate()
            simulator.wait(PATIENCE_S)
            simulator.stdout.close()
        self.addCleanup(stop)
        return "http://" + simulator.stdout.readline().decode().split()[1]

    def page(self, url, path):
        return json.loads(subprocess.run(["curl", "-s", url + path], capture_output=True, check=True).stdout)

    def test_conversations_carry_the_answers_back(self):
        url = self.start("--personality", "vllm", "--prefix-cache", "1000000", "--tokens", "50")
        result = self.run_scenario(
            url=url, rate=20, duration="1s", arrivals="constant",
            mix=[{"name": "talk", "stream": True, "prompt_tokens": "20..100", "key": "sk-a",
                  "extra": {"stream_options": {"include_usage": True}},
                  "chat": {"turns": 3, "system_tokens": 400, "systems": 2, "pause": "10ms"}}])
        talk = result["mix"]["talk"]
        self.assertEqual((talk["sent"], talk["ok"], talk["statuses"]), (60, 60, {"200": 60}))
        books = self.page(url, "/sim/engine")["total"]
        self.assertEqual(talk["cached_tokens"], books["cached_tokens"])
        # Only the first of two system prompts is new, and of each later turn only its question.
        self.assertGreater(books["cached_tokens"], 0.75 * books["prompt_tokens"])
        body = self.page(url, "/sim/last/body")
        self.assertEqual([message["role"] for message in body["messages"]],
                         ["system", "user", "assistant", "user", "assistant", "user"])
        self.assertIn("ferry", body["messages"][2]["content"])
        head = subprocess.run(["curl", "-s", url + "/sim/last/head"], capture_output=True, check=True).stdout
        self.assertIn(b"Authorization: Bearer sk-a\r\n", head)

    def test_prompts_have_sizes_in_the_range(self):
        url = self.start("--personality", "vllm", "--tokens", "1")
        result = self.run_scenario(url=url, rate=100, duration="1s", arrivals="constant",
                                   mix=[{"prompt_tokens": "200..50000"}])
        self.assertEqual(result["total"]["ok"], 100)
        mean = self.page(url, "/sim/engine")["total"]["prompt_tokens"] / 100
        self.assertGreater(mean, 5000)  # log-uniform: 9,019 in the mean
        self.assertLess(mean, 14000)

    def test_slo_and_served_time_are_reported_for_each_stream(self):
        url = self.start("--personality", "vllm", "--slots", "4", "--tokens", "5", "--ttft", "30ms",
                         "--service", "130ms")
        result = self.run_scenario(
            url=url, rate=10, duration="1s", arrivals="constant",
            mix=[{"name": "lax", "stream": True, "slo_ttft": "20s"},
                 {"name": "strict", "stream": True, "slo_ttft": "5ms"},
                 {"name": "whole", "slo_ttft": "60ms"}])
        mix = result["mix"]
        self.assertEqual((mix["lax"]["slo"]["missed"], mix["strict"]["slo"]["met"], mix["whole"]["slo"]["met"]),
                         (0, 0, 0))
        self.assertEqual(mix["lax"]["slo"]["met"], mix["lax"]["sent"])
        self.assertAlmostEqual(mix["lax"]["served_seconds"], 0.1 * mix["lax"]["sent"], delta=0.05 * mix["lax"]["sent"])
        self.assertEqual(mix["whole"]["served_seconds"], 0)
        self.assertGreaterEqual(mix["lax"]["latency_ms"]["p95"], 129)

    def test_clients_leave_at_random_moments_while_they_wait(self):
        url = self.start("--personality", "vllm", "--slots", "1", "--ttft", "30s")
        result = self.run_scenario(url=url, rate=200, duration="1s", mix=[{"stream": True, "abort_after": "0ms..300ms"}])
        total = result["total"]
        self.assertEqual(total["aborted"], total["sent"])
        self.assertEqual(total["statuses"], {})
        deadline = time.monotonic() + 10
        while (books := self.page(url, "/sim/engine")["total"])["in_flight"] > 0:
            self.assertLess(time.monotonic(), deadline)
        self.assertGreater(books["peak_waiting"], 5)
        self.assertEqual((books["waiting"], books["running"], books["kv_tokens"]), (0, 0, 0))

    def test_refusals_have_their_status_and_retry_after(self):
        code, result, _ = self.run_load("--rate", "20", "--duration", "500ms", "--header",
                                        "x-sim: status=429;retry_after=3")
        total = result["total"]
        self.assertEqual((code, total["statuses"]), (1, {"429": total["sent"]}))
        self.assertEqual(total["retry_after_ms"]["max"], 3000)

    def test_kept_answers_have_their_times(self):
        kept = self.path("kept.jsonl")
        self.run_load("--rate", "20", "--duration", "500ms", "--stream", "--keep-answers", kept)
        with open(kept, encoding="utf-8") as file:
            answers = [json.loads(line) for line in file]
        self.assertTrue(answers)
        for answer in answers:
            self.assertEqual(answer["name"], "requests")
            self.assertLessEqual(0, answer["due_ms"])
            self.assertLess(answer["ttft_ms"], answer["total_ms"])

    def test_mistakes_are_told_and_nothing_is_sent(self):
        scenario = self.path("wrong.yaml", "rate: none\nmixed: []\n")
        for options in (["--scenario", scenario], ["--rate", "0"], ["--header", "nothing"],
                        ["--prompts", "/nowhere"], ["--duration", "long"], ["--rat", "1"],
                        ["--scenario", scenario, "--rate", "1"]):
            code, result, done = self.run_load(*options)
            self.assertEqual((code, result), (2, None), options)
            self.assertTrue(done.stderr)
        self.assertEqual(self.run_load(url="https://127.0.0.1:1")[0], 2)
        self.assertEqual(self.run_load(url="127.0.0.1:1")[0], 2)
        self.assertIn(":1: rate:", self.run_load("--scenario", scenario)[2].stderr)


if __name__ == "__main__":
    unittest.main()
