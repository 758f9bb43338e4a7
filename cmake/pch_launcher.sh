#!/usr/bin/env bash
# Runs a compiler. Beside a precompiled header it writes a .sum: the digest of all that the header says, macros
# included. By it ccache knows objects again that were made with the same header in another checkout
# (CCACHE_PCH_EXTSUM in Compiler.cmake); the bytes of a precompiled header differ each time.
set -uo pipefail
output=
preprocess=()
for ((i = 1; i <= $#; i++)); do
  case ${!i} in
    -o) i=$((i + 1)) && output=${!i} ;;
    -MT | -MF | -MQ) i=$((i + 1)) ;;
    -MD | -MMD | -c) ;;
    *) preprocess+=("${!i}") ;;
  esac
done
[[ $output == *.gch ]] || exec "$@"
rm -f "$output.sum"
"$@" || exit
# -dD keeps definitions of macros, -P leaves out the names of files.
if digest=$("${preprocess[@]}" -E -dD -P | sha256sum); then echo "$digest" > "$output.sum"; fi
