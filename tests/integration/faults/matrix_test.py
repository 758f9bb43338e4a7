"""Every fault, streamed or not, at every commit mode, with and without resume: no hang, no truncated answer passed off
as a whole one, and at most six attempts of a request at a target. Prints the table, and writes it to
HEADGATE_FAULTS_TABLE if that is set."""

import functools
import itertools
import os
import unittest

import place
import witness
from bench import expected_text

LIMIT_S = 15

# Faults before the first token, and after it: in a stream only the second can be seen. `{…s}` is divided by the factor.
BEFORE = ["status=408", "status=429;retry_after=2", "status=429;retry_after=20", "status=429;retry_after=2;times=1",
          "status=500", "status=500;times=1", "status=502", "status=503", "status=504", "status=529", "status=402",
          "reset", "reset;times=1", "silence", "delay={30s}", "early_head;ttft={30s}", "error_event", "malformed=0",
          "encoded", "cut=0"]
AFTER = ["cut=20", "reset_after=20", "stall=20,{30s}", "error_after=20", "malformed=20", "no_done", "no_usage",
         "trickle", "split;crlf;comment=2"]
REFUSALS = ["content_policy", "status=422;message=not like this"]
# Nothing is wrong with these answers, or it can be mended, so the first attempt suffices.
HARMLESS = {"malformed=20", "no_done", "no_usage", "trickle", "split;crlf;comment=2"}
# The hold is longer than an answer, and shorter than the silence after which a stall is noticed.
COMMITS = {"first_token": {}, "hold": {"commit": {"hold": "1s"}}, "complete": {"commit": "complete"}}
RESUMES = {"no": {}, "yes": {"resume": True}}


def moment(fault):
    return "refusal" if fault in REFUSALS else "before" if fault in BEFORE else "after"


def run_case(whole, fault, stream, commit, resume):
    """One row of the table."""
    with place.primary_simulator() as primary, place.fallback_simulator() as fallback, \
         place.between(primary, fallback, {**COMMITS[commit], **RESUMES[resume]}, fault=place.fill(fault)) as gateway:
        seen = witness.ask(gateway.port, witness.question(stream), within=place.scaled(130) + place.SLACK_S)
        line = place.line_of(gateway, seen)
        limit = place.scaled(LIMIT_S) + place.SLACK_S + (3 if "retry_after=2" in fault else 0)
        refusal = {"content_policy": "safety system"}.get(fault, "not like this") if fault in REFUSALS else None
        verdict, reason = witness.judge(seen, whole, limit, refusal)
        # `no_usage` leaves the client without usage, which is honest.
        if fault == "no_usage" and reason == "no usage":
            verdict, reason = witness.PASS, "whole, without usage"
        # An answer that is useless as a whole has been generated, and must be generated again.
        useless = fault == "encoded" and not stream
        if excess := witness.judge_attempts(line, [primary, fallback], answers=2 if useless else 1):
            verdict, reason = witness.FAIL, excess
        return (fault, moment(fault), "stream" if stream else "whole", commit, resume, verdict,
                f"{primary.stats()['requests']}/{fallback.stats()['requests']}", f"{seen.total_s:.2f}",
                place.booked(line), place.billed(primary, fallback), reason)


HEAD = ("fault", "moment", "answer", "commit", "resume", "verdict", "attempts", "s", "booked", "billed", "what happened")


def expected(row):
    """The verdicts that a row may have."""
    fault, when, answer, commit, resume = row[:5]
    if when in ("refusal", "before") or commit == "complete" or answer == "whole" or fault in HARMLESS:
        return {witness.PASS}
    if resume == "yes":
        return {witness.PASS}
    if commit == "hold" and not fault.startswith("stall"):
        return {witness.PASS}
    return {witness.PARTIAL}


class Matrix(unittest.TestCase):
    def test_every_fault_everywhere(self):
        with place.fallback_simulator() as simulator:
            whole = expected_text(simulator)
        cases = list(itertools.product(BEFORE + AFTER + REFUSALS, (True, False), COMMITS, RESUMES))
        rows = place.some_at_once([functools.partial(run_case, whole, *case) for case in cases])
        broken = [(case, row) for case, row in zip(cases, rows) if isinstance(row, Exception)]
        rows = [row for row in rows if not isinstance(row, Exception)]
        text = witness.table(rows, HEAD)
        print("\n" + text)
        if path := os.environ.get("HEADGATE_FAULTS_TABLE"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text + "\n")
        self.assertEqual([(case, repr(failure)) for case, failure in broken], [])
        self.assertEqual([row for row in rows if row[5] == witness.FAIL], [])
        self.assertEqual([row for row in rows if row[5] not in expected(row)], [])

    def test_a_retry_after_is_only_waited_for_where_no_other_target_is_as_good(self):
        with place.fallback_simulator() as simulator:
            whole = expected_text(simulator)
        row = run_case(whole, "status=429;retry_after=2;times=1", True, "first_token", "no")
        self.assertEqual(row[5:7], (witness.PASS, "1/1"))
        self.assertLess(float(row[7]), 2)


if __name__ == "__main__":
    unittest.main()
