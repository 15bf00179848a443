#!/usr/bin/env bash
# Format, clang-tidy and the rules of the house over every source. `lint.sh fmt` formats instead.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

sources() {
  find base policy telemetry slo breakers killswitch chaos exporters sre tests \
    -name broken_house -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print0
}

if [[ ${1:-} == fmt ]]; then
  sources | xargs -0 clang-format-16 -i
  exit
fi

status=0
sources | packaging/step.sh "clang-format" xargs -0 clang-format-16 --dry-run -Werror || status=1
packaging/step.sh "layers" cmake -DROOT=. -P cmake/check_layers.cmake || status=1
packaging/step.sh "tidy" python3 cmake/check_tidy.py . || status=1
packaging/step.sh "configure for clang-tidy" \
  packaging/configure.sh test || status=1
packaging/step.sh "clang-tidy" \
  python3 cmake/run_clang_tidy.py build/test "$(packaging/jobs.sh)" || status=1
exit "$status"
