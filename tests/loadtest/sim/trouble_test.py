"""headgate-sim in trouble: outages on a schedule, faults by number of request, limits, and answers that go on."""

import http.client
import pathlib
import re
import socket
import subprocess
import time
import unittest

from simulator import BINARY, Shared, call, chat, chat_body, raw_request, read_until, running, stream

README = pathlib.Path(__file__).parents[3] / "loadtest" / "sim" / "faults" / "README.md"
VERSION = {"anthropic-version": "2023-06-01"}


def begin(port, text):
    """Starts an outage, counted from now."""
    assert call(port, f"/sim/outage?{text}", b"").status == 200


def within(seconds, condition):
    """Waits until `condition` is true; raises if it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.005)


def status_of(port, path="/health"):
    """The status of a page, or the name of what happened instead."""
    try:
        return call(port, path).status
    except (ConnectionError, http.client.HTTPException) as failure:
        return type(failure).__name__


class Outages(unittest.TestCase):
    def start(self, *options):
        simulator = self.enter(running("--personality", "vllm", "--tokens", "4", *options))
        return simulator.ports[0]

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def test_refusal_comes_and_goes_as_scheduled_and_health_agrees(self):
        started = time.monotonic()
        port = self.start("--outage", "300ms-900ms")
        self.assertEqual(status_of(port), 200)
        within(2, lambda: status_of(port) == "ConnectionRefusedError")
        began = time.monotonic() - started
        within(2, lambda: status_of(port) == 200)
        self.assertGreaterEqual(time.monotonic() - started, 0.9)
        self.assertGreaterEqual(began, 0.3)
        self.assertEqual(chat(port).status, 200)

    def test_a_server_that_goes_down_breaks_its_streams(self):
        port = self.start()
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(raw_request(chat_body("tokens=1000;interval=5ms", stream=True)))
        read_until(connection, b"ferry")
        begin(port, "0s-300ms:refuse")
        with self.assertRaises(ConnectionResetError):
            while connection.recv(65536):
                pass
        within(2, lambda: status_of(port) == 200)

    def test_reset(self):
        port = self.start()
        begin(port, "0s-300ms:reset")
        within(2, lambda: status_of(port) in ("ConnectionResetError", "RemoteDisconnected"))
        within(2, lambda: status_of(port) == 200)

    def test_503_leaves_the_witness_pages_and_running_answers_alone(self):
        port = self.start()
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(raw_request(chat_body("tokens=60;interval=10ms", stream=True)))
        read_until(connection, b"ferry")
        begin(port, "0s-400ms:503")
        self.assertEqual(status_of(port), 503)
        reply = chat(port)
        self.assertEqual((reply.status, reply.json["error"]["code"]), (503, 503))
        stats = call(port, "/sim/stats").json
        self.assertEqual((stats["outage"], stats["requests"], stats["health_checks"]), ("503", 2, 1))
        read_until(connection, b"[DONE]")
        within(2, lambda: chat(port).status == 200)
        self.assertIsNone(call(port, "/sim/stats").json["outage"])

    def test_silence_counts_requests_and_answers_nothing(self):
        port = self.start()
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(raw_request(chat_body("tokens=60;interval=10ms", stream=True)))
        read_until(connection, b"ferry")
        begin(port, "0s-600ms:silence")
        asked = time.monotonic()
        other = socket.create_connection(("127.0.0.1", port), timeout=0.3)
        self.addCleanup(other.close)
        other.sendall(raw_request(chat_body()))
        with self.assertRaises(TimeoutError):
            other.recv(1)
        self.assertEqual(call(port, "/sim/stats").json["requests"], 2)
        read_until(connection, b"[DONE]")  # the stream that hung goes on
        self.assertGreaterEqual(time.monotonic() - asked, 0.5)

    def test_half_open_accepts_in_the_kernel_only(self):
        port = self.start()
        begin(port, "0s-500ms:half_open")
        time.sleep(0.05)
        accepted = socket.create_connection(("127.0.0.1", port), timeout=0.2)
        self.addCleanup(accepted.close)
        accepted.sendall(raw_request(chat_body(), "Connection: close\r\n"))
        with self.assertRaises(TimeoutError):
            accepted.recv(1)
        accepted.settimeout(5)
        self.assertIn(b"200 OK", read_until(accepted, b"\r\n\r\n"))  # read once the outage is over

    def test_what_is_no_outage_is_refused(self):
        port = self.start()
        self.assertEqual(call(port, "/sim/outage?5s-1s", b"").status, 400)
        done = subprocess.run([BINARY, "--listen", "127.0.0.1:0", "--outage", "1s-2s:tea"], capture_output=True)
        self.assertNotEqual(done.returncode, 0)

    def test_slow_start_wears_off(self):
        port = self.start("--ttft", "40ms", "--slow-start", "1s,10")
        began = time.monotonic()
        chat(port)
        first = time.monotonic() - began
        time.sleep(max(0, 1.1 - first))
        began = time.monotonic()
        chat(port)
        self.assertGreater(first, 0.2)
        self.assertLess(time.monotonic() - began, 0.2)

    def test_arrivals(self):
        port = self.start()
        before = time.time() * 1000
        for _ in range(3):
            chat(port)
        page = call(port, "/sim/arrivals").json
        self.assertEqual(len(page["arrivals_ms"]), 3)
        self.assertTrue(all(before - 50 <= at <= page["now_ms"] for at in page["arrivals_ms"]))


class FaultsByNumber(unittest.TestCase):
    def statuses(self, port, count, sim=None):
        return [chat(port, sim).status for _ in range(count)]

    def test_a_fault_of_the_server(self):
        with running("--fault", "status=429;retry_after=2;times=1", "--fault", "status=500;skip=1;every=2") as simulator:
            port = simulator.ports[0]
            reply = chat(port)
            self.assertEqual((reply.status, reply.headers["retry-after"]), (429, "2"))
            # The second fault counts the requests that the first has left alone.
            self.assertEqual(self.statuses(port, 4), [200, 500, 200, 500])
            self.assertEqual(chat(port, "tokens=3").json["usage"]["completion_tokens"], 3)

    def test_skip_every_and_times(self):
        with running() as simulator:
            fault = "status=503;skip=1;every=3;times=2"
            self.assertEqual(self.statuses(simulator.ports[0], 9, fault),
                             [200, 503, 200, 200, 503, 200, 200, 200, 200])

    def test_what_is_no_fault_ends_the_start(self):
        done = subprocess.run([BINARY, "--listen", "127.0.0.1:0", "--fault", "nonsense"], capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"nonsense", done.stderr)

    def test_the_page_is_the_table(self):
        listed = subprocess.run([BINARY, "--list-faults"], capture_output=True, text=True, check=True).stdout
        rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", README.read_text(), re.MULTILINE)
        self.assertEqual([tuple(line.split("\t")) for line in listed.splitlines()], rows)


class Forms(Shared):
    def test_silence(self):
        connection = self.connect()
        connection.settimeout(0.2)
        connection.sendall(raw_request(chat_body("silence", stream=True)))
        with self.assertRaises(TimeoutError):
            connection.recv(1)
        connection.close()
        self.wait_for(lambda: self.stats()["client_aborts"] == 1)
        self.assertEqual(self.bill()["total_nano_usd"], 0)

    def test_early_head(self):
        connection = self.connect()
        connection.settimeout(0.3)
        connection.sendall(raw_request(chat_body("early_head;ttft=1s", stream=True)))
        self.assertNotIn(b"data:", read_until(connection, b"\r\n\r\n"))
        with self.assertRaises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
        self.assertIn(b"[DONE]", read_until(connection, b"[DONE]"))

    def test_trickle(self):
        whole = stream(self.port)
        torn = stream(self.port, "trickle")
        self.assertEqual((torn.text, torn.events[-1]), (whole.text, "[DONE]"))

    def test_refusals_in_the_words_of_the_server(self):
        cases = [("openai", {}, 400, "context_length_exceeded", "maximum context length", "content_policy_violation"),
                 ("vllm", {}, 400, 400, "maximum context length", 400),
                 ("tgi", {}, 422, None, "must have less than", None)]
        for personality, headers, status, code, words, policy in cases:
            with self.subTest(personality), running("--personality", personality) as simulator:
                reply = chat(simulator.ports[0], "context_length", headers, stream=True)
                self.assertEqual(reply.status, status)
                self.assertIn(words, reply.body.decode())
                refused = chat(simulator.ports[0], "content_policy", headers)
                self.assertEqual(refused.status, 400)
                if code is not None:
                    self.assertEqual((reply.json["error"]["code"], refused.json["error"]["code"]), (code, policy))


class Limits(unittest.TestCase):
    def test_openai(self):
        with running("--rate-limit", "requests=2,window=1s") as simulator:
            port = simulator.ports[0]
            replies = [chat(port) for _ in range(3)]
            self.assertEqual([reply.status for reply in replies], [200, 200, 429])
            self.assertEqual(replies[0].headers["x-ratelimit-limit-requests"], "2")
            self.assertEqual(replies[0].headers["x-ratelimit-remaining-requests"], "1")
            self.assertEqual(replies[2].headers["x-ratelimit-remaining-requests"], "0")
            self.assertEqual(replies[2].headers["retry-after"], "1")
            self.assertEqual(replies[2].json["error"]["code"], "rate_limit_exceeded")
            self.assertEqual(call(port, "/sim/stats").json["limited"], 1)
            within(3, lambda: chat(port).status == 200)

    def test_anthropic(self):
        body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "hello there"}]}
        with running("--personality", "anthropic", "--rate-limit", "requests=50,tokens=150") as simulator:
            port = simulator.ports[0]
            reply = call(port, "/v1/messages", body, VERSION)
            self.assertEqual(reply.headers["anthropic-ratelimit-requests-remaining"], "49")
            self.assertEqual(reply.headers["anthropic-ratelimit-tokens-remaining"], "44")
            self.assertRegex(reply.headers["anthropic-ratelimit-tokens-reset"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(call(port, "/v1/messages", body, VERSION).status, 429)


class GoesOn(unittest.TestCase):
    ASK = [{"role": "user", "content": "hello there"}]

    def text(self, reply):
        self.assertEqual(reply.status, 200, reply.body)
        if "choices" in reply.json:
            return reply.json["choices"][0]["message"]["content"]
        return "".join(block["text"] for block in reply.json["content"])

    def ask(self, port, messages, **fields):
        return call(port, "/v1/chat/completions", {"model": "m", "messages": messages, **fields})

    def begun(self, text, **more):
        return [*self.ASK, {"role": "assistant", "content": text, **more}]

    def test_every_dialect_goes_on_where_the_prefix_ends(self):
        dialects = [(["--personality", "vllm"], {"continue_final_message": True, "add_generation_prompt": False}, {}),
                    (["--prefill", "prefix"], {}, {"prefix": True}),
                    (["--personality", "llamacpp"], {}, {})]
        for options, fields, mark in dialects:
            with self.subTest(options), running("--tokens", "60", *options) as simulator:
                port = simulator.ports[0]
                whole = self.text(self.ask(port, self.ASK))
                for length in (1, 7, len(whole) // 2, len(whole) - 1, len(whole)):
                    reply = self.ask(port, self.begun(whole[:length], **mark), **fields)
                    self.assertEqual(whole[:length] + (self.text(reply) or ""), whole)
                streamed = stream(port, messages=self.begun(whole[:100], **mark), **fields)
                self.assertEqual(whole[:100] + streamed.text, whole)
                used = streamed.chunks[-1]["usage"]
                self.assertLess(used["completion_tokens"], 60)
                self.assertGreater(used["prompt_tokens"], 25)

    def test_who_repeats_the_prefix(self):
        with running("--tokens", "60", "--prefill", "prefix", "--prefill-repeats") as simulator:
            port = simulator.ports[0]
            whole = self.text(self.ask(port, self.ASK))
            self.assertEqual(self.text(self.ask(port, self.begun(whole[:50], prefix=True))), whole)

    def test_messages(self):
        with running("--tokens", "60", "--personality", "anthropic") as simulator:
            port = simulator.ports[0]
            body = {"model": "m", "max_tokens": 100, "messages": self.ASK}
            whole = self.text(call(port, "/v1/messages", body, VERSION))
            body["messages"] = self.begun(whole[:50])
            self.assertEqual(whole[:50] + self.text(call(port, "/v1/messages", body, VERSION)), whole)
            body["messages"] = self.begun("The ")
            self.assertEqual(call(port, "/v1/messages", body, VERSION).status, 400)

    def test_refusals(self):
        with running("--personality", "vllm", "--prefill", "refused") as simulator:
            reply = self.ask(simulator.ports[0], self.begun("The"))
            self.assertEqual(reply.status, 400)
            self.assertIn("prefill", reply.json["error"]["message"])
        with running() as simulator:
            self.assertEqual(self.ask(simulator.ports[0], self.begun("The", prefix=True)).status, 400)
            self.assertEqual(self.ask(simulator.ports[0], self.begun("The"), continue_final_message=True).status, 400)

    def test_the_limit_of_tokens_counts_what_is_new(self):
        with running("--tokens", "60", "--personality", "llamacpp") as simulator:
            body = self.ask(simulator.ports[0], self.begun("The ferry"), max_tokens=3).json
            self.assertEqual(body["choices"][0]["finish_reason"], "length")
            self.assertEqual(body["usage"]["completion_tokens"], 3)
            self.assertEqual(body["choices"][0]["message"]["content"], " leaves at seven")


if __name__ == "__main__":
    unittest.main()
