"""Limits of keys, teams, routes and providers, and budgets: exact under parallel requests, honest to clients."""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from stage import (HEADGATE, PATIENCE_S, Gateway, Process, Simulator, beside, call, chat, chat_body, encoded,
                   in_parallel, nano, own, paid, wait_for)

KEY, OTHER = "hg-first-key", "hg-second-key"
THREADS = 50
# USD for 1M tokens: nano-dollars for a token are 1,000 times that.
PRICE = {"input": "0.57", "output": "2.19"}


def digest(key):
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def key_entry(name="web", key=KEY, team="search", **more):
    return {"name": name, "hash": digest(key), "team": team, **more}


class KeyedGateway(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-limits-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def simulator(self, *options, tokens=5):
        simulator = Simulator("--personality", "openai", "--tokens", str(tokens), "--interval", "1ms", "--price",
                              "*=0.57,0.57,2.19", *options)
        self.addCleanup(simulator.stop)
        return simulator

    def gateway(self, simulator, limits=None, backends=None, **sections):
        """A gateway with two workers and two keys of team `search`."""
        backend = paid(simulator, models={"gpt-4.1": {"name": "g", "price": PRICE}}, **(
            {"limits": limits} if limits else {}))
        sections.setdefault("keys", [key_entry(), key_entry("app", OTHER)])
        gateway = Gateway({"far": backend, **(backends or {})}, server={"auth": "keys", "workers": 2}, **sections)
        self.addCleanup(Process.stop, gateway)
        return gateway

    def ledger(self):
        return {"path": str(self.folder / "ledger")}

    def burst(self, gateway, count=1000, key=KEY, **fields):
        """The replies to requests at once, and how long that took."""
        began = time.monotonic()
        replies = in_parallel(THREADS, lambda i: [chat(gateway.port, headers=bearer(key), timeout=60, **fields)
                                                  for _ in range(count // THREADS)])
        return [reply for some in replies for reply in some], time.monotonic() - began

    def assert_exactly_ten(self, replies, seconds=0):
        passed = sum(reply.status == 200 for reply in replies)
        self.assertEqual({reply.status for reply in replies}, {200, 429})
        self.assertGreaterEqual(passed, 10)
        self.assertLessEqual(passed, 10 + int(seconds / 6))  # a bucket of 10 refills one in 6 s


class LimitsTest(KeyedGateway):
    # --- requests and tokens in a minute ---------------------------------------------------------

    def test_a_limit_of_ten_lets_exactly_ten_of_a_thousand_pass(self):
        simulator = self.simulator()
        ten = {"requests_per_minute": 10}
        cases = {
            "key web": {"keys": [key_entry(limits=ten)]},
            "team search": {"keys": [key_entry(limits={"requests_per_minute": 20})], "teams": {"search": {"limits": ten}}},
            "route all": {"routes": [{"name": "all", "limits": ten}]},
        }
        for owner, sections in cases.items():
            with self.subTest(owner):
                gateway = self.gateway(simulator, **sections)
                replies, seconds = self.burst(gateway)
                self.assert_exactly_ten(replies, seconds)
                refused = next(reply for reply in replies if reply.status == 429)
                self.assertEqual(refused.error["code"], "rate_limit_exceeded")
                self.assertIn(f"The limit of {owner} is reached: 10 requests in a minute", refused.error["message"])
                self.assertLessEqual(int(refused.headers["retry-after"]), 7)
                self.assertEqual(refused.headers["x-ratelimit-limit-requests"], "10")
                self.assertEqual(refused.headers["x-ratelimit-remaining-requests"], "0")
                self.assertRegex(refused.headers["x-ratelimit-reset-requests"], r"^(\d+m)?\d+(\.\d+)?s$")
                rejected = gateway.metrics().sum("headgate_rejected_total", reason="rate_limit")
                self.assertEqual(rejected, sum(reply.status == 429 for reply in replies))
                gateway.stop()

    def test_keys_share_the_limit_of_their_team(self):
        gateway = self.gateway(self.simulator(), keys=[key_entry(limits={"requests_per_minute": 7}),
                                                       key_entry("app", OTHER)],
                               teams={"search": {"limits": {"requests_per_minute": 10}}})
        first, first_time = self.burst(gateway, 100)
        second, second_time = self.burst(gateway, 100, OTHER)
        passed = [sum(reply.status == 200 for reply in replies) for replies in (first, second)]
        if first_time + second_time < 6:
            self.assertEqual(passed, [7, 3])

    def test_tokens_are_settled_with_what_was_used(self):
        gateway = self.gateway(self.simulator(), keys=[key_entry(limits={"tokens_per_minute": 1000})])
        reply = chat(gateway.port, headers=bearer(KEY), max_tokens=100)
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["x-ratelimit-limit-tokens"], "1000")
        # Taken: the estimated input and at most 100 tokens. Used: what the answer reports.
        self.assertLess(int(reply.headers["x-ratelimit-remaining-tokens"]), 900)
        used = reply.json["usage"]["total_tokens"]
        again = chat(gateway.port, headers=bearer(KEY), max_tokens=100)
        taken = 1000 - int(reply.headers["x-ratelimit-remaining-tokens"])
        left = int(again.headers["x-ratelimit-remaining-tokens"])
        self.assertGreaterEqual(left, 1000 - used - taken)
        self.assertLess(used, taken)
        large = chat(gateway.port, headers=bearer(KEY), text="word " * 3000)
        self.assertEqual(large.status, 429)
        self.assertEqual(large.headers["x-should-retry"], "false")
        self.assertIn("make it shorter", large.error["message"])

    def test_a_reload_keeps_what_was_taken_and_changes_the_limit_at_once(self):
        gateway = self.gateway(self.simulator(), keys=[key_entry(limits={"requests_per_minute": 3})])
        self.assertEqual([chat(gateway.port, headers=bearer(KEY)).status for _ in range(4)], [200, 200, 200, 429])
        config = json.loads(gateway.config_path.read_text())
        config["keys"][0]["limits"]["requests_per_minute"] = 5
        gateway.config_path.write_text(json.dumps(config))
        wait_for(lambda: gateway.metrics().sum("headgate_config_generation") >= 2, "the reload")
        self.assertEqual([chat(gateway.port, headers=bearer(KEY)).status for _ in range(3)], [200, 200, 429])

    # --- at once ----------------------------------------------------------------------------------

    def test_in_flight_lets_exactly_ten_run(self):
        simulator = self.simulator("--ttft", "3s")
        for sections in ({"keys": [key_entry(limits={"in_flight": 10})]},
                         {"teams": {"search": {"limits": {"in_flight": 10}}}},
                         {"routes": [{"name": "all", "limits": {"in_flight": 10}}]}):
            with self.subTest(str(sections)):
                gateway = self.gateway(simulator, **sections)
                replies = in_parallel(THREADS, lambda i: chat(gateway.port, headers=bearer(KEY), timeout=60))
                self.assert_exactly_ten(replies)
                self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 200)  # they have ended
                gateway.stop()

    # --- of providers -----------------------------------------------------------------------------

    def test_a_backend_at_its_limit_is_left_for_the_next_and_then_refuses(self):
        first, second = self.simulator(), self.simulator()
        limits = {"requests_per_minute": 10}
        spare = paid(second, models={"gpt-4.1": {"name": "g", "price": PRICE}})
        gateway = self.gateway(first, limits, {"spare": spare})
        replies, _ = self.burst(gateway, 200)
        self.assertEqual({reply.status for reply in replies}, {200})
        self.assertEqual(first.stats()["requests"], 10)
        self.assertEqual(second.stats()["requests"], 190)
        gateway.stop()
        alone = self.simulator()
        gateway = self.gateway(alone, limits)
        replies, _ = self.burst(gateway, 200)
        self.assertEqual(sum(reply.status == 200 for reply in replies), 10)
        refused = next(reply for reply in replies if reply.status == 429)
        self.assertIn("retry-after", refused.headers)

    def test_a_backend_runs_no_more_at_once_than_its_limit(self):
        simulator = self.simulator("--ttft", "3s")
        gateway = self.gateway(simulator, {"in_flight": 10})
        self.assert_exactly_ten(in_parallel(THREADS, lambda i: chat(gateway.port, headers=bearer(KEY), timeout=60)))

    # --- budgets ----------------------------------------------------------------------------------

    def test_a_budget_for_ten_lets_exactly_ten_of_a_thousand_pass(self):
        simulator = self.simulator("--ttft", "6s")
        size = len(encoded(chat_body(max_tokens=10)))
        most = size * 570 + 10 * 2190  # nano-dollars
        limit = f"{most * 10.5 / 1e9:.9f}"
        gateway = self.gateway(simulator, ledger=self.ledger(), budgets=[
            {"scope": {"team": "search"}, "limit": limit, "per": "month"},
            {"limit": "1000", "per": "day"}])
        over = threading.Event()
        exceeded = []

        def watch():
            while not over.is_set():
                metrics = gateway.metrics()
                labels = {"scope": "team=search,per=month"}
                spent = metrics.sum("headgate_budget_used_ratio", **labels) * metrics.sum("headgate_budget_limit_usd",
                                                                                        **labels)
                if spent + metrics.sum("headgate_budget_reserved_usd", **labels) > float(limit) * 1.0000001:
                    exceeded.append(metrics)

        with beside(watch):
            with concurrent.futures.ThreadPoolExecutor(200) as pool:
                replies = [one.result() for one in
                           [pool.submit(chat, gateway.port, headers=bearer(KEY), timeout=60, max_tokens=10)
                            for _ in range(1000)]]
            over.set()
        self.assert_exactly_ten(replies)
        self.assertFalse(exceeded)
        refused = next(reply for reply in replies if reply.status == 429)
        self.assertEqual(refused.error["code"], "rate_limit_exceeded")
        self.assertEqual(refused.headers["retry-after"], "1")
        self.assertNotIn("x-should-retry", refused.headers)
        self.assertIn("is reserved by 10 running calls", refused.error["message"])
        self.assertEqual(gateway.metrics().sum("headgate_rejected_total", reason="budget"), 990)
        bill = simulator.bill()["total_nano_usd"]
        budget = next(one for one in gateway.status()["budgets"] if one["budget"] == "team=search,per=month")
        self.assertEqual(nano(budget["spent_usd"]), bill)
        self.assertEqual(nano(budget["reserved_usd"]), 0)

    def test_a_restart_knows_what_was_spent(self):
        simulator = self.simulator()
        budgets = [{"scope": {"key": "web"}, "limit": 1, "per": "month"}]
        gateway = self.gateway(simulator, ledger=self.ledger(), budgets=budgets)
        for _ in range(5):
            self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 200)
        chat(gateway.port, headers=bearer(OTHER))
        spent = gateway.status()["budgets"][0]["spent_usd"]
        self.assertGreater(nano(spent), 0)
        gateway.stop()
        again = self.gateway(simulator, ledger=self.ledger(), budgets=budgets)
        self.assertEqual(again.status()["budgets"][0]["spent_usd"], spent)

    def test_a_request_without_a_maximum_gets_one_under_a_budget_that_rejects(self):
        simulator = self.simulator(tokens=50)
        gateway = self.gateway(simulator, ledger=self.ledger(), budgets=[
            {"scope": {"key": "web"}, "limit": 1, "per": "month", "assume_output": 20}])
        reply = chat(gateway.port, headers=bearer(KEY))
        self.assertEqual(json.loads(simulator.last_body())["max_tokens"], 20)
        self.assertEqual(reply.json["usage"]["completion_tokens"], 20)
        self.assertEqual(reply.json["choices"][0]["finish_reason"], "length")
        stream = chat(gateway.port, headers=bearer(KEY), stream=True)
        self.assertEqual(stream.tokens, 20)
        chat(gateway.port, headers=bearer(OTHER))
        self.assertNotIn("max_tokens", json.loads(simulator.last_body()))

    def test_spent_budgets_change_the_plan(self):
        simulator, pool = self.simulator(), self.simulator()
        gpu = own([pool.url(path="")], model="qwen-2.5-32b")
        tiny = "0.000000001"
        for when in ("cheapest", "self_hosted_only"):
            with self.subTest(when):
                gateway = self.gateway(simulator, backends={"gpu": gpu}, ledger=self.ledger(), budgets=[
                    {"limit": tiny, "per": "day", "when_spent": when}])
                chat(gateway.port, headers=bearer(KEY))  # spends it
                replies = [chat(gateway.port, headers=bearer(KEY)) for _ in range(3)]
                self.assertEqual({reply.status for reply in replies}, {200})
                targets = {gateway.log_of(reply)["target"] for reply in replies}
                self.assertEqual(targets, {"qwen-2.5-32b@gpu"})
                explained = call(gateway.admin, "/explain", {"request": chat_body(), "key": "web"},
                                 {"content-type": "application/json"}).json
                self.assertEqual(explained["plan"][0], "qwen-2.5-32b@gpu")
                self.assertIn("budget per=day is spent", explained["answer"])
                self.assertTrue(explained["budgets"][0]["is_spent"])
                gateway.stop()
        alone = self.gateway(simulator, ledger=self.ledger(), budgets=[
            {"limit": tiny, "per": "day", "when_spent": "self_hosted_only"}])
        refused = chat(alone.port, headers=bearer(KEY))
        self.assertEqual((refused.status, refused.error["code"]), (429, "insufficient_quota"))

    def test_the_operator_is_told(self):
        gateway = self.gateway(self.simulator(), ledger=self.ledger(), budgets=[
            {"limit": "0.000000001", "per": "day", "when_spent": "cheapest"}])
        chat(gateway.port, headers=bearer(KEY))
        wait_for(lambda: "a budget is spent" in gateway.stderr(), "the warning")
        line = next(line for line in gateway.stderr().splitlines() if "a budget is spent" in line)
        self.assertEqual(json.loads(line)["budget"], "per=day")

    def test_a_budget_that_refuses_everything_is_told_and_explained(self):
        gateway = self.gateway(self.simulator(), ledger=self.ledger(), budgets=[
            {"scope": {"team": "search"}, "limit": "0.0000001", "per": "day"}])
        refused = chat(gateway.port, headers=bearer(KEY), max_tokens=10)
        self.assertEqual((refused.status, refused.error["code"]), (429, "insufficient_quota"))
        self.assertEqual(refused.headers["x-should-retry"], "false")
        self.assertIn("Budget team=search (day, UTC) is $0.0000001 in all", refused.error["message"])
        wait_for(lambda: "a budget refuses requests" in gateway.stderr(), "the warning")
        self.assertEqual(gateway.metrics().sum("headgate_budget_refused_requests_total"), 1)
        question = {"request": chat_body(max_tokens=10), "key": "web"}
        explained = call(gateway.admin, "/explain", question, {"content-type": "application/json"}).json
        self.assertEqual(explained["refused"], "insufficient_quota", explained["answer"])
        past = call(gateway.admin, "/explain", {"id": refused.headers["x-request-id"]},
                    {"content-type": "application/json"}).json
        self.assertEqual((past["refused"], len(past["budgets"])), ("insufficient_quota", 1), past["answer"])
        own_view = call(gateway.port, "/v1/budgets", None, bearer(KEY), method="GET").json
        self.assertEqual(own_view["budgets"][0]["scope"], {"team": "search"})
        budget = gateway.status()["budgets"][0]
        self.assertEqual((budget["refused_requests"], budget["forecast_usd"]), (1, None))

    def test_a_team_is_stopped_by_a_reload(self):
        gateway = self.gateway(self.simulator())
        self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 200)
        config = json.loads(gateway.config_path.read_text())
        config["teams"] = {"search": {"stopped": True}}
        gateway.config_path.write_text(json.dumps(config))
        wait_for(lambda: gateway.metrics().sum("headgate_config_generation") >= 2, "the reload")
        refused = chat(gateway.port, headers=bearer(KEY))
        self.assertEqual((refused.status, refused.error["code"]), (403, "team_stopped"))
        self.assertEqual(refused.error["message"], "Team search is stopped; ask the operator of this gateway.")


