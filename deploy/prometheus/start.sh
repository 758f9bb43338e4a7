#!/usr/bin/env bash
# Runs Prometheus and Alertmanager from Debian's packages, on loopback, with the rules and alerts of this
# folder. Ctrl-C ends both.
#
#   deploy/prometheus/start.sh [--gateways HOST:PORT[,HOST:PORT]] [--data FOLDER]
#                              [--prometheus PORT] [--alertmanager PORT]
#
#   --gateways       admin addresses to scrape (127.0.0.1:9464)
#   --data           where both keep their data (./headgate-monitoring)
#   --prometheus     port of Prometheus (9090)
#   --alertmanager   port of Alertmanager (9093)
set -euo pipefail

fail() {
  printf 'start: %s\n' "$@" >&2
  exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
gateways=127.0.0.1:9464 data=headgate-monitoring prometheus=9090 alertmanager=9093
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --gateways | --data | --prometheus | --alertmanager)
      [[ $# -ge 2 ]] || fail "$1 needs a value"
      declare "${1#--}=$2"
      shift 2 ;;
    *) fail "unknown option $1; --help lists the options" ;;
  esac
done
for program in prometheus prometheus-alertmanager; do
  command -v "$program" >/dev/null ||
    fail "$program is not installed: apt-get install $program, or deploy/install-deps.sh"
done

# Prometheus reads its rules relative to its configuration.
mkdir -p "$data/prometheus" "$data/alertmanager"
cp "$here/rules.yml" "$here/alerts.yml" "$data/"
sed -e "s/127\.0\.0\.1:9464/${gateways//,/, }/" -e "s/127\.0\.0\.1:9093/127.0.0.1:$alertmanager/" \
  "$here/prometheus.yml" >"$data/prometheus.yml"

pids=()
stop() {
  trap - EXIT INT TERM
  kill "${pids[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 0' INT TERM

prometheus-alertmanager --config.file="$here/alertmanager.yml" --storage.path="$data/alertmanager" \
  --web.listen-address="127.0.0.1:$alertmanager" --cluster.listen-address= --log.level=warn &
pids+=($!)
prometheus --config.file="$data/prometheus.yml" --storage.tsdb.path="$data/prometheus" \
  --storage.tsdb.retention.time=90d --web.listen-address="127.0.0.1:$prometheus" --log.level=warn &
pids+=($!)

printf 'Prometheus    http://127.0.0.1:%s/alerts\nAlertmanager  http://127.0.0.1:%s\n' "$prometheus" "$alertmanager"
# If either ends, both do.
wait -n "${pids[@]}" || fail 'Prometheus or Alertmanager has ended; the lines above say why'
