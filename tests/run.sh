#!/usr/bin/env bash
# Installs missing packages, builds, and runs the tests.
#
#   tests/run.sh          release: every test; AddressSanitizer+UBSan: every test without a
#                         network; ThreadSanitizer: the tests without a network that run threads,
#                         or test objects that threads share; format, and lint of changed files
#   tests/run.sh --all    every test under every sanitizer, lint of the whole tree, longer soaks,
#                         fuzzing, and coding agents (label `agents`)
#
# Safe to repeat. The last line is a summary: N passed, N failed.
set -euo pipefail
cd "$(dirname "$0")/.."

depth=default
case ${1:-} in
  --all) depth=all ;;
  "") ;;
  *) echo "usage: tests/run.sh [--all]" >&2; exit 2 ;;
esac

jobs=${HEADGATE_JOBS:-$(nproc)}
passed=0
failed=0

note() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

# Runs one more step that passes or fails, beside ctest's tests.
step() {
  local name=$1
  shift
  note "$name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}

# run_tests PRESET [ctest arguments]: adds ctest's counts to ours.
# Tests run side by side, but for those that measure times or memory (RUN_SERIAL).
run_tests() {
  local preset=$1 results
  shift
  results=$(mktemp)
  ctest --test-dir "build/$preset" --output-on-failure --output-junit "$results" -j "$jobs" "$@" || true
  local counts
  counts=$(python3 - "$results" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
total, bad = int(suite.get("tests")), int(suite.get("failures"))
skipped = int(suite.get("skipped") or 0) + int(suite.get("disabled") or 0)
print(total - bad - skipped, bad)
PYTHON
)
  rm -f "$results"
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

build() {
  local preset=$1
  shift
  cmake --preset "$preset" > "build/configure-$preset.log" 2>&1 ||
    { cat "build/configure-$preset.log"; exit 1; }
  cmake --build "build/$preset" -j "$jobs" "$@" > "build/build-$preset.log" 2>&1 ||
    { grep -A 12 -m 5 'error:' "build/build-$preset.log"; tail -n 5 "build/build-$preset.log"; exit 1; }
  tail -n 1 "build/build-$preset.log"
}

note "dependencies"
deploy/install-deps.sh
mkdir -p build

# Some loads are shorter unless everything is run.
if [ "$depth" != all ]; then
  export HEADGATE_STORM_SECONDS=${HEADGATE_STORM_SECONDS:-8} HEADGATE_HEDGING_SECONDS=${HEADGATE_HEDGING_SECONDS:-15}
  export HEADGATE_QUEUES_SECONDS=${HEADGATE_QUEUES_SECONDS:-10} HEADGATE_DISCONNECTS=${HEADGATE_DISCONNECTS:-3000}
fi

note "release: build"
build release
note "release: tests"
# Agents are large to install.
if [ "$depth" = all ]; then
  run_tests release
else
  run_tests release -LE 'agents'
fi

# The default target of each sanitizer, and the label of its tests.
declare -A targets=([asan]=unit_tests [tsan]=thread_tests)
declare -A labels=([asan]=unit [tsan]=threads)

for sanitizer in asan tsan; do
  note "$sanitizer: build"
  if [ "$depth" = all ]; then
    build "$sanitizer"
    note "$sanitizer: tests"
    HEADGATE_SOAK_SECONDS=${HEADGATE_SOAK_SECONDS:-10} run_tests "$sanitizer" -LE 'sdk|agents'
  else
    build "$sanitizer" --target "${targets[$sanitizer]}"
    note "$sanitizer: tests"
    run_tests "$sanitizer" -L "${labels[$sanitizer]}"
  fi
done

if [ "$depth" = all ]; then
  step "lint: whole tree" tests/lint.sh --all
  step "fuzz" tests/fuzz/run.sh
else
  step "lint: changed files" tests/lint.sh --changed
fi

printf '\n%s s in all\n%s passed, %s failed\n' "$SECONDS" "$passed" "$failed"
[ "$failed" -eq 0 ]
