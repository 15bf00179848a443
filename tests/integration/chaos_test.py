"""chaos: the shipped scenarios and their verdicts, reports, refusals, and what invalid files meet.

FUSEBOX_SEEDS says how many seeds each scenario runs with (3; 100 with FUSEBOX_PROVE=1, 1 under
sanitizers). The run hashes of the first three stand in data/run_hashes.json: the same on every
machine and compiler. UPDATE_GOLDEN=1 writes them anew.
"""

import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from daemon_support import WithDaemon
from support import json_lines, run

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
SCENARIOS = HERE.parents[1] / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
SEEDS = int(os.environ.get("FUSEBOX_SEEDS", "100" if "FUSEBOX_PROVE" in os.environ else "3"))
HASHES = HERE / "data" / "run_hashes.json"

# A small experiment that takes a fraction of a second; tests change it by text.
SMALL = """
apiVersion: fusebox/v1
kind: Scenario
metadata: {name: small}
spec:
  title: A small one
  owner: tests
  seed: 5
  mode: sim
  targets:
    - {name: model, kind: llm, model: m1}
  slos: [task-success]
  workload:
    profile: research-agent
    arrivals: {process: poisson, rate: 20/s}
    agents: {count: 200}
  population: {unit: session, percent: 30%, control_percent: 30%}
  stages:
    - {name: base, kind: baseline, duration: 1m}
    - name: faults
      kind: inject
      duration: 2m
      faults:
        - id: cut
          type: in_stream_error
          target: model
          schedule: {percent: 2%}
          with: {kind: overloaded, after_events: 3}
    - {name: heal, kind: recover, duration: 1m}
  hypothesis:
    steady_state: [{slo: task-success, window: 30s, op: gte, value: 0.9}]
    compare: [{sli: task-success, kind: proportion, margin: 0.2}]
    min_samples: 100
"""


def chaos(*arguments):
    """Without a daemon: one that happens to run here has no say in these."""
    environment = {name: value for name, value in os.environ.items() if name != "FUSEBOX_SERVER"}
    return run(PROGRAM, "chaos", *arguments, env=environment, timeout=3600)


class Shipped(unittest.TestCase):
    """Each scenario passes under its protected configuration and fails under the other one."""

    def verdicts(self, name, protection):
        code, out, err = chaos("run", str(SCENARIOS / f"{name}.yaml"), "--seeds", f"1..{SEEDS}",
                               "-c", str(SCENARIOS / "configs" / f"{name}.{protection}.yaml"),
                               "--json")
        seeds = json_lines(out)[0]["seeds"]
        self.assertEqual(len(seeds), SEEDS, err)
        return code, seeds

    def test_verdicts_and_run_hashes(self):
        known = json.loads(HASHES.read_text()) if HASHES.exists() else {}
        found = {}
        for name in NAMES:
            for protection, code, verdict in (("protected", 0, "pass"), ("unprotected", 1, "fail")):
                with self.subTest(scenario=name, protection=protection):
                    exit_code, seeds = self.verdicts(name, protection)
                    self.assertEqual([seed["verdict"] for seed in seeds], [verdict] * SEEDS, seeds)
                    self.assertEqual(exit_code, code)
                    if verdict == "fail":  # an indicator says so, not the absence of a device
                        for seed in seeds:
                            self.assertIn("compare", [each["kind"] for each in seed["failed"]])
                    hashes = [seed["run_hash"] for seed in seeds]
                    found[f"{name}.{protection}"] = hashes
                    if "UPDATE_GOLDEN" not in os.environ:
                        pinned = known[f"{name}.{protection}"][:SEEDS]
                        self.assertEqual(hashes[: len(pinned)], pinned)
        if "UPDATE_GOLDEN" in os.environ:
            HASHES.write_text(json.dumps(found, indent=2) + "\n")

    def test_the_list_has_them_all(self):
        code, out, _ = chaos("list", "--json")
        self.assertEqual(code, 0)
        self.assertEqual([each["name"] for each in json_lines(out)[0]["scenarios"]], NAMES)
        code, out, _ = chaos("list", str(SCENARIOS))
        self.assertEqual(code, 0)
        for name in NAMES:
            self.assertIn(name, out)


