"""The ledger: what it has agrees with the simulated backend's bill, also after the gateway is killed under load."""

import csv
import gzip
import http.client
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from stage import (HEADGATE, PATIENCE_S, Gateway, Process, Simulator, call, chat, chat_body, in_parallel, nano, paid,
                   wait_for)

CLIENTS = 8
SLOWEST_COMMIT_S = 0.5  # on a disk that others use
KILLS = int(os.environ.get("HEADGATE_LEDGER_KILLS", "6"))
# USD for 1M tokens. A token of input costs 570 nano-dollars, a token of output 2,190.
PRICE = {"input": "0.57", "output": "2.19"}
# A new day or month begins with nothing, so these hold for all that a test spends, if it is not midnight.
BUDGETS = [{"limit": 1000, "per": "month"}, {"scope": {"backend": "far"}, "limit": 1000, "per": "month"},
           {"scope": {"model": "gpt-4.1"}, "limit": 1000, "per": "month", "when_spent": "cheapest"}]


def cost_of(usage):
    return usage["prompt_tokens"] * 570 + usage["completion_tokens"] * 2190


def rows_of(folder):
    """Every row of every day, as (request id, state, cost)."""
    found = []
    for path in sorted(folder.glob("????-??-??.db")):
        day = sqlite3.connect(path)
        try:
            found += [("req_" + request.hex(), state, cost) for request, state, cost in
                      day.execute("SELECT request, state, cost FROM requests")]
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):  # the gateway has just made the file
                raise
        finally:
            day.close()
    return found


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-ledger-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.simulator = Simulator("--personality", "openai", "--tokens", "uniform:3..30", "--ttft", "5ms",
                                   "--interval", "1ms", "--price", "*=0.57,0.57,2.19")
        self.addCleanup(self.simulator.stop)

    def gateway(self, **sections):
        gateway = Gateway({"far": paid(self.simulator, models={"gpt-4.1": {"name": "g", "price": PRICE}})},
                          ledger={"path": str(self.folder / "ledger")}, **sections)
        self.addCleanup(Process.stop, gateway)
        return gateway

    def command(self, gateway, *words, code=0):
        done = subprocess.run([HEADGATE, "ledger", *words, "--config", gateway.config_path], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 or done.stdout else done.stderr

    def report(self, gateway, *words):
        return json.loads(self.command(gateway, "--json", *words), parse_float=str)

    def rows(self):
        return rows_of(self.folder / "ledger")

    def test_agrees_with_the_bill_and_the_metrics(self):
        gateway = self.gateway()
        replies = in_parallel(CLIENTS, lambda i: [chat(gateway.port, text=f"{i} {n}", stream=n % 2 == 0)
                                                  for n in range(10)])
        self.assertEqual({reply.status for some in replies for reply in some}, {200})
        bill = self.simulator.bill()["total_nano_usd"]
        wait_for(lambda: len(self.rows()) == 10 * CLIENTS, "all rows")
        self.assertEqual({row[1] for row in self.rows()}, {1})  # settled
        self.assertEqual(sum(row[2] for row in self.rows()), bill)
        total = self.report(gateway)["total"]
        self.assertEqual((total["requests"], total["cost_usd"]), (10 * CLIENTS, f"{bill / 1e9:.9f}"))
        metrics = gateway.metrics()
        self.assertEqual(metrics.sum("headgate_ledger_rows_total", state="settled"), 10 * CLIENTS)
        self.assertEqual(metrics.sum("headgate_ledger_accepting"), 1)
        for period in ("day", "month"):
            self.assertEqual(round(metrics.sum("headgate_spend_usd", period=period) * 10**9), bill)
        self.assertEqual(gateway.status()["ledger"]["rows"]["settled"], 10 * CLIENTS)
        table = self.command(gateway, "--by", "model,day")
        self.assertIn("gpt-4.1", table)
        lines = list(csv.DictReader(io.StringIO(self.command(gateway, "--csv", "--by", "target,billed_as"))))
        self.assertEqual([(line["target"], line["billed_as"], line["requests"]) for line in lines],
                         [("gpt-4.1@far", "g", str(10 * CLIENTS))])
        self.assertIn("--by thing is not known", self.command(gateway, "--by", "thing", code=1))

    def test_drain_and_restart_keep_everything(self):
        gateway = self.gateway()
        for _ in range(5):
            chat(gateway.port)
        gateway.stop()  # every row is written before the process ends
        self.assertEqual(len(self.rows()), 5)
        again = self.gateway()
        spent = again.metrics().sum("headgate_spend_usd", period="month")
        self.assertEqual(round(spent * 10**9), self.simulator.bill()["total_nano_usd"])
        self.assertIn("another gateway uses", self.second_gateway(again))

    def second_gateway(self, gateway):
        done = subprocess.run([HEADGATE, "serve", "--config", gateway.config_path], capture_output=True, text=True,
                              check=False, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_fails_closed_while_its_file_is_held_and_recovers(self):
        gateway = self.gateway()
        chat(gateway.port)
        wait_for(lambda: len(self.rows()) == 1, "the row")
        path = next((self.folder / "ledger").glob("????-??-??.db"))
        holder = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        self.assertEqual(chat(gateway.port).status, 200)  # it began before anything failed
        refused = wait_for(lambda: (reply := chat(gateway.port)).status == 503 and reply, "a refusal")
        self.assertEqual(refused.error["code"], "ledger_unavailable")
        self.assertIn("retry-after", refused.headers)
        self.assertEqual(gateway.metrics().sum("headgate_ledger_accepting"), 0)
        self.assertGreater(gateway.metrics().sum("headgate_rejected_total", reason="ledger"), 0)
        self.assertIn("the ledger cannot be written", gateway.stderr())
        holder.execute("ROLLBACK")
        wait_for(lambda: chat(gateway.port).status == 200, "the ledger is well again")
        self.assertIn("the ledger can be written again", gateway.stderr())
        bill = self.simulator.bill()["total_nano_usd"]
        wait_for(lambda: sum(row[2] for row in self.rows()) == bill, "the rows that waited")

    def test_imports_an_access_log_once(self):
        gateway = self.gateway()
        for number in range(6):
            chat(gateway.port, stream=number % 2 == 0)
        gateway.log(6)
        log = self.folder / "access.jsonl"
        shutil.copy(gateway.log_path, log)
        config = self.folder / "gateway.yaml"
        shutil.copy(gateway.config_path, config)
        before = self.report(gateway, "--by", "target,billed_as,day")
        Process.stop(gateway)
        for path in (self.folder / "ledger").glob("*.db*"):
            path.unlink()
        gateway.config_path = config
        self.assertIn("6 requests added", self.command(gateway, "import", str(log)))
        self.assertEqual(self.report(gateway, "--by", "target,billed_as,day"), before)
        self.assertIn("6 were there already", self.command(gateway, "import", str(log)))
        # Other programs write numbers in their own way.
        passed_on = "".join(json.dumps(json.loads(line)) + "\n" for line in log.read_text().splitlines())
        self.assertIn("e-05", passed_on)
        (self.folder / "passed.jsonl").write_text(passed_on)
        for path in (self.folder / "ledger").glob("*.db*"):
            path.unlink()
        self.assertIn("6 requests added; 6 were there already",
                      self.command(gateway, "import", str(self.folder / "passed.jsonl"), str(log)))
        self.assertEqual(self.report(gateway, "--by", "target,billed_as,day"), before)

    def test_says_which_files_and_lines_it_cannot_import(self):
        gateway = self.gateway()
        chat(gateway.port)
        gateway.log(1)
        line = gateway.log_path.read_text().splitlines()[-1]
        config = self.folder / "gateway.yaml"
        shutil.copy(gateway.config_path, config)
        Process.stop(gateway)
        gateway.config_path = config
        packed = self.folder / "access.jsonl.gz"
        packed.write_bytes(gzip.compress(line.encode()))
        (self.folder / "empty").touch()
        for path, said in ((packed, f"zcat {packed} | headgate ledger import -"), (self.folder / "empty", "is empty"),
                           (self.folder, "is a folder"), (self.folder / "none", "No such file")):
            self.assertIn(said, self.command(gateway, "import", str(path), code=1))
        bad = self.folder / "bad.jsonl"
        bad.write_text(f"{line}\n" + re.sub(r'"cost_usd":[0-9.]+', '"cost_usd":-1', line) + "\n")
        done = subprocess.run([HEADGATE, "ledger", "import", bad, "--config", config], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{bad}:2: the cost of an attempt (cost_usd) is negative", done.stderr)
        self.assertIn("0 requests added; 1 were there already; 1 left out: they have an error", done.stdout)
        piped = subprocess.run([HEADGATE, "ledger", "import", "-", "--config", config], input=line, capture_output=True,
                               text=True, check=False)
        self.assertEqual((piped.returncode, piped.stdout), (0, "0 requests added; 1 were there already\n"))

    def test_a_reload_counts_what_runs_and_what_has_just_ended(self):
        gateway = self.gateway(budgets=[{"limit": 1000, "per": "month"}])
        in_parallel(CLIENTS, lambda i: chat(gateway.port, text=f"{i}"))
        asked = threading.Thread(target=in_parallel, args=(CLIENTS, lambda i: chat(gateway.port, text=f"{i}")))
        asked.start()
        reloaded = json.loads(gateway.config_path.read_text())
        for change in ({"zone": "Europe/Berlin"}, {"counts": "all"}, {"scope": {"model": "gpt-4.1"}}, {}):
            reloaded["budgets"] = [{"limit": 1000, "per": "month", **change}]
            gateway.config_path.write_text(json.dumps(reloaded))
            reply = call(gateway.admin, "/reload", b"", {"content-type": "application/json"})
            self.assertEqual(reply.status, 200, reply.body)
        asked.join()
        bill = self.simulator.bill()["total_nano_usd"]
        wait_for(lambda: nano(gateway.status()["budgets"][0]["spent_usd"]) == bill, "the budget has the whole bill")
        self.assertEqual(nano(gateway.status()["budgets"][0]["reserved_usd"]), 0)

    def test_reconciles_with_an_invoice(self):
        gateway = self.gateway()
        usages = [chat(gateway.port).json["usage"] for _ in range(4)]
        wait_for(lambda: len(self.rows()) == 4, "all rows")
        day = self.report(gateway, "--by", "day")["rows"][0]["day"]
        tokens = [sum(usage[kind] for usage in usages) for kind in ("prompt_tokens", "completion_tokens")]
        cached = sum(usage.get("prompt_tokens_details", {}).get("cached_tokens", 0) for usage in usages)
        invoice = self.folder / "usage.csv"

        def write(requests):
            invoice.write_text("start_time,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens\n"
                               f"{day},g-2026-01-31,{requests},{tokens[0]},{cached},{tokens[1]}\n")
        words = ("reconcile", "--invoice", str(invoice), "--backend", "far")
        write(4)
        self.assertIn("0 of them different", self.command(gateway, *words))
        write(5)
        self.assertIn("requests: 5 billed, 4 booked", self.command(gateway, *words, code=1))

    def killed_under_load(self, known, early):
        """Runs a gateway under load, kills it, and notes what clients know: `known` has the cost of each request
        that was answered whole, `early` how many seconds before the kill it was. What lies in a socket when the
        gateway dies is read after that."""
        done = {}
        gateway = self.gateway(budgets=BUDGETS)
        self.assert_budgets_are_the_rows(gateway)
        stopping = threading.Event()

        def client(number):
            source = random.Random(number + time.monotonic_ns())
            while not stopping.is_set():
                stream = source.random() < 0.5
                body = chat_body(text="x" * source.randrange(400), stream=stream)
                if stream:
                    body["stream_options"] = {"include_usage": True}
                try:
                    reply = call(gateway.port, body=body)
                    usage = json.loads(reply.events[-2])["usage"] if stream else reply.json["usage"]
                except (OSError, http.client.HTTPException, ValueError, KeyError, IndexError):
                    continue
                if reply.status == 200 and reply.whole:
                    identity = reply.headers["x-request-id"]
                    known[identity], done[identity] = cost_of(usage), time.monotonic()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.3, 1.2))
        gateway.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        stopping.set()
        gateway.process.wait()
        for thread in threads:
            thread.join()
        Process.stop(gateway)
        early.update((identity, killed - answered) for identity, answered in done.items())

    def assert_budgets_are_the_rows(self, gateway):
        """What a kill left reserved is in the rows, as spent or released, and budgets begin with the rows."""
        rows = self.rows()
        self.assertEqual({row[2] for row in rows if row[1] == 3} - {0}, set(), "what is released costs nothing")
        for budget in gateway.status()["budgets"]:
            self.assertEqual((nano(budget["spent_usd"]), nano(budget["reserved_usd"])), (sum(row[2] for row in rows), 0))

    def test_loses_and_doubles_nothing_when_it_is_killed(self):
        known, early = {}, {}
        for _ in range(KILLS):
            self.killed_under_load(known, early)
        gateway = self.gateway(budgets=BUDGETS)  # settles what the last one left
        self.assert_budgets_are_the_rows(gateway)
        rows = self.rows()
        ids = [row[0] for row in rows]
        self.assertEqual(len(ids), len(set(ids)), "a request is there twice")
        states = {row[0]: row[1] for row in rows}
        costs = {row[0]: row[2] for row in rows}
        self.assertLessEqual(set(states.values()), {1, 2, 3})
        settled = [identity for identity in known if states.get(identity) == 1]
        for identity in settled:
            self.assertEqual(costs[identity], known[identity], identity)
        # How long before a kill the answers came whose rows were not in the files. A commit begins 20 ms after a
        # request has ended, and takes as long as the disk does.
        late = [early[identity] for identity in known if states.get(identity) != 1]
        self.assertLess(max(late, default=0), SLOWEST_COMMIT_S, "a settled request is lost")
        estimated = [identity for identity in states if states[identity] == 2]
        missing = [identity for identity in known if identity not in states]
        # At one moment at most CLIENTS requests run, and only what began after the last commit can be missing.
        self.assertLessEqual(len(estimated), 2 * CLIENTS * KILLS)
        self.assertLessEqual(len(missing), 2 * CLIENTS * KILLS)
        exact = sum(costs[identity] for identity in states if states[identity] == 1)
        bill = self.simulator.bill()["total_nano_usd"]
        self.assertLessEqual(exact, bill)
        most = max(known.values())
        self.assertLessEqual(bill - exact, (len(estimated) + 2 * CLIENTS * KILLS) * most)
        total = self.report(gateway)["total"]
        self.assertEqual(total["cost_usd"], f"{sum(costs.values()) / 1e9:.9f}")
        for path in (self.folder / "ledger").glob("????-??-??.db"):
            with sqlite3.connect(path) as day:
                self.assertEqual(day.execute("SELECT count(*) FROM running").fetchone(), (0,))
            day.close()
        print(f"\n{KILLS} kills, {len(known)} answers: {len(settled)} settled exactly, {len(estimated)} estimated, "
              f"{len(missing)} answered but missing (began after the last commit); the oldest answer without a settled "
              f"row came {max(late, default=0) * 1000:.0f} ms before the kill")


if __name__ == "__main__":
    unittest.main()
