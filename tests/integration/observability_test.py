"""The operator's view: the access log, the metrics, the pages of the admin port. They do not show keys or the texts
of requests and answers, and a client cannot make them grow without bound."""

import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import time
import unittest

from stage import Gateway, RawClient, Simulator, call, chat, chat_body, own, paid, post, raw

SECRET_PROMPT = "the-patient-has-a-secret-7291"
PROVIDER_KEY = "provider-key-1"
LOG_FIELDS = {
    "time", "id", "generation", "endpoint", "model", "stream", "class", "class_reason", "topic", "topic_reason", "topic_confidence",
    "urgency", "urgency_reason", "route", "target", "outcome", "status", "attempts", "tokens",
    "usage", "cost_usd", "total_ms", "overhead_ms"}


class Observability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator("--personality", "openai", "--tokens", "4", "--price", "*=2,1,8")
        cls.addClassCleanup(cls.sim.stop)
        cls.pool = Simulator("--personality", "vllm", "--tokens", "4", listeners=2)
        cls.addClassCleanup(cls.pool.stop)
        cls.gateway = Gateway(
            {"far": paid(cls.sim), "near": own(cls.pool.urls())},
            [{"name": "near", "when": {"header": {"x-near": "yes"}}, "targets": ["qwen-2.5-32b@near"]},
             {"name": "far", "targets": ["gpt-4.1@far"]}],
            baseline="gpt-4.1@far")
        cls.addClassCleanup(cls.gateway.stop)

    def admin(self, path, method="GET"):
        return call(self.gateway.admin, path, method=method)

    def everything(self):
        """Everything that an operator can read."""
        pages = b"".join(self.admin(path).body for path in ("/metrics", "/status", "/readyz"))
        return pages + self.gateway.log_path.read_bytes() + self.gateway.stderr().encode()

    def test_a_line_says_what_happened_to_a_request(self):
        line = self.gateway.log_of(chat(self.gateway.port))
        self.assertEqual(set(line), LOG_FIELDS)
        self.assertEqual(line["route"], "far")
        self.assertEqual(line["target"], "gpt-4.1@far")
        self.assertEqual((line["outcome"], line["status"], line["usage"]), ("ok", 200, "exact"))
        self.assertEqual(len(line["attempts"]), 1)
        self.assertEqual(line["attempts"][0]["cost_usd"], line["cost_usd"])
        self.assertGreater(line["cost_usd"], 0)
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_stream_also_says_when_its_first_token_came(self):
        line = self.gateway.log_of(chat(self.gateway.port, stream=True))
        self.assertEqual(set(line), LOG_FIELDS | {"ttft_ms"})
        self.assertLessEqual(line["ttft_ms"], line["total_ms"])

    def test_nothing_shows_a_prompt_an_answer_or_a_key(self):
        key = "sk-the-client-says-this"
        headers = {"Authorization": f"Bearer {key}", "x-data-class": "header-value-5512"}
        quoting = ("status=400", "status=401", "status=422;code=bad_thing", "status=500",
                   "error_event", "error_after=1", "status=400;code=" + SECRET_PROMPT + " and more")
        for sim in (None, "status=500;message=" + PROVIDER_KEY, "cut=2", "malformed",
                    *(f"{fault};message=your prompt {SECRET_PROMPT} is refused" for fault in quoting)):
            for stream in (False, True):
                chat(self.gateway.port, sim, headers, text=SECRET_PROMPT, stream=stream)
        raw(self.gateway.port, post(b'{"messages": "' + SECRET_PROMPT.encode() + b'", '))
        self.gateway.log_of(chat(self.gateway.port))
        seen = self.everything()
        for secret in (SECRET_PROMPT, key, PROVIDER_KEY, "header-value-5512"):
            self.assertNotIn(secret.encode(), seen)

    def test_of_a_refusal_the_log_has_status_type_and_code_and_the_client_all(self):
        reply = chat(self.gateway.port, f"status=400;code=bad_thing;message=no: {SECRET_PROMPT}")
        self.assertIn(SECRET_PROMPT, reply.error["message"])
        line = self.gateway.log_of(reply)
        self.assertIn("400", line["error"])
        self.assertIn("code bad_thing", line["error"])
        self.assertEqual(line["attempts"][0]["error"], line["error"])

    def test_what_a_client_writes_cannot_break_a_line(self):
        models = ['a"b', "a\nb", "a\\", "\x00", "é", "\u2028", "x" * 5000, "]}", "a\x1b[31m"]
        replies = [chat(self.gateway.port, model=model) for model in models]
        for reply in replies:
            self.assertEqual(reply.status, 404)
            self.assertEqual(self.gateway.log_of(reply)["rejected"], "model")
        text = self.gateway.log_path.read_bytes()
        self.assertNotIn(b"\x1b", text)
        self.assertLess(max(map(len, text.splitlines())), 3000)

    def test_no_client_can_make_series(self):
        before = self.admin("/metrics").body.count(b"\n")
        for i in range(200):
            chat(self.gateway.port, model=f"no-such-model-{i}")
            call(self.gateway.port, f"/v1/no-such-path-{i}")
        reply = chat(self.gateway.port, headers={"x-headgate-class": "evil", "x-near": "no"})
        self.gateway.log_of(reply)
        self.assertLess(self.admin("/metrics").body.count(b"\n") - before, 60)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_prometheus_finds_nothing_wrong_with_the_metrics(self):
        chat(self.gateway.port, stream=True)
        chat(self.gateway.port, headers={"x-near": "yes"})
        chat(self.gateway.port, "status=500")
        check = subprocess.run(["promtool", "check", "metrics"], input=self.admin("/metrics").body,
                               capture_output=True, check=False)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, b"", b""))

    def test_the_process_says_what_it_takes_under_the_usual_names(self):
        metrics = self.gateway.metrics()
        value = lambda name: float(metrics.sum(name))
        statm = pathlib.Path(f"/proc/{self.gateway.pid}/statm").read_text().split()
        page = resource.getpagesize()
        self.assertAlmostEqual(value("process_resident_memory_bytes"), int(statm[1]) * page, delta=16 << 20)
        self.assertAlmostEqual(value("process_virtual_memory_bytes"), int(statm[0]) * page, delta=256 << 20)
        self.assertAlmostEqual(value("process_open_fds"), len(os.listdir(f"/proc/{self.gateway.pid}/fd")), delta=20)
        limit = resource.prlimit(self.gateway.pid, resource.RLIMIT_NOFILE)[0]
        self.assertEqual(value("process_max_fds"), limit)
        self.assertEqual(value("process_threads"), len(os.listdir(f"/proc/{self.gateway.pid}/task")))
        started = value("process_start_time_seconds")
        self.assertLess(started, time.time())
        self.assertAlmostEqual(started, os.stat(f"/proc/{self.gateway.pid}").st_ctime, delta=60)
        spent = value("process_cpu_seconds_total")
        self.assertGreater(spent, 0)
        for _ in range(50):
            chat(self.gateway.port)
        metrics = self.gateway.metrics()
        self.assertGreater(value("process_cpu_seconds_total"), spent)
        self.assertEqual(value("process_start_time_seconds"), started)

    def test_the_baseline_says_what_the_same_would_have_cost(self):
        before = self.gateway.metrics()
        for _ in range(3):
            reply = chat(self.gateway.port, headers={"x-near": "yes"})
            self.assertEqual(self.gateway.log_of(reply)["outcome"], "ok")  # and booked
        after = self.gateway.metrics()

        def grown(name, **labels):
            return after.sum(name, **labels) - before.sum(name, **labels)

        tokens = {kind: grown("headgate_tokens_total", route="near", kind=kind)
                  for kind in ("input", "output")}
        self.assertGreater(tokens["output"], 0)
        saved = grown("headgate_baseline_cost_usd_total", route="near")
        self.assertAlmostEqual(float(saved), float(2 * tokens["input"] + 8 * tokens["output"]) / 1e6, 9)

    def test_the_admin_port_says_what_it_has(self):
        self.assertEqual(self.admin("/healthz").status, 200)
        self.assertEqual(self.admin("/readyz").status, 200)
        metrics = self.admin("/metrics")
        self.assertTrue(metrics.headers["content-type"].startswith("text/plain; version=0.0.4"))
        self.assertEqual(self.admin("/metrics", "POST").status, 405)
        self.assertEqual(self.admin("/nothing").status, 404)
        status = self.gateway.status()
        self.assertEqual({backend["name"] for backend in status["backends"]}, {"far", "near"})
        self.assertEqual(call(self.gateway.port, "/metrics").status, 404)

    def test_the_admin_port_out_of_descriptors_waits_for_some(self):
        with Gateway({"far": paid(self.sim)}) as gateway:
            def used_seconds():
                fields = pathlib.Path(f"/proc/{gateway.pid}/stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            soft, hard = resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (1, hard))
            with RawClient(gateway.admin) as client:
                client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                before = used_seconds()
                time.sleep(0.6)
                self.assertLess(used_seconds() - before, 0.3)
                resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (soft, hard))
                self.assertEqual(client.reply("GET").status, 200)

    def test_every_series_has_help_and_a_type(self):
        text = self.admin("/metrics").body.decode()
        described = set(re.findall(r"# HELP (\w+) \S", text))
        typed = dict(re.findall(r"# TYPE (\w+) (\w+)", text))
        for name in {line.split("{")[0].split(" ")[0] for line in text.splitlines()
                     if line and not line.startswith("#")}:
            family = name if name in typed else re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertIn(family, typed)
            self.assertIn(family, described)

    def test_the_log_goes_where_the_file_says_and_nowhere(self):
        with Gateway({"far": paid(self.sim)}, server={"access_log": "off"}) as quiet:
            self.assertEqual(chat(quiet.port).status, 200)
            self.assertEqual(quiet.log_path.read_bytes(), b"")
        with Gateway({"far": paid(self.sim)}, server={"access_log": "stdout"}) as piped:
            reply = chat(piped.port)
            line = json.loads(piped.process.stdout.readline())
            self.assertEqual(line["id"], reply.headers["x-request-id"])

    def test_a_body_is_no_part_of_an_error_message(self):
        body = json.dumps(chat_body(text=SECRET_PROMPT, max_tokens="many")).encode()
        reply = call(self.gateway.port, body=body)
        self.assertEqual((reply.status, reply.error["param"]), (400, "max_tokens"))
        self.assertNotIn(SECRET_PROMPT, reply.body.decode())


if __name__ == "__main__":
    unittest.main()
