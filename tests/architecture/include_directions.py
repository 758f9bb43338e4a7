#!/usr/bin/env python3
"""Fails on an include that points the wrong way between folders, and on a folder that has grown too large.

    include_directions.py ROOT            the check
    include_directions.py ROOT --print    folders, their numbers of files, and the folders that they include

The two tables below are the architecture: which folder may include which. The standard library and packages are
not checked, except for the packages that only one place may include.
"""
import collections
import pathlib
import re
import sys

TOP = {
    "config": set(),
    "policy": {"config"},
    "routing": {"config", "policy"},
    "backends": {"config"},
    "gateway": {"config", "policy", "routing", "backends"},
    "loadtest": set(),
}
# Inside a top folder: the layers from the lowest up, each with the layers of the same top folder that it may include.
# Files directly in a top folder count as a folder of its name, except for a few that stand above everything (ABOVE).
INSIDE = {
    "config/base": "",
    "config": "base",
    "config/secrets": "base",
    "config/reader/units": "base",
    "config/reader": "base . secrets reader/units",
    "config/sections/access": "base . reader",
    "config/sections/supply": "base . secrets reader sections/access",
    "config/sections": "base . secrets reader sections/access sections/supply",
    "config/checks/access": "base . reader checks",
    "config/checks": "base . reader checks/access",
    "config/changes": "base reader",
    "config/catalog": "base . reader sections sections/supply",
    "config/load": "base . catalog reader sections checks checks/access",
    "policy/keys": "store",
    "policy/limits": "",
    "policy/money": "",
    "policy/plan": "money",
    "policy/scrub": "",
    "policy/store": "",
    "policy/ledger/values": "money",
    "policy/ledger": "money store ledger/values",
    "policy/ledger/report": "money store ledger ledger/values",
    "policy/budgets": "money ledger ledger/values ledger/report",
    "routing/text": "",
    "routing/ask": "text",
    "routing/classify": "text ask",
    "routing/policy": "text classify",
    "routing/decide": "text classify policy",
    "routing/decide/words": "text classify policy decide",
    "routing/reach": "text classify policy",
    "routing/lint/base": "text classify policy reach",
    "routing/lint/access": "text classify policy reach lint/base",
    "routing/lint": "text classify policy decide reach lint/base lint/access",
    "routing/replay": "text classify policy decide reach",
    "routing/training": "text classify",
    "backends/protocols/values": "",
    "backends/protocols/translation": "protocols/values",
    "backends/protocols/json": "protocols/values",
    "backends/protocols/sse": "",
    "backends/protocols/errors": "protocols/json protocols/sse protocols/values",
    "backends/protocols/passing": "protocols/json protocols/sse protocols/values protocols/errors",
    "backends/protocols/resume": "protocols/json protocols/sse protocols/values protocols/translation protocols/passing",
    "backends/protocols/request": "protocols/values protocols/json",
    "backends/protocols/openai": "protocols/json protocols/sse protocols/values protocols/errors protocols/passing",
    "backends/protocols/openai/request": "protocols/values protocols/json protocols/request",
    "backends/protocols/openai_chat/request": "protocols/values protocols/json protocols/request protocols/openai/request",
    "backends/protocols/openai_chat/body": "protocols/values protocols/translation protocols/json",
    "backends/protocols/openai_chat/chunks": "protocols/values protocols/json protocols/sse protocols/openai "
                                             "protocols/openai_chat/body",
    "backends/protocols/openai_chat": "protocols/values protocols/translation protocols/json protocols/sse protocols/errors "
                                      "protocols/openai "
                                      "protocols/openai_chat/chunks protocols/openai_chat/body",
    "backends/protocols/openai_completions": "protocols/values protocols/json protocols/openai/request",
    "backends/protocols/openai_responses/request": "protocols/values protocols/json protocols/request",
    "backends/protocols/openai_responses/input": "protocols/json protocols/values protocols/translation",
    "backends/protocols/openai_responses": "protocols/json protocols/sse protocols/values protocols/translation protocols/openai "
                                           "protocols/openai_responses/input protocols/openai_responses/stream",
    "backends/protocols/openai_responses/stream": "protocols/json protocols/sse protocols/values protocols/openai_responses",
    "backends/protocols/openai_responses/passing": "protocols/json protocols/sse protocols/values protocols/errors "
                                                   "protocols/passing protocols/openai",
    "backends/protocols/anthropic/request": "protocols/values protocols/json protocols/request",
    "backends/protocols/anthropic/parts": "protocols/json protocols/sse protocols/values protocols/translation",
    "backends/protocols/anthropic": "protocols/json protocols/sse protocols/values protocols/translation protocols/anthropic/parts",
    "backends/protocols/anthropic/passing": "protocols/json protocols/sse protocols/values protocols/errors "
                                            "protocols/passing protocols/anthropic/parts",
    # request_reader, request_writer, answer_reader, client_writer: each chooses one of the protocols.
    "backends/protocols": "protocols/values protocols/translation protocols/json protocols/errors protocols/passing "
                          "protocols/resume protocols/openai/request "
                          "protocols/openai_chat protocols/openai_chat/request protocols/openai_completions protocols/anthropic "
                          "protocols/anthropic/request protocols/anthropic/passing protocols/openai "
                          "protocols/openai_responses protocols/openai_responses/request "
                          "protocols/openai_responses/passing",
    "backends/affinity": "protocols/values",
    "backends/limits": "",
    "backends/net": "limits",
    "backends/scheduler": "",
    "backends/upstream": "net limits scheduler",
    "backends/telemetry": "net upstream",
    "gateway": "",  # version.h, which the build generates
    "gateway/http": "",
    "gateway/log": "http",
    "gateway/metrics": "",
    "gateway/responses/database": "",
    "gateway/responses": "log responses/database",
    "gateway/recording": "http",
    "gateway/budgets": "http",
    "gateway/decide": "http metrics budgets",
    "gateway/failover": "",
    "gateway/snapshot": "http log budgets metrics recording decide failover",
    "gateway/accounting": "http log metrics recording decide snapshot",
    "gateway/dialect": "http",
    "gateway/explain": "http budgets decide snapshot accounting dialect",
    "gateway/slots": "snapshot",
    "gateway/permits": "budgets snapshot accounting",
    "gateway/attempt": "http log budgets metrics decide snapshot accounting explain dialect failover slots permits",
    "gateway/keeping": "http snapshot accounting attempt responses responses/database",
    "gateway/relay": "http log decide snapshot accounting dialect failover attempt keeping",
    "gateway/plan": "http recording decide snapshot accounting dialect failover permits attempt",
    "gateway/limits": "http budgets snapshot accounting dialect permits attempt relay plan",
    "gateway/proxy": "http log decide snapshot accounting dialect failover slots permits attempt keeping relay plan "
                     "limits",
    "gateway/connection": "http log budgets decide snapshot accounting attempt responses responses/database keeping relay "
                          "proxy",
    "gateway/upkeep": "http log budgets snapshot",
    "gateway/admin/families": "http metrics snapshot upkeep",
    "gateway/admin": ". http log metrics responses decide snapshot accounting explain connection upkeep admin/families",
    "gateway/app": ". log responses snapshot accounting connection upkeep admin",
    "gateway/cli/budgets": "cli/plan",
    "gateway/cli/classifier": "http cli",
    "gateway/cli/key": "",
    "gateway/cli/ledger": "accounting metrics cli",
    "gateway/cli/plan/traffic": "recording",
    "gateway/cli/plan": "http cli/plan/traffic",
    "gateway/cli/plan/page": "cli/plan",
    "gateway/cli/replay": "http recording",
    "gateway/cli": ". http log budgets responses recording decide snapshot explain connection app cli/budgets cli/key cli/plan cli/plan/page "
                   "cli/plan/traffic cli/replay",
    "loadtest/sim/base": "",
    "loadtest/sim/http": "",
    "loadtest/sim/faults": "sim/base",
    "loadtest/sim/engine": "sim/base",
    "loadtest/sim/replica": "sim/base sim/engine",
    "loadtest/sim/requests": "sim/base",
    "loadtest/sim/dialects": "sim/base sim/replica sim/requests",
    "loadtest/sim/answers": "sim/base sim/http sim/faults sim/engine sim/replica sim/requests sim/dialects",
    "loadtest/sim/server": "sim/base sim/http sim/faults sim/engine sim/replica sim/requests sim/dialects "
                           "sim/answers",
    "loadtest/sim": "sim/faults sim/replica sim/answers sim/server",  # main.cc
    "loadtest/load/traffic": "",
    "loadtest/load/measurement": "",
    "loadtest/load/exchange": "load/traffic load/measurement",
    "loadtest/load/run": "load/traffic load/measurement load/exchange",
    "loadtest/load": "load/traffic load/run",  # main.cc
}
ABOVE = {"config/catalog", "config/load", "gateway/app"}
MOST_FILES = 20  # sources and headers of one folder
# Package header prefix -> the only files that may include it.
FENCED = {
    "sqlite3.h": {"policy/store/sqlite.cc"},
    "yaml-cpp/": {"config/reader/yaml_document.cc", "loadtest/load/traffic/yaml_reader.h"},
}
# Package header prefix -> folders that must not include it, because they do no I/O.
FORBIDDEN = {
    "boost/asio": {"config", "policy", "routing", "backends/protocols"},
    "boost/beast": {"config", "policy", "routing", "backends/protocols"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')


def folder_of(name):
    unit = name.rsplit(".", 1)[0]
    return unit if unit in ABOVE else name.rsplit("/", 1)[0]


def may_include(folder):
    """Folders of the same top folder that `folder` may include."""
    top = folder.split("/", 1)[0]
    return {top if word == "." else f"{top}/{word}" for word in INSIDE[folder].split()}


def includes(root):
    """(file, line, header) of every include of the product."""
    for top in TOP:
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if match := INCLUDE.match(line):
                    yield path.relative_to(root).as_posix(), number, match.group(1)


def judge(name, number, header):
    top, other = name.split("/", 1)[0], header.split("/", 1)[0]
    if other in TOP and other != top and other not in TOP[top]:
        yield f"{name}:{number}: {top} must not include {header}"
    if other in {"tests", "deploy"}:
        yield f"{name}:{number}: nothing includes {other}"
    if other == top:
        here, there = folder_of(name), folder_of(header)
        if here not in INSIDE:
            yield f"{name}:{number}: {here} is in no table; add it to tests/architecture/include_directions.py"
        elif there != here and there not in may_include(here):
            yield f"{name}:{number}: {here} must not include {header}"
    for prefix, homes in FENCED.items():
        if header.startswith(prefix) and not any(name.startswith(home) for home in homes):
            yield f"{name}:{number}: {prefix} is fenced into {', '.join(sorted(homes))}"
    for prefix, folders in FORBIDDEN.items():
        if header.startswith(prefix) and any(name.startswith(folder + "/") for folder in folders):
            yield f"{name}:{number}: {folder_of(name)} does no I/O, so no {header}"


def sizes(root):
    files = collections.Counter()
    for top in TOP:
        for path in (root / top).rglob("*"):
            if path.suffix in {".h", ".cc"}:
                files[path.parent.relative_to(root).as_posix()] += 1
    return files


def problems(root):
    for name, number, header in includes(root):
        yield from judge(name, number, header)
    for folder, files in sorted(sizes(root).items()):
        if files > MOST_FILES:
            yield f"{folder}: {files} sources and headers are more than {MOST_FILES}; find the two ideas in it"


def self_test():
    """Tests the check itself: it must find each kind of wrong include."""
    wrong = [
        ("routing/decide/a.cc", "backends/upstream/replica_set.h"),
        ("loadtest/sim/server/a.cc", "config/config.h"),
        ("loadtest/sim/base/a.cc", "loadtest/sim/answers/channel.h"),
        ("loadtest/sim/answers/a.cc", "loadtest/load/traffic/scenario.h"),
        ("policy/money/a.cc", "boost/asio/io_context.hpp"),
        ("backends/protocols/sse/a.cc", "boost/asio/io_context.hpp"),
        ("gateway/http/a.cc", "yaml-cpp/yaml.h"),
        ("gateway/http/a.cc", "tests/x.h"),
        ("routing/text/a.cc", "routing/classify/topic.h"),
        ("config/reader/a.h", "config/load.h"),
        ("gateway/elsewhere/a.cc", "gateway/http/answer.h"),
    ]
    for name, header in wrong:
        if not list(judge(name, 1, header)):
            sys.exit(f"this test finds nothing wrong with {name} including {header}")
    for name, header in (("config/load.cc", "config/checks/checks.h"), ("config/reader/a.cc", "config/config.h")):
        if list(judge(name, 1, header)):
            sys.exit(f"false alarm: {name} may include {header}")


def print_folders(root):
    whom = collections.defaultdict(set)
    for name, _, header in includes(root):
        if header.split("/", 1)[0] in TOP and folder_of(header) != folder_of(name):
            whom[folder_of(name)].add(folder_of(header))
    files = sizes(root)
    for folder in sorted(set(files) | set(whom)):
        print(f"{files.get(folder, ''):>4} {folder} -> {' '.join(sorted(whom[folder])) or 'nothing of ours'}")


def main():
    root = pathlib.Path(sys.argv[1])
    if "--print" in sys.argv:
        print_folders(root)
        return 0
    self_test()
    found = list(problems(root))
    print("\n".join(found) or "all includes point the right way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
