"""The dashboards and the rules in deploy/ work with a real Prometheus and two real gateways.

Every panel query and every recording rule is run by a real Prometheus while two gateways serve mixed load, and must
return data. Prints a table of panel, query and value. When the load has ended, the money in Prometheus is what the
simulated APIs have billed.

HEADGATE, HEADGATE_SIM and HEADGATE_LOAD name the binaries, PROMETHEUS the server (/usr/bin/prometheus by default).
HEADGATE_PANELS_DUMP names a file for the values of every panel over time, as JSON, for pictures of them.
"""

import json
import math
import os
import pathlib
import re
import shutil
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import yaml

from stack import Stack

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
DASHBOARDS = [json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))]
PROMETHEUS = pathlib.Path(os.environ.get("PROMETHEUS", "/usr/bin/prometheus"))

# Values for Grafana's variables: `All`, and windows that suit one scrape per second.
VARIABLES = {"$__rate_interval": "15s", "$__range": "1m",
             **{f"${name}": ".*" for name in ("job", "instance", "team", "route", "class", "target")}}
# Rates are read once the load has filled their window, so that the printed values are meaningful.
FULL_WINDOW = ("(full window)", "min(count_over_time(headgate_build_info[20s])) >= 19")
DATA_WITHIN_S = 45
LOAD_S = 34
NANO = 1e-9


def panels():
    return [(board, panel) for board in DASHBOARDS for panel in board["panels"] if panel["type"] != "row"]


def expr_of(target):
    expr = target["expr"]
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def panel_queries():
    """(title, query) of the panels."""
    for board, panel in panels():
        for target in panel["targets"]:
            yield panel["title"], expr_of(target)


def recorded():
    groups = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


class Prometheus:
    """The HTTP API of a running Prometheus."""

    def __init__(self, url):
        self._url = url

    def query(self, expr):
        """The instant vector as [(labels, value)]; raises when Prometheus refuses the query."""
        result = self._get("query", query=expr)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def query_range(self, expr, seconds):
        """The last `seconds` as [{"metric": labels, "values": [[time, value]]}], one point a second."""
        now = time.time()
        return self._get("query_range", query=expr, start=now - seconds, end=now, step=1)["result"]

    def rules(self, kind):
        """The rules that Prometheus runs. `kind` is `record` or `alert`."""
        groups = self._get("rules", type=kind)["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def _get(self, path, **parameters):
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]


def has_data(vector):
    return any(not math.isnan(value) for _, value in vector)


def describe(vector):
    """The largest value, its series, and the number of series."""
    labels, value = max(
        (entry for entry in vector if not math.isnan(entry[1])), key=lambda entry: entry[1]
    )
    name = " ".join(v for k, v in sorted(labels.items()) if k != "__name__")
    return f"{value:.6g} {name}" + (f" (of {len(vector)})" if len(vector) > 1 else "")


def print_table(rows):
    print("\n{:<34}  {:<78}  {}".format("panel", "query", "value"))
    for panel, expr, value in rows:
        one_line = " ".join(expr.split())
        shown = one_line if len(one_line) <= 78 else one_line[:75] + "..."
        print(f"{panel:<34}  {shown:<78}  {value}")


