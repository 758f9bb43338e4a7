#!/usr/bin/env python3
"""Runs clang-tidy over source files, one process per processor. The exit status is 1 on any finding.

    tidy_units.py DATABASE FILE...

DATABASE is a folder with compile_commands.json; files that it does not list are skipped. HEADGATE_LINT_CACHE, or the
user's cache folder, remembers clean files by a digest of the file, of all files of this repository that it includes,
of its command, of both .clang-tidy and of clang-tidy's version. Only clean files are remembered."""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
TIDY = ["clang-tidy-14", "--quiet", "--extra-arg=-Wthread-safety",
        "--warnings-as-errors=*,clang-diagnostic-thread-safety*"]


@functools.cache
def included(name):
    """The files of this repository that the file `name` includes, as paths from the root."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [header for header in INCLUDE.findall(text) if (ROOT / header).is_file()]


def all_included(name):
    found = {name}
    waiting = [name]
    while waiting:
        for header in included(waiting.pop()):
            if header not in found:
                found.add(header)
                waiting.append(header)
    return sorted(found)


@functools.cache
def digest_of(name):
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


@functools.cache
def rules():
    version = subprocess.run([TIDY[0], "--version"], capture_output=True, text=True, check=True).stdout
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / ".clang-tidy", ROOT / "tests" / ".clang-tidy")]
    return json.dumps([version, TIDY, texts])


def key_of(name, command):
    parts = [rules(), command.replace(str(ROOT), "")]
    parts += [f"{file} {digest_of(file)}" for file in all_included(name)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def tidy(database, name):
    """The findings of clang-tidy; empty if there are none."""
    done = subprocess.run([*TIDY, "-p", database, name], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if not line.endswith("generated.")]
    return "\n".join([done.stdout, *said])


def main():
    database, names = sys.argv[1], sys.argv[2:]
    commands = {}
    for entry in json.loads(pathlib.Path(database, "compile_commands.json").read_text(encoding="utf-8")):
        commands[os.path.relpath(entry["file"], ROOT)] = entry["command"]
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(os.environ.get("HEADGATE_LINT_CACHE") or pathlib.Path(home, "headgate-lint"))
    cache.mkdir(parents=True, exist_ok=True)
    stamps = {name: cache / key_of(name, commands[name]) for name in names if name in commands}
    todo = [name for name, stamp in stamps.items() if not stamp.exists()]
    print(f"lint: {len(todo)} of {len(stamps)} files to read; the other files were clean before", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, found in zip(todo, pool.map(functools.partial(tidy, database), todo)):
            if found:
                failed += 1
                print(found, file=sys.stderr, flush=True)
            else:
                stamps[name].touch()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
