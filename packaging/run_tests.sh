#!/usr/bin/env bash
# packaging/run_tests.sh PRESET [CTEST OPTION…]: configures, builds and runs one tree's tests, the
# summary last. Options for the configure step: CONFIGURE in the environment.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift
jobs=$(packaging/jobs.sh)
read -r -a configure <<<"${CONFIGURE:-}"

# Sanitizers of clang 16 lay out their shadow memory at fixed places, which newer kernels may hand
# out to something else when addresses are random. Where fixing them is forbidden (some
# containers), go without.
fixed_addresses=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_addresses=(setarch "$(uname -m)" -R); fi

packaging/step.sh "prepare the programs that the tests talk to" packaging/peers.sh
packaging/step.sh "configure the $preset tree" \
  packaging/configure.sh "$preset" "${configure[@]}"
packaging/step.sh "build the $preset tree with $jobs jobs" \
  cmake --build --preset "$preset" -j "$jobs"
echo "==> run the tests of the $preset tree"
exec "${fixed_addresses[@]}" ctest --preset "$preset" -j "$(nproc)" "$@"
