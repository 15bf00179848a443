#!/usr/bin/env bash
# packaging/peers.sh [python] [javascript]: programs of others that the tests talk to, by default
# both, below build/peers: a Python environment and a node_modules, from lock files with digests.
#
# Takes some milliseconds when they are there already. A registry that cannot be reached is a
# failure, because a test that is skipped proves nothing. $PYTHON: which Python (default python3).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly PEERS=build/peers

# pip and npm bring authorities of their own; a site's own are in the system's list.
readonly AUTHORITIES=/etc/ssl/certs/ca-certificates.crt
if [[ -r $AUTHORITIES ]]; then
  export PIP_CERT=${PIP_CERT:-$AUTHORITIES} NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$AUTHORITIES}
fi

main() {
  local peer
  (($# > 0)) || set -- python javascript
  mkdir -p "$PEERS"
  # Two trees may be tested at once.
  exec 9>"$PEERS/lock"
  flock 9
  for peer in "$@"; do
    case "$peer" in
      python | javascript) "make_$peer" ;;
      *) echo "usage: packaging/peers.sh [python] [javascript]" >&2; exit 2 ;;
    esac
  done
}

make_python() {
  local python=${PYTHON:-python3} list=sdk/python/requirements-test.txt stamp
  stamp=$("$python" -c 'import sys; print(sys.version, sys.prefix)' && sha256sum "$list")
  is_stamped "$PEERS/python" "$stamp" && return
  say "the Python environment: $(grep -c == "$list") packages"
  rm -rf "$PEERS/python"
  "$python" -m venv "$PEERS/python"
  "$PEERS/python/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$list"
  echo "$stamp" >"$PEERS/python/stamp"
}

make_javascript() {
  local source=tests/integration/otel_javascript stamp
  stamp=$(node --version && sha256sum "$source"/package*.json)
  is_stamped "$PEERS/javascript" "$stamp" && return
  say "the JavaScript packages: $(grep -c '"integrity"' "$source/package-lock.json")"
  rm -rf "$PEERS/javascript"
  mkdir "$PEERS/javascript"
  cp "$source"/package*.json "$PEERS/javascript/"
  npm ci --prefix "$PEERS/javascript" --ignore-scripts --no-audit --no-fund \
    --no-update-notifier --loglevel=error
  echo "$stamp" >"$PEERS/javascript/stamp"
}

# A stamp is written last, so that what was cut short is made anew.
is_stamped() { [[ "$(cat "$1/stamp" 2>/dev/null)" == "$2" ]]; }

say() { echo "peers: $*"; }

main "$@"
