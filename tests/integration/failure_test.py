"""Backends fail. Clients do not notice as long as another attempt can help; afterwards they get an error. An answer
that is not whole never ends cleanly."""

import http.client
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import stage
from stage import (CHAT, Gateway, RawClient, Simulator, beside, call, chat, chat_body, in_parallel, own,
                   paid, post, wait_for)

QUICK = ["--ttft", "1ms", "--interval", "1ms", "--tokens", "8"]
# Faults before anything has been sent to the client.
TRANSIENT = ["status=500", "status=503", "status=408", "status=409", "status=429;retry_after=0",
             "reset", "error_event", "malformed=0", "encoded"]
# These faults eject the replica at once if a stream meets them; other requests do not eject it.
DEADLY = ["ttft=5s", "delay=5s"]
CLIENTS = 30


def unused_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class TwoTargets(unittest.TestCase):
    """A first target that can be told to fail, and a second target that never fails."""

    def setUp(self):
        self.first = self.simulator()
        self.second = self.simulator()
        self.gateway = self.start({
            "first": paid(self.first, model="gpt-4.1",
                          timeouts={"connect": "500ms", "first_token": "400ms", "between_tokens": "400ms"}),
            "second": paid(self.second, model="gpt-4.1-mini")})

    def simulator(self, *options, **more):
        simulator = Simulator("--personality", "openai", *QUICK, *options, **more)
        self.addCleanup(simulator.stop)
        return simulator

    def start(self, backends, targets=("gpt-4.1@first", "gpt-4.1-mini@second"), **more):
        gateway = Gateway(backends, [{"name": "all", "targets": list(targets)}], **more)
        self.addCleanup(gateway.stop)
        return gateway

    def ask(self, sim, stream, **fields):
        # Only the first target fails: the second target does not know the suffix of the model.
        return chat(self.gateway.port, None, {}, stream=stream, text=sim, **fields)

    def failing(self, fault):
        """A gateway whose first target always fails in this way."""
        backend = paid(self.first, models={"gpt-4.1": {"name": "m#" + fault, "price":
                                                       {"input": 2, "output": 8}}},
                       timeouts={"connect": "500ms", "first_token": "400ms", "between_tokens": "400ms"})
        return self.start({"first": backend, "second": paid(self.second, model="gpt-4.1-mini")})

    def alone(self, fault):
        """The same without a second target."""
        backend = paid(self.first, models={"gpt-4.1": {"name": "m#" + fault, "price":
                                                       {"input": 2, "output": 8}}},
                       timeouts={"connect": "500ms", "first_token": "400ms",
                                 "between_tokens": "400ms", "total": "2s"})
        return self.start({"first": backend}, ["gpt-4.1@first"])


