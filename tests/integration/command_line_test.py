"""The command line: help, exit codes, bad input, full disks, readers that go away."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import json_lines, run

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
CONFIG = str(HERE / "example" / "fusebox.yaml")
JOURNAL = str(HERE / "example" / "journal.ndjson")
EVENT = '{"at":"2026-01-01T00:00:00Z","event":{"kind":"task","agent":"bot","outcome":"ok"}}\n'


class CommandLine(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        for command in (["serve"], ["demo"], ["slo"], ["breakers"], ["limits"], ["agents"],
                        ["approvals"], ["check"], ["kill"], ["rearm"], ["exec"], ["audit"],
                        ["audit", "verify"], ["audit", "export"], ["replay"], ["validate"],
                        ["export"], ["export", "schema"], ["export", "openapi"],
                        ["export", "grafana"],
                        ["chaos"], ["chaos", "run"], ["chaos", "list"], ["chaos", "explain"],
                        ["policy"], ["policy", "test"], ["explain"], ["completion"],
                        ["version"], []):
            code, out, _ = run(PROGRAM, *command, "--help")
            self.assertEqual(code, 0, command)
            if command not in (["policy"], ["audit"]):
                self.assertIn("Example", out, command)

    def test_usage_errors_exit_with_2(self):
        for arguments in ([], ["nonsense"], ["replay"], ["replay", "--nope", JOURNAL], ["policy"]):
            code, _, err = run(PROGRAM, *arguments)
            self.assertEqual(code, 2, arguments)
            self.assertTrue(err, arguments)

    def test_version(self):
        code, out, _ = run(PROGRAM, "version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^fusebox \d+\.\d+\.\d+\n$")
        code, out, _ = run(PROGRAM, "version", "--json")
        self.assertIn("version", json_lines(out)[0])

    def test_without_a_configuration_the_presets_are_on(self):
        code, out, err = run(PROGRAM, "replay", "-", stdin=EVENT)
        self.assertEqual(code, 0, err)
        slos = json_lines(out)[-1]["summary"]["slos"]
        self.assertEqual(
            [(slo["slo"], slo["key"]) for slo in slos], [("task-success", {"agent": "bot"})]
        )

    def test_malformed_input_ends_with_2_and_its_line(self):
        code, out, err = run(PROGRAM, "replay", "-", stdin=EVENT + '{"at":1,"event":{}}\n')
        self.assertEqual(code, 2)
        self.assertRegex(err, r"^<stdin>:2:1: error\[E03\d\d\]: .*agent")
        self.assertTrue(out, "what came before the bad line is true all the same")

    def test_empty_journal_is_a_summary(self):
        code, out, _ = run(PROGRAM, "replay", "-c", CONFIG, "-", stdin="")
        self.assertEqual(code, 0)
        self.assertEqual(len(json_lines(out)), 1)

    def test_missing_files_are_named(self):
        for arguments in (
            ["replay", "/no/such/journal"],
            ["replay", "-c", "/no/such.yaml", JOURNAL],
            ["validate", "/no/such.yaml"],
        ):
            code, _, err = run(PROGRAM, *arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn("/no/such", err)

    def test_failed_run_leaves_the_earlier_output_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "out.ndjson"
            path.write_text("earlier\n")
            code, _, _ = run(PROGRAM, "replay", "-", "--out", str(path), stdin="nonsense\n")
            self.assertEqual(code, 2)
            self.assertEqual(path.read_text(), "earlier\n")
            self.assertEqual([each.name for each in Path(folder).iterdir()], ["out.ndjson"])

    def test_output_never_replaces_an_input(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "journal.ndjson"
            path.write_text(EVENT)
            link = Path(folder) / "link"
            link.symlink_to(path)
            for out in (path, link):
                code, _, err = run(PROGRAM, "replay", str(path), "--out", str(out))
                self.assertEqual(code, 2)
                self.assertIn("overwrite", err)
                self.assertEqual(path.read_text(), EVENT)

    def test_output_that_cannot_be_opened_is_named(self):
        code, _, err = run(PROGRAM, "replay", JOURNAL, "--out", "/no/such/out")
        self.assertEqual(code, 1)
        self.assertIn("/no/such/out", err)

    def test_blank_lines_are_no_input(self):
        code, out, err = run(PROGRAM, "replay", "-", stdin="\n" + EVENT + "\r\n\n")
        self.assertEqual(code, 0, err)
        self.assertEqual(json_lines(out)[-1]["summary"]["events"]["inputs"], 1)

    def test_stop_order_that_stops_nothing_is_malformed_input(self):
        for scope in ("agent:", "GLOBAL", "agent:*", "agent:bot/tool:x", "foo:x"):
            line = '{"at":1,"kill":{"scope":"%s","reason":"r"}}\n' % scope
            code, _, err = run(PROGRAM, "replay", "-", stdin=line)
            self.assertEqual(code, 2, scope)
            self.assertIn("<stdin>:1:1: error[E0504]", err)

    def test_text_from_outside_cannot_command_the_terminal(self):
        line = (
            '{"at":1,"kill":{"scope":"global","reason":"a\\u001b[2Jb\\nfake","actor":"x\\u202e"}}\n'
            '{"at":2,"check":{"agent":"a\\u009b31m","action":"tool","target":"\\u0007"}}\n'
        )
        code, out, _ = run(PROGRAM, "replay", "-", "--timeline", stdin=line)
        self.assertEqual(code, 0)
        for hidden in ("\x1b", "\x07", "\x9b", "\u202e", "\nfake"):
            self.assertNotIn(hidden, out)

    def test_commands_to_come_are_refused_by_name(self):
        code, _, err = run(PROGRAM, "incidents")
        self.assertEqual(code, 2)
        self.assertIn("`incidents` is not built yet", err)
        code, _, err = run(PROGRAM, "nonsense")
        self.assertIn("no command `nonsense`", err)

    def test_export_writes_whole_files_and_names_them(self):
        dashboard = HERE.parent.parent / "exporters" / "grafana" / "fleet.json"
        for what, name in (("schema", "scenario.schema.json"), ("openapi", "openapi.json"),
                           ("grafana", "fleet.json")):
            with tempfile.TemporaryDirectory() as folder:
                code, out, err = run(PROGRAM, "export", what, folder + "/new/deep")
                self.assertEqual(code, 0, err)
                path = Path(folder) / "new" / "deep" / name
                self.assertEqual(out, f"{path}\n")
                self.assertTrue(json.loads(path.read_text()))
                if what == "grafana":
                    self.assertEqual(path.read_bytes(), dashboard.read_bytes())

    def test_export_says_what_it_cannot_write_and_what_is_not_built(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "file").write_text("")
            code, _, err = run(PROGRAM, "export", "schema", folder + "/file")
            self.assertEqual(code, 1)
            self.assertIn(folder + "/file", err)
        code, _, err = run(PROGRAM, "export", "prometheus-rules", "here")
        self.assertEqual(code, 2)
        self.assertIn("prometheus-rules", err)

    def test_validate_reads_scenarios(self):
        scenario = HERE.parent / "config" / "data" / "accepted" / "scenario.yaml"
        code, out, err = run(PROGRAM, "validate", str(scenario))
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.endswith(", 1 scenario\n"), out)
        with tempfile.TemporaryDirectory() as folder:
            wrong = Path(folder) / "wrong.yaml"
            wrong.write_text(scenario.read_text().replace("type: slow_ttft", "type: slow_tft"))
            code, _, err = run(PROGRAM, "validate", str(wrong))
            self.assertEqual(code, 2)
            self.assertIn("wrong.yaml:24:28: error[E0106]", err)
            unknown = Path(folder) / "unknown.yaml"
            unknown.write_text(scenario.read_text().replace("[task-success, ttft]", "[elsewhere]"))
            code, _, err = run(PROGRAM, "validate", str(unknown))
            self.assertEqual(code, 0, "the configuration it runs under may have it")
            self.assertIn("notice[E0110]: no SLO is named `elsewhere`", err)

    def test_a_daemon_that_is_not_there_is_exit_code_5(self):
        for command in (["slo"], ["kill", "global", "--reason", "r"],
                        ["rearm", "kill-1", "--reason", "r"],
                        ["check", "--agent", "a", "--target", "t"]):
            code, out, err = run(PROGRAM, *command, "--server", "127.0.0.1:1")
            self.assertEqual((code, out), (5, ""), command)
            self.assertIn("fusebox serve", err)

    def test_explain_needs_a_check(self):
        code, _, _ = run(PROGRAM, "replay", "-c", CONFIG, JOURNAL, "--explain")
        self.assertEqual(code, 2)

    def test_full_disk_is_an_error(self):
        code, _, err = run(PROGRAM, "replay", "-c", CONFIG, JOURNAL, "--out", "/dev/full")
        self.assertEqual(code, 1)
        self.assertIn("/dev/full", err)

    def test_reader_that_goes_away_is_no_crash(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run(
            [PROGRAM, "replay", "-c", CONFIG, JOURNAL],
            stdout=write_end, stderr=subprocess.PIPE, timeout=60, check=False,
        )
        os.close(write_end)
        self.assertEqual(done.returncode, 1)

    def test_validate_takes_missing_token_files_with_a_notice(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tokens.yaml"
            path.write_text(
                "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: x}\nspec:\n"
                "  auth: {mode: tokens, tokens: [{name: a, role: admin, token_file: ./a}]}\n"
            )
            code, _, err = run(PROGRAM, "validate", str(path))
            self.assertEqual(code, 0, err)
            self.assertRegex(err, r":5:68: notice\[E0009\]: token file .*/a cannot be read")
            (Path(folder) / "a").write_text("secret\n")
            self.assertEqual(run(PROGRAM, "validate", str(path))[::2], (0, ""))

    def test_validate_reports_every_mistake_and_json(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bad.yaml"
            path.write_text(
                "apiVersion: fusebox/v1\nkind: Breaker\nmetadata: {name: b}\n"
                "spec: {kye: [agent], consecutive_failures: none}\n"
            )
            code, _, err = run(PROGRAM, "validate", str(path))
            self.assertEqual(code, 2)
            self.assertIn(f"{path}:4:8: error[E0102]", err)
            self.assertIn("key", err)
            self.assertGreaterEqual(err.count("error["), 2)
            code, out, _ = run(PROGRAM, "validate", "--json", str(path))
            self.assertEqual(code, 2)
            self.assertFalse(json_lines(out)[0]["valid"])


POLICY_TEST = """apiVersion: fusebox/v1
kind: PolicyTest
metadata: {{name: production}}
spec:
  config: {config}
  tests:
    - name: drop table is never allowed
      check: {{agent: bot, action: tool, target: sql.query, args: {{query: "drop  TABLE users"}}}}
      expect: {{effect: deny, rule: {rule}, gate: governance}}
    - name: a search is allowed
      check: {{agent: bot, action: tool, target: search}}
      expect: {{effect: allow}}
"""


class PolicyTests(unittest.TestCase):
    def run_policy_tests(self, rule):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tests.yaml"
            path.write_text(POLICY_TEST.format(config=CONFIG, rule=rule))
            return run(PROGRAM, "policy", "test", str(path))

    def test_passing(self):
        code, out, err = self.run_policy_tests("no-drop-table")
        self.assertEqual(code, 0, err)
        self.assertIn("2 passed, 0 failed", out)

    def test_failing_says_what_differs(self):
        code, out, _ = self.run_policy_tests("other-rule")
        self.assertEqual(code, 1)
        self.assertIn("rule is no-drop-table, expected other-rule", out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
