#!/usr/bin/env bash
# packaging/bench_replay.sh TREE: replays journals of half a million and of two million lines (30
# days, from a seed) on one core. Prints inputs per CPU second and peak memory of each, and fails if
# the same journal does not give the same bytes twice.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tree=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fusebox=$tree/fusebox
make_journal=$tree/bin/make_journal
config=tests/integration/example/fusebox.yaml

for lines in 500000 2000000; do
  "$make_journal" --lines "$lines" --days 30 --seed 1 >"$work/journal"
  for run in first second; do
    python3 - "$fusebox" "$config" "$work" "$run" "$lines" <<'PY'
import resource, subprocess, sys
fusebox, config, work, run, lines = sys.argv[1:]
subprocess.run([fusebox, "replay", "-c", config, f"{work}/journal", "--out", f"{work}/{run}"],
               check=True, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f"replay of {lines} lines, {run}: {cpu:.2f} s CPU ({used.ru_utime:.2f} user), "
      f"{int(lines) / cpu / 1e6:.2f} M inputs/s, peak {used.ru_maxrss / 1024:.0f} MiB")
PY
  done
  cmp "$work/first" "$work/second" && echo "same bytes twice: $(wc -l <"$work/first") lines"
done
