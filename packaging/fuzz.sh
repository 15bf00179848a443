#!/usr/bin/env bash
# packaging/fuzz.sh [NAME…]: fuzzes every target of tests/fuzz (or those named) for FUZZ_SECONDS
# each, from the committed corpus. What it finds stays in build/fuzz/found/NAME; a crash is a file
# in build/fuzz/crashes and fails the run. To keep a finding, copy it to tests/fuzz/corpus/NAME.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${FUZZ_SECONDS:-60}
jobs=$(packaging/jobs.sh)
export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-16/bin/llvm-symbolizer
fixed_addresses=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_addresses=(setarch "$(uname -m)" -R); fi

packaging/step.sh "configure the fuzz tree" packaging/configure.sh fuzz
packaging/step.sh "build the fuzz targets with $jobs jobs" cmake --build --preset fuzz -j "$jobs"

names=("$@")
if ((${#names[@]} == 0)); then
  for source in tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$source" _fuzz.cpp)"); done
fi

mkdir -p build/fuzz/crashes
status=0
for name in "${names[@]}"; do
  mkdir -p "build/fuzz/found/$name"
  packaging/step.sh "fuzz $name for $seconds s" \
    "${fixed_addresses[@]}" "build/fuzz/bin/${name}_fuzz" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0 -print_funcs=0 \
    -artifact_prefix="build/fuzz/crashes/$name-" \
    "build/fuzz/found/$name" "tests/fuzz/corpus/$name" || status=1
done
exit "$status"
