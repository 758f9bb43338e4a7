"""What the gateway makes of what engines say of their load."""

import time
import unittest

from reload_test import read, reload, write
from scripted import Scripted, whole
from stage import Gateway, Simulator, call, chat, in_parallel, own, wait_for

VLLM = (b'# TYPE vllm:num_requests_running gauge\n'
        b'vllm:num_requests_running{engine="0",model_name="q"} 3.0\n'
        b'vllm:num_requests_waiting{engine="0",model_name="q"} 1.0\n'
        b'vllm:kv_cache_usage_perc{engine="0",model_name="q"} 0.5\n')
SGLANG = b'sglang:num_running_reqs{dp_rank="0"} 2\nsglang:num_queue_reqs{dp_rank="0"} 0\n'
LABELS = "text/plain; version=0.0.4"
REFUSAL = {"error": {"message": "not now"}}


class EngineLoad(unittest.TestCase):
    def engine(self, script):
        engine = Scripted(script)
        self.addCleanup(engine.stop)
        return engine

    def gateway(self, engine, kind="vllm"):
        gateway = Gateway({"gpu": own([engine.url(path="")], engine=kind)})
        self.addCleanup(gateway.stop)
        return gateway

    def polled(self, gateway, result, count=1):
        """The metrics once there were `count` polls with this result."""
        def enough():
            metrics = gateway.metrics()
            polls = metrics.sum("headgate_engine_polls_total", backend="gpu", result=result)
            return metrics if polls >= count else None
        return wait_for(enough, f"{count} polls are {result}")

    def figures(self, metrics, replica=None):
        """The names of the gauges, each with its value; requests by their state."""
        return {name.removeprefix("headgate_engine_") + (":" + labels["state"] if "state" in labels else ""):
                float(value) for name, labels, value in metrics.samples
                if name.startswith("headgate_engine_") and "result" not in labels
                and replica in (None, labels["replica"])}

    def test_gauges_show_what_the_engine_says_until_it_stops_answering(self):
        engine = self.engine(whole(VLLM, LABELS))
        gateway = self.gateway(engine)
        metrics = self.polled(gateway, "ok", 2)
        self.assertEqual(engine.target, "/metrics")
        self.assertEqual(self.figures(metrics, f"127.0.0.1:{engine.port}"), {
            "requests:running": 3, "requests:waiting": 1, "other_requests": 4, "kv_used_ratio": 0.5,
            "load_stale": 0})

        engine.script = whole(REFUSAL, status=503)
        stopped = time.monotonic()
        metrics = wait_for(lambda: (now := gateway.metrics()).sum("headgate_engine_load_stale") and now,
                           "the figures are stale")
        self.assertGreater(time.monotonic() - stopped, 1.5)
        self.assertEqual(self.figures(metrics), {"load_stale": 1})
        self.assertGreaterEqual(metrics.sum("headgate_engine_polls_total", result="failed"), 1)

        engine.script = whole(VLLM, LABELS)
        wait_for(lambda: self.figures(gateway.metrics()).get("other_requests") == 4, "the figures are back")

    def test_an_engine_that_is_silent_is_asked_again(self):
        engine = self.engine([60.0])
        gateway = self.gateway(engine)
        metrics = self.polled(gateway, "failed", 2)
        self.assertEqual(self.figures(metrics), {"load_stale": 1})

    def test_garbage_is_unreadable(self):
        gateway = self.gateway(self.engine(whole(b"<html>sign in</html>", "text/html")))
        metrics = self.polled(gateway, "unreadable")
        self.assertEqual(metrics.sum("headgate_engine_polls_total", result="ok"), 0)
        self.assertEqual(self.figures(metrics), {"load_stale": 1})
        # A poll says nothing of the replica's health.
        self.assertEqual(metrics.sum("headgate_backend_up"), 1)

    def test_an_engine_that_refuses_one_question_is_asked_the_next(self):
        engine = self.engine(lambda: whole(SGLANG, LABELS) if engine.target == "/metrics"
                             else whole(REFUSAL, status=404))
        metrics = self.polled(self.gateway(engine, "sglang"), "ok", 2)
        self.assertEqual(metrics.sum("headgate_engine_polls_total", result="failed"), 1)
        self.assertEqual(self.figures(metrics)["requests:running"], 2)

    def test_an_engine_of_an_unknown_kind_is_not_asked(self):
        engine = self.engine(whole(VLLM, LABELS))
        gateway = self.gateway(engine, "none")
        time.sleep(1.5)
        self.assertEqual(engine.requests, 0)
        self.assertEqual(self.figures(gateway.metrics()), {})

    def test_a_reload_keeps_the_figures_of_what_stays_and_forgets_the_rest(self):
        first = self.engine(whole(VLLM, LABELS))
        second = self.engine(whole(VLLM, LABELS))
        gateway = self.gateway(first)
        self.polled(gateway, "ok", 2)
        config = read(gateway)
        config["backends"]["gpu"]["replicas"].append(second.url(path=""))
        write(gateway, config)
        self.assertEqual(reload(gateway).status, 200)
        self.assertEqual(self.figures(gateway.metrics(), f"127.0.0.1:{first.port}")["other_requests"], 4)
        wait_for(lambda: second.requests, "the replica that joined is polled")
        config["backends"]["gpu"]["replicas"].pop(0)
        write(gateway, config)
        self.assertEqual(reload(gateway).status, 200)
        self.assertEqual(self.figures(gateway.metrics(), f"127.0.0.1:{first.port}"), {})
        time.sleep(0.2)  # a poll that had begun ends
        polls = first.requests
        time.sleep(1.5)
        self.assertEqual(first.requests, polls)

    def test_choices_and_inputs_of_our_own_are_not_other_clients(self):
        with Simulator("--personality", "vllm", "--slots", "8", "--ttft", "3500ms", "--tokens", "1") as engine, \
             Gateway({"gpu": own(engine.urls(), slots=8, engine="vllm")}) as gateway:
            peaks = []

            def ask(number):
                if number == 0:
                    return chat(gateway.port, n=8).status
                if number == 1:
                    return call(gateway.port, "/v1/embeddings",
                                {"model": "qwen-2.5-32b", "input": ["a", "b", "c"]}).status
                for _ in range(12):
                    time.sleep(0.25)
                    metrics = gateway.metrics()
                    peaks.append((metrics.sum("headgate_engine_requests", state="running"),
                                  metrics.sum("headgate_engine_other_requests")))
                return 200

            self.assertEqual(in_parallel(3, ask), [200] * 3)
            running, others = zip(*peaks)
            self.assertGreaterEqual(max(running), 8)
            self.assertEqual(max(others), 0)

    def test_an_ejected_replica_is_not_asked(self):
        polls = []

        def answer():
            if engine.target != "/metrics":  # requests, and checks of health
                return whole(REFUSAL, status=503)
            polls.append(time.monotonic())
            return whole(VLLM, LABELS)

        engine = self.engine(answer)
        gateway = self.gateway(engine)
        self.polled(gateway, "ok")
        wait_for(lambda: chat(gateway.port) and not gateway.metrics().sum("headgate_backend_up"),
                 "the replica is ejected")
        time.sleep(0.2)
        count = len(polls)
        time.sleep(1.5)
        self.assertEqual(len(polls), count)


if __name__ == "__main__":
    unittest.main()
