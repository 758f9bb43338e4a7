#!/usr/bin/env bash
# Installs one agent, in a pinned version, below the build folder. Does nothing if it is installed.
#
#   tests/agents/install.sh codex|claude|opencode|aider|llm [FOLDER]     FOLDER: build/agents unless told otherwise
#
# Prints the path of the agent's program. Exits 77 if a package or its installer is not available.
set -euo pipefail
sources=$(cd "$(dirname "$0")" && pwd)

# npm packages carry the program of each platform in a package of its own; the pattern finds it there.
declare -A npm=([codex]=@openai/codex@0.171.0
                [claude]=@anthropic-ai/claude-code@2.1.197
                [opencode]=opencode-ai@1.18.33)
declare -A programs=([codex]='@openai/*/vendor/*/bin/codex'
                     [claude]='@anthropic-ai/claude-code-*/claude'
                     [opencode]='opencode-*/bin/opencode')

agent=${1-}
[[ $# -le 2 && (-n ${npm[$agent]-} || -f $sources/requirements/$agent.txt) ]] || {
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
root=${2:-$sources/../../build/agents}
mkdir -p "$root"
root=$(cd "$root" && pwd)
folder=$root/$agent
log=$root/$agent.log

unavailable() {
  echo "install: $agent cannot be had: $1; see $log" >&2
  exit 77
}

# Prints the first of the candidates that starts: packages for several kinds of processor may be there.
program() {
  local candidate
  # shellcheck disable=SC2086
  for candidate in $1; do
    if [[ -x $candidate ]] && "$candidate" --version >>"$log" 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# Timeouts are short: without a network, a test is skipped before it times out.
install_npm() {
  command -v npm >/dev/null || unavailable 'there is no npm here'
  mkdir -p "$folder"
  echo '{"private": true}' >"$folder/package.json"
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --no-update-notifier \
    --no-package-lock --fetch-retries=1 --fetch-timeout=20000 "$1") >"$log" 2>&1 ||
    unavailable 'npm install failed'
}

install_pip() {
  python3 -m venv "$folder" >"$log" 2>&1 || unavailable 'no venv (python3-venv)'
  "$folder/bin/python" -m pip install --disable-pip-version-check --no-input \
    --no-deps --retries 1 --timeout 20 --requirement "$1" >>"$log" 2>&1 || unavailable 'pip install failed'
}

exec 9>"$root/lock.$agent"
flock 9
if [[ -n ${npm[$agent]-} ]]; then
  stamp=${npm[$agent]}
  pattern=$folder/node_modules/${programs[$agent]}
else
  stamp=$(sha256sum <"$sources/requirements/$agent.txt")
  pattern=$folder/bin/$agent
fi
if [[ ! -f $folder/.stamp || $(<"$folder/.stamp") != "$stamp" ]]; then
  rm -rf "$folder"
  echo "install: $agent, into $folder" >&2
  if [[ -n ${npm[$agent]-} ]]; then install_npm "${npm[$agent]}"; else
    install_pip "$sources/requirements/$agent.txt"
  fi
  printf '%s\n' "$stamp" >"$folder/.stamp"
fi
program "$pattern" || unavailable 'its program does not start on this machine'
