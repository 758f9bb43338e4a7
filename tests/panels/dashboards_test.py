"""The dashboards, rules and alerts in deploy/ say what they should, without a gateway: what is committed is what the
descriptions generate, names are those of the gateway, and each alert has its section in docs/alerts.md."""

import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

from metric_names import LEVELS, documented, exported, labels_of_rules, names_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULES = [DEPLOY / "prometheus" / name for name in ("rules.yml", "alerts.yml")]
DOCS = "https://headgate.example/docs/"
PROMETHEUS = pathlib.Path(os.environ.get("PROMETHEUS", "/usr/bin/prometheus"))
PROMTOOL = PROMETHEUS.with_name("promtool")
PANEL_KINDS = {"stat", "timeseries", "table", "state-timeline"}
BUILT_IN_VARIABLES = {"$__rate_interval", "$__range"}
# Windows in place of Grafana's, so that Prometheus can parse the queries.
WINDOWS = {"$__rate_interval": "1m", "$__range": "1h"}


@functools.cache
def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))}


@functools.cache
def rules():
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def panels():
    """(dashboard, panel) of all panels with data."""
    return [(board, panel) for board in dashboards().values() for panel in board["panels"] if panel["type"] != "row"]


def queries():
    """(title, query) of panels, annotations and variables."""
    for board, panel in panels():
        for target in panel["targets"]:
            yield f"{board['title']}: {panel['title']}", target["expr"]
    for board in dashboards().values():
        for annotation in board["annotations"]["list"]:
            yield f"{board['title']}: annotation {annotation['name']}", annotation["expr"]


