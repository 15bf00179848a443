#!/usr/bin/env bash
# Prints how many compilers may run at once: one a core, as far as each has 800 MiB; the heaviest
# units take 480 (GCC), 430 (sanitizers) and 340 (clang). JOBS in the environment overrides it.
set -euo pipefail

readonly MIB_PER_JOB=800

if [[ -n ${JOBS:-} ]]; then
  echo "$JOBS"
  exit
fi
cores=$(nproc)
memory_mib=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
if [[ $limit != max ]] && ((limit / 1048576 < memory_mib)); then
  memory_mib=$((limit / 1048576))
fi
jobs=$((memory_mib / MIB_PER_JOB < cores ? memory_mib / MIB_PER_JOB : cores))
echo $((jobs < 1 ? 1 : jobs))
