"""The daemon's end: running requests may finish, new ones are not begun, and the exit code is 0."""

import json
import signal
import socket
import subprocess
import time
import unittest

import stage
from stage import (Gateway, RawClient, Simulator, beside, call, chat, chat_body, own, paid, post, wait_for)

SLOW = "tokens=30;interval=30ms"  # about a second
ENDLESS = "tokens=100000;interval=20ms"


class Drain(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator("--personality", "openai")
        self.addCleanup(self.simulator.stop)

    def gateway(self, **server):
        gateway = Gateway({"far": paid(self.simulator)}, server=server)
        self.addCleanup(gateway.stop)
        return gateway

    def open_stream(self, gateway, sim):
        client = RawClient(gateway.port)
        self.addCleanup(client.close)
        client.send(post(chat_body(sim, stream=True))).head()
        client.first = client.chunk()
        return client

    def rest_of(self, client, whole):
        rest, ended = client.chunks()
        self.assertEqual(ended, whole)
        return stage.stream_events(client.first + rest)

    def test_what_runs_ends_whole_and_nothing_new_begins(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                gateway = self.gateway(drain_timeout="20s")
                client = self.open_stream(gateway, SLOW)
                gateway.send_signal(number)
                wait_for(lambda: gateway.ready() == 503, "not ready")
                with self.assertRaises(OSError):
                    chat(gateway.port)
                self.assertEqual(call(gateway.admin, "/healthz").status, 200)
                self.assertEqual(self.rest_of(client, whole=True)[-1], "[DONE]")
                self.assertTrue(client.ended())
                self.assertEqual(gateway.wait(), 0)
                line = json.loads(gateway.log_path.read_text().splitlines()[-1])
                self.assertEqual(line["outcome"], "ok")

    def test_what_takes_too_long_is_told_so(self):
        gateway = self.gateway(drain_timeout="500ms")
        client = self.open_stream(gateway, ENDLESS)
        gateway.send_signal(signal.SIGTERM)
        events = self.rest_of(client, whole=False)
        self.assertEqual(json.loads(events[-1])["error"]["code"], "gateway_shutdown")
        self.assertEqual(gateway.wait(), 0)
        line = json.loads(gateway.log_path.read_text().splitlines()[-1])
        self.assertEqual((line["outcome"], line["usage"]), ("cut", "estimated"))
        wait_for(lambda: self.simulator.stats()["running"] == 0, "the backend sees the client leave")

    def test_what_a_client_has_sent_meanwhile_does_not_take_the_error_away(self):
        """Unread bytes would make the kernel reset the connection, and the client would lose the error event."""
        gateway = self.gateway(drain_timeout="300ms")
        client = self.open_stream(gateway, ENDLESS)
        client.send(post(chat_body("tokens=2")))
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)
        events = self.rest_of(client, whole=False)
        self.assertEqual(json.loads(events[-1])["error"]["code"], "gateway_shutdown")

    def test_a_request_without_an_answer_yet_gets_a_503(self):
        gateway = self.gateway(drain_timeout="300ms")
        with beside(lambda: chat(gateway.port, "ttft=20s", stream=True)) as (asking,):
            wait_for(lambda: self.simulator.stats()["running"] == 1, "the request arrived")
            gateway.send_signal(signal.SIGTERM)
            self.assertEqual(asking.result().status, 503)
        self.assertEqual(gateway.wait(), 0)

    def test_a_request_that_waits_for_a_slot_is_told_at_once(self):
        with Simulator("--personality", "vllm", "--slots", "1", "--ttft", "5s", "--tokens", "1") as engine, \
             Gateway({"gpu": stage.own(engine.urls(), slots=1)}, server={"drain_timeout": "20s"}) as gateway, \
             beside(lambda: chat(gateway.port)) as (running,):
            wait_for(lambda: gateway.metrics().sum("headgate_slots_busy") == 1, "the slot is taken")
            with beside(lambda: chat(gateway.port)) as (waiting,):
                wait_for(lambda: gateway.metrics().sum("headgate_queue_depth") == 1, "a request waits")
                gateway.send_signal(signal.SIGTERM)
                told = waiting.result()
            self.assertFalse(running.done(), "it was told before a slot was free")
            self.assertEqual((told.status, told.error["code"]), (503, "gateway_shutdown"))
            self.assertGreaterEqual(int(told.headers["retry-after"]), 1)
            self.assertEqual(running.result().status, 200)
            self.assertEqual(gateway.wait(), 0)
            lines = [json.loads(line) for line in gateway.log_path.read_text().splitlines()]
            self.assertEqual([(line["outcome"], line.get("rejected")) for line in lines],
                             [("refused", "draining"), ("ok", None)])
            drained = next(line for line in map(json.loads, gateway.stderr().splitlines())
                           if line["message"] == "draining")
            self.assertEqual((drained["running"], drained["waiting"]), (1, 1))

    def test_a_second_signal_means_now(self):
        gateway = self.gateway(drain_timeout="60s")
        client = self.open_stream(gateway, ENDLESS)
        gateway.send_signal(signal.SIGTERM)
        wait_for(lambda: gateway.ready() == 503, "not ready")
        gateway.send_signal(signal.SIGTERM)
        self.assertIn("error", json.loads(self.rest_of(client, whole=False)[-1]))
        self.assertEqual(gateway.wait(), 0)

    def test_an_idle_connection_does_not_hold_it_up(self):
        gateway = self.gateway(drain_timeout="60s")
        with RawClient(gateway.port) as idle, RawClient(gateway.port) as fresh:
            self.assertEqual(idle.send(post(chat_body("tokens=2"))).reply().status, 200)
            gateway.send_signal(signal.SIGTERM)
            self.assertTrue(idle.ended() and fresh.ended())
        self.assertEqual(gateway.wait(), 0)

    def test_a_signal_before_the_first_request(self):
        gateway = self.gateway()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)

    def test_a_hang_up_does_not_end_it(self):
        gateway = self.gateway()
        gateway.send_signal(signal.SIGHUP)
        self.assertEqual(chat(gateway.port, "tokens=2").status, 200)

    def test_a_wrong_file_starts_nothing(self):
        gateway = self.gateway()
        gateway.config_path.write_text("server: {listen: 127.0.0.1:0}\nrutes: []\n")
        done = subprocess.run([stage.HEADGATE, "serve", "--config", gateway.config_path],
                              capture_output=True, text=True, timeout=stage.PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{gateway.config_path}:2: rutes: is not a known key", done.stderr)

    def test_a_port_that_is_taken_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with self.assertRaises(AssertionError) as failure:
                Gateway({"far": paid(self.simulator)}, server={"admin": f"127.0.0.1:{port}"})
        self.assertIn(str(port), str(failure.exception))

    def test_draining_does_not_wait_for_the_sweep_of_an_empty_house(self):
        gateway = self.gateway(drain_timeout="60s")
        started = time.monotonic()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)
        self.assertLess(time.monotonic() - started, 20 if stage.SANITIZED else 3)


if __name__ == "__main__":
    unittest.main()
