"""The worked example: every expected line, in order, and the same bytes every time."""

import sys
import tempfile
import unittest
from pathlib import Path

from support import json_lines, matches, missing_in_order, run

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
EXAMPLE = HERE / "example"
CONFIG, JOURNAL = str(EXAMPLE / "fusebox.yaml"), str(EXAMPLE / "journal.ndjson")


def replay(*more):
    return run(PROGRAM, "replay", "-c", CONFIG, JOURNAL, *more)


class WorkedExample(unittest.TestCase):
    def test_gives_every_expected_line_in_order(self):
        code, out, err = replay()
        self.assertEqual(code, 0, err)
        expected = json_lines((EXAMPLE / "expected.ndjson").read_text())
        self.assertIsNone(missing_in_order(expected, json_lines(out)))

    def test_the_matcher_can_fail(self):
        _, out, _ = replay()
        wrong = [{"decision": {"id": "c1", "effect": "deny"}}]
        self.assertIsNotNone(missing_in_order(wrong, json_lines(out)))
        self.assertFalse(matches({"a": [1, 2]}, {"a": [1]}))

    def test_is_the_golden_output_byte_for_byte(self):
        # Built by another compiler, the program must pass this too.
        _, out, _ = replay()
        self.assertEqual(out, (EXAMPLE / "golden.ndjson").read_text())

    def test_same_bytes_twice_and_to_a_file(self):
        _, first, _ = replay()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.ndjson"
            code, out, _ = replay("--out", str(path))
            self.assertEqual((code, out), (0, ""))
            self.assertEqual(path.read_text(), first)
            self.assertEqual([each.name for each in Path(folder).iterdir()], ["out.ndjson"])

    def test_seq_counts_up_and_the_summary_is_last(self):
        _, out, _ = replay()
        lines = json_lines(out)
        self.assertIn("summary", lines[-1])
        self.assertEqual([line["seq"] for line in lines[:-1]], list(range(1, len(lines))))

    def test_is_valid(self):
        code, out, err = run(PROGRAM, "validate", CONFIG)
        self.assertEqual(code, 0, err)
        self.assertIn("2 SLOs, 1 breakers, 2 limits, 1 policies", out)

    def test_check_asks_the_end_state(self):
        body = '{"agent":"bot","action":"tool","target":"search"}'
        code, out, _ = replay("--check", body, "--explain")
        self.assertEqual(code, 1)
        decision = json_lines(out)[0]
        self.assertEqual((decision["gate"], decision["reason"]), ("kill", "killed"))
        self.assertTrue(decision["explain"])
        code, out, _ = replay("--check", body.replace("bot", "other"))
        self.assertEqual((code, json_lines(out)[0]["effect"]), (0, "allow"))

    def test_timeline_is_for_people(self):
        code, out, _ = replay("--timeline")
        self.assertEqual(code, 0)
        self.assertIn("2026-01-01 (UTC)", out)
        self.assertIn("closed -> open", out)
        self.assertIn("BUDGET LEFT", out)
        self.assertNotIn("\x1b", out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
