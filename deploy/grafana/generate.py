#!/usr/bin/env python3
"""Writes the dashboards from their descriptions in cost.py, latency.py and queues.py.

    generate.py                 writes dashboards/*.json
    generate.py --check         writes nothing; exit code 1 if a file differs
    generate.py --docs URL      links to runbooks in your own copy of the documentation
"""

import argparse
import json
import pathlib
import sys

import cost
import latency
import queues
from model import annotation_json, dashboard_json
from promql import series

FOLDER = pathlib.Path(__file__).resolve().parent / "dashboards"
DOCS = "https://headgate.example/docs"  # deploy/README.md says how to put another address in its place

GATEWAYS = 'job=~"$job", instance=~"$instance"'
VARIABLES = {
    "job": ("Job", "label_values(headgate_build_info, job)"),
    "instance": ("Instance", 'label_values(headgate_build_info{job=~"$job"}, instance)'),
    "team": ("Team", f'label_values({{__name__=~"headgate_spend_usd|headgate_team_cost_usd_total", {GATEWAYS}}}, team)'),
    "route": ("Route", f"label_values(headgate_requests_total{{{GATEWAYS}}}, route)"),
    "class": ("Class", f"label_values(headgate_requests_total{{{GATEWAYS}}}, class)"),
    "target": ("Target", f"label_values(headgate_attempts_total{{{GATEWAYS}}}, target)"),
}
ANNOTATIONS = [
    annotation_json("Reload", "blue", f"1000 * {series('headgate_config_last_reload_success_timestamp_seconds')}",
                    "{{instance}} took up a configuration", useValueForTime="on"),
    annotation_json("Reload refused", "red", f"{series('headgate_config_last_reload_successful')} == 0",
                    "{{instance}} refused its changed configuration; the one before is in force"),
]
DASHBOARDS = {"cost.json": cost.DASHBOARD, "latency-and-routing.json": latency.DASHBOARD,
              "queues-and-backends.json": queues.DASHBOARD}


def texts(docs=DOCS):
    """{file name: JSON text} of all dashboards."""
    return {name: json.dumps(dashboard_json(dashboard, VARIABLES, ANNOTATIONS, docs), indent=1, ensure_ascii=False) + "\n"
            for name, dashboard in DASHBOARDS.items()}


def differing():
    """The names of the files that are not what the descriptions say, or that no description has."""
    expected = texts()
    names = sorted(expected.keys() | {path.name for path in FOLDER.glob("*.json")})
    return [name for name in names
            if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != expected.get(name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file differs")
    parser.add_argument("--docs", default=DOCS, metavar="URL", help="where the folder docs/ can be read")
    options = parser.parse_args()
    if options.check:
        for name in (found := differing()):
            print(f"{FOLDER / name} is not what its description says; run deploy/grafana/generate.py", file=sys.stderr)
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts(options.docs.rstrip("/")).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