class KeysTest(KeyedGateway):
    """Keys: what they may use, and keys that are made while the daemon runs."""

    def command(self, gateway, *words, code=0):
        done = subprocess.run([HEADGATE, "key", *words, "--admin", f"127.0.0.1:{gateway.admin}"], capture_output=True,
                              text=True, check=False, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def admin(self, gateway, method, path="/keys", body=None):
        return call(gateway.admin, path, body, {"content-type": "application/json"}, method=method)

    def test_a_key_has_routes_classes_and_an_end(self):
        gateway = self.gateway(self.simulator(), routes=[{"name": "code", "when": {"class": "code"}}, {"name": "rest"}],
                               keys=[key_entry(routes=["rest"]), key_entry("app", OTHER, classes=["code"]),
                                     key_entry("old", "hg-old-key", expires="2026-01-01")])
        code = "```python\ndef quicksort(items):\n    return items\n```\nfix this function"
        self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 200)
        refused = chat(gateway.port, headers=bearer(KEY), text=code)
        self.assertEqual((refused.status, refused.error["code"]), (403, "route_not_allowed"))
        self.assertEqual(chat(gateway.port, headers=bearer(OTHER), text=code).status, 200)
        refused = chat(gateway.port, headers=bearer(OTHER))
        self.assertEqual((refused.status, refused.error["code"]), (403, "class_not_allowed"))
        for key, prompt, why in (("web", code, "route_not_allowed"), ("app", "hello", "class_not_allowed"),
                                 ("web", "hello", None)):
            question = {"request": chat_body(text=prompt), "key": key}
            explained = call(gateway.admin, "/explain", question, {"content-type": "application/json"}).json
            self.assertEqual(explained.get("refused"), why, explained["answer"])
        expired = chat(gateway.port, headers=bearer("hg-old-key"))
        self.assertEqual((expired.status, expired.error["code"]), (401, "expired_api_key"))

    def test_keys_are_made_and_revoked_at_run_time(self):
        simulator = self.simulator()
        gateway = self.gateway(simulator, keys=[], ledger=self.ledger())
        printed = self.command(gateway, "new", "--team", "search", "--name", "made", "--requests-per-minute", "5",
                               "--models", "gpt-4.1")
        key = re.search(r"hg-[A-Za-z0-9_-]{43}", printed)[0]
        for _ in range(5):  # on both workers
            self.assertEqual(chat(gateway.port, headers=bearer(key)).status, 200)
        self.assertEqual(chat(gateway.port, headers=bearer(key)).status, 429)
        listed = self.admin(gateway, "GET").json["keys"]
        self.assertEqual([(one["name"], one["team"], one["made"]) for one in listed], [("made", "search", "run_time")])
        self.assertIn("made", self.command(gateway, "list"))
        again = self.admin(gateway, "POST", body={"team": "search", "name": "made"})
        self.assertIn(again.status, (409, 422))
        other = self.admin(gateway, "POST", body={"team": "search"}).json
        self.assertEqual(other["name"], "search")
        self.assertNotIn(key, (self.folder / "ledger" / "keys.db").read_bytes().decode("latin-1"))

        # Over a restart and a reload.
        gateway.stop()
        gateway = self.gateway(simulator, keys=[key_entry()], ledger=self.ledger())
        self.assertEqual(chat(gateway.port, headers=bearer(key)).status, 200)
        self.assertEqual(call(gateway.admin, "/reload", {}, {"content-type": "application/json"}).status, 200)
        self.assertEqual(chat(gateway.port, headers=bearer(key)).status, 200)
        self.assertEqual(self.admin(gateway, "DELETE", "/keys/web").status, 200)
        self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 401)
        self.assertEqual(call(gateway.admin, "/reload", {}, {"content-type": "application/json"}).status, 200)
        self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 401)
        self.assertTrue(next(one for one in self.admin(gateway, "GET").json["keys"] if one["name"] == "web")["revoked"])
        self.assertEqual(self.admin(gateway, "PUT", "/keys/web").status, 200)
        self.assertEqual(chat(gateway.port, headers=bearer(KEY)).status, 200)
        self.assertEqual(self.admin(gateway, "PUT", "/keys/web").status, 409)

        self.command(gateway, "revoke", "made")
        for _ in range(8):
            self.assertEqual(chat(gateway.port, headers=bearer(key)).status, 401)
        self.assertEqual(chat(gateway.port, headers=bearer(other["key"])).status, 200)
        self.assertEqual(self.admin(gateway, "DELETE", "/keys/made").status, 404)
        self.assertIn("a key was revoked", gateway.stderr())

    def test_wrong_entries_are_refused_with_words(self):
        gateway = self.gateway(self.simulator(), ledger=self.ledger())
        for body, words in (({"team": "search", "modls": ["gpt-4.1"]}, "did you mean `models`?"),
                            ({"team": "search", "models": ["gpt-9"]}, "is not in the catalogue"),
                            ({"team": "search", "routes": ["al"]}, "there is no route `al`"),
                            ({"name": "x"}, "has no `team`"),
                            ({"team": "search", "hash": "sha256:1"}, "leave out `hash`"),
                            ({"team": "search", "name": "web"}, "already the name"),
                            ({"team": "serach"}, "did you mean `search`?"),
                            ([], "send an entry of `keys`")):
            reply = self.admin(gateway, "POST", body=json.dumps(body).encode())
            self.assertIn(reply.status, (400, 422), body)
            self.assertIn(words, reply.json["error"], body)
        self.assertIn("there is no route", self.command(gateway, "new", "--team", "a", "--routes", "x", code=1))
        without = self.gateway(self.simulator())
        self.assertEqual(self.admin(without, "POST", body={"team": "search"}).status, 409)


if __name__ == "__main__":
    unittest.main()
