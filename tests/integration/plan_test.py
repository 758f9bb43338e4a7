"""`headgate plan`: the figures of a published guide, and plans from what a gateway recorded."""

import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from stage import CHAT, HEADGATE, Gateway, Simulator, call, chat_body, in_parallel, own, paid

DAY = 86_400
START = 1_790_726_400  # 2026-09-30T00:00:00Z


def plan(*flags, fails=False):
    done = subprocess.run([HEADGATE, "plan", *(str(flag) for flag in flags)], check=False, capture_output=True,
                          text=True)
    assert done.returncode == (1 if fails else 0), (done.returncode, done.stderr)
    return done.stderr if fails else done.stdout


def plan_json(*flags):
    return json.loads(plan(*flags, "--json"))


class Guide(unittest.TestCase):
    """Deploybase, "Open Source LLM Leaderboard: Current Rankings and Self-Hosting Costs", March 2026, computed
    again: the inputs are the guide's, the products are not."""

    CLUSTER = ("--rent", "49.24", "--throughput", "200", "--utilisation", "100%", "--hours", "flat")
    HALF_BILLION = ("--volume", "500M/day", "--output", "50%", "--api", "r1=0.55/2.19")

    def test_a_cluster_of_h100s_against_the_api_of_r1(self):
        report = plan_json(*self.CLUSTER, *self.HALF_BILLION)
        self.assertEqual(report["inputs"]["rent_nano_usd_a_day"], 1_181_760_000_000)  # 49.24 x 24
        self.assertEqual(report["inputs"]["rent_nano_usd"], 35_925_504_000_000)  # x 30.4
        self.assertEqual(report["api_nano_usd_a_day"], 685_000_000_000)  # 250 x 0.55 + 250 x 2.19
        self.assertEqual(report["price_nano_usd_per_million"], 1_370_000_000)
        even = report["break_even"]
        self.assertEqual(round(even["rent_over_price_tokens_a_day"] / 1e6, 1), 862.6)  # 1,181.76 / 1.37
        self.assertEqual(even["replica_serves_tokens"] / 30.4, 200 * DAY)  # 17.28M a day
        self.assertIsNone(even["first_tokens"], "one such cluster never breaks even")
        self.assertEqual(report["replicas_peak"], 29)  # 500M / 17.28M = 28.9
        self.assertEqual(report["verdict"], "api")

    def test_people_read_the_same_figures(self):
        text = plan(*self.CLUSTER, *self.HALF_BILLION)
        for figure in ("$685.00 a day", "$1,181.76 a day", "862.6M tokens a day", "17.3M tokens a day", "$35,926 a month",
                       "29 replicas", "assumed", "given"):
            self.assertIn(figure, text)

    def test_the_choice_at_each_volume(self):
        for volume, rent, api, verdict in (("50M", 2_500, 150, "api"), ("200M", 2_500, 600, "api"),
                                           ("500M", 2_500, 1_500, "tie"), ("1B", 3_500, 3_000, "tie"),
                                           ("5B", 4_000, 15_000, "self_host"), ("10B", 6_000, 30_000, "self_host")):
            with self.subTest(volume):
                report = plan_json("--volume", f"{volume}/month", "--rent", f"{rent}/month", "--replicas", 1, "--api",
                                   "3.00")
                self.assertEqual(report["api_nano_usd"], api * 10**9)
                self.assertEqual(report["self_hosted_nano_usd"], rent * 10**9)
                self.assertEqual(report["verdict"], verdict)

    def test_a_batch_of_requests(self):
        report = plan_json("--volume", "batch=100kx100/day", "--rent", "1", "--replicas", 1, "--api", "3.00")
        self.assertEqual(report["tokens"], 304_000_000)  # 10M a day


