"""Which metrics the gateway exports, by its source and by docs/operations.md, and which names and labels a query has."""

import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What rules are named by: the labels that they keep, except for `job`. `headgate` and `query` keep no other.
LEVELS = {"headgate", "backend", "backend_band", "class", "route", "route_class_target", "scope", "target", "team"}
# Series that Prometheus makes itself.
OF_PROMETHEUS = {"up": set()}
SUFFIXES = re.compile(r"_(bucket|sum|count)$")
NAME = r"[a-zA-Z_][\w:]*"
# Words of PromQL in front of a parenthesis or a label list.
WORDS = {"by", "on", "without", "and", "or", "unless", "group_left", "group_right", "offset", "ignoring", "le"}


@functools.cache
def exported():
    """The names in the gateway's source."""
    text = "\n".join(path.read_text() for pattern in ("*.h", "*.cc") for path in (ROOT / "gateway").rglob(pattern))
    names = set(re.findall(r'"(headgate_[a-z_]+|process_[a-z_]+)"', text))
    return {name for name in names if not name.endswith("_")}


@functools.cache
def documented():
    """{metric: labels} of the table of metrics in docs/operations.md."""
    text = (ROOT / "docs/operations.md").read_text()
    found = {**OF_PROMETHEUS}
    table = re.search(r"^## Metrics\n(.*?)^\*\*Precision", text, re.MULTILINE | re.DOTALL).group(1)
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        names = re.findall(r"`(\w+)`", cells[1]) if len(cells) > 3 else []
        groups = cells[2].split(";") if names else []
        for index, name in enumerate(names):
            labels = groups[index] if len(groups) == len(names) else groups[0]
            found[name] = set(re.findall(r"\w+", labels))
    return {name: labels for name, labels in found.items() if name not in OF_PROMETHEUS}


def names_in(expr):
    """[(metric, labels that its selector names)] of a query."""
    bare = re.sub(r"\b(?:by|on|without|group_left|group_right|ignoring) ?\([^)]*\)", " ", expr)
    found = []
    for match in re.finditer(rf"({NAME})(\{{[^}}]*\}})?(?!\w|\s*\()", re.sub(r'"[^"]*"', '""', bare)):
        name, selector = match.groups()
        if name in WORDS or name == "inf" or _inside_selector(match, bare):
            continue
        found.append((SUFFIXES.sub("", name) if not name.endswith("_total") else name,
                      set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", selector or ""))))
    return [(name, labels) for name, labels in found if "headgate" in name or name.startswith("process_")]


def _inside_selector(match, text):
    before = re.sub(r'"[^"]*"', '""', text)[:match.start()]
    return before.count("{") > before.count("}") or before.count("[") > before.count("]")


def labels_of_rules(rules):
    """{recorded name: the labels that it may have}."""
    return {rule["record"]: set(re.findall(r"[a-z]+", " ".join(re.findall(r"\bby \(([^)]*)\)", rule["expr"]))))
            | set(rule["record"].split(":")[0].split("_")) for rule in rules if "record" in rule}
