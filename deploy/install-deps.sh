#!/usr/bin/env bash
# Installs the Debian 12 packages that Headgate is built, tested and measured with. If all are
# installed, it returns at once.
#
#   deploy/install-deps.sh                build and test
#   deploy/install-deps.sh --build-only   only packages to build
#   deploy/install-deps.sh --all          also programs that benchmarks compare with
set -euo pipefail

build=(
  g++ cmake ninja-build ccache pkg-config ca-certificates curl python3
  libboost1.81-dev libboost-system1.81-dev libboost-json1.81-dev libssl-dev
  libsimdjson-dev libyaml-cpp-dev libabsl-dev prometheus-cpp-dev
  libcli11-dev libspdlog-dev libsqlite3-dev libgtest-dev libgmock-dev libbenchmark-dev
)
test=(
  git openssl python3-venv python3-pip python3-jsonschema python3-yaml prometheus
  prometheus-alertmanager logrotate
  clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev valgrind chromium fonts-dejavu-core
)
bench=(nginx-light haproxy wrk)

# Packages that install a service, with its name. Only their programs are needed, not the service.
declare -A services=(
  [prometheus]=prometheus [prometheus-alertmanager]=prometheus-alertmanager
  [nginx-light]=nginx [haproxy]=haproxy
)

fail() {
  printf 'install-deps: %s\n' "$@" >&2
  exit 1
}

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "$0"
}

groups=(build test)
case "${1-}" in
  '') ;;
  --build-only) groups=(build) ;;
  --all) groups=(build test bench) ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
[[ $# -le 1 ]] || { usage >&2; exit 2; }

wanted=()
for group in "${groups[@]}"; do
  declare -n packages=$group
  wanted+=("${packages[@]}")
done
# The SDK tests run on Node.js 18 or later. An installed Node.js is kept, whatever its origin.
if [[ " ${groups[*]} " == *' test '* ]]; then
  command -v node >/dev/null || wanted+=(nodejs)
  command -v npm >/dev/null || wanted+=(npm)
fi

list="Install the corresponding packages by hand: ${wanted[*]}"
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
  fail 'this system has no apt.' "$list"
# shellcheck source=/dev/null
release=$(. /etc/os-release && printf '%s %s' "${ID-}" "${VERSION_ID-}")
[[ $release == 'debian 12' ]] || fail "this is '$release', not Debian 12." "$list"

# One query for all packages. `dpkg-query` fails for unknown names, which is not an error here.
installed=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "${wanted[@]}" \
  2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -Eq "^${package//+/\\+}(:[a-z0-9]+)? installed$" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null ||
    fail 'packages are missing; run this script as root, or install sudo.' "Missing: ${missing[*]}"
  as_root=(sudo)
fi

printf 'install-deps: installing %s\n' "${missing[*]}"

# Debian starts a service when its package is installed, unless policy-rc.d forbids it. An existing
# policy-rc.d stays, because it is the decision of the system's owner. Otherwise this script makes a
# policy-rc.d and removes it on exit, also after a failure.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\n# Temporary, by deploy/install-deps.sh of headgate: remove it.\nexit 101\n' |
    "${as_root[@]}" install -m 755 /dev/stdin "$policy"
fi

# New services must not start at the next boot either. Services that were installed before stay as
# they are.
new_services=()
for package in "${missing[@]}"; do
  service=${services[$package]-}
  [[ -z $service || -e /etc/init.d/$service ]] || new_services+=("$service")
done

apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qy)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
for service in "${new_services[@]}"; do
  "${as_root[@]}" update-rc.d "$service" disable
done
