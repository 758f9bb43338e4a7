"""`headgate check` and `headgate explain` as an operator uses them, and POST /explain on the daemon, which must
agree with the daemon's decisions."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

from stage import HEADGATE, Gateway, Simulator, call, chat, own, paid

EXAMPLES = pathlib.Path(__file__).parents[2] / "config" / "examples"
KEYS = {"OPENAI_API_KEY": "k", "DEEPSEEK_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "MISTRAL_API_KEY": "k"}


def headgate(*arguments, stdin=""):
    return subprocess.run([HEADGATE, *map(str, arguments)], capture_output=True, text=True,
                          input=stdin, env={**os.environ, **KEYS}, timeout=60)


class Check(unittest.TestCase):
    def check(self, text, *options):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            return headgate("check", *options, file.name)

    def test_every_example_is_good_and_passes_its_tests(self):
        examples = sorted(EXAMPLES.glob("*.yaml"))
        self.assertGreaterEqual(len(examples), 9)
        done = headgate("check", "--strict", "--json", *examples)
        for report in json.loads(done.stdout):
            self.assertEqual(report["findings"], [], report["file"])
            self.assertGreaterEqual(report["tests"], 2, report["file"])
        self.assertEqual(done.returncode, 0)

    def test_explained_requests_land_where_the_advice_sends_them(self):
        """Explains, one by one, each request of the example's own tests that does not need state."""
        path = EXAMPLES / "advice.yaml"
        policy = yaml.safe_load(path.read_text())
        routes = set()
        for case in policy["tests"]:
            if "load" in case:
                continue
            options = ["--key", case["key"], "--endpoint", case.get("endpoint", "chat")]
            for name, value in case.get("headers", {}).items():
                options += ["--header", f"{name}: {value}"]
            done = headgate("explain", "--config", path, "--json", *options, "-",
                            stdin=json.dumps(case["request"]))
            self.assertEqual(done.returncode, 0, done.stderr)
            explained = json.loads(done.stdout)
            expected = case["expect"]
            self.assertEqual(explained["route"], expected["route"], case["name"])
            routes.add(explained["route"])
            if "target" in expected:
                self.assertEqual(explained["plan"][0], expected["target"], case["name"])
            else:
                self.assertEqual(explained["plan"], [], case["name"])
        self.assertEqual(routes, {route["name"] for route in policy["routes"]})

    BACKENDS = """
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "http://127.0.0.1:9/v1", api_key: k, models: {gpt-4.1: gpt-4.1, gpt-4.1-mini: gpt-4.1-mini}}
"""

    def test_a_described_request_can_be_streamed(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.BACKENDS + "routes: [{name: streams, when: {stream: true}, targets: [gpt-4.1@up]}, "
                       "{name: rest, targets: [gpt-4.1-mini@up]}]\n")
            file.flush()
            asked = ("explain", "--config", file.name, "--json", "--prompt", "Hi")
            routes = [json.loads(headgate(*asked, *more).stdout)["route"] for more in ((), ("--stream",))]
            refused = headgate("explain", "--config", file.name, "--stream", "-", stdin="{}")
        self.assertEqual(routes, ["rest", "streams"])
        self.assertEqual((refused.returncode != 0, "--stream" in refused.stderr), (True, True))

    def test_a_translation_is_explained_with_what_it_leaves_out(self):
        request = {"model": "auto", "max_tokens": 9, "context_management": {"edits": []},
                   "messages": [{"role": "user", "content": "Hello"}]}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.BACKENDS + "routes: [{name: all, targets: [gpt-4.1@up]}]\n")
            file.flush()
            asked = ("explain", "--config", file.name, "--endpoint", "messages")
            explained = json.loads(headgate(*asked, "--json", "-", stdin=json.dumps(request)).stdout)
            text = headgate(*asked, "-", stdin=json.dumps(request)).stdout
            passing = headgate("explain", "--config", file.name, "--prompt", "Hello").stdout
        (target,) = explained["targets"]
        self.assertEqual(target["translated_into"], "chat completions")
        self.assertIn("context_management", target["dropped"].split(", "))
        self.assertIn("translated into chat completions, without ", text)
        self.assertNotIn("translated", passing)

    def test_a_policy_test_may_continue_a_stored_response(self):
        with tempfile.TemporaryDirectory() as folder:
            text = self.BACKENDS.replace("auth: none", f"auth: none, state: {folder}") + """
responses: {store: 24h}
routes: [{name: all, targets: [gpt-4.1@up]}]
tests:
  - name: continued
    endpoint: responses
    request: {model: auto, input: Hello, previous_response_id: resp_1}
    expect: {target: gpt-4.1@up}
"""
            done = self.check(text)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotEqual(self.check(text.replace("responses: {store: 24h}", "")).returncode, 0)

    def test_a_failing_policy_test_is_a_problem_on_its_line(self):
        done = self.check(self.BACKENDS + """routes: [{name: all, targets: [gpt-4.1@up]}]
tests:
  - name: wrong
    request: {model: auto, messages: [{role: user, content: Hello}]}
    expect: {target: gpt-4.1-mini@up}
""")
        self.assertEqual(done.returncode, 1)
        self.assertIn(":7: tests.wrong: expected target gpt-4.1-mini@up, got gpt-4.1@up; ", done.stdout)

    def test_warnings_fail_only_when_asked_to(self):
        text = self.BACKENDS + """routes:
  - {name: all, targets: [gpt-4.1@up]}
  - {name: late, when: {class: code}, targets: [gpt-4.1@up]}
"""
        done = self.check(text)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("route late can never match: route all, above it, matches all of its requests", done.stdout)
        self.assertIn("no route uses gpt-4.1-mini@up", done.stdout)
        self.assertEqual(self.check(text, "--strict").returncode, 1)

    def test_warnings_have_names_and_are_switched_off_by_them(self):
        routes = """routes:
  - {name: all, targets: [gpt-4.1@up]}
  - {name: late, when: {class: code}, targets: [gpt-4.1@up]%s}
"""
        text = self.BACKENDS + routes % ""
        done = self.check(text)
        self.assertRegex(done.stdout, r": routes\.late: .* \[warning: route_unreachable\]\n")
        self.assertNotIn("switched off", done.stdout)
        found = json.loads(self.check(text, "--json").stdout)[0]
        self.assertEqual([f["warning"] for f in found["findings"]], ["target_unused", "route_unreachable"])
        self.assertEqual(found["warnings_switched_off"], {})

        here = self.BACKENDS + routes % ", allow_warnings: route_unreachable"
        everywhere = here + "allow_warnings: [target_unused]\n"
        self.assertIn("good, 0 policy tests, 1 warning switched off (route_unreachable)\n", self.check(here).stdout)
        done = self.check(everywhere, "--strict")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2 warnings switched off (route_unreachable, target_unused)\n", done.stdout)
        found = json.loads(self.check(everywhere, "--json").stdout)[0]
        self.assertEqual((found["findings"], found["warnings_switched_off"]),
                         ([], {"route_unreachable": 1, "target_unused": 1}))

        done = self.check(text + "allow_warnings: [route_unreachble]\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn('allow_warnings[0]: "route_unreachble" is not known here; did you mean `route_unreachable`?',
                      done.stdout)

    def test_certificates_are_opened(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for name in ("cert.pem", "key.pem", "ca.pem"):
                (folder / name).write_text("no certificate")
            path = folder / "headgate.yaml"
            path.write_text("""
server: {auth: none, tls: {certificate: cert.pem, private_key: key.pem}}
backends:
  up:
    {hosting: paid_api, url: "https://127.0.0.1:9/v1", api_key: k, ca: ca.pem, models: {gpt-4.1: gpt-4.1}}
routes: [{name: all}]
""")
            done = headgate("check", path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{path}:2: server.tls: cannot use the certificate {folder}/cert.pem", done.stdout)
            self.assertIn(f"{path}:4: backends.up.ca: cannot read the trusted certificates in "
                          f"{folder}/ca.pem", done.stdout)
            self.assertIn("2 problems", done.stdout)

    def test_what_only_fails_in_use_fails_with_its_line(self):
        rest = """
backends: {up: {hosting: paid_api, url: "https://127.0.0.1:9/v1", api_key: k, models: {gpt-4.1: gpt-4.1}}}
routes: [{name: all}]
"""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "headgate.yaml"
            for setting, expected in (
                    ("server:\n  auth: none\n  access_log: /proc/nowhere/a.log",
                     ":3: server.access_log: cannot open /proc/nowhere/a.log"),
                    ("server: {auth: none}\nrecording:\n  file: /proc/nowhere/a.jsonl",
                     ":3: recording.file: cannot open /proc/nowhere/a.jsonl"),
                    ("server:\n  auth: none\n  access_log: off\n  listen: 127.0.0.1:0\n  admin: 192.0.2.1:9",
                     ":5: server.admin: cannot listen on 192.0.2.1:9")):
                path.write_text(setting + rest)
                done = headgate("serve", "--config", path)
                self.assertEqual(done.returncode, 1)
                self.assertIn(str(path) + expected, done.stderr)
            self.assertIn("cannot read", headgate("explain", "--config", path, folder).stderr)

    def test_explaining_without_a_key_says_what_that_means(self):
        """Under `auth: keys`, hints do not count without a key."""
        path = EXAMPLES / "advice.yaml"
        request = json.dumps({"model": "auto", "prompt": "def f(", "suffix": ")"})
        asked = ["explain", "--config", path, "--endpoint", "completions"]
        without = headgate(*asked, "-", stdin=request)
        self.assertIn("note     no key was named: no hint may raise the urgency", without.stdout)
        self.assertIn("urgency  normal (clamped)", without.stdout)
        with_key = headgate(*asked, "--key", "staff", "-", stdin=request)
        self.assertNotIn("note ", with_key.stdout)
        self.assertIn("urgency  latency_critical", with_key.stdout)

    def test_neither_check_nor_explain_needs_the_secrets_that_serve_needs(self):
        text = """
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "http://127.0.0.1:9/v1", api_key: "${SECRET_OF_PRODUCTION}", models: {gpt-4.1: gpt-4.1}}
routes: [{name: all}]
tests: [{request: {model: auto, messages: [{role: user, content: Hi}]}, expect: {target: gpt-4.1@up}}]
"""
        missing = ":4: backends.up.api_key: needs the environment variable SECRET_OF_PRODUCTION, which is not set"
        for options, code, verdict in (([], 0, "good"), (["--strict"], 0, "good"), (["--secrets"], 1, "1 problem")):
            done = self.check(text, *options)
            self.assertEqual(done.returncode, code, done.stdout)
            self.assertIn(missing, done.stdout)
            self.assertIn(f": {verdict}, 1 policy test", done.stdout)
        report = json.loads(self.check(text, "--json").stdout)[0]
        self.assertEqual((report["good"], [f["severity"] for f in report["findings"]]), (True, ["missing_secret"]))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = headgate("explain", "--config", file.name, "--json", "--prompt", "Hi")
            self.assertEqual(json.loads(done.stdout)["plan"], ["gpt-4.1@up"], done.stderr)
            done = headgate("serve", "--config", file.name)
            self.assertEqual(done.returncode, 1)
            self.assertIn(missing, done.stderr)

    def test_a_time_may_be_stated(self):
        text = self.BACKENDS + """routes:
  - {name: office, when: {time: {days: mon-fri, from: "09:00", to: "18:00", zone: Europe/Berlin}}, targets: [gpt-4.1@up]}
  - {name: else, targets: [gpt-4.1-mini@up]}
"""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            for time, route in (("2026-01-07T09:30:00+01:00", "office"), ("2026-01-07T08:30:00Z", "office"),
                                ("2026-01-07T09:30:00Z", "office"), ("2026-01-07T17:30:00Z", "else"),
                                ("2026-01-10T10:00:00Z", "else")):
                done = headgate("explain", "--config", file.name, "--json", "--prompt", "Hi", "--time", time)
                self.assertEqual(json.loads(done.stdout)["route"], route, time)
            for time in ("yesterday", "2026-01-07", "2026-01-07T09:30:00", "2026-01-07T09:30:00 Europe/Berlin"):
                done = headgate("explain", "--config", file.name, "--prompt", "Hi", "--time", time)
                self.assertEqual(done.returncode, 1)
                self.assertIn("--time is not a time with an offset; write RFC 3339", done.stderr)

    def test_custom_classes_and_blends_are_accounted_for(self):
        text = self.BACKENDS + """models: {gpt-4.1: {scores: {mmlu: 90}}, gpt-4.1-mini: {scores: {mmlu: 80}}}
classes:
  - {class: bulk, when: {input_tokens: ">= 10k"}}
  - {class: shop, when: {any: [{topic: code}, {header: {x-app: shop-*}}], stream: false}}
routes:
  - {name: mixed, prefer: {cost: 0.6, quality: 0.4}}
"""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            asked = ("explain", "--config", file.name, "--prompt", "Hi")
            told = headgate(*asked, "--header", "x-app: shop-77").stdout
            self.assertIn("class bulk                 no: about 1 input token, not >= 10000", told)
            self.assertIn("class shop                 is given: stream is false, header x-app is shop-*", told)
            self.assertNotIn("shop-77", told)
            # The cheaper target is best by cost and worst by quality, and the other target the reverse.
            self.assertIn("blend 0.4 = cost 0.6 x 0 + latency 0 x 0 + quality 0.4 x 1", told)
            self.assertIn("blend 0.6 = cost 0.6 x 1 + latency 0 x 0 + quality 0.4 x 0", told)
            self.assertIn("class shop                 no: no condition under `any` holds: topic is general, not code; "
                          "header x-app is not shop-*", headgate(*asked).stdout)

    def test_all_mistakes_are_listed(self):
        done = self.check("backends: {}\nroutes: [{nam: x}]\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("did you mean `name`?", done.stdout)


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator("--personality", "openai", "--tokens", "4")
        cls.addClassCleanup(cls.sim.stop)
        cls.pool = Simulator("--personality", "vllm", "--tokens", "4", listeners=2)
        cls.addClassCleanup(cls.pool.stop)
        cls.gateway = Gateway(
            {"far": paid(cls.sim), "near": own(cls.pool.urls())},
            [{"name": "sensitive", "when": {"header": {"x-data-class": ["phi", "pci*"]}},
              "require": {"hosting": "self_hosted"}},
             {"name": "code", "when": {"class": "code"}, "targets": ["gpt-4.1@far"]},
             {"name": "night", "when": {"time": {"from": "01:00", "to": "02:00", "zone": "Asia/Tokyo"},
                                        "header": {"x-night": "*"}}},
             {"name": "rest", "prefer": "lowest_cost"}],
            baseline="gpt-4.1@far")
        cls.addClassCleanup(cls.gateway.stop)

    def explain(self, **body):
        answer = call(self.gateway.admin, "/explain", method="POST", body=json.dumps(body).encode(),
                      headers={"Content-Type": "application/json"})
        return answer.status, json.loads(answer.body)

    def test_what_is_explained_is_what_happens(self):
        for headers in ({}, {"x-data-class": "phi"}, {"x-data-class": "public, PCI-DSS"}):
            for text in ("Hello", "```c\nint main(void) { return 0; }\n```"):
                request = {"model": "auto", "messages": [{"role": "user", "content": text}]}
                status, explained = self.explain(request=request, headers=headers)
                self.assertEqual(status, 200)
                answer = call(self.gateway.port, "/v1/chat/completions", method="POST",
                              body=json.dumps(request).encode(),
                              headers={"Content-Type": "application/json", **headers})
                line = self.gateway.log_of(answer)
                self.assertEqual(explained["route"], line["route"])
                self.assertEqual(explained["plan"][0], line["target"])
                self.assertEqual(explained["classification"]["class"], line["class"])

    def test_a_request_that_came_by_can_be_explained_by_its_id(self):
        line = self.gateway.log_of(chat(self.gateway.port))
        status, explained = self.explain(id=line["id"])
        self.assertEqual(status, 200)
        self.assertEqual(explained["plan"][0], line["target"])
        self.assertEqual(explained["generation"], line["generation"])
        self.assertEqual(self.explain(id="req_000000000000000000000000")[0], 404)

    def test_it_says_why_routes_and_targets_were_passed_over_and_repeats_no_value(self):
        _, explained = self.explain(
            request={"model": "auto", "messages": [{"role": "user", "content": "our-secret-word"}]},
            headers={"x-data-class": "pci-7291"})
        by_target = {target["target"]: target for target in explained["targets"]}
        self.assertEqual(by_target["gpt-4.1@far"]["reason"], "hosting")
        self.assertEqual(explained["routes"][0], {"route": "sensitive", "matches": True})
        self.assertNotIn("7291", json.dumps(explained))
        self.assertNotIn("our-secret-word", json.dumps(explained))
        _, explained = self.explain(request={"model": "auto", "messages": [{"role": "user", "content": "Hi"}]})
        self.assertEqual(explained["routes"][1]["because"], "class is general, not code")

    def test_a_conversation_is_explained_as_it_goes(self):
        ask = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}
        named = {"x-session-id": "explained-1"}

        def conversation(headers=named, **fields):
            return self.explain(request={**ask, **fields}, headers=headers)[1]

        self.assertEqual(conversation(headers={})["conversation"]["state"], "none")
        self.assertEqual(conversation()["conversation"]["state"], "new")
        self.assertEqual(conversation()["conversation"]["state"], "new")  # explaining does not begin a conversation
        first = call(self.gateway.port, "/v1/chat/completions", method="POST", body=json.dumps(ask).encode(),
                     headers={"Content-Type": "application/json", **named})
        line = self.gateway.log_of(first)
        went = conversation()
        self.assertEqual(went["conversation"], {"state": "known", "target": line["target"], "stays": True,
                                                "because": "it answered the conversation before"})
        self.assertEqual((went["sticky"], went["plan"][0]), (True, line["target"]))
        fence = [{"role": "user", "content": "```c\nint main(void) { return 0; }\n```"}]
        self.assertEqual(conversation(messages=fence)["conversation"]["state"], "other_topic")
        pinned = conversation(model="gpt-4.1@far" if line["target"] != "gpt-4.1@far" else "qwen-2.5-32b@near")
        self.assertFalse(pinned["conversation"]["stays"])
        self.assertIn("dropped, not_requested_model", pinned["conversation"]["because"])
        past = self.explain(id=line["id"])[1]["conversation"]
        self.assertEqual(past["state"], "new")

    def test_a_time_may_be_stated(self):
        ask = {"request": {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]},
               "headers": {"x-night": "1"}}
        self.assertEqual(self.explain(**ask, time="2026-01-07T01:30:00+09:00")[1]["route"], "night")
        self.assertEqual(self.explain(**ask, time="2026-01-07T01:30:00Z")[1]["route"], "rest")
        status, answer = self.explain(**ask, time="01:30")
        self.assertEqual(status, 400)
        self.assertIn("time is not a time with an offset; write RFC 3339", answer["error"])

    def test_a_member_that_occurs_twice_is_refused(self):
        for body, twice in (
                ('{"request": {"model": "a", "m\\u006fdel": "b", "messages": []}}', "model"),
                ('{"request": {"messages": []}, "request": {"model": "auto"}}', "`request` occurs twice"),
                ('{"id": "a", "id": "b"}', "`id` occurs twice"),
                ('{"request": {}, "headers": {"x-a": "1", "X-A": "2"}}', "the header x-a occurs twice"),
                ('{"request": {}} {}', "something follows the object"), ("[]", "the body is not a JSON object"),
                ('{"id": "a", "request": {}}', "either id or request"), ('{"id": "a", "key": "b"}', "does not go with other members")):
            answer = call(self.gateway.admin, "/explain", method="POST", body=body.encode(),
                          headers={"Content-Type": "application/json"})
            self.assertEqual(answer.status, 400, body)
            self.assertIn(twice, json.loads(answer.body)["error"])

    def test_a_wrong_question_is_answered_with_the_right_one(self):
        for body in ({}, {"request": 1}, {"request": {}, "endpoint": "nothing"}, {"request": {}, "key": "nobody"},
                     {"request": {}, "key": 5}, {"request": {}, "endpoint": 5}, {"request": {}, "header": {}}):
            status, answer = self.explain(**body)
            self.assertEqual(status, 400, body)
            self.assertIsInstance(answer["error"], str)

    def test_the_command_says_the_same(self):
        request = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}
        _, live = self.explain(request=request)
        done = headgate("explain", "--config", self.gateway.config_path, "--json", "-",
                        stdin=json.dumps(request))
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual((said["route"], said["plan"]), (live["route"], live["plan"]))
        table = headgate("explain", "--config", self.gateway.config_path, "--prompt", "Hello",
                         "--header", "x-data-class: phi").stdout
        self.assertIn("route sensitive            matches", table)
        answer = table.splitlines()[0]
        self.assertTrue(answer.startswith("route sensitive \u2192 "), answer)
        self.assertEqual(answer, said_answer := json.loads(headgate(
            "explain", "--config", self.gateway.config_path, "--prompt", "Hello", "--header",
            "x-data-class: phi", "--json").stdout)["answer"], said_answer)
        self.assertIn("dropped, hosting: route sensitive requires hosting self_hosted; ", table)
        self.assertIn("500 (assumed)", table)

    def test_an_unknown_model_is_named(self):
        refusal = "refused: model `gpt-9` is in no backend and no alias"
        request = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hello"}]}
        status, answer = self.explain(request=request)
        self.assertEqual((status, answer["answer"], answer["request"]["model"]), (200, refusal, "gpt-9"))
        told = headgate("explain", "--config", self.gateway.config_path, "-", stdin=json.dumps(request)).stdout
        self.assertEqual(told.splitlines()[0], refusal)


if __name__ == "__main__":
    unittest.main()
