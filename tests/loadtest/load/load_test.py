"""Runs headgate-load against a simulator whose behaviour is known."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import tempfile
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
