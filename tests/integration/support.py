"""Running the program and matching its output, for the integration tests."""

import json
import math
import subprocess


def run(program, *arguments, stdin=None, env=None, timeout=120):
    """Runs `program` with no terminal; returns (exit code, stdout, stderr) as text."""
    done = subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True,
                          env=env, timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def matches(expected, actual):
    """True if `expected` is contained in `actual`.

    An object is a subset of the other's members, each element of an expected list matches some
    element of the other's list, numbers are equal within 1e-9.
    """
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and matches(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and all(
            any(matches(one, other) for other in actual) for one in expected
        )
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
        return math.isclose(expected, actual, rel_tol=0, abs_tol=1e-9)
    return expected == actual


def missing_in_order(expected_lines, actual_lines):
    """The first expected line that no further actual line matches, in order; None if all do."""
    rest = iter(actual_lines)
    for expected in expected_lines:
        if not any(matches(expected, actual) for actual in rest):
            return expected
    return None
