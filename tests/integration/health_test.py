"""How the gateway treats unhealthy targets: which targets it passes over, for how long, and what it tells
operators."""

import contextlib
import hashlib
import json
import signal
import unittest

from failure_test import unused_port
from reload_test import read, reload, write
from stage import (CHAT, Gateway, RawClient, Simulator, call, chat, in_parallel, own, paid, post,
                   wait_for)

FIVE = 5  # failures in a row
FIRST_EJECTION = (4, 5)  # seconds: 5, shortened by up to a fifth
PRICE = {"input": 2, "output": 8}


def results(line):
    return [attempt["result"] for attempt in line["attempts"]]


def told(gateway, message):
    """The lines of the operator's log with this message."""
    lines = (json.loads(line) for line in gateway.stderr().splitlines() if line.startswith("{"))
    return [line for line in lines if line["message"] == message]


def heard(gateway, message, count=1):
    return wait_for(lambda: (lines := told(gateway, message))[count - 1:] and lines,
                    f"{count} x {message!r}")


class Health(unittest.TestCase):
    def simulator(self, *options, ttft="1ms", **more):
        simulator = Simulator("--personality", "openai", "--ttft", ttft, "--interval", "1ms",
                              "--tokens", "4", *options, **more)
        self.addCleanup(simulator.stop)
        return simulator

    def gateway(self, backends, targets, **more):
        gateway = Gateway(backends, [{"name": "all", "targets": targets}], **more)
        self.addCleanup(gateway.stop)
        return gateway

    def ask(self, gateway, sim=None, **fields):
        reply = chat(gateway.port, sim, **fields)
        return reply, gateway.log_of(reply)


