#!/usr/bin/env bash
# Format, thread-safety analysis and clang-tidy.
#
#   tests/lint.sh --changed   files that differ from the base (HEADGATE_LINT_BASE, else origin's
#                             main, else the last commit), and the working tree
#   tests/lint.sh --all       the whole tree
#
# Needs a configured build/release for its compile commands. Prints what it checked; exits 1 on
# any finding. A clean file is read again only if the file, a file of ours that it includes, its
# command or the rules have changed (HEADGATE_LINT_CACHE, else the user's cache folder).
set -euo pipefail
cd "$(dirname "$0")/.."

sources() { git ls-files -co --exclude-standard -- '*.cc' '*.h'; }

changed() {
  local base=${HEADGATE_LINT_BASE:-}
  if [ -z "$base" ]; then
    base=$(git merge-base HEAD origin/main 2>/dev/null || true)
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
      base=$(git rev-parse --verify -q HEAD~1 || git hash-object -t tree /dev/null)
    fi
  fi
  { git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
    git ls-files -o --exclude-standard -- '*.cc' '*.h'; } | sort -u
}

mode=${1:---changed}
case $mode in
  --all) mapfile -t files < <(sources) ;;
  --changed) mapfile -t files < <(changed) ;;
  *) echo "usage: tests/lint.sh [--changed|--all]" >&2; exit 2 ;;
esac

echo "lint: format of the whole tree"
sources | xargs -r clang-format-14 --dry-run -Werror

mapfile -t units < <(printf '%s\n' "${files[@]}" | grep '\.cc$' | grep -v '^tests/fuzz/' || true)
echo "lint: clang-tidy and thread-safety analysis of ${#units[@]} files"
[ "${#units[@]}" -eq 0 ] && exit 0

# clang does not know GCC's precompiled headers and a few of its flags.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
python3 - build/release/compile_commands.json "$database/compile_commands.json" <<'PYTHON'
import json, re, sys
entries = json.load(open(sys.argv[1]))
for entry in entries:
    command = entry["command"]
    command = re.sub(r"-include \S+cmake_pch\.hxx", "", command)
    command = re.sub(r"\S*ccache\S* |\S*cmake -E env (?:\S+=\S* )+", "", command)
    for flag in ("-Winvalid-pch", "-Wno-maybe-uninitialized", "-Wno-restrict", "-Wno-mismatched-new-delete",
                 "-Wtrampolines",
                 "-fstrict-flex-arrays=3", "-fno-delete-null-pointer-checks", "-Werror",
                 "-ftrivial-auto-var-init=zero"):
        command = command.replace(flag + " ", "")
    entry["command"] = command + " -Wthread-safety -Wno-unknown-warning-option"
json.dump(entries, open(sys.argv[2], "w"))
PYTHON

tests/tidy_units.py "$database" "${units[@]}"
echo "lint: clean"
