#!/usr/bin/env bash
# packaging/bench.sh [BENCHMARK OPTION…]: builds and runs every benchmark, pinned to one core:
# where the scheduler puts a process decides more than the code does. The library's own warning
# that it "was built as DEBUG" is about Debian's package; the code measured has the release flags.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(packaging/jobs.sh)
packaging/step.sh "configure the bench tree" packaging/configure.sh bench
packaging/step.sh "build the benchmarks with $jobs jobs" cmake --build --preset bench -j "$jobs"

core=$(taskset -pc $$ | grep -oE '[0-9]+$')  # the last one we may use
for program in build/bench/bin/*_bench; do
  packaging/step.sh "$(basename "$program") on core $core" taskset -c "$core" "$program" "$@"
done
packaging/step.sh "replay of a 30-day journal on core $core" \
  taskset -c "$core" packaging/bench_replay.sh build/bench
