#!/usr/bin/env bash
# Builds the fuzzers with clang and runs each for a while. Their findings are kept in build/fuzz.
#
#   tests/fuzz/run.sh [NAME…]     all fuzzers unless named; each for HEADGATE_FUZZ_SECONDS (30)
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${HEADGATE_FUZZ_SECONDS:-30}
fuzzers=(request_head_fuzz request_view_fuzz event_stream_fuzz error_body_fuzz config_fuzz recording_fuzz
  chat_request_fuzz messages_request_fuzz responses_request_fuzz
  chat_answer_fuzz messages_answer_fuzz responses_answer_fuzz resumed_stream_fuzz)
[ $# -eq 0 ] || fuzzers=("$@")

command -v clang++-14 > /dev/null || {
  echo "fuzz: clang++-14 is not installed; run deploy/install-deps.sh" >&2
  exit 1
}
mkdir -p build
cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DHEADGATE_FUZZERS=ON > build/configure-fuzz.log || { cat build/configure-fuzz.log >&2; exit 1; }
cmake --build build/fuzz -j "$(nproc)" --target "${fuzzers[@]}" | tail -n 1

for fuzzer in "${fuzzers[@]}"; do
  mkdir -p "build/fuzz/corpus/$fuzzer" "build/fuzz/found"
  log=build/fuzz/$fuzzer.log
  corpora=("build/fuzz/corpus/$fuzzer")
  [ ! -d "tests/fuzz/seeds/$fuzzer" ] || corpora+=("tests/fuzz/seeds/$fuzzer")
  options=()
  if [ "$fuzzer" = config_fuzz ]; then
    # Every key and word of the configuration, from the schema that ships.
    python3 - config/headgate.schema.json > build/fuzz/config.dict <<'PYTHON'
import json, sys
def words(shape):
    if isinstance(shape, dict):
        yield from (word for word in shape.get("enum", []) if isinstance(word, str))
        yield from (key + ":" for key in shape.get("properties", {}))
    for inner in shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ():
        yield from words(inner)
for word in sorted(set(words(json.load(open(sys.argv[1])))) | {"\\x0a#%%\\x0a", "1.yaml", "file:"}):
    print(f'"{word}"')
PYTHON
    options=(-dict=build/fuzz/config.dict)
  fi
  if ! "build/fuzz/tests/fuzz/$fuzzer" "${options[@]}" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
    -rss_limit_mb=2048 -artifact_prefix="build/fuzz/found/$fuzzer-" "${corpora[@]}" > "$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $fuzzer found something; the input lies in build/fuzz/found" >&2
    exit 1
  fi
  echo "fuzz: $fuzzer: $(grep -m1 -o 'Done [0-9]* runs.*' "$log")"
done
