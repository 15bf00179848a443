#!/usr/bin/env bash
# packaging/configure.sh PRESET [CMAKE OPTION…]: silent unless something is wrong.
set -euo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$@" -Wno-dev >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
grep -A3 -E '^CMake (Deprecation )?Warning' "$log" || true
