#!/usr/bin/env python3
"""Compares instructions and allocations of one request with figures that were accepted before.

    request_path.py PROGRAM            the check: instructions within 3 %, allocations exactly as accepted
    request_path.py PROGRAM --table    what each two protocols cost, as a table for the README
    request_path.py PROGRAM --accept   writes request_path.json anew; commit it with the reason if a change is meant to
                                       move the figures

PROGRAM is build/release/bin/request_path. Times differ from run to run and from machine to machine. Instructions under
callgrind differ by a few in a thousand, and allocations do not differ at all. The exit status is 77 if the test is
skipped: valgrind is not installed, or the processor has no AVX2.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROTOCOLS = ("chat", "messages", "responses")
PAIRS = [f"{client}_to_{backend}" for client in PROTOCOLS for backend in PROTOCOLS]
SCENARIOS = ["chat_32k_whole", *(f"{pair}_{form}" for pair in PAIRS for form in ("whole", "stream_20"))]
REQUESTS = 200
SLACK = 0.03  # share of the instructions; compilers, libraries and processors differ by less
FIGURES = pathlib.Path(__file__).with_suffix(".json")
SKIPPED = 77
# simdjson chooses its code by the processor. Every processor that valgrind runs on has this choice.
ENVIRONMENT = {**os.environ, "SIMDJSON_FORCE_IMPLEMENTATION": "westmere"}


def run(command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with status {done.returncode}:\n{done.stderr}")
    return done.stdout


def collected(profile):
    """The sum of the instructions in a profile of callgrind."""
    found = re.search(r"^(?:totals|summary): (\d+)", profile, re.MULTILINE)
    if not found:
        raise ValueError("the profile of callgrind has no sum")
    return int(found.group(1))


def measure(program, scenario):
    figures = json.loads(run([program, scenario, str(REQUESTS)]))
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder, "profile")
        run(["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=headgate_serve_measured",
             f"--callgrind-out-file={profile}", program, scenario, str(REQUESTS)])
        instructions = collected(profile.read_text(encoding="utf-8"))
    if not instructions:
        sys.exit("callgrind counted nothing: it does not find the function headgate_serve_measured in the program")
    return {
        "instructions_per_request": instructions // REQUESTS,
        **{name: value for name, value in figures.items() if name.startswith("allocations")},
    }


def measure_all(program, scenarios):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(scenarios, pool.map(lambda scenario: measure(program, scenario), scenarios)))


def table(program):
    """What a whole answer, and each event of a stream, costs in instructions, for each two protocols."""
    forms = ("whole", "stream_20", "stream_120")
    measured = measure_all(program, [f"{pair}_{form}" for pair in PAIRS for form in forms])
    print("| client | backend | a request and its whole answer | an event of a stream |\n|---|---|---|---|")
    for pair in PAIRS:
        whole, short, long = (measured[f"{pair}_{form}"]["instructions_per_request"] for form in forms)
        client, backend = pair.split("_to_")
        print(f"| {client} | {backend} | {whole:,} | {(long - short) // 100:,} |")


def differences(scenario, accepted, measured):
    """The figures that differ from the accepted ones, better or worse."""
    if not accepted:
        yield f"{scenario}: no figures were accepted yet"
        return
    for name in sorted(set(accepted) | set(measured)):
        old, new = accepted.get(name), measured.get(name)
        if old is None or new is None:
            yield f"{scenario}: {name} is {new}, and {old} in {FIGURES.name}"
        elif name == "instructions_per_request":
            if abs(new - old) > SLACK * old:
                yield f"{scenario}: {new:,} instructions for a request; {old:,} were accepted ({new / old - 1:+.1%})"
        elif new != old:
            yield f"{scenario}: {name} is {new}; {old} was accepted"


def self_test():
    was = {"instructions_per_request": 1000, "allocations_per_request": 10}
    for now in ({**was, "instructions_per_request": 1031}, {**was, "instructions_per_request": 969},
                {**was, "allocations_per_request": 9}, {"instructions_per_request": 1000}):
        if not list(differences("s", was, now)):
            sys.exit(f"this test finds nothing wrong with {now}")
    if not list(differences("s", {}, was)):
        sys.exit("this test accepts missing figures")
    if list(differences("s", was, {**was, "instructions_per_request": 1030})):
        sys.exit("false alarm: 3 % are allowed")
    if collected("events: Ir\nsummary: 123\n") != 123:
        sys.exit("this test does not read callgrind's sum")


def main():
    self_test()
    program = sys.argv[1]
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed (deploy/install-deps.sh)")
        return SKIPPED
    # valgrind shows programs a processor with AVX2 or one without it. The accepted figures are for one with AVX2.
    if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        print("skipped: this processor has no AVX2, so the C library uses other code")
        return SKIPPED
    if "--table" in sys.argv:
        return table(program)
    measured = measure_all(program, SCENARIOS)
    print(json.dumps(measured, indent=2))
    if "--accept" in sys.argv:
        FIGURES.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
        print(f"accepted: {FIGURES}")
        return 0
    accepted = json.loads(FIGURES.read_text(encoding="utf-8"))
    found = [line for scenario in SCENARIOS
             for line in differences(scenario, accepted.get(scenario, {}), measured[scenario])]
    if not found:
        print("as accepted")
        return 0
    print("\n".join(found))
    print(f"If the change is meant: run python3 {sys.argv[0]} {program} --accept, and commit {FIGURES.name} with the reason.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