class RejectedByTheProvider(Health):
    """A wrong key or a missing model: an error of our configuration that fails every request quickly."""

    def test_a_rejected_key_has_the_whole_backend_passed_over(self):
        good = self.simulator()
        strict = self.simulator("--api-key", "the-right-provider-key")
        models = {"gpt-4.1": {"name": "a", "price": PRICE}, "gpt-4.1-nano": {"name": "b", "price": PRICE}}
        gateway = self.gateway(
            {"first": paid(strict, models=models, api_key="a-wrong-provider-key"),
             "second": paid(good, model="gpt-4.1-mini")},
            ["gpt-4.1@first", "gpt-4.1-nano@first", "gpt-4.1-mini@second"])
        for _ in range(3):  # two targets of the backend: six rejections
            reply, line = self.ask(gateway)
            self.assertEqual(reply.status, 200)
        self.assertEqual(results(line)[-1], "ok")
        _, line = self.ask(gateway)
        self.assertEqual(results(line), ["ok"])
        metrics = gateway.metrics()
        self.assertGreaterEqual(metrics.sum("headgate_attempts_total", result="rejected"), FIVE)
        self.assertEqual(metrics.sum("headgate_attempts_total", result="status_4xx"), 0)
        self.assertEqual(metrics.sum("headgate_backend_up", backend="first"), 0)
        # One alert for each target, and one line about the ejection, however many requests failed.
        alerts = heard(gateway, "a backend rejects its api_key", 2)
        self.assertEqual({alert["subject"] for alert in alerts},
                         {"gpt-4.1@first", "gpt-4.1-nano@first"})
        self.assertEqual(len(alerts), 2)
        line, = heard(gateway, "a replica is ejected")
        self.assertEqual((line["level"], line["backend"], line["replica"]),
                         ("warning", "first", f"127.0.0.1:{strict.port}"))
        self.assertIn(line["for_s"], FIRST_EJECTION)
        self.assertIn("rejected", line["reason"])
        self.assertIn("401", line["reason"])
        self.assertNotIn("provider-key", gateway.stderr())

        # A reload with the right key resets the circuits, and a reload without a change does not.
        config = read(gateway)
        self.assertEqual(reload(gateway).status, 200)
        self.assertEqual(results(self.ask(gateway)[1]), ["ok"])
        config["backends"]["first"]["api_key"] = "the-right-provider-key"
        write(gateway, config)
        self.assertEqual(reload(gateway).status, 200)
        _, line = self.ask(gateway)
        self.assertEqual((line["target"], results(line)), ("gpt-4.1@first", ["ok"]))

    def test_a_model_that_is_not_there_is_passed_over_alone(self):
        for status in (403, 404):
            with self.subTest(status):
                simulator = self.simulator()
                gone = {"name": f"m#status={status};message=no such model", "price": PRICE}
                gateway = self.gateway(
                    {"api": paid(simulator, models={"gpt-4.1": gone,
                                                    "gpt-4.1-mini": {"name": "m", "price": PRICE}})},
                    ["gpt-4.1@api", "gpt-4.1-mini@api"])
                for _ in range(FIVE):
                    self.assertEqual(results(self.ask(gateway)[1]), ["rejected", "ok"])
                for _ in range(3):
                    _, line = self.ask(gateway)
                    self.assertEqual((line["target"], results(line)), ("gpt-4.1-mini@api", ["ok"]))
                self.assertEqual(gateway.metrics().sum("headgate_backend_up"), 1)
                line, = heard(gateway, "a target is passed over")
                self.assertEqual(line["target"], "gpt-4.1@api")
                self.assertIn(line["for_s"], FIRST_EJECTION)
                self.assertIn(str(status), line["reason"])
                self.assertEqual(told(gateway, "a replica is ejected"), [])
                circuits = {target["name"]: target["circuit"] for target in gateway.status()["targets"]}
                self.assertEqual(circuits, {"gpt-4.1@api": "open", "gpt-4.1-mini@api": "closed"})
                # A request that pins the target still gets its real error: the target is tried if none else is left.
                reply, line = self.ask(gateway, model="gpt-4.1@api")
                self.assertEqual((reply.status, results(line)), (502, ["rejected"]))

    def test_a_success_in_between_starts_the_count_anew(self):
        simulator = self.simulator()
        gateway = self.gateway({"api": paid(simulator)}, ["gpt-4.1@api"])
        for _ in range(3):
            for _ in range(FIVE - 1):
                self.assertEqual(self.ask(gateway, "status=404")[0].status, 502)
            self.assertEqual(self.ask(gateway)[0].status, 200)
        self.assertEqual(told(gateway, "a target is passed over"), [])

    def test_clients_cannot_have_a_target_passed_over_by_their_mistakes(self):
        simulator = self.simulator()
        gateway = self.gateway({"api": paid(simulator)}, ["gpt-4.1@api"])
        for fault in ("status=400", "status=422", "status=403;code=content_policy_violation"):
            for _ in range(2 * FIVE):
                self.assertEqual(results(self.ask(gateway, fault)[1]), ["status_4xx"])
        self.assertEqual(gateway.status()["targets"][0]["circuit"], "closed")
        self.assertEqual(gateway.metrics().sum("headgate_attempts_total", result="rejected"), 0)

    def test_one_replica_without_the_model_leaves_its_requests_to_the_others(self):
        """The replica fails at once, so it looks idle and would attract all requests."""
        right = self.simulator("--models", "qwen-2.5-32b")
        wrong = self.simulator("--models", "another")
        gateway = self.gateway({"gpu": own([right.url(path="/v1"), wrong.url(path="/v1")])},
                               ["qwen-2.5-32b@gpu"])
        for _ in range(200):  # the replica of a request is drawn at random
            self.ask(gateway)
            if told(gateway, "a target is passed over"):
                break
        lines = [self.ask(gateway)[1] for _ in range(20)]
        self.assertEqual({line["outcome"] for line in lines}, {"ok"})
        self.assertEqual({len(line["attempts"]) for line in lines}, {1})
        self.assertEqual(len(heard(gateway, "a target is passed over")), 1)
        self.assertEqual(wrong.stats()["requests"], FIVE)


