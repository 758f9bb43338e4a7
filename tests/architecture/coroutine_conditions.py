#!/usr/bin/env python3
"""GCC 12 lays out a coroutine's frame wrongly when co_await stands where it may or may not run: as
an operand of && or ||, or of ?:, or in the condition of a loop. The house rule gives each such
co_await a statement of its own; this test finds each co_await that breaks the rule.

    coroutine_conditions.py ROOT
"""

import pathlib
import re
import sys

FOLDERS = ("gateway", "backends", "routing", "policy", "config", "loadtest")
COMMENT = re.compile(r"//[^\n]*")
CONDITIONAL = re.compile(r"&&[^;{}]*\bco_await\b|\|\|[^;{}]*\bco_await\b|\?[^;{}]*\bco_await\b")
LOOP = re.compile(r"\bwhile\s*\([^;{}]*\bco_await\b|\bfor\s*\([^;{}]*;[^;{}]*\bco_await\b")


def blank_comments(text):
    return COMMENT.sub(lambda match: " " * len(match.group()), text)


def offences(text):
    """Line numbers of each co_await in a forbidden place."""
    text = blank_comments(text)
    for pattern in (CONDITIONAL, LOOP):
        for match in pattern.finditer(text):
            # An && that belongs to a type (T&& x) is not a condition.
            if re.match(r"&&\s*\w+\s*[,)=]", match.group()):
                continue
            yield text.count("\n", 0, match.start()) + 1


def main():
    root = pathlib.Path(sys.argv[1])
    assert list(offences("while (open && co_await Next()) {}")), "this test finds nothing"
    assert list(offences("x = a ? co_await B() : co_await C();")), "this test finds nothing"
    assert not list(offences("bool more = co_await Next(); while (more) {}")), "false alarm"
    found = [
        f"{path.relative_to(root)}:{line}: give this co_await a statement of its own (CONTRIBUTING.md)"
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.cc"))
        for line in sorted(set(offences(path.read_text(encoding="utf-8"))))
    ]
    print("\n".join(found) or "every co_await has a statement of its own")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
