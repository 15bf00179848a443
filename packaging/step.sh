#!/usr/bin/env bash
# packaging/step.sh TITLE COMMAND…: says what happens, does it, says how long it took.
set -euo pipefail

title=$1
shift
echo "==> $title"
started=$(date +%s%N)
status=0
"$@" || status=$?
elapsed=$((($(date +%s%N) - started) / 100000000))
if ((status == 0)); then outcome="done"; else outcome="FAILED (exit $status)"; fi
printf '==> %s: %s in %d.%d s\n' "$title" "$outcome" $((elapsed / 10)) $((elapsed % 10))
exit "$status"
