#!/usr/bin/env bash
# Installs the pinned SDKs below the build folder; does nothing for SDKs that are already installed.
#
#   tests/sdk/install.sh python|node|all [FOLDER]     FOLDER: build/sdk unless told otherwise
#
# Exits 77 if a package or its installer is not available, 1 if the installed SDK does not work.
set -euo pipefail
sources=$(cd "$(dirname "$0")" && pwd)

usage() {
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

[[ $# -ge 1 && $# -le 2 ]] || usage
case $1 in
  all) suites=(python node) ;;
  python | node) suites=("$1") ;;
  *) usage ;;
esac
root=${2:-$sources/../../build/sdk}
mkdir -p "$root"
root=$(cd "$root" && pwd)

unavailable() {
  echo "install: the $1 SDKs cannot be had: $2" >&2
  exit 77
}

declare -A needed=([python]=python3 [node]='node npm')

# A digest of the inputs of an installation: the pinned versions and the interpreter.
stamp_of() {
  case $1 in
    python) cat "$sources/requirements.txt" && python3 --version ;;
    node) cat "$sources/package.json" "$sources/package-lock.json" && node --version ;;
  esac | sha256sum
}

# Timeouts are short: without a network, a suite is skipped before it times out.
install_python() {
  local folder=$1 log=$2
  python3 -m venv "$folder" >"$log" 2>&1 || unavailable python "no venv (python3-venv); see $log"
  "$folder/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps \
    --retries 1 --timeout 20 --requirement "$sources/requirements.txt" >>"$log" 2>&1 ||
    unavailable python "pip install failed; see $log"
  "$folder/bin/python" -m pip check --disable-pip-version-check >>"$log" 2>&1 &&
    "$folder/bin/python" -c 'import agents, anthropic, openai' >>"$log" 2>&1
}

install_node() {
  local folder=$1 log=$2
  mkdir "$folder" || return 1
  cp "$sources/package.json" "$sources/package-lock.json" "$folder/" || return 1
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier \
    --fetch-retries=1 --fetch-timeout=20000) >"$log" 2>&1 ||
    unavailable node "npm ci failed; see $log"
  (cd "$folder" && node --input-type=module \
    --eval 'import "openai"; import "@anthropic-ai/sdk"; import "ai"') >>"$log" 2>&1
}

# Two suites may start at once, each from a ctest of its own: one installs and the other waits.
exec 9>"$root/lock"
flock 9

for suite in "${suites[@]}"; do
  read -ra programs <<<"${needed[$suite]}"
  for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || unavailable "$suite" "there is no $program here"
  done
  folder=$root/$suite
  stamp=$(stamp_of "$suite")
  if [[ -f $folder/.stamp && $(<"$folder/.stamp") == "$stamp" ]]; then continue; fi
  rm -rf "$folder"
  echo "install: the $suite SDKs, into $folder"
  "install_$suite" "$folder" "$root/$suite.log" || {
    cat "$root/$suite.log" >&2
    echo "install: the $suite SDKs do not load" >&2
    exit 1
  }
  printf '%s\n' "$stamp" >"$folder/.stamp"
done
