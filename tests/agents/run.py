#!/usr/bin/env python3
"""Lets one agent do a task through a gateway: run.py codex|claude|opencode|aider|llm.

The agent is the published program, unmodified. The only backend behind the gateway is a simulated server that has chat
completions alone, and whose model follows a script: it reads a file, edits it, and says that it is done. The agent
works in a temporary folder with a home of its own. Its other traffic is turned off, and goes to a dead port otherwise.

Exits 77 (skipped) if the agent cannot be installed.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from agents import AGENTS, FIXED, KEY, TASK, TYPO, Place

HERE = pathlib.Path(__file__).resolve().parent
INSTALLED = HERE.parent.parent / "build" / "agents"
SKIPPED = 77
LONGEST_S = 120
DEAD = "http://127.0.0.1:9"  # nobody listens at `discard`
LOOPBACK = "127.0.0.1,localhost"

sys.path.insert(0, str(HERE.parent / "integration"))
from stage import Gateway, Simulator, own  # noqa: E402  pylint: disable=wrong-import-position


def install(name):
    """Returns the path of the agent's program. Ends this process if it cannot be had."""
    done = subprocess.run([HERE / "install.sh", name, INSTALLED], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == SKIPPED:
        print(f"SKIPPED: {name} is not installed and cannot be downloaded", flush=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout.strip()


@contextlib.contextmanager
def served(script):
    """A gateway in front of one server that has chat completions alone; yields both."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Simulator("--personality", "vllm", "--script", script))
        gateway = stack.enter_context(Gateway(
            {"pool": own(server.urls(), "acme/coder", engine="vllm", endpoints=["chat"])},
            server={"auth": "keys"}, models={"acme/coder": {"context": 1000000}},
            keys=[{"name": "agent", "team": "red", "hash": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()]}]))
        yield gateway, server


def environment(home, more):
    """Nothing of this machine but its PATH reaches the agent."""
    dead = {name: DEAD for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", **dead,
            "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK, **more}


def work(program, agent, place):
    arguments, more = agent.prepare(place)
    return subprocess.run([program, *arguments], cwd=place.folder, env=environment(place.home, more),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=LONGEST_S, check=False)


def logged(gateway, least):
    """The access log's lines: at least `least` if the agent went its whole way."""
    try:
        return gateway.log(least)
    except AssertionError:
        return gateway.log(0)


def faults(agent, done, place, lines):
    """What went wrong, as sentences; nothing if the task was done as it should be."""
    if done.returncode != 0:
        yield f"it ended with {done.returncode}"
    if (place.folder / "notes.txt").read_text() != FIXED:
        yield "the file is not as the task wants it"
    if not any(line["endpoint"] == agent.endpoint for line in lines):
        yield f"it never asked the endpoint {agent.endpoint}"
    for line in lines:
        if line["status"] != 200:
            yield f"a request was answered with {line['status']}"


def attempt(name, folder):
    """Returns the exit code of this program."""
    agent, program = AGENTS[name], install(name)
    place = Place(folder / "work", folder / "home", "")
    for made in (place.folder, place.home):
        made.mkdir()
    (place.folder / "notes.txt").write_text(TYPO)
    script = folder / "script.jsonl"
    steps = agent.steps(place)
    script.write_text("".join(json.dumps({"match": TASK, **step}) + "\n" for step in steps))
    with served(script) as (gateway, server):
        place = Place(place.folder, place.home, f"http://127.0.0.1:{gateway.port}")
        done = work(program, agent, place)
        lines = logged(gateway, len(steps))
        wrong = list(faults(agent, done, place, lines))
        requests = server.stats()["requests"]
    print(f"{name}: {len(lines)} requests to the gateway, {requests} to the model")
    if not wrong:
        return 0
    print("\n".join([f"{name} failed: " + "; ".join(wrong), done.stdout[-4000:],
                     *(json.dumps(line, default=str) for line in lines)]))
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("agent", choices=list(AGENTS))
    name = parser.parse_args().agent
    with tempfile.TemporaryDirectory(prefix="headgate-agent-") as folder:
        sys.exit(attempt(name, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