class DashboardsTest(unittest.TestCase):
    def test_the_files_are_what_their_descriptions_generate(self):
        done = subprocess.run([sys.executable, "-B", DEPLOY / "grafana/generate.py", "--check"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(dashboards()), ["cost.json", "latency-and-routing.json", "queues-and-backends.json"])

    def test_every_panel_has_what_grafana_needs_and_readers_want(self):
        for _, panel in panels():
            self.assertIn(panel["type"], PANEL_KINDS)
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
            self.assertGreater(len(panel["description"]), 60, panel["title"])
            self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
            self.assertTrue(panel["targets"])
            references = [target["refId"] for target in panel["targets"]]
            self.assertEqual(references, sorted(set(references)))
            for target in panel["targets"]:
                self.assertTrue(target.get("legendFormat") or panel["type"] in {"stat", "table"}, panel["title"])

    def test_dashboards_are_reachable_from_each_other_and_mark_reloads(self):
        uids = [board["uid"] for board in dashboards().values()]
        self.assertEqual(len(set(uids)), len(uids))
        for board in dashboards().values():
            self.assertEqual(board["tags"], ["headgate"])
            self.assertEqual([link["type"] for link in board["links"]], ["dashboards", "link"])
            self.assertEqual([annotation["name"] for annotation in board["annotations"]["list"]], ["Reload", "Reload refused"])
            names = [variable["name"] for variable in board["templating"]["list"]]
            self.assertEqual(names[:3], ["datasource", "job", "instance"])

    def test_figures_of_a_day_or_month_come_from_the_ledger_and_say_so(self):
        for panel in (panel for board, panel in panels() if board["uid"] == "headgate-cost"):
            text = " ".join(target["expr"] for target in panel["targets"])
            if "headgate_spend_usd" in text or "budget" in text:
                self.assertRegex(panel["description"], "[Ff]rom the ledger", panel["title"])
            if re.search(r"rate|increase|_cost_usd_total", text) and panel["fieldConfig"]["defaults"]["unit"] == "currencyUSD":
                self.assertRegex(panel["description"], "[Ff]rom counters", panel["title"])

    def test_numbers_and_dashed_lines_have_thresholds(self):
        for _, panel in panels():
            defaults = panel["fieldConfig"]["defaults"]
            if panel["type"] == "stat" or "thresholdsStyle" in defaults.get("custom", {}):
                self.assertIsNone(defaults["thresholds"]["steps"][0]["value"], panel["title"])

    def test_a_zero_stands_in_only_for_a_series_without_labels(self):
        # Beside series with labels `or 0 * sum(…)` is one more series, which has no name.
        for _, panel in panels():
            for target in panel["targets"]:
                if "{{" in target.get("legendFormat", ""):
                    self.assertNotRegex(target["expr"], r"\bor 0 \* sum\(", panel["title"])

    def test_ids_and_titles_are_unique_and_panels_do_not_overlap(self):
        for board in dashboards().values():
            taken = {}
            for key in ("id", "title"):
                values = [panel[key] for panel in board["panels"]]
                self.assertEqual(len(values), len(set(values)))
            for panel in board["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                    self.assertEqual(taken.setdefault(cell, panel["title"]), panel["title"], "overlap")

    def test_variables_are_defined_and_used(self):
        for board in dashboards().values():
            defined = {f"${variable['name']}" for variable in board["templating"]["list"]} - {"$datasource"}
            text = " ".join(target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
            used = set(re.findall(r"\$\w+", text)) - BUILT_IN_VARIABLES
            self.assertEqual(used, defined, board["title"])

    def test_panels_link_to_runbooks_of_alerts_that_exist(self):
        alerts = {rule["alert"] for rule in rules() if "alert" in rule}
        linked = {link["title"].removeprefix("Runbook: ") for _, panel in panels() for link in panel.get("links", ())}
        self.assertLessEqual(linked, alerts)
        self.assertEqual(alerts - linked, {"HeadgateSeriesFolded"}, "each alert has a panel that shows it")


class NamesTest(unittest.TestCase):
    """Metrics and labels are those that the gateway exports."""

    def test_the_table_of_metrics_names_all_and_no_others(self):
        self.assertEqual(set(documented()), exported())

    def test_queries_name_metrics_that_exist_and_their_labels(self):
        known = {**documented(), **labels_of_rules(rules())}
        every = [*queries(), *((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules())]
        for title, expr in every:
            with self.subTest(title=title):
                labels = set()
                for metric, named in names_in(expr):
                    self.assertIn(metric, known)
                    labels |= known[metric] | {"job", "instance", "le", "__name__"}
                    self.assertLessEqual(named, labels, metric)
                for by in re.findall(r"\b(?:by|on|without) \(([^)]*)\)", expr):
                    named = set(filter(None, by.replace(" ", "").split(",")))
                    self.assertLessEqual(named, labels | set(re.findall(r'"(\w+)"', expr)))  # label_replace names labels as texts

    def test_rules_are_named_by_the_labels_that_they_keep(self):
        for rule in rules():
            if "record" in rule:
                level, metric, _ = rule["record"].split(":")
                self.assertIn(level, LEVELS)
                self.assertTrue(metric)


class RunbooksTest(unittest.TestCase):
    def test_every_alert_has_its_section_and_every_section_its_alert(self):
        text = (ROOT / "docs/alerts.md").read_text()
        sections = re.findall(r"^## (\w+)$", text, re.MULTILINE)
        alerts = [rule for rule in rules() if "alert" in rule]
        self.assertEqual(sections, [alert["alert"] for alert in alerts])
        for alert in alerts:
            self.assertEqual(alert["annotations"]["runbook_url"], f"{DOCS}alerts.md#{alert['alert'].lower()}")
            self.assertIn(alert["labels"]["severity"], {"critical", "warning", "info"})
        for section in text.split("\n## ")[1:]:
            for part in ("**Means:**", "**Look at:**", "**Do:**"):
                self.assertIn(part, section)

    def test_panels_that_runbooks_name_exist(self):
        titles = {panel["title"] for _, panel in panels()}
        text = re.sub(r"\s+", " ", (ROOT / "docs/alerts.md").read_text())
        for sentence in re.findall(r"the panels? (\*[^.;]*)", text):
            for title in re.findall(r"\*([^*]+)\*", sentence):
                self.assertIn(title, titles)


@unittest.skipUnless(PROMTOOL.exists(), "promtool is not installed (Debian's package prometheus)")
class PromtoolTest(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_configuration_is_valid(self):
        self.promtool("check", "config", DEPLOY / "prometheus/prometheus.yml")

    def test_rules_are_valid(self):
        self.promtool("check", "rules", *RULES)

    def test_rules_and_alerts_compute_what_they_say(self):
        here = pathlib.Path(__file__).parent
        self.promtool("test", "rules", *(here / f"{name}_test.yml" for name in ("rules", "alerts", "days")))

    def test_every_query_parses(self):
        records = []
        for title, expr in queries():
            for name, window in WINDOWS.items():
                expr = expr.replace(name, window)
            records.append({"record": "query:of:panel", "labels": {"title": title}, "expr": re.sub(r"\$(\w+)", "x", expr)})
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "queries.yml"
            file.write_text(yaml.safe_dump({"groups": [
                {"name": f"query-{number}", "rules": [record]} for number, record in enumerate(records)]}))
            self.promtool("check", "rules", file)


if __name__ == "__main__":
    unittest.main()