class Refusals(Health):
    """A refusal says why: in general words to clients, and precisely to operators."""

    CLINIC = {"name": "clinic", "when": {"header": {"x-route": "clinic"}},
              "targets": ["text@api"], "require": {"labels": {"region": "eu"}}}
    SMALL = {"name": "small", "targets": ["text@api"]}
    IMAGE = [{"role": "user", "content": [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]

    def setUp(self):
        keys = [{"name": name, "hash": "sha256:" + hashlib.sha256(name.encode()).hexdigest(),
                 "team": "t", "expose": name == "shown"} for name in ("hidden", "shown")]
        self.served = Gateway(
            {"api": paid(self.simulator(), models={"text": {"name": "t", "price": PRICE}},
                         labels={"region": "us"}),
             "other": paid(self.simulator(), labels={"region": "eu"})},
            [self.CLINIC, self.SMALL], server={"auth": "keys"}, keys=keys,
            models={"text": {"context": 8000, "supports": ["tools"]}})
        self.addCleanup(self.served.stop)

    def refuse(self, key, headers=None, **fields):
        body = {"model": "auto", "messages": [{"role": "user", "content": "hello"}], **fields}
        reply = call(self.served.port, CHAT, body, {"Authorization": f"Bearer {key}", **(headers or {})})
        self.assertEqual(reply.status, 400, reply.body)
        return reply, self.served.log_of(reply)

    def test_the_log_is_precise_and_the_client_is_told_as_much_as_it_may_know(self):
        cases = [
            ({"messages": self.IMAGE}, {}, "no_target",
             "needs images, which no target of route small supports", "it needs images."),
            ({"max_tokens": 9000}, {}, "context_length_exceeded",
             "which no target of route small has (at most 8000 tokens)", "it needs room for about"),
            ({}, {"x-route": "clinic"}, "no_target",
             "route clinic requires region eu, which no target of route clinic meets",
             "rules on where it may be processed."),
        ]
        for fields, headers, code, precise, general in cases:
            with self.subTest(precise):
                reply, line = self.refuse("hidden", headers, **fields)
                self.assertEqual((reply.error["code"], line["rejected"]), (code, "no_target"))
                self.assertIn(precise, line["error"])
                self.assertIn(general, reply.error["message"])
                for name in ("clinic", "small", "api", "text", "region", "eu,"):
                    self.assertNotIn(name, reply.error["message"])
                reply, _ = self.refuse("shown", headers, **fields)
                self.assertIn(general.rstrip("."), reply.error["message"])
                self.assertIn(precise, reply.error["message"])

    def test_who_may_not_see_targets_does_not_learn_them_from_an_outage(self):
        for key, named in (("hidden", False), ("shown", True)):
            body = {"model": "auto", "messages": [{"role": "user", "content": key}],
                    "x_sim": "status=500"}
            reply = call(self.served.port, CHAT, body, {"Authorization": f"Bearer {key}"})
            self.assertEqual(reply.status, 503)
            self.assertEqual("text@api" in reply.error["message"], named)
            self.assertRegex(reply.error["message"], "Tried: text@api" if named else r"\d calls? w(as|ere) made")


class HungPool(Health):
    """A pool that accepts requests and never answers: nothing fails, and every request waits."""

    def hang(self, gateway, model, count):
        """Starts `count` streams that never get a first token from `model`."""
        clients = [RawClient(gateway.port) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            client.send(post({"model": model, "stream": True, "x_sim": "ttft=60s",
                              "messages": [{"role": "user", "content": "hang"}]}))
        return clients

    def test_lowest_latency_leaves_it_while_its_requests_still_wait(self):
        hung, other = self.simulator(), self.simulator(ttft="300ms")
        gateway = Gateway({"hung": paid(hung), "other": paid(other, model="gpt-4.1-mini")},
                          [{"name": "quick", "prefer": "lowest_latency",
                            "targets": ["gpt-4.1@hung", "gpt-4.1-mini@other"]}],
                          server={"workers": 2})
        self.addCleanup(gateway.stop)
        for _ in range(25):  # both targets have samples, and the first is faster
            chat(gateway.port, stream=True, model="gpt-4.1")
        in_parallel(5, lambda _: [chat(gateway.port, stream=True, model="gpt-4.1-mini")
                                  for _ in range(5)])
        _, line = self.ask(gateway, stream=True)
        self.assertEqual(line["target"], "gpt-4.1@hung")
        clients = self.hang(gateway, "gpt-4.1", 3)
        moved = wait_for(lambda: (line := self.ask(gateway)[1])["target"] == "gpt-4.1-mini@other"
                         and line, "a request goes elsewhere", within=5)
        self.assertEqual(results(moved), ["ok"])  # the rank moved it, not a failure
        self.assertEqual(gateway.metrics().sum("headgate_backend_up", backend="hung"), 1)
        # Once the waiting streams have ended, the first target is as fast as before.
        for client in clients:
            client.close()
        wait_for(lambda: self.ask(gateway)[1]["target"] == "gpt-4.1@hung", "the first again", within=5)

    def test_requests_that_are_not_streamed_leave_it_too(self):
        hung, other = self.simulator(), self.simulator(ttft="300ms")
        gateway = Gateway({"hung": paid(hung), "other": paid(other, model="gpt-4.1-mini")},
                          [{"name": "quick", "prefer": "lowest_latency",
                            "targets": ["gpt-4.1@hung", "gpt-4.1-mini@other"]}])
        self.addCleanup(gateway.stop)
        for model in ("gpt-4.1", "gpt-4.1-mini"):
            for _ in range(25):
                chat(gateway.port, stream=True, model=model)
        hung.send_signal(signal.SIGSTOP)
        self.addCleanup(hung.send_signal, signal.SIGCONT)
        # A non-streamed answer may take some seconds to generate, so its target only looks late after that.
        for _ in range(24):
            client = RawClient(gateway.port)
            self.addCleanup(client.close)
            client.send(post({"model": "auto", "messages": [{"role": "user", "content": "hi"}]}))
            client.socket.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                self.assertEqual(client.reply().status, 200)
                return
        self.fail("every request went to the hung pool")

    def test_a_limit_on_ttft_p95_drops_it_while_its_requests_still_wait(self):
        hung, other = self.simulator(), self.simulator()
        gateway = Gateway({"hung": paid(hung), "other": paid(other, model="gpt-4.1-mini")},
                          [{"name": "quick", "require": {"ttft_p95": "<= 800ms"},
                            "targets": ["gpt-4.1@hung", "gpt-4.1-mini@other"]}])
        self.addCleanup(gateway.stop)
        for _ in range(25):
            self.assertEqual(self.ask(gateway, stream=True)[1]["target"], "gpt-4.1@hung")
        self.hang(gateway, "auto", 3)
        wait_for(lambda: self.ask(gateway)[1]["target"] == "gpt-4.1-mini@other", "it is dropped",
                 within=5)

    def test_a_route_has_timeouts_of_its_own(self):
        hung, other = self.simulator(ttft="20s"), self.simulator()
        backends = {"hung": paid(hung, timeouts={"first_token": "15s"}),
                    "other": paid(other, model="gpt-4.1-mini")}
        targets = ["gpt-4.1@hung", "gpt-4.1-mini@other"]
        routes = [{"name": "typing", "targets": targets, "when": {"header": {"x-typing": "1"}},
                   "timeouts": {"first_token": "200ms"}},
                  {"name": "short", "targets": targets[:1], "when": {"header": {"x-short": "1"}},
                   "timeouts": {"total": "300ms"}},
                  {"name": "rest", "targets": targets}]
        gateway = Gateway(backends, routes)
        self.addCleanup(gateway.stop)
        line = gateway.log_of(chat(gateway.port, None, {"x-short": "1"}))
        self.assertEqual((line["route"], results(line)), ("short", ["total_timeout"]))
        line = gateway.log_of(chat(gateway.port, None, {"x-typing": "1"}, stream=True))
        self.assertEqual((line["route"], results(line)), ("typing", ["first_token_timeout", "ok"]))
        self.assertLess(line["total_ms"], 3000)


class TheOperatorsLog(Health):
    def test_an_ejection_and_a_return_are_one_line_each(self):
        simulator = self.simulator()
        gateway = self.gateway({"api": paid(simulator)}, ["gpt-4.1@api"], server={"workers": 2})
        asked = 0
        while not told(gateway, "a replica is ejected"):
            self.ask(gateway, "status=503")
            asked += 1
            self.assertLess(asked, 20)
        for _ in range(10):  # the panic rule still tries it
            self.ask(gateway, "status=503")
        line, = told(gateway, "a replica is ejected")
        self.assertEqual((line["level"], line["backend"], line["replica"]),
                         ("warning", "api", f"127.0.0.1:{simulator.port}"))
        self.assertIn(line["for_s"], FIRST_EJECTION)
        self.assertIn("status_5xx", line["reason"])
        self.assertIn("503", line["reason"])
        self.ask(gateway)
        line, = heard(gateway, "a replica is back")
        self.assertEqual((line["level"], line["backend"]), ("info", "api"))
        self.assertLess(line["after_s"], 10)

    def test_a_dead_replica_is_told_with_what_the_system_said(self):
        gateway = self.gateway({"api": paid(self.simulator(), url=f"http://127.0.0.1:{unused_port()}/v1")},
                               ["gpt-4.1@api"])
        reply, _ = self.ask(gateway)
        line, = heard(gateway, "a replica is ejected")
        self.assertIn("connect_failed: Connection refused", line["reason"])
        # Retry-After is the time until the replica's next probe.
        self.assertEqual(reply.status, 503)
        self.assertIn(int(reply.headers["retry-after"]), FIRST_EJECTION)
        for _ in range(5):
            reply, _ = self.ask(gateway)
            self.assertEqual(reply.status, 503)
            self.assertIn(int(reply.headers["retry-after"]), range(1, 21))

    def test_retry_after_is_the_first_probe_of_the_plan(self):
        dead = paid(self.simulator(), url=f"http://127.0.0.1:{unused_port()}/v1")
        gateway = self.gateway({"dead": dead, "api": paid(self.simulator(), model="gpt-4.1-mini")},
                               ["gpt-4.1@dead", "gpt-4.1-mini@api"])
        # The second target has failed and is not ejected yet, so it may be asked again at once.
        reply, _ = self.ask(gateway, "status=500")
        self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))


if __name__ == "__main__":
    unittest.main()