class Mistakes(unittest.TestCase):
    def test_each_says_what_to_write(self):
        rest = ("--rent", "2", "--replicas", "1", "--api", "3")
        for flags, words in (((), "write --volume 500M/day"),
                             (("--volume", "500M", *rest), "has no period; write tokens and a period"),
                             (("--volume", "1M/day", "--replicas", "1", "--api", "3"), "write --rent 2.10"),
                             (("--volume", "1M/day", "--rent", "2", "--api", "3"), "write --throughput 2500"),
                             (("--volume", "1M/day", "--rent", "2", "--replicas", "1"), "write --api 0.55/2.19"),
                             (("/no/such/traffic.jsonl",), "No such file"),
                             (("--volume", "1M/day", *rest, "--html", "/no/such/folder/x.html"), "cannot write")):
            with self.subTest(flags):
                self.assertIn(words, plan(*flags, fails=True))


class Recorded(unittest.TestCase):
    """One gateway that records and logs; its lines are then spread over two days."""

    REQUESTS = 240

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="headgate-plan-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        recording = cls.folder / "live" / "headgate.jsonl"
        with Simulator("--personality", "vllm", "--tokens", "20", "--ttft", "2ms", "--interval", "1ms",
                       listeners=2) as gpu, Simulator("--tokens", "20") as api:
            cls.sections = {"server": {"auth": "none"}, "recording": {"file": str(recording)},
                            "backends": {"gpu": own(gpu.urls(), slots=64), "api": paid(api)},
                            "routes": [{"name": "all", "targets": ["qwen-2.5-32b@gpu", "gpt-4.1@api"]}]}
            gateway = Gateway(**cls.sections)
            try:
                in_parallel(4, lambda first: [
                    call(gateway.port, CHAT, chat_body(None, f"write a poem {number}", stream=number % 2 == 0,
                                                       service_tier="flex" if number % 3 == 0 else "auto"))
                    for number in range(first, cls.REQUESTS, 4)])
                cls.lines = gateway.log(cls.REQUESTS)
            finally:
                gateway.stop()
        cls.config = cls.folder / "headgate.yaml"
        cls.config.write_text(json.dumps({**cls.sections, "ledger": {"path": str(cls.folder / "ledger")}}))
        for line in cls.lines:
            line["total_ms"] = 0  # the ledger has the beginnings of requests, the access log their ends
        cls.recording = cls.spread(recording.read_text().splitlines(), "recording.jsonl",
                                   r'"time":\d+', lambda at: f'"time":{at}')
        cls.access_log = cls.spread([json.dumps(line, separators=(",", ":"), default=float) for line in cls.lines],
                                    "access.jsonl", r'"time":"[^"]*"', lambda at: '"time":"' + datetime.datetime
                                    .fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z") + '"')

    @classmethod
    def spread(cls, lines, name, pattern, field):
        """Writes the lines with their requests spread over two days: half in one five minutes, the others evenly."""
        number = 0
        out = []
        for line in lines:
            if '"id":' in line:
                busy = number % 2 == 0
                at = START + (40_000 // 300 * 300 + number if busy else number * 2 * DAY // (cls.REQUESTS - 1))
                line = re.sub(pattern, field(at), line, count=1)
                number += 1
            out.append(line)
        assert number == cls.REQUESTS, number
        path = cls.folder / name
        path.write_text("\n".join(out) + "\n")
        return path

    def tokens(self):
        return sum(line["tokens"]["input"] + line["tokens"]["output"] for line in self.lines)

    def test_a_recording_gives_volume_classes_hours_and_throughput(self):
        report = plan_json("--config", self.config, self.recording)
        month = self.tokens() * 30.4 / 2
        self.assertAlmostEqual(report["tokens"] / month, 1, delta=0.01)
        classes = {entry["class"]: entry for entry in report["inputs"]["classes"]}
        self.assertTrue(classes["batch"]["can_wait"])
        self.assertEqual(len(classes), 2, classes.keys())
        self.assertEqual(report["inputs"]["replicas"], 2)
        # Half of the tokens came within five minutes, to two replicas.
        self.assertAlmostEqual(report["inputs"]["throughput_tokens_an_hour"] / (self.tokens() / 2 * 12 / 2), 1, delta=0.05)
        self.assertEqual(report["target"], "gpt-4.1@api")
        self.assertTrue(any("load test" in caution for caution in report["cautions"]), report["cautions"])

    def test_the_access_log_gives_the_same(self):
        recorded = plan_json("--config", self.config, self.recording)
        logged = plan_json("--config", self.config, self.access_log)
        for part in ("classes", "replicas"):
            self.assertEqual(recorded["inputs"][part], logged["inputs"][part])
        self.assertEqual(recorded["tokens"], logged["tokens"])

    def ledger(self):
        """The same requests in a ledger."""
        folder = self.folder / "ledger"
        if not folder.exists():
            subprocess.run([HEADGATE, "ledger", "import", "--config", self.config, self.access_log], check=True,
                           capture_output=True)
        return folder

    def test_the_ledger_gives_the_same(self):
        recorded = plan_json("--config", self.config, "--growth", "5%", self.recording)
        booked = plan_json("--config", self.config, "--growth", "5%", "--ledger", self.ledger())
        for part in ("classes", "replicas", "growth_millionths"):
            self.assertEqual(recorded["inputs"].get(part), booked["inputs"].get(part), part)
        self.assertEqual(recorded["tokens"], booked["tokens"])
        self.assertEqual(recorded["verdict"], booked["verdict"])
        self.assertEqual(recorded["inputs"]["throughput_tokens_an_hour"], booked["inputs"]["throughput_tokens_an_hour"])

    def test_the_time_of_a_ledger_can_be_chosen(self):
        first = plan_json("--config", self.config, "--ledger", self.ledger(), "--until", "2026-10-01")
        both = plan_json("--config", self.config, "--ledger", self.ledger())
        # All of the busy five minutes and half of the rest are on the first day.
        self.assertAlmostEqual(first["tokens"] / both["tokens"], 1.5, delta=0.05)

    def test_mistakes_with_a_ledger_say_what_to_write(self):
        for flags, words in ((("--ledger", self.folder / "none"), "does not exist; ledger.path is wrong"),
                             (("--ledger", self.ledger(), self.recording), "may have the same requests"),
                             (("--ledger", self.ledger(), "--ttft", "2s"), "which the ledger does not have"),
                             (("--ledger", self.ledger(), "--since", "2027"), "is not a time; write 2026-11"),
                             (("--ledger", self.ledger(), "--since", "2027-01"), "has no answers of this time"),
                             (("--ledger", self.ledger(), "--since", "2026-12", "--until", "2026-11"), "not before"),
                             (("--since", "2027-01"), "has no answers of this time")):
            with self.subTest(flags):
                self.assertIn(words, plan("--config", self.config, *flags, fails=True))
        self.assertIn("add --ledger DIR", plan("--volume", "5M/day", "--since", "2026-11", fails=True))

    def test_the_configuration_alone_has_a_ledger(self):
        booked = plan_json("--config", self.config, "--ledger", self.ledger())
        self.assertEqual(plan_json("--config", self.config), booked)
        twice = plan_json("--config", self.config, "--volume", "2x")
        self.assertAlmostEqual(twice["tokens"] / booked["tokens"], 2, delta=1e-6)

    def test_replicas_that_were_idle_give_no_answer(self):
        report = plan_json("--config", self.config, self.recording)
        bounds = report["throughput_bounds"]
        self.assertLess(bounds["busy_millionths"], 200_000)
        self.assertGreater(bounds["most_tokens_an_hour"], 5 * bounds["least_tokens_an_hour"])
        today = report["as_routed_today"]
        self.assertEqual(today["cost_nano_usd"], today["rent_nano_usd"] + today["booked_elsewhere_nano_usd"])
        self.assertEqual(today["replicas"], 2)

    def test_both_scale_to_a_volume(self):
        report = plan_json("--config", self.config, "--volume", "500M/day", "--growth", "5%", self.access_log)
        self.assertAlmostEqual(report["tokens"] / 15.2e9, 1, delta=1e-6)


if __name__ == "__main__":
    unittest.main()
