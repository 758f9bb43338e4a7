"""Compares the gateway's recording and the report of `headgate replay` with the access log and with arithmetic done
here."""

import collections
import decimal
import gzip
import hashlib
import json
import pathlib
import shlex
import subprocess
import tempfile
import unittest

from stage import HEADGATE, Gateway, Simulator, call, chat_body, in_parallel, nano, own, paid, wait_for

CLIENTS = 6
REQUESTS = 240
FAR_PRICE, FURTHER_PRICE = ("0.57", "0.143", "2.19"), ("1.997", "0.4993", "8.01")
FAR, FURTHER, NEAR = "deepseek-r1@far", "gpt-4.1@further", "qwen-2.5-32b@near"
KEY = "hg-a-key-that-must-not-be-recorded"
PROMPT = "the marker zebrafinch in every prompt"
HEADER = "phi-narwhal"
METADATA = "metadata-axolotl"


def priced(price):
    return {"input": price[0], "cached_input": price[1], "output": price[2]}


def cost(tokens, price):
    """Nano-dollars of an answer: the sum of all kinds, rounded once, half up."""
    rate = [int(decimal.Decimal(dollars) * 10**9) for dollars in price]
    whole = ((tokens["input"] - tokens["cached_input"]) * rate[0]
             + tokens["cached_input"] * rate[1] + tokens["output"] * rate[2])
    return (whole + 500_000) // 1_000_000


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="headgate-replay-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.traffic = pathlib.Path(cls.folder.name) / "traffic" / "headgate.jsonl"
        cls.far = cls.simulator("openai")
        cls.further = cls.simulator("openai")
        cls.near = cls.simulator("vllm", listeners=2)
        gateway = Gateway(**cls.sections(FAR_PRICE, FURTHER_PRICE))
        try:
            replies = sum(in_parallel(CLIENTS, lambda first: [
                cls.ask(gateway.port, number) for number in range(first, REQUESTS, CLIENTS)]), [])
            cls.lines = gateway.log(REQUESTS)
        finally:
            gateway.stop()
        cls.statuses = collections.Counter(reply.status for reply in replies)
        cls.same = cls.config(cls.sections(FAR_PRICE, FURTHER_PRICE))
        cls.swapped = cls.config(cls.sections(FURTHER_PRICE, FAR_PRICE))

    @classmethod
    def simulator(cls, personality, listeners=1):
        simulator = Simulator("--personality", personality, "--tokens", "uniform:3..30", "--ttft",
                              "2ms", "--interval", "1ms", "--cached-share", "0.37",
                              listeners=listeners)
        cls.addClassCleanup(simulator.stop)
        return simulator

    @classmethod
    def sections(cls, far, further):
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        return {
            "server": {"auth": "keys", "workers": 2},
            "recording": {"file": str(cls.traffic)},
            "keys": [{"name": "clinic", "hash": [f"sha256:{digest}"], "team": "health"}],
            "backends": {
                "far": paid(cls.far, models={"deepseek-r1": {"name": "r", "price": priced(far)}}),
                "further": paid(cls.further,
                                models={"gpt-4.1": {"name": "g", "price": priced(further)}}),
                "near": own(cls.near.urls(), slots=2)},
            "routes": [
                {"name": "sensitive", "when": {"header": {"x-data": ["phi-*"]}},
                 "targets": [NEAR]},
                {"name": "ordered", "when": {"header": {"x-ordered": "yes"}},
                 "targets": [FAR, FURTHER]},
                {"name": "cheap", "when": {"endpoint": "chat"}, "targets": [FURTHER, FAR],
                 "prefer": "lowest_cost"}]}

    @classmethod
    def config(cls, sections):
        path = pathlib.Path(cls.folder.name) / f"{len(list(pathlib.Path(cls.folder.name).iterdir()))}.yaml"
        path.write_text(json.dumps(sections))
        return path

    @staticmethod
    def ask(port, number):
        headers = {"authorization": f"Bearer {KEY}"}
        kind = number % 6
        # The limit keeps the learned lengths of answers from outweighing the prices.
        fields = {"stream": number % 4 < 2, "max_tokens": 30}
        sim = None
        if kind == 0:
            headers["x-data"] = HEADER
        if kind in (1, 2):
            headers["x-ordered"] = "yes"
        if kind == 2 and number % 4 == 0:
            sim = f"status=500;times=1;message=number {number}"
        if kind == 3:
            fields["model"] = (FAR, FURTHER, "nothing-of-that-name")[number // 6 % 3]
        if kind == 4:
            fields["metadata"] = {"ward": METADATA}
        return call(port, "/v1/chat/completions",
                    chat_body(sim, f"{PROMPT} {number}", **fields), headers)

    def replay(self, config, *options, traffic=None):
        command = [HEADGATE, "replay", "--config", config, "--json", *options,
                   traffic or self.traffic.parent]
        done = subprocess.run([str(part) for part in command], check=False, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout)

    def answered(self):
        return [line for line in self.lines if line["target"] != "none"]

    def failed_cost(self, target=None):
        return sum(nano(attempt["cost_usd"]) for line in self.lines
                   for attempt in line["attempts"] if attempt["result"] != "ok"
                   and attempt["target"] != NEAR and target in (None, attempt["target"]))

    def test_every_decided_request_is_there_once(self):
        records = [json.loads(line) for line in self.traffic.read_text().splitlines()]
        self.assertEqual(records[0]["recording"], 1)
        ids = [record["id"] for record in records if "id" in record]
        self.assertEqual(sorted(ids), sorted(line["id"] for line in self.lines))
        self.assertEqual(self.statuses.keys(), {200, 404})

    def test_no_text_no_header_value_and_no_key_is_recorded(self):
        text = self.traffic.read_text()
        for secret in ("zebrafinch", HEADER, "narwhal", METADATA, KEY, "provider-key-1"):
            self.assertNotIn(secret, text)
        self.assertIn("phi-*", text, "the pattern of the policy is recorded")

    def test_the_same_policy_moves_nothing_and_finds_what_was_booked(self):
        booked = sum(nano(attempt["cost_usd"]) for line in self.lines
                     for attempt in line["attempts"] if attempt["target"] != NEAR)
        self.assertGreater(booked, 0)
        self.assertTrue(all(line["usage"] == "exact" for line in self.answered()))
        for options in ([], ["--against", self.same]):
            report = self.replay(self.same, *options)
            self.assertEqual((report["requests"], report["decided"]), (REQUESTS, REQUESTS))
            self.assertEqual(report["choice"]["moved"], 0)
            self.assertEqual(report["booked_cost_nano_usd"], booked)
            for side in ("before", "after"):
                self.assertEqual(report[side]["cost_nano_usd"]
                                 + report[side]["failed_cost_nano_usd"], booked)
            self.assertEqual(report["before"], report["after"])
            self.assertEqual(report["before"]["refused"]["unknown_model"], self.statuses[404])
        self.assertGreater(sum(len(line["attempts"]) > 1 for line in self.lines), 5)
        print(f"\n{REQUESTS} requests: 0 moved, {booked} nano-USD booked and recomputed")

    def test_swapped_prices_save_what_arithmetic_says(self):
        before = after = moved = 0
        swapped = {FAR: FURTHER_PRICE, FURTHER: FAR_PRICE}
        old = {FAR: FAR_PRICE, FURTHER: FURTHER_PRICE}
        for line in self.answered():
            target = line["target"]
            if target == NEAR:
                continue
            before += cost(line["tokens"], old[target])
            if line["route"] == "cheap" and line["model"] == "auto":
                moved += target == FAR
                target = FURTHER  # FURTHER has the low price now
            after += cost(line["tokens"], swapped[target])
        for options in ([], ["--against", self.same]):
            report = self.replay(self.swapped, *options)
            self.assertEqual(report["choice"]["moved"], moved)
            self.assertEqual(report["choice"]["moves"],
                             [{"from": FAR, "to": FURTHER, "requests": moved}])
            self.assertEqual(report["before"]["cost_nano_usd"], before)
            self.assertEqual(report["after"]["cost_nano_usd"], after)
            self.assertEqual(report["before"]["failed_cost_nano_usd"], self.failed_cost())
            self.assertEqual(report["teams"]["health"]["cost_after_nano_usd"], after)
        print(f"\nswapped: {moved} moved, {before} -> {after} nano-USD, as by hand")

    def test_what_was_never_looked_for_is_undecided(self):
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["routes"].insert(0, {"name": "new", "when": {"header": {"x-new": "yes"}},
                                      "targets": [NEAR]})
        report = self.replay(self.config(sections))
        # Requests for a model that no backend serves are refused before a route is looked for.
        self.assertEqual(report["undecided"]["fact"], REQUESTS - self.statuses[404])
        self.assertEqual(report["undecided"]["causes"], [{"reason": "fact", "name": "header x-new: yes",
                                                          "where": "route new", "requests": REQUESTS - self.statuses[404]}])
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["keys"][0]["name"] = "another"
        self.assertEqual(self.replay(self.config(sections))["undecided"]["key"], REQUESTS)

    def explain(self, command):
        program, *arguments = shlex.split(command) if isinstance(command, str) else command
        self.assertEqual(program, "headgate")
        return subprocess.run([HEADGATE, *map(str, arguments)], check=False, capture_output=True, text=True)

    def test_the_dearest_moves_are_explained_by_the_command_beside_them(self):
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["routes"][1]["targets"] = [FURTHER, FAR]
        config = self.config(sections)
        report = self.replay(config)
        self.assertEqual(len(report["choice"]["dearest"]), 10)
        for move in report["choice"]["dearest"]:
            done = self.explain(move["explain"] + " --json")
            self.assertEqual(done.returncode, 0, done.stderr)
            explained = json.loads(done.stdout)
            self.assertEqual((explained["id"], explained["route"]), (move["id"], "ordered"))
            self.assertEqual((explained["recorded"]["target"], explained["plan"][0]), (move["from"], move["to"]))
        told = self.explain(move["explain"]).stdout
        self.assertIn(f"recorded planned, class {explained['recorded']['class']}, route ordered, {FAR} first", told)
        table = subprocess.run([HEADGATE, "replay", "--config", str(config), str(self.traffic)],
                               check=True, capture_output=True, text=True).stdout
        self.assertIn(f"headgate explain --config {config} --traffic {self.traffic} --id ID says why", table)

    def test_a_recorded_request_is_explained_as_it_was_decided(self):
        for line in self.lines[:24]:
            done = self.explain(["headgate", "explain", "--config", self.same, "--traffic", self.traffic, "--json",
                                 "--id", line["id"]])
            explained = json.loads(done.stdout)
            self.assertEqual(explained["classification"]["class"], line["class"])
            self.assertEqual(explained.get("plan", ["none"])[0], explained["recorded"].get("target", "none"))
            self.assertNotIn("note", explained)

    def test_what_cannot_be_explained_is_said(self):
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["keys"][0]["name"] = "another"
        asked = ["--traffic", self.traffic, "--id"]
        for config, arguments, code, words in (
                (self.same, [*asked, "req_nobody"], 1, f"no request with the id req_nobody is in these recordings "
                                                       f"({REQUESTS} requests)"),
                (self.config(sections), [*asked, self.lines[0]["id"]], 1, "the request has the key clinic, and"),
                (self.same, ["--id", "req_1"], 2, "--traffic"),
                (self.same, [*asked, "req_1", "--prompt", "Hello"], 2, "--prompt")):
            done = self.explain(["headgate", "explain", "--config", config, *arguments])
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(words, done.stderr)
        sections["keys"][0]["name"] = "clinic"
        sections["routes"].insert(0, {"name": "new", "when": {"header": {"x-new": "yes"}}, "targets": [NEAR]})
        line = next(line for line in self.lines if line["status"] == 200)
        done = self.explain(["headgate", "explain", "--config", self.config(sections), *asked, line["id"]])
        self.assertIn("note     undecided: the decision depends on a header or metadata pattern", done.stdout)
        sections["routes"].pop(0)
        sections["classes"] = [{"class": "new", "when": {"header": {"x-new": "yes"}}}]
        config = self.config(sections)
        done = self.explain(["headgate", "explain", "--config", config, *asked, line["id"]])
        self.assertIn("note     the class depends on a header or metadata pattern", done.stdout)
        report = self.replay(config)
        self.assertEqual((report["decided"], report["choice"]["moved"]), (REQUESTS, 0))
        self.assertEqual(report["classes"]["not known"]["requests_after"], REQUESTS)

    def test_a_hint_that_was_refused_and_may_count_now_is_undecided(self):
        records = [json.loads(line) for line in self.traffic.read_text().splitlines()]
        clamped = next(record for record in records if record.get("class"))
        clamped["class"][8] = 1
        path = pathlib.Path(self.folder.name) / "clamped.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        self.assertEqual(self.replay(self.same, traffic=path)["undecided"]["hints"], 0)
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["keys"][0]["trust_hints"] = ["slo"]
        config = self.config(sections)
        self.assertEqual(self.replay(config, traffic=path)["undecided"]["hints"], 1)
        done = self.explain(["headgate", "explain", "--config", config, "--traffic", path, "--id", clamped["id"]])
        self.assertIn("note     undecided: the urgency depends on a hint", done.stdout)

    def test_a_day_costs_what_arithmetic_says_with_the_rent_of_all_replicas(self):
        records = [json.loads(line) for line in self.traffic.read_text().splitlines()]
        times = [record["time"] for record in records if "id" in record]
        sections = self.sections(FAR_PRICE, FURTHER_PRICE)
        sections["routes"] = [{"name": "all", "targets": [FAR]}]
        for stretch, options, replicas in ((100, [], 2), (2_000, ["--replicas", "near=3"], 3)):
            # The same traffic over a longer time: each second becomes `stretch` seconds.
            path = pathlib.Path(self.folder.name) / f"stretched-{stretch}.jsonl"
            path.write_text("".join(json.dumps(
                {**record, "time": times[0] + (record["time"] - times[0]) * stretch} if "time" in record else record)
                + "\n" for record in records))
            seconds = (max(times) - min(times)) * stretch + 1
            report = self.replay(self.config(sections), *options, traffic=path)
            self.assertEqual((report["span"]["seconds"], report["span"]["last"] - report["span"]["first"]),
                             (seconds, seconds - 1))
            for side, count in (("before", 2), ("after", replicas)):
                paid = report[side]["cost_nano_usd"] + report[side]["failed_cost_nano_usd"]
                bill = report["bill"][side]
                self.assertEqual(bill["rents"], [{"backend": "near", "replicas": count, "slots": 2,
                                                  "replica_hour_nano_usd": nano("2.10")}])
                self.assertEqual(bill["rent_per_day_nano_usd"], 24 * count * nano("2.10"))
                if seconds < 60:
                    self.assertIsNone(bill["total_per_day_nano_usd"])
                    continue
                a_day = (2 * paid * 86_400 + seconds) // (2 * seconds)
                self.assertEqual(bill["paid_per_day_nano_usd"], a_day)
                self.assertEqual(bill["total_per_day_nano_usd"], a_day + 24 * count * nano("2.10"))
                self.assertEqual(bill["total_per_month_nano_usd"],
                                 (2 * bill["total_per_day_nano_usd"] * 304 + 10) // 20)
            self.assertTrue(report["span"]["cautions"])
            self.assertEqual([(change["from"], change["to"]) for change in report["replicas"]],
                             [(2, 3)] if options else [])
            for route in ("sensitive", "ordered", "cheap"):
                self.assertIsNotNone(report["latency"]["routes"][route]["before"]["duration_ms"]["p95"])
            self.assertIsNotNone(report["latency"]["routes"]["all"]["after"]["ttft_ms"]["median"])
        table = subprocess.run([HEADGATE, "replay", "--config", str(self.same), "--replicas", "near=1", str(path)],
                               check=True, capture_output=True, text=True).stdout
        self.assertRegex(table, r"a day, rent of all replicas +100\.800000000 +50\.400000000 +-50\.400000000 \(-50\.0 %\)\n")
        self.assertIn("\nif near had 1 replica instead of 2: the rent changes at once", table)
        self.assertRegex(table, r"route cheap, after +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+\n")

    def test_another_number_of_replicas_is_checked(self):
        for text, words in (("near", "is not BACKEND=N"), ("near=0", "from 1 to 10000"), ("near=x", "is not BACKEND=N"),
                            ("nera=3", "did you mean `near`?"), ("far=2", "no self-hosted backend is called far")):
            done = subprocess.run([HEADGATE, "replay", "--config", str(self.same), "--replicas", text, str(self.traffic)],
                                  check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)

    def test_a_backend_is_named_once(self):
        done = subprocess.run([HEADGATE, "replay", "--config", str(self.same), "--replicas", "near=3",
                               "--replicas", "near=4", str(self.traffic)], check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--replicas names near twice; name each backend once", done.stderr)

    def test_an_older_recording_does_not_say_what_was_rented(self):
        path = pathlib.Path(self.folder.name) / "older.jsonl"
        path.write_text("".join(json.dumps({name: value for name, value in json.loads(line).items() if name != "rents"})
                                + "\n" for line in self.traffic.read_text().splitlines()))
        report = self.replay(self.same, traffic=path)
        self.assertEqual((report["bill"]["before"]["rents"], report["bill"]["before"]["total_per_day_nano_usd"]),
                         (None, None))
        self.assertIsNotNone(self.replay(self.same, "--against", self.same, traffic=path)["bill"]["before"]["rents"])

    def test_a_table_for_people(self):
        done = subprocess.run([HEADGATE, "replay", "--config", str(self.swapped),
                               str(self.traffic)], check=True, capture_output=True, text=True)
        self.assertIn(f"{REQUESTS} requests; {REQUESTS} (100.00 %) decided", done.stdout)
        self.assertIn("answers, paid by the token", done.stdout)
        self.assertEqual(done.stderr, "", "a progress bar is only shown on a terminal")

    def packed(self):
        path = pathlib.Path(self.folder.name) / "headgate.jsonl.gz"
        path.write_bytes(gzip.compress(self.traffic.read_bytes()))
        return str(path)

    def without_its_beginning(self):
        path = pathlib.Path(self.folder.name) / "end.jsonl"
        path.write_text("".join(line for line in self.traffic.read_text().splitlines(True) if '"targets":' not in line))
        return str(path)

    def test_what_cannot_be_read_is_said(self):
        for arguments, words in (
                ([self.folder.name + "/nowhere.jsonl"], "No such file"),
                ([str(self.traffic), str(self.traffic.parent)], f": is the same file as {self.traffic}; name it once"),
                ([self.packed()], "is compressed; unpack it first (gunzip"),
                ([self.without_its_beginning()], "a recording begins with a line about its policy"),
                ([str(self.same)], "no recorded request")):
            done = subprocess.run([HEADGATE, "replay", "--config", str(self.same), *arguments],
                                  check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


class Rotation(unittest.TestCase):
    def test_files_are_bounded_and_each_can_be_replayed(self):
        with tempfile.TemporaryDirectory(prefix="headgate-replay-") as folder, \
                Simulator("--personality", "openai", "--tokens", "1", "--ttft", "0ms",
                          "--interval", "0ms") as simulator:
            file = pathlib.Path(folder) / "headgate.jsonl"
            recording = {"file": str(file), "rotate": "64KiB", "keep": 3}
            with Gateway({"up": paid(simulator)}, recording=recording) as gateway:
                in_parallel(4, lambda _: [call(gateway.port, body=chat_body())
                                          for _ in range(400)])
                config = pathlib.Path(folder) / "config.yaml"
                config.write_text(gateway.config_path.read_text())
            files = sorted(path.name for path in pathlib.Path(folder).glob("*.jsonl*"))
            self.assertEqual(files, ["headgate.jsonl", "headgate.jsonl.1", "headgate.jsonl.2"])
            requests = 0
            for name in files:
                path = file.with_name(name)
                self.assertLessEqual(path.stat().st_size, 64 << 10)
                requests += Replay.replay(self, config, traffic=path)["decided"]
            whole = Replay.replay(self, config, traffic=folder)
            self.assertEqual((whole["decided"], whole["choice"]["moved"]), (requests, 0))
            self.assertEqual(whole["lines"], {"malformed": 0, "other_version": 0})


class Conversations(unittest.TestCase):
    def test_they_move_as_a_whole(self):
        with tempfile.TemporaryDirectory(prefix="headgate-replay-") as folder, \
                Simulator("--personality", "openai", "--tokens", "1", "--ttft", "0ms", "--interval", "0ms") as up:
            file = pathlib.Path(folder) / "headgate.jsonl"
            backends = {name: paid(up, models={model: {"name": "m", "price": priced(FAR_PRICE)}})
                        for name, model in (("far", "deepseek-r1"), ("further", "gpt-4.1"))}
            backends["near"] = own(up.urls(), slots=2)
            route = {"name": "all", "targets": [FAR, FURTHER]}
            with Gateway(backends, server={"auth": "none", "workers": 1}, routes=[route],
                         recording={"file": str(file)}) as gateway:
                for _ in range(5):
                    for session in range(10):
                        call(gateway.port, "/v1/chat/completions", chat_body(model="auto"),
                             {"x-session-id": f"session-quokka-{session}"})
                gateway.log(50)
                config = json.loads(gateway.config_path.read_text())
            text = file.read_text()
            self.assertNotIn("quokka", text)
            numbers = collections.Counter(json.loads(line).get("conversation")
                                          for line in text.splitlines()[1:])
            self.assertEqual(sorted(numbers.values()), [5] * 10)
            path = pathlib.Path(folder) / "config.yaml"
            for targets, moved in (([FAR, FURTHER], 0), ([FURTHER, FAR], 50)):
                path.write_text(json.dumps({**config, "routes": [{"name": "all", "targets": targets}]}))
                report = Replay.replay(self, path, traffic=file)
                self.assertEqual((report["decided"], report["choice"]["moved"]), (50, moved))
            self.check_own_hardware_that_answered_nothing({**config, "routes": [{"name": "all", "targets": [NEAR]}]},
                                                          path, file)
            path.write_text(json.dumps({**config, "routes": [{"name": "all", "targets": [FURTHER, FAR]}]}))
            file.write_text("".join(json.dumps({name: value for name, value in json.loads(line).items()
                                                if name != "conversation"}) + "\n"
                                    for line in text.splitlines()))
            report = Replay.replay(self, path, traffic=file)
            self.assertEqual((report["choice"]["moved"], report["unnumbered_conversations"]), (10, 40))
            table = subprocess.run([HEADGATE, "replay", "--config", str(path), str(file)], check=True,
                                   capture_output=True, text=True).stdout
            self.assertIn("40 (80.00 %) continue a conversation that the recording does not identify", table)

    def check_own_hardware_that_answered_nothing(self, config, path, file):
        path.write_text(json.dumps(config))
        after = Replay.replay(self, path, traffic=file)["after"]
        self.assertEqual((after["rent_nano_usd"], after["rent_unknown"], after["cost_unknown"]), (None, 50, 0))
        self.assertEqual(after["duration_ms"], {"samples": 0, "median": None, "p95": None, "unknown": 50})
        table = subprocess.run([HEADGATE, "replay", "--config", str(path), str(file)], check=True,
                               capture_output=True, text=True).stdout
        self.assertRegex(table, r"used of self-hosted, amortised +0\.000000000 +unknown +unknown\n")
        self.assertRegex(table, r"after, expected +- +- +unknown +unknown\n")
        self.assertIn(f"total time unknown for 50 answers after the change (no answer of {NEAR} was recorded)", table)
        self.assertIn("rent unknown: 0 before, 50 after", table)


class Reloaded(unittest.TestCase):
    def test_a_reload_begins_moves_bounds_and_ends_a_recording(self):
        with tempfile.TemporaryDirectory(prefix="headgate-replay-") as folder, \
                Simulator("--personality", "openai", "--tokens", "1") as simulator, \
                Gateway({"up": paid(simulator)}) as gateway:
            first, second = (pathlib.Path(folder) / name / "t.jsonl" for name in ("a", "b"))
            plain = json.loads(gateway.config_path.read_text())

            def record(recording):
                changed = {**plain, "recording": recording} if recording else plain
                gateway.config_path.write_text(json.dumps(changed))
                reply = call(gateway.admin, "/reload", b"", {"Content-Type": "application/json"},
                             method="POST")
                call(gateway.port, body=chat_body())
                return reply.status

            self.assertEqual(record({"file": str(first)}), 200)
            self.assertEqual(record({"file": str(first), "keep": 2, "rotate": "64KiB"}), 200)
            self.assertEqual(record({"file": "/proc/nowhere/t.jsonl"}), 422)  # the configuration stays as it was
            self.assertEqual(record({"file": str(second)}), 200)
            self.assertEqual(record(None), 200)
            gateway.log(5)
            wait_for(lambda: second.exists() and requests_in(second) == 1, "the second file")
            self.assertEqual(requests_in(first), 3)


def requests_in(path):
    return sum("id" in json.loads(line) for line in path.read_text().splitlines())


if __name__ == "__main__":
    unittest.main()
