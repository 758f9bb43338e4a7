#!/usr/bin/env bash
# Tries Headgate on one machine without an account: installs missing packages, builds, starts
# simulated backends and the gateway on loopback, sends traffic, and shows the cost of each route.
#
#   deploy/quickstart.sh              runs until Ctrl-C
#   deploy/quickstart.sh --no-load    sends no traffic; only your own requests run
#   deploy/quickstart.sh --seconds N  stops after N seconds
#
# HEADGATE_PORT and HEADGATE_ADMIN_PORT choose the ports (8080 and 9464 by default). The script can
# be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."

load=1
seconds=0
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-load) load=0 ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local port=$1
  while taken "$port"; do port=$((port + 1)); done
  echo "$port"
}

deploy/install-deps.sh --build-only
echo "quickstart: building"
cmake --preset release > /dev/null
cmake --build build/release --target headgate headgate-sim headgate-load -j "$(nproc)" | tail -n 1
bin=$PWD/build/release/bin

dir=$(mktemp -d)
pids=()
stop() {
  trap - EXIT INT TERM
  printf '\nquickstart: stopping\n'
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 0' INT TERM

# start NAME COMMAND…: starts the command in the background and keeps its output for error messages.
start() {
  local name=$1
  shift
  "$@" > "$dir/$name.out" 2> "$dir/$name.err" &
  pids+=($!)
}

# address NAME: waits for the `ready` line of a simulator and prints its URL.
address() {
  local line
  for _ in $(seq 100); do
    line=$(grep -m1 '^ready ' "$dir/$1.out" || true)
    if [[ -n $line ]]; then echo "http://${line#ready }"; return; fi
    sleep 0.05
  done
  cat "$dir/$1.err" >&2
  echo "quickstart: the simulator $1 did not start" >&2
  exit 1
}

sim() {
  local name=$1
  shift
  start "$name" "$bin/headgate-sim" --listen 127.0.0.1:0 --print-ready "$@"
}
sim gpu1 --personality vllm --slots 8 --ttft lognormal:120ms,0.4 --interval 12ms --load-growth 1 --tokens uniform:20..120
sim gpu2 --personality vllm --slots 8 --ttft lognormal:120ms,0.4 --interval 12ms --load-growth 1 --tokens uniform:20..120
sim deepseek --personality openai --ttft lognormal:400ms,0.5 --interval 20ms --tokens uniform:40..200 --cached-share 0.2
sim openai --personality openai --ttft lognormal:250ms,0.4 --interval 8ms --tokens uniform:20..120 --cached-share 0.2

QUICKSTART_GPU_1=$(address gpu1)
QUICKSTART_GPU_2=$(address gpu2)
QUICKSTART_DEEPSEEK=$(address deepseek)
QUICKSTART_OPENAI=$(address openai)
QUICKSTART_PORT=$(free_port "${HEADGATE_PORT:-8080}")
QUICKSTART_ADMIN_PORT=$(free_port "${HEADGATE_ADMIN_PORT:-9464}")
QUICKSTART_DIR=$dir
export QUICKSTART_GPU_1 QUICKSTART_GPU_2 QUICKSTART_DEEPSEEK QUICKSTART_OPENAI \
  QUICKSTART_PORT QUICKSTART_ADMIN_PORT QUICKSTART_DIR

start gateway "$bin/headgate" serve --config deploy/quickstart.yaml
url=http://127.0.0.1:$QUICKSTART_PORT/v1
admin=http://127.0.0.1:$QUICKSTART_ADMIN_PORT
for _ in $(seq 100); do
  curl -fsS "$admin/readyz" > /dev/null 2>&1 && break
  kill -0 "${pids[-1]}" 2>/dev/null || { cat "$dir/gateway.err" >&2; exit 1; }
  sleep 0.05
done

if [[ $load = 1 ]]; then
  start load "$bin/headgate-load" --url "$url" --scenario loadtest/load/scenarios/quickstart.yaml
fi

cat <<TEXT

Headgate is running.
  clients   $url          (any OpenAI SDK: base_url, and any key)
  metrics   $admin/metrics    state: $admin/status
  log       $dir/access.jsonl    (one line for each request)

  curl $url/chat/completions -H 'Content-Type: application/json' \\
    -d '{"model":"auto","messages":[{"role":"user","content":"Hello"}]}' -i

  from openai import OpenAI
  client = OpenAI(base_url="$url", api_key="any")
  print(client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "Hello"}]))

Ctrl-C stops all programs.
TEXT

# Prints one line per route: requests, cost, and the cost at the baseline.
costs() {
  curl -fsS "$admin/metrics" | awk '
    function label(name,   m) {
      return match($0, name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 3) : ""
    }
    /^headgate_requests_total/        { requests[label("route")] += $NF }
    /^headgate_cost_usd_total/        { cost[label("route")] += $NF }
    /^headgate_baseline_cost_usd_total/ { base[label("route")] += $NF }
    /^headgate_self_hosted_cost_usd_total/ && /idle/ { idle += $NF }
    END {
      printf "\n%-14s %9s %14s %14s\n", "route", "requests", "cost USD", "baseline USD"
      for (route in requests)
        printf "%-14s %9d %14.6f %14.6f\n", route, requests[route], cost[route], base[route] | "sort"
      close("sort")
      printf "%-14s %9s %14.6f   (rent of slots that no request used)\n", "idle", "", idle
    }'
}
end=$((SECONDS + seconds))
while [[ $seconds = 0 || $SECONDS -lt $end ]]; do
  sleep 5 &
  wait $! || true
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || { cat "$dir"/*.err >&2; echo "quickstart: a program ended; its output is above" >&2; exit 1; }
  done
  costs
done
