"""A full queue: what POST /explain, the recording and `headgate replay` say of it."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import pool
import stage
from stage import HEADGATE, call, chat, own, wait_for

TARGET = "qwen-2.5-32b@gpu"


class FullQueue(unittest.TestCase):
    def explain(self, gateway, question):
        reply = call(gateway.admin, "/explain", json.dumps(question).encode(), {"content-type": "application/json"})
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def replay(self, config, *options):
        done = subprocess.run([HEADGATE, "replay", "--config", config, *options, self.traffic], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def serve(self, gateway):
        """One request runs, one waits, and one is refused; returns the id of the last."""
        depth = lambda: gateway.metrics().sum("headgate_queue_depth")  # noqa: E731
        with stage.beside(lambda: chat(gateway.port, "ttft=1500ms;tokens=2"), lambda: self.second(gateway)) as asking:
            wait_for(lambda: depth() == 1, "one waits")
            refused = chat(gateway.port)
            self.assertEqual(refused.status, 429)
            now = self.explain(gateway, {"request": stage.chat_body()})
            self.assertIn("the queue is full (1 of 1 wait): it would be refused with 429 queue_full", now["answer"])
            self.assertIn("it would be refused", now["targets"][0]["queue"])
            self.assertEqual([one.result().status for one in asking], [200, 200])
        return refused.headers["x-request-id"]

    def second(self, gateway):
        wait_for(lambda: gateway.metrics().sum("headgate_slots_busy") == 1, "the slot is taken")
        return chat(gateway.port, "tokens=2")

    def test_what_was_refused_and_what_waited_is_said(self):
        with tempfile.TemporaryDirectory() as folder, stage.Simulator("--personality", "vllm", "--ttft", "1ms") as up:
            self.traffic = pathlib.Path(folder, "traffic.jsonl")
            with pool.gateway({"gpu": own(up.urls(), slots=1, queue={"limit": 1})}, [{"name": "all"}],
                              recording={"file": str(self.traffic)}) as gateway:
                refused = self.serve(gateway)
                past = self.explain(gateway, {"id": refused})
                self.assertEqual(past["refused"], "queue_full")
                self.assertTrue(past["answer"].endswith("; it was refused with 429 queue_full"), past["answer"])
                self.assertEqual(past["targets"][0]["queue"], "1 of 1 request waits for gpu")
                config = json.loads(gateway.config_path.read_text())
            same = pathlib.Path(folder, "same.yaml")
            same.write_text(json.dumps(config))
            report = json.loads(self.replay(same, "--json"))
            self.assertEqual(report["refused_with_plan"], {"queue_full": 1})
            for side in ("before", "after"):
                self.assertEqual(report[side]["waits"]["requests"], 1)
                self.assertGreater(report[side]["waits"]["total_ms"], 500)
                self.assertGreater(report[side]["duration_ms"]["median"], 500)
            table = self.replay(same)
            self.assertIn("refused: 1 before, at least 0 after", table)
            self.assertRegex(table, r"queue_full +1 before, not known after: replay does not carry out queue\.limit")
            self.assertRegex(table, r"waits in queues: 1 request before, \d\.\d\d s on average; 1 request after")

            config["backends"]["gpu"]["slots"] = 4
            more = pathlib.Path(folder, "more.yaml")
            more.write_text(json.dumps(config))
            caution = "slots of gpu is 4 here and 1 in the recording: decisions use 1"
            self.assertIn(caution, self.replay(more))
            self.assertNotIn(caution, self.replay(more, "--replicas", "gpu=1"))
            explained = subprocess.run([HEADGATE, "explain", "--config", same, "--traffic", self.traffic, "--id",
                                        refused], capture_output=True, text=True, check=False).stdout
            self.assertIn(f"{TARGET} first, refused with queue_full\n", explained)


if __name__ == "__main__":
    unittest.main()
