#!/usr/bin/env python3
"""clang-tidy over a compile database, remembering what passed: run_clang_tidy.py BUILD JOBS

A unit is skipped when the same preprocessed text passed before under the same rules: the key is a
hash of both, so a changed header, flag or .clang-tidy makes it run again. BUILD/clang-tidy-passed
holds one empty file per key. Units of the sanitized second libraries are the same sources again
and left out. So are sources that the build makes, and precompiled headers: here a unit must
include what it uses.
"""

import hashlib
import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG = "clang++-16"
TIDY = "clang-tidy-16"


def units(build):
    """(source, flags), each source once."""
    seen = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = Path(entry["file"])
        if source.name.startswith("cmake_pch") or source.is_relative_to(build.resolve()):
            continue
        words = shlex.split(entry["command"])
        start = next(i for i, word in enumerate(words) if word.startswith("-"))
        flags = without_precompiled(words[start:words.index("-o")])
        seen.setdefault(entry["file"], flags)
    return sorted(seen.items())


def without_precompiled(flags):
    """CMake writes `-Xclang -include-pch -Xclang FILE`, and the same with `-include`."""
    options = [at for at, flag in enumerate(flags) if flag in ("-include-pch", "-include")]
    dropped = {at for option in options for at in range(option - 1, option + 3)}
    return [flag for at, flag in enumerate(flags) if at not in dropped]


def key_of(source, flags, rules):
    command = [CLANG, *flags, "-E", "-CC", "-P", source]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    return hashlib.sha256(rules + " ".join(flags).encode() + text).hexdigest()


def check(source, flags, rules, passed):
    """What clang-tidy has to say, or None where nothing is wrong."""
    mark = passed / key_of(source, flags, rules)
    if mark.exists():
        return None
    command = [TIDY, "--quiet", "--warnings-as-errors=*", source, "--", *flags]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if result.returncode == 0:
        mark.touch()
        return None
    return result.stdout + ("" if result.stdout else result.stderr)


def main():
    build, jobs = Path(sys.argv[1]), int(sys.argv[2])
    only = sys.argv[3:]  # for a quick look: parts of paths
    passed = build / "clang-tidy-passed"
    passed.mkdir(exist_ok=True)
    rules = (ROOT / ".clang-tidy").read_bytes()
    work = [unit for unit in units(build) if not only or any(part in unit[0] for part in only)]
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda unit: check(*unit, rules, passed), work))
    for text in filter(None, results):
        print(text)
    bad = sum(text is not None for text in results)
    print(f"clang-tidy: {len(work)} units, {bad} with findings", file=sys.stderr)
    sys.exit(1 if bad or not work else 0)


if __name__ == "__main__":
    main()
