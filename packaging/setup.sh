#!/usr/bin/env bash
# Sets up a bare Debian 12 for one kind of work:
#
#   packaging/setup.sh build    what `make build` and `make run` need
#   packaging/setup.sh test     … and the tests, the sanitizers and the second compiler
#   packaging/setup.sh bench    … build and the benchmark library
#   packaging/setup.sh lint     … test and the clang tools
#   packaging/setup.sh chroot   what packaging/clean_tree.sh needs
#
# Asks the package database first: when nothing is missing it takes some milliseconds, no rights
# and no network. Starts no service, removes no package. Needs root, itself or through sudo, only
# to install; otherwise prints the line to run and exits 1.
set -euo pipefail

readonly LOCK_SECONDS=600  # how long another package manager may hold the lock

readonly BUILD=(make cmake ninja-build clang-16 lld-16 ccache pkg-config libboost1.81-dev
  libboost-json1.81-dev libssl-dev libyaml-cpp-dev libsimdjson-dev libprotozero-dev libdeflate-dev
  libre2-dev libsqlite3-dev libcli11-dev zlib1g-dev)
# libclang-rt: the sanitizers and libFuzzer. llvm-16: their stack traces with names.
# prometheus: promtool, the oracle of the alert tests, and a server that scrapes.
# python3-venv, nodejs, npm: agents that others wrote, see peers.sh.
# zsh, fish: shells that read our completion scripts.
readonly TEST=(g++ libgtest-dev libgmock-dev libclang-rt-16-dev llvm-16 prometheus python3
  python3-venv nodejs npm zsh fish)
readonly BENCH=(libbenchmark-dev)
readonly LINT=(clang-format-16 clang-tidy-16)
readonly CHROOT=(mmdebstrap git)

# Installing promtool brings a service along, which would be enabled for the next start.
readonly UNWANTED_SERVICES=(prometheus.service)

main() {
  local wanted missing
  choose_packages "${1:-}"
  command -v dpkg-query >/dev/null ||
    die "this set-up knows Debian 12; install by your own means: ${wanted[*]}"
  read -r -a missing <<<"$(not_installed "${wanted[@]}")"
  if ((${#missing[@]} == 0)); then
    say "$1: all ${#wanted[@]} packages are there"
    return
  fi
  say "$1: installing ${#missing[@]} of ${#wanted[@]} packages: ${missing[*]}"
  if (($(id -u) != 0)); then
    become_root "$1" "${missing[@]}"
    return
  fi
  install_packages "${missing[@]}"
}

choose_packages() {  # into main's `wanted`
  case "$1" in
    build) wanted=("${BUILD[@]}") ;;
    test) wanted=("${BUILD[@]}" "${TEST[@]}") ;;
    bench) wanted=("${BUILD[@]}" "${BENCH[@]}") ;;
    lint) wanted=("${BUILD[@]}" "${TEST[@]}" "${LINT[@]}") ;;
    chroot) wanted=("${CHROOT[@]}") ;;
    *) die "usage: packaging/setup.sh build|test|bench|lint|chroot" ;;
  esac
}

not_installed() {
  local installed package
  # Also what an installed one provides: Node.js from its makers is one package with npm, which
  # Debian's would not go together with.
  installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
    sed -n 's/^installed //p' | tr ',\n' '  ')"
  for package in "$@"; do
    [[ "$installed" == *" $package "* ]] || printf '%s ' "$package"
  done
  echo
}

# Through sudo where it works: with a terminal it may ask for a password, without one it must not.
become_root() {
  local set="$1" ask=(-n)
  shift
  [[ -t 0 ]] && ask=()
  if command -v sudo >/dev/null && sudo "${ask[@]}" true; then
    sudo "${ask[@]}" -- "$(command -v bash)" "${BASH_SOURCE[0]}" "$set"
    return
  fi
  echo "setup: needs root to install packages; run this, then repeat what you did:" >&2
  echo "  su -c 'apt-get update && apt-get install -y --no-install-recommends $*'" >&2
  exit 1
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local started=$SECONDS
  # A list that cannot be refreshed is no failure as long as the packages can be had.
  apt_get update || say "some package lists could not be refreshed; trying with what is there"
  refuse_unknown "$@"
  forbid_service_starts
  # --no-remove: better to stop and explain than to take a package away that someone uses.
  if ! apt_get install -y --no-install-recommends --no-remove "$@"; then
    explain_failure
    exit 1
  fi
  disable_unwanted_services "$@"
  say "installed in $((SECONDS - started)) s"
}