@unittest.skipUnless(PROMETHEUS.exists(), "Prometheus is not installed")
class PanelsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="headgate-panels-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.stack = Stack(folder)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start_backends()
        cls.stack.start_gateways()
        cls.prometheus = Prometheus(cls.stack.start_prometheus(PROMETHEUS, DEPLOY / "prometheus"))
        cls.stack.start_load(LOAD_S)

    def await_data(self, queries):
        """Runs each (title, expr) until it has data; returns the rows of the table."""
        deadline = time.monotonic() + DATA_WITHIN_S
        missing = list(queries)
        while True:
            missing = [query for query in missing if not has_data(self.prometheus.query(query[1]))]
            if not missing or time.monotonic() > deadline:
                break
            self.stack.check_running()
            time.sleep(1)  # the scrape interval: new data cannot come sooner
        self.assertEqual(missing, [], "no data; last lines of the logs:\n" + self.stack.log_tails())
        return [(title, expr, describe(self.prometheus.query(expr))) for title, expr in queries]

    def test_every_panel_and_recording_rule_returns_data_under_load(self):
        rules = [("(rule)", rule["record"]) for rule in recorded()]
        self.assertEqual(len(self.prometheus.rules("record")), len(recorded()) + 2, "and the limits in alerts.yml")
        print_table(self.await_data([FULL_WINDOW, *panel_queries(), *rules]))

    @classmethod
    def dump(cls):
        file = os.environ.get("HEADGATE_PANELS_DUMP")
        if file:
            pages = [{"dashboard": board["title"], "panel": panel["title"], "kind": panel["type"],
                      "unit": panel["fieldConfig"]["defaults"]["unit"],
                      "queries": [{"legend": target.get("legendFormat", ""), "expr": expr_of(target),
                                   "series": cls.prometheus.query_range(expr_of(target), LOAD_S)}
                                  for target in panel["targets"]]} for board, panel in panels()]
            pathlib.Path(file).write_text(json.dumps(pages))

    def value(self, expr, **labels):
        """The value of the only series, or of the only one that has these labels."""
        vector = self.prometheus.query(expr)
        value, = (value for found, value in vector if labels.items() <= found.items())
        return value

    def total(self, expr):
        return sum(value for _, value in self.prometheus.query(expr))

    def test_two_gateways_pay_the_rent_once(self):
        self.await_data([FULL_WINDOW])
        shared = 2 * 2.10  # dollars an hour, for two replicas of `gpu` in front of which both gateways are
        rent = shared + 2 * 0.60  # each gateway has a replica of `small` for itself
        summed = 'sum(3600 * rate(headgate_self_hosted_cost_usd_total{backend="gpu"}[15s]))'
        self.assertAlmostEqual(self.value(summed), 2 * shared, delta=0.4, msg="each gateway accrues the whole rent")
        shown = {}
        for title, expr in panel_queries():
            shown.setdefault(title, []).append(expr)
        allocated, idle = (self.total(expr) for expr in shown["Rent of self-hosted backends"])
        self.assertGreater(allocated, 0)
        self.assertAlmostEqual(allocated + idle, rent, delta=0.2)
        paid = self.value('3600 * sum(rate(headgate_cost_usd_total{hosting="paid_api"}[15s]))')
        self.assertAlmostEqual(self.value(shown["Spend rate"][0]), rent + paid, delta=0.3)
        paid_in_range = self.value('sum(increase(headgate_cost_usd_total{hosting="paid_api"}[1m]))')
        self.assertGreater(self.value(shown["Spent over the time range"][0]), paid_in_range, "the rent is in it")
        # The whole rent divided by the tokens of both gateways. It includes idle rent, so it is more than requests paid.
        # A rate over 5 minutes is small while the gateways are young, but the price is a ratio of two of them.
        price = self.value("backend:headgate_effective_price_usd_per_million_tokens:rate5m", backend="gpu")
        tokens = self.value('sum(rate(headgate_tokens_total{target=~".*@gpu", kind=~"input|output"}[5m]))')
        both = self.value('sum(rate(headgate_self_hosted_cost_usd_total{backend="gpu"}[5m]))')
        self.assertAlmostEqual(2 * price * tokens / 1e6 / both, 1, delta=0.1)

    def test_a_full_pool_spills_refuses_and_moves_batch_aside(self):
        pool = '{target="llama-4-scout@small"}'
        cases = (
            ("batch waits", 'sum(headgate_queue_depth{backend="small", band="batch"}) > 0'),
            ("its wait is predicted", 'max(headgate_queue_predicted_wait_seconds{backend="small", band="batch"}) > 0.1'),
            ("requests spill", 'sum(headgate_spilled_total{route="pool", why="waited"}) > 0'),
            ("spilling has a cost", "sum(headgate_spilled_cost_usd_total) > 0"),
            ("batch is moved aside", f"sum(headgate_moved_aside_total{pool}) > 0"),
            ("and books its cost", f"sum(headgate_moved_aside_cost_usd_total{pool}) > 0"),
            ("batch gets its floor", 'sum(headgate_queue_requests_total{band="batch", result="granted"}) > 5'),
            ("the queue is bounded", 'sum(headgate_rejected_total{reason=~"queue_full|shed"}) > 0'),
            ("KV room is held", 'max(headgate_slot_tokens_busy{backend="small"}) > 0'),
        )
        self.await_data([FULL_WINDOW, *cases])
        most_busy = 'max(max_over_time(headgate_slots_busy{backend="small"}[1m]))'
        self.assertLessEqual(self.value(most_busy), 3, "more in flight than slots")
        people, batch = (
            self.value("class:headgate_queue_wait_seconds:p95_5m", **{"class": name})
            for name in ("latency_critical", "batch")
        )
        self.assertLess(people, batch / 4)

    def test_every_metric_that_alerts_watch_exists(self):
        alerts = self.prometheus.rules("alert")
        self.assertTrue(alerts)
        metrics = {
            (alert["name"], name)
            for alert in alerts
            for name in re.findall(r"[\w:]*headgate[_:][\w:]+", alert["query"])
        }
        self.await_data(sorted(metrics))

    def test_when_the_load_has_ended_money_is_what_the_apis_billed(self):
        self.stack.await_end_of_load()
        self.dump()
        self.await_data([("no request runs", "sum(headgate_in_flight_requests) == 0"),
                         ("all is written", "sum(headgate_ledger_waiting_rows) == 0"),
                         # Scraped and evaluated after the last request: five intervals without a change.
                         ("it is scraped", "sum(changes(headgate_requests_total[5s])) == 0")])
        billed = {name: self.stack.bill(name) * NANO for name in ("cheap", "dear")}
        for name, dollars in billed.items():
            self.assertGreater(dollars, 0)
            shown = self.total(f'headgate_cost_usd_total{{target=~".*@{name}"}}')
            self.assertAlmostEqual(shown, dollars, delta=NANO / 2, msg=name)
        # The ledger's gauge has the same sums as the counters, by team and by hosting.
        for hosting in ("paid_api", "self_hosted"):
            counted = self.total(f'headgate_cost_usd_total{{hosting="{hosting}"}}')
            spent = self.total(f'headgate_spend_usd{{period="month", hosting="{hosting}"}}')
            self.assertAlmostEqual(spent, counted, delta=NANO, msg=hosting)
        # The budget counts what paid APIs cost.
        used = self.total("headgate_budget_used_ratio * on (instance, scope) headgate_budget_limit_usd")
        paid = self.total('headgate_spend_usd{period="month", hosting="paid_api"}')
        self.assertAlmostEqual(used, paid, delta=5 * NANO)
        panels_shown = dict(panel_queries())
        month = self.value(panels_shown["Spent this month"])
        self.assertAlmostEqual(month, self.total("headgate_team_cost_usd_total"), delta=NANO)
        self.assertAlmostEqual(self.value("team:headgate_spend_usd:month", team="shop"), month, delta=NANO)
        others = self.total('headgate_cost_usd_total{hosting="paid_api", target=~".*@(flaky|flaky_too)"}')
        self.assertAlmostEqual(
            self.total('headgate_spend_usd{period="month", hosting="paid_api"}'), sum(billed.values()) + others, delta=2 * NANO)
        print(f"\nbilled {sum(billed.values()):.9f} USD by cheap and dear, as shown; {month:.9f} USD this month with rent and estimates")


if __name__ == "__main__":
    unittest.main()