class BeforeCommit(TwoTargets):
    def test_a_fault_is_never_seen(self):
        for fault in TRANSIENT + DEADLY:
            with self.subTest(fault), self.failing(fault) as gateway:
                # One event that is no JSON does not end a good stream.
                for stream in (False,) if fault == "malformed=0" else (True, False):
                    reply = chat(gateway.port, stream=stream)
                    self.assertEqual(reply.status, 200, reply.body)
                    if stream:
                        self.assertEqual(reply.events[-1], "[DONE]")
                        self.assertTrue(reply.text)
                    line = gateway.log_of(reply)
                    self.assertEqual((line["outcome"], line["target"]), ("ok", "gpt-4.1-mini@second"))
                    if stream or fault in TRANSIENT:
                        self.assertGreaterEqual(len(line["attempts"]), 2)
                        self.assertNotEqual(line["attempts"][0]["result"], "ok")

    def test_nobody_listens(self):
        backend = paid(self.first, model="gpt-4.1", url=f"http://127.0.0.1:{unused_port()}/v1")
        gateway = self.start({"first": backend, "second": paid(self.second, model="gpt-4.1-mini")})
        line = gateway.log_of(chat(gateway.port))
        self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["connect_failed", "ok"])
        self.assertEqual(gateway.metrics().sum("headgate_fallbacks_total", reason="connect_failed"), 1)
        # The replica is ejected at once, so the next request does not try it.
        line = gateway.log_of(chat(gateway.port))
        self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["ok"])

    def test_a_transient_fault_is_tried_once_more_at_the_same_place(self):
        line = self.gateway.log_of(chat(self.gateway.port, "status=503;times=1"))
        self.assertEqual([(attempt["target"], attempt["result"]) for attempt in line["attempts"]],
                         [("gpt-4.1@first", "status_5xx"), ("gpt-4.1@first", "ok")])

    def test_a_short_retry_after_of_the_last_target_is_waited_for(self):
        with self.alone("status=429;retry_after=1;times=1") as gateway:
            started = time.monotonic()
            line = gateway.log_of(chat(gateway.port))
            self.assertGreaterEqual(time.monotonic() - started, 1)
            self.assertEqual([(attempt["target"], attempt["result"]) for attempt in line["attempts"]],
                             [("gpt-4.1@first", "status_429"), ("gpt-4.1@first", "ok")])

    def test_a_short_retry_after_is_not_waited_for_while_another_target_is_left(self):
        with self.failing("status=429;retry_after=1") as gateway:
            line = gateway.log_of(chat(gateway.port))
            self.assertEqual([(attempt["target"], attempt["result"]) for attempt in line["attempts"]],
                             [("gpt-4.1@first", "status_429"), ("gpt-4.1-mini@second", "ok")])

    def test_a_long_retry_after_is_not_waited_for(self):
        with self.failing("status=429;retry_after=20") as gateway:
            started = time.monotonic()
            line = gateway.log_of(chat(gateway.port))
            self.assertLess(time.monotonic() - started, 5)
            self.assertEqual([attempt["result"] for attempt in line["attempts"]],
                             ["status_429", "ok"])

    def test_a_context_that_is_too_long_goes_to_a_larger_window(self):
        fault = "status=400;code=context_length_exceeded;message=maximum context length is 8 tokens"
        backend = paid(self.first, models={"small": {"name": "m#" + fault, "price":
                                                     {"input": 2, "output": 8}}})
        gateway = self.start(
            {"first": backend, "second": paid(self.second, model="gpt-4.1-mini")},
            ["small@first", "gpt-4.1-mini@second"],
            models={"small": {"context": 8000, "max_output": 1000}})
        line = gateway.log_of(chat(gateway.port))
        self.assertEqual([attempt["target"] for attempt in line["attempts"]],
                         ["small@first", "gpt-4.1-mini@second"])

    def test_a_clients_mistake_is_not_tried_again(self):
        for status in (400, 413, 422):
            with self.subTest(status), \
                 self.failing(f"status={status};message=not like this;code=bad_thing") as gateway:
                reply = chat(gateway.port, stream=True)
                self.assertEqual((reply.status, reply.error["code"]), (status, "bad_thing"))
                self.assertIn("not like this", reply.error["message"])
                line = gateway.log_of(reply)
                self.assertEqual(len(line["attempts"]), 1)
                self.assertEqual(line["outcome"], "client_error")

    def test_a_model_that_is_not_there_is_looked_for_at_the_next_target(self):
        with self.failing("status=404;message=no such model") as gateway:
            line = gateway.log_of(chat(gateway.port))
            self.assertEqual([attempt["result"] for attempt in line["attempts"]],
                             ["rejected", "ok"])

    def test_a_rejected_provider_key_is_our_fault(self):
        with self.alone("status=401;message=Incorrect API key provider-key-1") as gateway:
            reply = chat(gateway.port)
            self.assertEqual(reply.status, 502)
            self.assertNotIn("provider-key-1", reply.body.decode())
            wait_for(lambda: "rejects its api_key" in gateway.stderr(), "an alert")
            self.assertNotIn("provider-key-1", gateway.stderr())

    def test_a_400_that_is_about_our_key_or_model_is_our_fault(self):
        for message, alert in (("API key not valid. Please pass a valid API key.", "rejects its api_key"),
                               ("Incorrect API key provided: pr***-1", "rejects its api_key"),
                               ("Model Not Exist", "does not have the model")):
            with self.subTest(message), self.failing(f"status=400;message={message}") as gateway:
                reply = chat(gateway.port)
                self.assertEqual(reply.status, 200)
                line = gateway.log_of(reply)
                self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["rejected", "ok"])
                wait_for(lambda: alert in gateway.stderr(), "an alert")

    def test_when_nothing_is_left_the_client_is_told_what_was_tried(self):
        for fault in ("status=503;retry_after=7", "reset", "ttft=3s"):
            with self.subTest(fault), self.alone(fault) as gateway:
                for stream in (False, True):
                    reply = chat(gateway.port, stream=stream)
                    self.assertEqual((reply.status, reply.error["code"]),
                                     (503, "upstream_unavailable"))
                    self.assertIn("gpt-4.1@first", reply.error["message"])
                    self.assertGreaterEqual(int(reply.headers["retry-after"]), 1)
                    self.assertEqual(gateway.log_of(reply)["outcome"], "upstream_error")

    def test_a_whole_answer_may_take_longer_than_the_first_token_of_a_stream(self):
        """Only `total` limits a non-streamed answer, because its head comes with its body."""
        embeddings = {"model": "auto", "input": "hello there"}
        with self.alone("ttft=1s") as gateway:
            for reply in (chat(gateway.port), call(gateway.port, "/v1/embeddings", embeddings)):
                self.assertEqual(reply.status, 200, reply.body)
                line = gateway.log_of(reply)
                self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["ok"])
                self.assertGreaterEqual(line["total_ms"], 1000)

    def test_a_whole_answer_that_never_comes_is_a_failure_and_ejects_nobody(self):
        with self.alone("ttft=5s") as gateway:
            reply = chat(gateway.port)
            self.assertEqual((reply.status, reply.error["code"]), (503, "upstream_unavailable"))
            line = gateway.log_of(reply)
            self.assertEqual([attempt["result"] for attempt in line["attempts"]],
                             ["total_timeout"])
            self.assertEqual(line["outcome"], "upstream_error")
            self.assertEqual(gateway.metrics().sum("headgate_backend_up"), 1)
            # In a stream the same silence ends early and ejects the replica.
            line = gateway.log_of(chat(gateway.port, stream=True))
            self.assertEqual(line["attempts"][0]["result"], "first_token_timeout")
            wait_for(lambda: gateway.metrics().sum("headgate_backend_up") == 0, "an ejection")

    def test_an_outage_is_not_amplified(self):
        """Retries at the same target stay under the budget: 20 % of requests, or 3 a second."""
        with self.alone("status=500") as gateway:
            count = 60
            started = time.monotonic()
            in_parallel(4, lambda _: [chat(gateway.port) for _ in range(count // 4)])
            took = time.monotonic() - started
            attempts = self.first.stats()["requests"]
            self.assertLessEqual(attempts, count + 0.2 * count + 3 * (took + 1) + 1)


class AfterCommit(TwoTargets):
    def test_a_break_is_an_error_event_and_never_a_clean_end(self):
        for fault in ("cut=4", "reset_after=4", "stall=4,5s", "error_after=4"):
            with self.subTest(fault):
                reply = chat(self.gateway.port, fault, stream=True)
                self.assertEqual((reply.status, reply.whole), (200, False))
                self.assertNotIn("[DONE]", reply.events)
                error = json.loads(reply.events[-1])["error"]
                self.assertTrue(error["message"])
                self.assertEqual(reply.tokens, 4, reply.text)
                line = self.gateway.log_of(reply)
                self.assertEqual(line["target"], "gpt-4.1@first")
                self.assertEqual(len(line["attempts"]), 1)
                self.assertNotEqual(line["outcome"], "ok")

    def test_an_event_that_is_not_json_is_left_out(self):
        whole = chat(self.gateway.port, "tokens=8", stream=True)
        for at in (0, 4):
            reply = chat(self.gateway.port, f"tokens=8;malformed={at}", stream=True)
            self.assertEqual((reply.status, reply.whole, reply.events[-1]), (200, True, "[DONE]"))
            self.assertNotIn('{"broken', reply.events)
            self.assertEqual(len(reply.events), len(whole.events))
            line = self.gateway.log_of(reply)
            self.assertEqual((line["target"], line["outcome"], len(line["attempts"])), ("gpt-4.1@first", "ok", 1))
            self.assertEqual(line["attempts"][0]["left_out"], 1)

    def test_the_connection_ends_with_a_break(self):
        """The last chunk is missing, so that a client that looks at HTTP alone sees a failure too."""
        with RawClient(self.gateway.port) as client:
            whole = client.send(post(chat_body(stream=True))).reply()
            self.assertEqual((whole.whole, whole.events[-1]), (True, "[DONE]"))
            broken = client.send(post(chat_body("cut=4", stream=True))).reply()
            self.assertFalse(broken.whole)
            self.assertIn("error", json.loads(broken.events[-1]))
            self.assertTrue(client.ended())

    def test_an_old_client_sees_a_break_too(self):
        with RawClient(self.gateway.port) as client:
            reply = client.send(post(chat_body("cut=4", stream=True), version="1.0")).reply()
        self.assertNotIn("[DONE]", reply.events)
        self.assertIn("error", json.loads(reply.events[-1]))

    def test_a_missing_done_behind_a_finished_answer_is_mended(self):
        reply = chat(self.gateway.port, "no_done", stream=True)
        self.assertEqual(reply.events[-1], "[DONE]")
        self.assertEqual(self.gateway.log_of(reply)["outcome"], "ok")

    def test_a_huge_answer_passes(self):
        reply = chat(self.gateway.port, "huge=3000000;interval=0ms", stream=True)
        self.assertEqual((reply.events[-1], len(reply.text)), ("[DONE]", 3000000))
        whole = chat(self.gateway.port, "huge=3000000;interval=0ms")
        self.assertEqual(len(whole.json["choices"][0]["message"]["content"]), 3000000)

    def test_a_whole_answer_too_large_to_be_held_breaks_with_its_connection(self):
        """The answer is committed early. Only a broken connection can then tell that it is not whole."""
        with RawClient(self.gateway.port) as client:
            client.send(post(chat_body("huge=20000000;cut=19000;interval=0ms")))
            status, fields = client.head()
            self.assertEqual((status, "content-length" in fields), (200, True))
            self.assertNotIn("x-headgate-cost-usd", fields)
            with self.assertRaises((ConnectionError, EOFError)):
                client.exactly(int(fields["content-length"]))
        line = self.gateway.log()[0]
        self.assertEqual((line["outcome"], len(line["attempts"])), ("cut", 1))

    def test_a_whole_answer_that_breaks_off_is_tried_again(self):
        # The answer is only committed once it is whole, so nothing has been sent yet.
        reply = chat(self.gateway.port, "cut=4;times=1")
        self.assertEqual(reply.status, 200)
        self.assertEqual(len(self.gateway.log_of(reply)["attempts"]), 2)


class ClientsThatLeave(TwoTargets):
    def leave(self, how, sim, wait_chunks, stream=True):
        with RawClient(self.gateway.port) as client:
            client.send(post(chat_body(sim, stream=stream)))
            if wait_chunks:
                client.head()
                for _ in range(wait_chunks):
                    client.chunk()
            else:
                wait_for(lambda: self.first.stats()["running"] == 1, "the request arrived")
            getattr(client, how)()
            left = time.monotonic()
            wait_for(lambda: self.first.stats()["client_aborts"] >= 1, "the backend sees the client leave")
            return time.monotonic() - left

    def test_the_backend_is_let_go_at_once(self):
        for how in ("close", "reset"):
            for sim, chunks, stream in (("tokens=500;interval=20ms", 5, True),
                                        ("ttft=10s", 0, True), ("ttft=10s", 0, False)):
                with self.subTest(how, sim=sim, stream=stream):
                    self.first.reset()
                    # The simulator would end after 10 s by itself; the gateway promises one second.
                    self.assertLess(self.leave(how, sim, chunks, stream),
                                    10 if stage.SANITIZED else 1)
        lines = self.gateway.log(6)
        self.assertEqual({line["outcome"] for line in lines}, {"client_gone"})
        wait_for(lambda: self.gateway.metrics().sum("headgate_client_connections") == 0, "closed")
        self.assertEqual(self.gateway.metrics().sum("headgate_in_flight_requests"), 0)
        # The backend had begun, so the gateway books an estimate.
        self.assertGreater(min(line["cost_usd"] for line in lines), 0)
        self.assertEqual({line.get("usage") for line in lines}, {"estimated"})

    def test_a_client_that_takes_nothing_fills_no_memory_and_is_let_go(self):
        """The client slows its backend. If it takes no byte during the idle timeout, it is given up."""
        gateway = self.start({"first": paid(self.first, model="gpt-4.1")}, ["gpt-4.1@first"],
                             server={"limits": {"idle_timeout": "1s"}})
        chat(gateway.port, "huge=3000000;interval=0ms", stream=True)
        before = gateway.resident_kib()
        slow = [RawClient(gateway.port) for _ in range(4)]
        for client in slow:
            self.addCleanup(client.close)
            client.send(post(chat_body("huge=60000000;interval=0ms", stream=True)))
        most = [before]

        def let_go():
            most.append(gateway.resident_kib())
            return self.first.stats()["client_aborts"] == len(slow)
        wait_for(let_go, "the backend sees the client leave")
        if not stage.SANITIZED:
            self.assertLess(max(most) - before, 16 << 10)
        lines = gateway.log(1 + len(slow))[1:]
        self.assertEqual({line["outcome"] for line in lines}, {"client_gone"})

    def test_who_half_closes_has_left(self):
        """A client that leaves while its answer is pending only sends a FIN: see decision 11."""
        for stream in (True, False):
            with self.subTest(stream=stream), RawClient(self.gateway.port) as client:
                self.first.reset()
                client.send(post(chat_body("ttft=10s", stream=stream)))
                wait_for(lambda: self.first.stats()["running"] == 1, "the request arrived")
                client.socket.shutdown(socket.SHUT_WR)
                left = time.monotonic()
                self.assertEqual(client.all(), b"")
                wait_for(lambda: self.first.stats()["client_aborts"] == 1, "the backend sees the client leave")
                self.assertLess(time.monotonic() - left, 10 if stage.SANITIZED else 1)
        self.assertEqual({line["outcome"] for line in self.gateway.log(2)}, {"client_gone"})

    def test_a_half_closed_client_is_never_told_that_half_a_stream_is_a_whole_one(self):
        with RawClient(self.gateway.port) as client:
            client.send(post(chat_body("tokens=500;interval=10ms", stream=True)))
            client.head()
            client.chunk()
            client.socket.shutdown(socket.SHUT_WR)
            self.assertNotIn(b"[DONE]", client.all())


class Requirements(TwoTargets):
    """Routes whose targets fail a requirement or are down."""

    def failing_one(self, model):
        price = {"input": 0.4, "output": 1.6}
        return paid(self.first, models={model: {"name": "m#status=500", "price": price}})

    def test_what_is_required_is_let_go_of_when_who_meets_it_is_down(self):
        route = {"name": "cheap", "targets": ["gpt-4.1-mini@first", "gpt-4.1@second"],
                 "require": {"price": {"input": "<= $1"}}, "on_no_target": "relax"}
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        recording = pathlib.Path(folder.name) / "traffic.jsonl"
        with Gateway({"first": self.failing_one("gpt-4.1-mini"),
                      "second": paid(self.second, model="gpt-4.1")},
                     [route], recording={"file": str(recording)}) as gateway:
            strict = chat(gateway.port)
            self.assertEqual(strict.status, 503)
            self.assertNotIn("relaxed", gateway.log_of(strict))
            reply = wait_for(lambda: next((r for r in [chat(gateway.port)] if r.status == 200), None),
                             "the other target is asked")
            line = gateway.log_of(reply)
            self.assertEqual((line["target"], line["relaxed"]), ("gpt-4.1@second", "price"))
            explained = call(gateway.admin, "/explain", method="POST", body=json.dumps({"id": line["id"]}).encode(),
                             headers={"content-type": "application/json"})
            self.assertEqual(json.loads(explained.body)["relaxed"], "price")
            identity = line["id"]
        records = [json.loads(text) for text in recording.read_text().splitlines()]
        decided = {r["id"]: r["decided"] for r in records if "id" in r}
        self.assertEqual(decided[identity][3:], [2, 0, 16])
        done = subprocess.run([stage.HEADGATE, "replay", "--json", "--config", self.replayed(route),
                               recording], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def replayed(self, route):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        self.addCleanup(pathlib.Path(file.name).unlink)
        with file:
            json.dump({"server": {"auth": "none"}, "routes": [route],
                       "backends": {"first": self.failing_one("gpt-4.1-mini"),
                                    "second": paid(self.second, model="gpt-4.1")}}, file)
        return file.name

    def test_what_may_be_met_later_is_worth_another_try_and_what_never_is_not(self):
        routes = [{"name": "huge", "when": {"header": {"x-huge": "*"}}, "require": {"context": "9M"}},
                  {"name": "sound", "require": {"error_rate": "<= 10%"}}]
        with Gateway({"first": self.failing_one("gpt-4.1")}, routes) as gateway:
            def refused():
                reply = chat(gateway.port)
                return reply if reply.error["code"] == "no_target" else None
            reply = wait_for(refused, "twenty attempts have failed")
            self.assertEqual((reply.status, reply.error["type"]), (503, "server_error"))
            self.assertEqual(reply.headers["retry-after"], "10")
            self.assertEqual(gateway.log_of(reply)["attempts"], [])
            reply = chat(gateway.port, None, {"x-huge": "1"})
            self.assertEqual((reply.status, reply.error["code"]), (400, "no_target"))
            self.assertNotIn("retry-after", reply.headers)


class Circuits(TwoTargets):
    def circuit(self, gateway):
        """The circuit's state from /status, which must agree with the metrics."""
        backend = next(b for b in gateway.status()["backends"] if b["name"] == "first")
        metrics = gateway.metrics()
        number = metrics.sum("headgate_circuit_state", backend="first")
        up = metrics.sum("headgate_backend_up", backend="first")
        self.assertEqual(up, 1 if number == 0 else 0)  # of a paid API, which is not checked
        state = backend["replicas"][0]["circuit"]
        self.assertEqual(number, {"closed": 0, "open": 1, "half_open": 2}[state])
        return state

    def test_five_failures_in_a_row_open_it_and_then_nobody_is_sent_there(self):
        with self.failing("status=500") as gateway:
            failures = 0
            while failures < 5:
                self.assertEqual(self.circuit(gateway), "closed")
                line = gateway.log_of(chat(gateway.port))
                self.assertEqual(line["target"], "gpt-4.1-mini@second")
                failures += len(line["attempts"]) - 1
            self.assertEqual(self.circuit(gateway), "open")
            sent = self.first.stats()["requests"]
            for _ in range(10):
                line = gateway.log_of(chat(gateway.port))
                self.assertEqual([attempt["result"] for attempt in line["attempts"]], ["ok"])
            self.assertEqual(self.first.stats()["requests"], sent)

    def test_a_success_in_between_starts_the_count_anew(self):
        with self.lonely() as gateway:
            for _ in range(4):
                for _ in range(2):  # two attempts each, as long as the retry budget lasts
                    chat(gateway.port, "status=500")
                self.assertEqual(chat(gateway.port).status, 200)
                self.assertEqual(self.circuit(gateway), "closed")

    def test_it_closes_with_the_first_success(self):
        """If there is no other target, the panic rule tries the target whose circuit is open."""
        with self.lonely() as gateway:
            while self.circuit(gateway) == "closed":
                self.assertEqual(chat(gateway.port, "status=500").status, 503)
            self.assertEqual(chat(gateway.port).status, 200)
            self.assertEqual(self.circuit(gateway), "closed")

    def test_callers_mistakes_and_full_houses_never_open_it(self):
        for fault in ("status=400", "status=422", "status=404", "status=429"):
            with self.subTest(fault), self.lonely() as gateway:
                for _ in range(12):
                    self.assertNotEqual(chat(gateway.port, fault).status, 200)
                self.assertEqual(self.circuit(gateway), "closed")

    def lonely(self):
        return self.start({"first": paid(self.first, model="gpt-4.1")}, ["gpt-4.1@first"])


class Replicas(unittest.TestCase):
    def setUp(self):
        # Each replica is a process of its own, so that one can die alone.
        self.pool = [Simulator("--personality", "vllm", "--slots", "64", *QUICK) for _ in range(2)]
        for replica in self.pool:
            self.addCleanup(replica.stop)
        urls = [replica.url(path="") for replica in self.pool]
        self.gateway = Gateway({"near": own(urls, slots=64)})
        self.addCleanup(self.gateway.stop)

    def test_a_replica_that_dies_under_load_is_not_noticed(self):
        over = threading.Event()
        replies = []

        def client():
            connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=20)
            number = 0
            while not over.is_set():
                number += 1
                body = chat_body("tokens=6;interval=2ms", stream=number % 2 == 0)
                connection.request("POST", CHAT, json.dumps(body))
                response = connection.getresponse()
                try:
                    body = response.read()
                except http.client.IncompleteRead as broken:
                    body = broken.partial
                    connection.close()
                replies.append((response.status, number % 2 == 0, body))
            connection.close()

        with beside(*[client] * CLIENTS):
            try:
                wait_for(lambda: len(replies) > 100, "load")
                self.pool[0].send_signal(signal.SIGKILL)
                at_death = len(replies)
                wait_for(lambda: len(replies) > at_death + 200, "load goes on")
            finally:
                over.set()
        cut = [body for status, stream, body in replies
               if status == 200 and stream and not body.endswith(b"data: [DONE]\n\n")]
        # Committed streams break with an error event; all other requests are served elsewhere.
        for body in cut:
            self.assertIn(b'data: {"error"', body)
        self.assertLessEqual(len(cut), CLIENTS)
        self.assertEqual([status for status, _, _ in replies if status != 200], [])
        lines = self.gateway.log(len(replies))
        self.assertLessEqual({line["outcome"] for line in lines}, {"ok", "cut"})
        moved = sum(len(line["attempts"]) > 1 for line in lines)
        self.assertGreater(moved, 0)  # otherwise the test proves nothing
        up = self.gateway.metrics()
        self.assertEqual(up.sum("headgate_backend_up"), 1)
        print(f"\nkilled a replica under load: {len(replies)} requests, {len(cut)} committed "
              f"streams broke with an error event, {moved} were served elsewhere, 0 failed")

    def test_load_is_shared(self):
        in_parallel(8, lambda _: [chat(self.gateway.port) for _ in range(20)])
        served = [replica.stats()["finished"] for replica in self.pool]
        self.assertEqual(sum(served), 160)
        self.assertGreater(min(served), 30)

    def test_when_all_are_down_the_answer_is_503_and_comes_back_with_them(self):
        for replica in self.pool:
            replica.send_signal(signal.SIGKILL)
            replica.wait()
        reply = chat(self.gateway.port)
        self.assertEqual((reply.status, reply.error["code"]), (503, "upstream_unavailable"))
        self.assertIn("retry-after", reply.headers)
        port = self.pool[0].port
        again = Simulator("--personality", "vllm", *QUICK, "--listen", f"127.0.0.1:{port}")
        self.addCleanup(again.stop)
        # All replicas are ejected: the panic rule tries the least bad of them.
        wait_for(lambda: chat(self.gateway.port).status == 200, "served again")


if __name__ == "__main__":
    unittest.main()
