"""Runs the sixteen scenarios and says how each ended: pass, partial, safe or fail. README.md defines these words.

    bench.py [--real] [--only NAME] [--json FILE] [CONFIGURATION ...]

Exits with 1 if a configuration has fewer passes than it must have, or any fail.
"""

import argparse
import collections
import functools
import json
import os
import sys
import time

if "--real" in sys.argv:  # before `place` reads it
    os.environ["HEADGATE_FAULTS_FACTOR"] = "1"

import place  # noqa: E402  pylint: disable=wrong-import-position
import witness  # noqa: E402  pylint: disable=wrong-import-position
from scenarios import CONFIGURATIONS, SCENARIOS  # noqa: E402  pylint: disable=wrong-import-position
from stage import call  # noqa: E402  pylint: disable=wrong-import-position

OUTAGE_S, EVERY_S = 60, 4
# A paid backend is probed at the latest this long after its last failure: the longest ejection.
RETURN_S = 20

Result = collections.namedtuple("Result", "verdict reason primary fallback seconds booked billed")


def expected_text(fallback):
    """What a simulator would say. All of them say the same."""
    seen = witness.ask(fallback.port, witness.question(model="m"), within=10)
    assert seen.clean, seen
    fallback.reset()
    return seen.text


def judged(scenario, seen, line, whole, simulators):
    limit = place.scaled(scenario.limit_s) + scenario.fixed_s + place.SLACK_S
    verdict, reason = witness.judge(seen, whole, limit, scenario.refusal)
    if excess := witness.judge_attempts(line, simulators):
        return witness.FAIL, excess
    if scenario.books and verdict == witness.PASS and place.booked(line) != place.billed(*simulators):
        return witness.FAIL, f"booked {place.booked(line)}, billed {place.billed(*simulators)} nano-dollars"
    return verdict, reason


def run_one(scenario, route):
    fault = ["--fault", place.fill(scenario.fault)] if scenario.fault else []
    refused = ["--prefill", "refused"] if scenario.refuses_prefill else []
    with place.primary_simulator(*fault) as primary, place.fallback_simulator(*refused) as fallback:
        whole = expected_text(fallback)
        with place.between(primary, fallback, route, windows=scenario.windows) as gateway:
            if scenario.outage:
                return run_outage(gateway, primary, fallback, whole)
            patience = place.scaled(max(scenario.limit_s, 130)) + place.SLACK_S
            seen = witness.ask(gateway.port, witness.question(), within=patience)
            line = place.line_of(gateway, seen)
            verdict, reason = judged(scenario, seen, line, whole, [primary, fallback])
            return Result(verdict, reason, primary.stats()["requests"], fallback.stats()["requests"], seen.total_s,
                          place.booked(line), place.billed(primary, fallback))


def run_outage(gateway, primary, fallback, whole):
    """Requests one after another, before, during and after an outage, until the primary is used again."""
    every, length = place.scaled(EVERY_S), place.scaled(OUTAGE_S)
    worst, costs, requests, excess = (witness.PASS, "whole"), 0, 0, None
    ranks = [witness.PASS, witness.PARTIAL, witness.SAFE, witness.FAIL]
    started = time.monotonic()
    assert call(primary.port, f"/sim/outage?{round(every * 1000)}ms-{round((every + length) * 1000)}ms:503",
                b"").status == 200
    ends = started + every + length
    latest = ends + RETURN_S + every + place.SLACK_S
    back = None
    while back is None and time.monotonic() < latest:
        asked = time.monotonic()
        seen = witness.ask(gateway.port, witness.question(), within=place.scaled(30) + place.SLACK_S)
        requests += 1
        line = place.line_of(gateway, seen)
        costs += place.booked(line)
        excess = excess or witness.judge_attempts(line, [])
        verdict = witness.judge(seen, whole, place.scaled(15) + place.SLACK_S)
        worst = max(worst, verdict, key=lambda one: ranks.index(one[0]))
        if asked > ends and line["target"].endswith("@primary"):
            back = asked - ends
        time.sleep(max(0, asked + every - time.monotonic()))
    if excess := excess or witness.judge_attempts(line, [primary, fallback], requests):
        worst = witness.FAIL, excess
    elif back is None:
        worst = witness.FAIL, f"the primary was not used again within {latest - ends:.0f} s"
    elif worst[0] == witness.PASS:
        worst = witness.PASS, f"{requests} requests whole; the primary used again after {back:.1f} s"
    return Result(*worst, primary.stats()["requests"], fallback.stats()["requests"], time.monotonic() - started, costs,
                  place.billed(primary, fallback))


def run(name, only=None):
    """Runs all scenarios with one configuration. Returns [(scenario, result)]."""
    route, _ = CONFIGURATIONS[name]
    chosen = [scenario for scenario in SCENARIOS if only in (None, scenario.name)]
    # The outage takes longest, so it begins first.
    order = sorted(chosen, key=lambda scenario: not scenario.outage)
    results = place.some_at_once([functools.partial(run_one, scenario, route) for scenario in order])
    for scenario, result in zip(order, results):
        if isinstance(result, Exception):
            raise AssertionError(f"{name}: {scenario.name}: {result!r}") from result
    found = dict(zip((scenario.name for scenario in order), results))
    return [(scenario, found[scenario.name]) for scenario in chosen]


def counts(results):
    return collections.Counter(result.verdict for _, result in results)


def show(name, results):
    rows = [(scenario.name, result.verdict, f"{result.primary}/{result.fallback}", f"{result.seconds:.2f} s",
             result.booked, result.billed, result.reason) for scenario, result in results]
    head = ("scenario", "verdict", "attempts", "time", "booked", "billed", "what happened")
    print(f"\n{name} (long times divided by {place.FACTOR:g}; nano-dollars)\n{witness.table(rows, head)}")
    print("  ".join(f"{verdict} {counts(results)[verdict]}" for verdict in
                    (witness.PASS, witness.PARTIAL, witness.SAFE, witness.FAIL)), flush=True)


def below_the_bar(name, results):
    """What is wrong with the results of a whole run, or None."""
    passed, failed = counts(results)[witness.PASS], counts(results)[witness.FAIL]
    least = CONFIGURATIONS[name][1]
    if failed:
        return f"{name}: {failed} fail"
    if passed < least:
        return f"{name}: {passed} pass, fewer than {least}"
    return None


def main():
    parser = argparse.ArgumentParser(description="The sixteen scenarios of the fault bench.")
    parser.add_argument("configurations", nargs="*", default=list(CONFIGURATIONS), help=", ".join(CONFIGURATIONS))
    parser.add_argument("--real", action="store_true", help="real times: a minute or two for each configuration")
    parser.add_argument("--only", help="one scenario; the bars do not count then")
    parser.add_argument("--json", help="also write the results to this file")
    options = parser.parse_args()
    problems, written = [], {}
    for name in options.configurations:
        results = run(name, options.only)
        show(name, results)
        written[name] = {scenario.name: result._asdict() for scenario, result in results}
        if problem := None if options.only else below_the_bar(name, results):
            problems.append(problem)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(written, file, indent=1)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
