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

export jobs
export -f build

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

if [ "$depth" = all ]; then
  note "release: tests"
  run_tests release
  for sanitizer in asan tsan; do
    note "$sanitizer: build"
    build "$sanitizer"
    note "$sanitizer: tests"
    # Nothing is timed under a sanitizer, so loads of some seconds show as much as those of a minute.
    HEADGATE_SOAK_SECONDS=${HEADGATE_SOAK_SECONDS:-10} HEADGATE_QUEUES_SECONDS=${HEADGATE_QUEUES_SECONDS:-10} \
      run_tests "$sanitizer" -LE 'sdk|agents'
  done
else
  # Most tests of processes wait most of the time, so the sanitizers are built meanwhile. Tests that
  # measure wait for the end of that. Agents are large to install.
  note "release: tests, while the sanitizers are built"
  # A process group of its own, so that Ctrl-C ends the compilers too.
  setsid nice -n 19 bash -c 'build asan --target unit_tests && build tsan --target thread_tests' \
    > build/sanitizers.log 2>&1 &
  sanitizers=$!
  trap 'kill -- "-$sanitizers" 2> /dev/null || true' EXIT
  run_tests release -LE 'agents|measured'
  note "sanitizers: build"
  wait "$sanitizers" || { cat build/sanitizers.log; exit 1; }
  trap - EXIT
  cat build/sanitizers.log
  note "release: tests that measure"
  run_tests release -L measured
  note "asan: tests"
  run_tests asan -L unit
  note "tsan: tests"
  run_tests tsan -L threads
fi

if [ "$depth" = all ]; then
  step "lint: whole tree" tests/lint.sh --all
  step "fuzz" tests/fuzz/run.sh
else
  step "lint: changed files" tests/lint.sh --changed
fi

printf '\n%s s in all\n%s passed, %s failed\n' "$SECONDS" "$passed" "$failed"
[ "$failed" -eq 0 ]
