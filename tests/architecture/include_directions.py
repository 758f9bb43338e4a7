#!/usr/bin/env python3
"""Fails on an include that points the wrong way between folders.

    include_directions.py ROOT

The list below is the architecture: who may include whom. Inside a folder anything goes; the
standard library and packages are nobody's business here, except that some of them are fenced into
one place.
"""
import pathlib
import re
import sys

ALLOWED = {
    "config": set(),
    "policy": {"config"},
    "routing": {"config", "policy"},
    "backends": {"config"},
    "gateway": {"config", "policy", "routing", "backends"},
    "loadtest": set(),
}
# Package header prefix -> the only files that may include it.
FENCED = {
    "yaml-cpp/": {"config/reader/yaml_document.cc", "loadtest/load/"},
}
# Package header prefix -> folders that must not include it, because they do no I/O.
FORBIDDEN = {
    "boost/asio": {"config", "policy", "routing"},
    "boost/beast": {"config", "policy", "routing"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')


def problems(root):
    for folder in ALLOWED:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    yield from judge(folder, name, number, match.group(1))


def judge(folder, name, number, header):
    other = header.split("/", 1)[0]
    if other in ALLOWED and other != folder and other not in ALLOWED[folder]:
        yield f"{name}:{number}: {folder} must not include {header}"
    if other in {"tests", "deploy"}:
        yield f"{name}:{number}: nothing includes {other}"
    for prefix, homes in FENCED.items():
        if header.startswith(prefix) and not any(name.startswith(home) for home in homes):
            yield f"{name}:{number}: {prefix} is fenced into {', '.join(sorted(homes))}"
    for prefix, folders in FORBIDDEN.items():
        if header.startswith(prefix) and folder in folders:
            yield f"{name}:{number}: {folder} does no I/O, so no {header}"


def self_test():
    """The check itself can fail: each kind of wrong include is found."""
    wrong = [
        ("routing", "routing/a.cc", "backends/upstream/replica_set.h"),
        ("loadtest", "loadtest/sim/a.cc", "config/config.h"),
        ("policy", "policy/a.cc", "boost/asio/io_context.hpp"),
        ("gateway", "gateway/a.cc", "yaml-cpp/yaml.h"),
        ("gateway", "gateway/a.cc", "tests/x.h"),
    ]
    for folder, name, header in wrong:
        if not list(judge(folder, name, 1, header)):
            sys.exit(f"the check does not find {name} including {header}")


def main():
    self_test()
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "include directions: fine")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
