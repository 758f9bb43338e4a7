"""What requests have cost, as each witness says it: the access log, the metrics, the rows of the ledger, its reports."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent), str(HERE.parent / "queues")]

import stage  # noqa: E402
from ledger_test import rows_of  # noqa: E402
from stage import nano  # noqa: E402

SECONDS = float(os.environ.get("HEADGATE_SOAK_SECONDS", "20"))


def report(gateway, *words):
    """`headgate ledger --json`; money is exact."""
    done = subprocess.run([stage.HEADGATE, "ledger", "--json", *words, "--config", gateway.config_path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_float=Decimal)


def sums_of_log(lines, name):
    """Nano-dollars by a member of the lines, such as `route`, or by `target` of the attempts."""
    sums = collections.Counter()
    for line in lines:
        for attempt in line["attempts"]:
            sums[attempt["target"] if name == "target" else line.get(name, "")] += nano(attempt["cost_usd"])
    return +sums


def sums_of_metrics(metrics, name, family="headgate_cost_usd_total"):
    """Nano-dollars by a label. A counter is a double; for such sums it is exact once it is rounded."""
    sums = collections.Counter()
    for sample, labels, value in metrics.samples:
        if sample == family:
            sums[labels[name]] += value
    return +collections.Counter({label: round(value * 10**9) for label, value in sums.items()})


def sums_of_report(gateway, name):
    """Nano-dollars by a column of `headgate ledger`."""
    return +collections.Counter({row[name]: nano(row["cost_usd"]) for row in report(gateway, "--by", name)["rows"]})


def dollars(replica):
    """The rent of a replica, or of a backend's removed replicas, as exact decimals."""
    return {kind: Decimal(text) for kind, text in replica["rent_usd"].items()}


def budgets(gateway):
    """(spent, reserved, limit) of each budget by its name, in nano-dollars."""
    return {one["budget"]: tuple(nano(one[f"{kind}_usd"]) for kind in ("spent", "reserved", "limit"))
            for one in gateway.status()["budgets"]}


class Books(unittest.TestCase):
    """A test with a ledger in a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-money-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.ledger = {"path": str(self.folder / "ledger")}

    def started(self, process):
        self.addCleanup(stage.Process.stop, process)
        return process

    def rows(self):
        return rows_of(self.folder / "ledger")

    def assert_witnesses_agree(self, gateway, lines):
        """Log, metrics, rows and reports must have the same sums, to the nano-dollar, and the same requests."""
        sent = {line["id"]: nano(line["cost_usd"]) for line in lines if line["attempts"]}
        stage.wait_for(lambda: len(self.rows()) == len(sent), "a row for each request")
        self.assertEqual({identity: cost for identity, _, cost in self.rows()}, sent)
        for line in lines:
            self.assertEqual(nano(line["cost_usd"]), sum(nano(attempt["cost_usd"]) for attempt in line["attempts"]))
        metrics = gateway.metrics()
        for name in ("target", "route", "class"):
            logged = sums_of_log(lines, name)
            self.assertEqual(sums_of_metrics(metrics, name), logged, name)
            self.assertEqual(sums_of_report(gateway, name), logged, name)
        teams = sums_of_report(gateway, "team")
        teams.pop("", None)  # requests without a key
        self.assertEqual(sums_of_metrics(metrics, "team", "headgate_team_cost_usd_total"), teams)
        total = report(gateway)["total"]
        self.assertEqual((total["requests"], nano(total["cost_usd"])), (len(sent), sum(sent.values())))
        for period in ("day", "month"):
            spent = metrics.sum("headgate_spend_usd", period=period)
            self.assertEqual(round(spent * 10**9), sum(sent.values()), period)
        states = collections.Counter(state for _, state, _ in self.rows())
        self.assertEqual([metrics.sum("headgate_ledger_rows_total", state=name)
                          for name in ("settled", "estimated", "released")], [states[state] for state in (1, 2, 3)])
