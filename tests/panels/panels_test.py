"""The dashboard and the rules in deploy/ work with a real Prometheus and a real gateway.

Every panel query of the dashboard and every recording rule is run by a real Prometheus while a
gateway serves mixed load, and must return data. Prints a table of panel, query and value.

HEADGATE, HEADGATE_SIM and HEADGATE_LOAD name the binaries. PROMETHEUS names the server
(/usr/bin/prometheus by default); promtool is expected beside it.
"""

import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from stack import Stack

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/cost-and-latency.json").read_text())
RULES = DEPLOY / "prometheus/rules.yml"
PROMETHEUS = pathlib.Path(os.environ.get("PROMETHEUS", "/usr/bin/prometheus"))
PROMTOOL = PROMETHEUS.with_name("promtool")

# Values for Grafana's variables: `All`, and windows that suit one scrape per second.
VARIABLES = {
    "$__rate_interval": "15s",
    "$__range": "1m",
    "$route": ".*",
    "$class": ".*",
    "$target": ".*",
}
# Rates are read once the load has filled their window, so that the printed values are meaningful.
FULL_WINDOW = ("(full window)", "min(count_over_time(headgate_build_info[20s])) >= 19")
DATA_WITHIN_S = 60


def data_panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def panel_queries():
    for panel in data_panels():
        for target in panel["targets"]:
            expr = target["expr"]
            for name, value in VARIABLES.items():
                expr = expr.replace(name, value)
            yield panel["title"], expr


class Prometheus:
    """The HTTP API of a running Prometheus."""

    def __init__(self, url):
        self._url = url

    def query(self, expr):
        """The instant vector as [(labels, value)]; raises when Prometheus refuses the query."""
        result = self._get("query", query=expr)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

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


class DashboardTest(unittest.TestCase):
    def test_every_panel_has_a_unit_a_description_and_queries(self):
        for panel in data_panels():
            with self.subTest(panel=panel["title"]):
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertGreater(len(panel["description"]), 60)
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                self.assertTrue(panel["targets"])

    def test_big_numbers_and_limits_have_thresholds(self):
        for panel in data_panels():
            defaults = panel["fieldConfig"]["defaults"]
            dashed = "thresholdsStyle" in defaults.get("custom", {})
            if panel["type"] == "stat" or dashed:
                with self.subTest(panel=panel["title"]):
                    self.assertTrue(defaults["thresholds"]["steps"])

    def test_a_zero_stands_in_only_for_a_series_without_labels(self):
        # Beside series with labels `or 0 * sum(…)` is one more series, which has no name.
        for panel in data_panels():
            for target in panel["targets"]:
                if "{{" in target.get("legendFormat", ""):
                    self.assertNotRegex(target["expr"], r"\) or 0 \* sum\(\w+\)$", panel["title"])

    def test_ids_and_titles_are_unique(self):
        for key in ("id", "title"):
            values = [panel[key] for panel in DASHBOARD["panels"]]
            self.assertEqual(len(values), len(set(values)))

    def test_panels_stay_on_the_grid_and_do_not_overlap(self):
        taken = {}
        for panel in DASHBOARD["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    other = taken.setdefault((x, y), panel["title"])
                    self.assertEqual(other, panel["title"], "overlap")

    def test_variables_that_queries_use_are_defined(self):
        defined = {f"${variable['name']}" for variable in DASHBOARD["templating"]["list"]}
        builtin = {"$__rate_interval", "$__range"}
        for panel in data_panels():
            for target in panel["targets"]:
                used = set(re.findall(r"\$\w+", target["expr"]))
                self.assertLessEqual(used, defined | builtin, panel["title"])


@unittest.skipUnless(PROMETHEUS.exists(), "Prometheus is not installed")
class PromtoolTest(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run(
            [PROMTOOL, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_configuration_is_valid(self):
        self.promtool("check", "config", DEPLOY / "prometheus/prometheus.yml")

    def test_rules_are_valid(self):
        self.promtool("check", "rules", RULES)

    def test_rules_and_alerts_compute_what_they_say(self):
        self.promtool("test", "rules", pathlib.Path(__file__).with_name("rules_test.yml"))


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
        cls.stack.start_load(DATA_WITHIN_S + 30)

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
        rules = [("(rule)", rule["name"]) for rule in self.prometheus.rules("record")]
        self.assertTrue(rules)
        print_table(self.await_data([FULL_WINDOW, *panel_queries(), *rules]))

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
        # The whole rent divided by the tokens of both gateways. It includes idle rent, so it is more than requests paid.
        whole = self.value(shown["Cost per 1M tokens"][1], backend="gpu")
        tokens = 3600 * self.value('sum(rate(headgate_tokens_total{target=~".*@gpu", kind=~"input|output"}[15s]))')
        self.assertAlmostEqual(whole * tokens / 1e6, shared, delta=0.3)

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
            ("the queue is bounded", 'sum(headgate_rejected_total{reason="queue_full"}) > 0'),
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


if __name__ == "__main__":
    unittest.main()