# apt itself waits for dpkg's lock only; those of the lists and the download cache fail at once.
apt_get() {
  local deadline=$((SECONDS + LOCK_SECONDS)) log status=0
  log="$(mktemp)"
  while true; do
    status=0
    apt-get -q -o DPkg::Lock::Timeout="$LOCK_SECONDS" -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
      "$@" </dev/null >"$log" 2>&1 || status=$?
    ((status != 0 && SECONDS < deadline)) || break
    grep -qE 'Could not get lock|Unable to lock' "$log" || break
    say "another package manager is at work; waiting"
    sleep 5
  done
  # Hundreds of "Unpacking" lines help nobody, unless something went wrong.
  if ((status != 0)); then
    cat "$log" >&2
  else
    grep -E '^(Need to get|After this operation|Fetched)' "$log" | sed 's/^/  /' || true
  fi
  rm -f "$log"
  return "$status"
}

refuse_unknown() {
  local package policy unknown=()
  for package in "$@"; do
    policy="$(apt-cache policy "$package")"
    [[ "$policy" =~ "Candidate: "[^\(] ]] || unknown+=("$package")
  done
  ((${#unknown[@]} == 0)) && return
  echo "setup: your package sources do not offer: ${unknown[*]}" >&2
  echo "setup: they are all in Debian 12 (bookworm) main; this system is $(system_name)" >&2
  exit 1
}

system_name() (
  # shellcheck disable=SC1091
  . /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown}" || echo unknown
)

explain_failure() {
  echo "setup: apt-get could not install the packages; its own words are above" >&2
  if dpkg-query -W -f '${db:Status-Status}' libboost1.74-dev 2>/dev/null | grep -qx installed; then
    echo "setup: libboost1.74-dev is installed and excludes libboost1.81-dev, which is needed" >&2
    echo "setup: here; if nothing of yours needs it: apt-get remove libboost1.74-dev" >&2
  fi
}

# invoke-rc.d and deb-systemd-invoke ask this file before they start anything; 101 means no. One
# that was there is put back, also after a run that was killed half way.
readonly RC_POLICY=/usr/sbin/policy-rc.d
readonly RC_POLICY_SAVED=$RC_POLICY.before-fusebox

forbid_service_starts() {
  restore_service_policy
  [[ -e $RC_POLICY ]] && mv "$RC_POLICY" "$RC_POLICY_SAVED"
  trap restore_service_policy EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '%s\n' '#!/bin/sh' '# fusebox-setup: no service starts while packages are installed' \
    'exit 101' >"$RC_POLICY"
  chmod 755 "$RC_POLICY"
}

restore_service_policy() {
  if [[ -e $RC_POLICY ]] && grep -q fusebox-setup "$RC_POLICY"; then rm -f "$RC_POLICY"; fi
  if [[ -e $RC_POLICY_SAVED ]]; then mv "$RC_POLICY_SAVED" "$RC_POLICY"; fi
}

# Only those that came with this run: a service that was there before is its owner's.
disable_unwanted_services() {
  command -v systemctl >/dev/null || return 0
  local service package
  for service in "${UNWANTED_SERVICES[@]}"; do
    for package in "$@"; do
      [[ "$service" == "$package.service" ]] || continue
      systemctl --quiet disable "$service" 2>/dev/null || say "could not disable $service"
    done
  done
}

say() { echo "setup: $*"; }

die() {
  echo "setup: $*" >&2
  exit 2
}

main "$@"
