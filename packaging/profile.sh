#!/usr/bin/env bash
# packaging/profile.sh: measures which way the hot paths go, for the compiler. Builds everything
# with counters, runs what users run (a replay, spans, checks, a scenario), and writes
# packaging/profile/fusebox.profdata, which the release and bench trees are built with. Worth
# repeating when `make bench` and a fresh profile differ: what the file does not know any more is
# compiled without it. Takes ten minutes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tree=build/profile
out=packaging/profile/fusebox.profdata
jobs=$(packaging/jobs.sh)
raw=$(mktemp -d)
trap 'rm -rf "$raw"' EXIT
export LLVM_PROFILE_FILE=$raw/%p.profraw

packaging/step.sh "configure the profile tree" packaging/configure.sh profile
packaging/step.sh "build with counters, $jobs jobs" \
  cmake --build --preset profile -j "$jobs" \
  -t fusebox make_journal engine_bench otlp_bench breaker_bench

train() {
  "$tree/bin/make_journal" --lines 500000 --days 30 --seed 1 >"$raw/journal"
  "$tree/fusebox" replay -c tests/integration/example/fusebox.yaml "$raw/journal" --out "$raw/lines"
  for program in engine_bench otlp_bench breaker_bench; do
    "$tree/bin/$program" --benchmark_min_time=0.2
  done
  "$tree/fusebox" chaos run scenarios/provider-brownout.yaml \
    -c scenarios/configs/provider-brownout.protected.yaml --json >"$raw/result"
}
export -f train
export tree raw
packaging/step.sh "run with counters" bash -euc train >"$raw/output"

# A profile as text is a paragraph a function: name, hash, counters. Keeps the hot ones: the rest is
# better compiled as usual than for size, because other users run other things.
keep_hot() {
  awk -v least=10000 'BEGIN { RS = ""; ORS = "\n\n"; print "# IR level Instrumentation Flag\n:ir" }
    {
      sub(/^# IR level[^\n]*\n:ir\n/, "")
      most = 0
      for (i = split($0, line, "\n"); i > 3; --i)
        if (line[i] ~ /^[0-9]+$/ && line[i] + 0 > most) most = line[i] + 0
      if (most >= least) print
    }'
}
mkdir -p "$(dirname "$out")"
llvm-profdata-16 merge --sparse --text "$raw"/*.profraw | keep_hot >"$raw/hot"
llvm-profdata-16 merge -o "$out" "$raw/hot"
echo "$out: $(stat -c %s "$out") bytes"
