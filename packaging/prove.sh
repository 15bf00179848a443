#!/usr/bin/env bash
# The long proof: every tree's tests in their long form (FUSEBOX_PROVE=1) with the compiler of
# record, under the sanitizers and with GCC, then fuzzing for FUZZ_SECONDS (default 60) a target.
# Leaves docs/proof/YYYY-MM-DD-prove.log, whatever the outcome. Takes hours.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FUSEBOX_PROVE=1
export CONFIGURE="-DFUSEBOX_TEST_TIMEOUT=7200"

prove() {
  local status=0 tree
  echo "prove: $(date -u +%FT%TZ), commit $(commit), $(nproc) cores"
  clang++-16 --version | head -1
  g++-12 --version | head -1
  for tree in test asan tsan gcc; do
    packaging/step.sh "prove $tree" packaging/run_tests.sh "$tree" || status=1
  done
  packaging/step.sh "prove fuzz" packaging/fuzz.sh || status=1
  if ((status == 0)); then echo "prove: all passed"; else echo "prove: FAILED"; fi
  return "$status"
}

commit() {
  local changed=""
  [[ -z "$(git status --porcelain --untracked-files=no)" ]] || changed=" with local changes"
  echo "$(git rev-parse --short HEAD)$changed"
}

mkdir -p build docs/proof
log="docs/proof/$(date -u +%F)-prove.log"
status=0
prove 2>&1 | tee build/prove.log || status=1
# Compiler progress and cases that passed were for the screen, and so were this machine's paths;
# the log is for what was shown.
grep -vE '^\[[0-9]+/[0-9]+\]|^ *Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test +#.* Passed ' \
  build/prove.log | sed "s#$PWD/##g" >"$log"
echo "prove: log in $log"
exit "$status"
