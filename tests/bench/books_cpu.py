#!/usr/bin/env python3
"""What ledger, limits and budgets cost a request, in the whole gateway: CPU of all its threads at a fixed rate.

    books_cpu.py [--rate 5000] [--seconds 8] [--rounds 5]

The same gateway is run without them, with the ledger, and with all three, in turn, so that what the machine does meanwhile
touches all alike. Prints CPU and latency of each run, then the medians. CPU time is the scheduler's
(/proc/PID/task/*/schedstat). HEADGATE names the binary (build/release/bin/headgate otherwise).
"""

import argparse
import collections
import hashlib
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from stage import LOAD, Gateway, Simulator, paid  # noqa: E402 (the path comes first)

KEY = "client-key-1"
LIMITS = {"requests_per_minute": 10_000_000, "tokens_per_minute": 10_000_000_000, "in_flight": 100_000}
BUDGETS = [{"limit": 100_000, "per": "month", "when_spent": "reject"},
           {"scope": {"team": "search"}, "limit": 100_000, "per": "day", "when_spent": "reject"}]
WARM_UP_S = 2
ROW = "{:8}  {:9}  {:6.2f} us of CPU a request, {:5.2f} us of the ledger's thread; latency {:.1f} ms p50, {:.1f} ms p99"


def sections(kind, folder):
    """The sections of the configuration that `kind` has more than a gateway without books."""
    added = {} if kind == "neither" else {"ledger": {"path": f"{folder}/ledger"}}
    if kind == "all three":
        added |= {"budgets": BUDGETS, "teams": {"search": {"limits": LIMITS}}}
    return added


def cpu_us(pid):
    """By the names of the threads."""
    used = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        used[(task / "comm").read_text().strip()] += int((task / "schedstat").read_text().split()[0]) / 1000
    return used


def send(gateway, rate, seconds):
    """Returns what the load saw."""
    done = subprocess.run(
        [LOAD, "--url", f"http://127.0.0.1:{gateway.port}", "--key", KEY, "--rate", str(rate), "--arrivals", "constant",
         "--duration", f"{seconds}s", "--concurrency", "4096", "--json", "-"],
        capture_output=True, text=True, check=True, timeout=seconds * 3 + 60)
    total = json.loads(done.stdout)["total"]
    if total["ok"] != total["sent"]:
        sys.exit(f"{total['sent'] - total['ok']} of {total['sent']} requests were not answered: {total['statuses']}, {total['errors']}")
    return total


def measure(kind, simulator, options):
    """CPU of a request in microseconds, of all threads and of the ledger's; its latency in milliseconds, p50 and p99."""
    folder = tempfile.mkdtemp(prefix="headgate-books-cpu-")
    key = {"name": "service", "hash": f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()}", "team": "search"}
    if kind == "all three":
        key["limits"] = LIMITS
    server = {"auth": "keys"}
    try:
        with Gateway({"far": paid(simulator)}, server=server, keys=[key], **sections(kind, folder)) as gateway:
            send(gateway, options.rate, WARM_UP_S)
            before = cpu_us(gateway.pid)
            seen = send(gateway, options.rate, options.seconds)
            used = cpu_us(gateway.pid) - before
            return used.total() / seen["ok"], used["ledger"] / seen["ok"], seen["latency_ms"]["p50"], seen["latency_ms"]["p99"]
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=5000, help="requests a second")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kinds = ("neither", "ledger", "all three")
    runs = {kind: [] for kind in kinds}
    with Simulator("--personality", "openai", "--tokens", "20", "--ttft", "200ms") as simulator:
        for number in range(options.rounds):
            for kind in kinds:
                runs[kind].append(measure(kind, simulator, options))
                print(ROW.format(f"round {number + 1}", kind, *runs[kind][-1]), flush=True)
    for kind in kinds:
        print(ROW.format("median", kind, *(statistics.median(values) for values in zip(*runs[kind]))))


if __name__ == "__main__":
    main()