class Small(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "small.yaml"

    def run_small(self, *arguments, change=(), text=SMALL):
        for old, new in change:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.path.write_text(text)
        return chaos("run", str(self.path), *arguments)

    def test_a_report_is_five_files_that_agree(self):
        folder = Path(self.folder.name) / "report"
        code, out, err = self.run_small("--report", str(folder))
        self.assertEqual(code, 0, out + err)
        self.assertEqual(
            sorted(path.name for path in folder.iterdir()),
            ["journal.ndjson", "report.html", "report.json", "report.md", "report.xml"])
        report = json.loads((folder / "report.json").read_text())
        self.assertEqual((report["schema_version"], report["verdict"], report["seed"]),
                         (1, "pass", 5))
        self.assertRegex(report["scenario_hash"], r"^sha256:[0-9a-f]{64}$")
        self.assertRegex(report["run_hash"], r"^[0-9a-f]{16}$")
        suite = ElementTree.parse(folder / "report.xml").getroot()
        self.assertGreater(len(list(suite.iter("testcase"))), 3)
        self.assertEqual(list(suite.iter("failure")), [])
        self.assertIn("small", (folder / "report.md").read_text())
        page = (folder / "report.html").read_text()
        self.assertNotRegex(page, r"""(src|href)\s*=\s*["']?(https?:)?//""")
        lines = json_lines((folder / "journal.ndjson").read_text())
        injected = [line for line in lines if "injection" in line]
        self.assertEqual(len(injected), sum(fault["injected"] for fault in report["faults"]))
        self.assertEqual([line["at"] for line in lines], sorted(line["at"] for line in lines))

    def test_the_seed_decides_the_run(self):
        hashes = []
        for arguments in ((), ("--seed", "5"), ("--seed", "6")):
            code, out, err = self.run_small("--json", *arguments)
            self.assertEqual(code, 0, err)
            hashes.append(json_lines(out)[0]["run_hash"])
        self.assertEqual(hashes[0], hashes[1])
        self.assertNotEqual(hashes[1], hashes[2])

    def test_determinism_can_be_checked(self):
        code, out, _ = self.run_small("--check-determinism")
        self.assertEqual(code, 0)
        self.assertIn("deterministic", out)

    def test_a_dry_run_explains_and_runs_nothing(self):
        code, out, _ = self.run_small("--dry-run")
        self.assertEqual(code, 0)
        self.assertIn("faults", out)
        self.assertNotIn("run_hash", out)
        self.assertTrue(all(len(line) <= 80 for line in out.splitlines()))

    def test_every_verdict_has_its_exit_code(self):
        guardrail = ("  hypothesis:\n", "  guardrails:\n"
                     "    - {name: mine, slo: task-success, window: 30s, arm: experiment, op: gt,"
                     " value: 0, for: 1s, action: abort}\n  hypothesis:\n")
        rows = {
            "pass": (0, []),
            "fail": (1, [("margin: 0.2", "margin: 0.000001"), ("percent: 2%", "percent: 40%")]),
            "inconclusive": (3, [("min_samples: 100", "min_samples: 100000")]),
            "aborted": (4, [guardrail, ("percent: 2%", "percent: 40%")]),
            "unsteady": (7, [("value: 0.9}", "value: 1.0}"), ("op: gte", "op: gt")]),
            "not_triggered": (8, [("schedule: {percent: 2%}", "schedule: {percent: 0.001%}")]),
        }
        for verdict, (code, change) in rows.items():
            with self.subTest(verdict=verdict):
                exit_code, out, err = self.run_small("--json", change=change)
                self.assertTrue(out, err)
                self.assertEqual(json_lines(out)[0]["verdict"], verdict)
                self.assertEqual(exit_code, code)

    def test_a_breaker_that_is_not_there_fails_its_expectation(self):
        expect = SMALL + "  expect:\n    - {breaker: nobody, state: open, within: 20s}\n"
        code, out, err = self.run_small("--json", text=expect)
        self.assertEqual(code, 1, err)
        expected = json_lines(out)[0]["findings"]["expectations"]
        self.assertEqual([each["state"] for each in expected], ["fail"])

    def test_what_is_not_valid_names_its_place(self):
        for old, new, what in (
            ("type: in_stream_error", "type: in_stream_eror", r"small\.yaml:\d+:\d+: error\[E"),
            ("slos: [task-success]", "slos: [no-such-slo]", r"small\.yaml:\d+:\d+: error\[E"),
            ("kind: recover", "kind: baseline", r"small\.yaml:\d+:\d+: error\[E"),
        ):
            with self.subTest(new):
                code, out, err = self.run_small(change=[(old, new)])
                self.assertEqual(code, 2)
                self.assertEqual(out, "")
                self.assertRegex(err, what)

    def test_wrong_arguments_are_refused(self):
        self.path.write_text(SMALL)
        for arguments in (["--seed", "x"], ["--seeds", "3"], ["--seeds", "9..3"], ["--live"],
                          ["--seed", "1", "--seeds", "1..2"], ["-c", "/nowhere.yaml"]):
            with self.subTest(arguments):
                code, _, err = chaos("run", str(self.path), *arguments)
                self.assertEqual(code, 2)
                self.assertTrue(err)
        code, _, err = chaos("run", "no-such-scenario")
        self.assertEqual(code, 2)
        self.assertIn("provider-brownout", err)

    def test_a_report_that_cannot_be_written_is_said(self):
        code, _, err = self.run_small("--report", "/proc/nowhere")
        self.assertEqual(code, 5)
        self.assertIn("/proc/nowhere", err)

    def test_explain_says_what_will_happen(self):
        code, out, err = chaos("explain", "provider-brownout")
        self.assertEqual(code, 0, err)
        for word in ("brownout", "first token", "outside", "models"):
            self.assertIn(word, out)

    def test_abort_comes_later_by_name(self):
        code, _, err = chaos("abort", "--all")
        self.assertEqual(code, 2)
        self.assertIn("later", err)


class KillSwitch(WithDaemon):
    """A stop order on everything, or on chaos, forbids experiments until two people re-arm it."""

    def experiment(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.yaml"
            path.write_text(SMALL)
            return chaos("run", str(path), "--server", self.daemon.api)

    def test_a_tripped_kill_switch_refuses(self):
        self.assertEqual(self.experiment()[0], 0)
        self.command("kill", "agent:somebody", "--reason", "test")
        self.assertEqual(self.experiment()[0], 0)
        self.command("kill", "capability:chaos", "--reason", "test")
        code, out, err = self.experiment()
        self.assertEqual(code, 6)
        self.assertEqual(out, "")
        self.assertIn("capability:chaos", err)

    def test_a_daemon_that_was_named_must_answer(self):
        code, _, err = chaos("run", "provider-brownout", "--server", "127.0.0.1:1")
        self.assertEqual(code, 5)
        self.assertTrue(err)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
