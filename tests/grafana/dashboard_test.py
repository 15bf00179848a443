#!/usr/bin/env python3
"""The fleet dashboard without a Grafana: python3 dashboard_test.py ROOT PROMTOOL

Every query parses, every metric and label that it names stands in the exporter's golden page, and
the file that people import is the one that its table writes.
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT, PROMTOOL = Path(sys.argv[1]), sys.argv[2]
FOLDER = ROOT / "exporters/grafana"
PROVISIONING = ROOT / "packaging/grafana/provisioning"
GOLDEN = ROOT / "tests/prometheus/data/metrics.prom"

OF_SCRAPES = {"job", "instance"}  # what Prometheus itself adds to each series
# Dimensions that an SLO, breaker or limit may be keyed by, for legends that show what is there.
DIMENSIONS = {"agent", "tool", "model", "session", "objective"}

# What Grafana puts in before a query leaves it.
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$datasource": "x", "$instance": ".*",
             "$tenant": ".*", "$window": "1h", "$agent": ".*", "$job": ".*", "$slo": ".*"}


def golden_labels():
    """{metric: labels of its samples}"""
    out = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name = re.match(r"\w+", line).group()
        labels = re.findall(r'[{,](\w+)="(?:\\.|[^"\\])*"', line)
        out.setdefault(name, set()).update(labels)
    return out


def filled(expr):
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def parses(exprs):
    """promtool's complaints about recording rules of these expressions."""
    rules = [{"record": f"r{i}", "expr": expr} for i, expr in enumerate(exprs)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        return subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True,
                              text=True, check=False)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.board = json.loads((FOLDER / "fleet.json").read_text(encoding="utf-8"))
        self.panels = self.board["panels"]
        self.graphs = [panel for panel in self.panels if panel["type"] != "row"]
        self.variables = {each["name"]: each for each in self.board["templating"]["list"]}
        self.queries = [(panel, each) for panel in self.graphs for each in panel["targets"]]

    def selectors(self):
        """The series that variables are made of."""
        for each in self.variables.values():
            if each["type"] == "query":
                yield re.fullmatch(r"label_values\((.*), \w+\)", each["definition"]).group(1)

    def expressions(self):
        return [query["expr"] for _, query in self.queries] + list(self.selectors())

    def test_the_file_is_what_its_table_writes(self):
        script = [sys.executable, FOLDER / "dashboard.py"]
        written = subprocess.run(script, capture_output=True, check=True).stdout
        self.assertEqual((FOLDER / "fleet.json").read_bytes(), written,
                         "run: dashboard.py >fleet.json")

    def test_every_query_is_promql(self):
        ran = parses([filled(expr) for expr in self.expressions()])
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_promtool_would_have_said_so(self):
        self.assertNotEqual(parses(["sum(rate(fusebox_events_total[1m])"]).returncode, 0)
        self.assertNotEqual(parses(["rate(fusebox_events_total)"]).returncode, 0)

    def test_every_metric_is_on_the_page(self):
        known = golden_labels()
        for expr in self.expressions():
            names = set(re.findall(r"\b(?:fusebox|process)_\w+", expr))
            self.assertTrue(names, expr)
            self.assertLessEqual(names, set(known), expr)

    def test_every_label_is_on_its_metric(self):
        known = golden_labels()
        for expr in self.expressions():
            for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expr):
                labels = set(re.findall(r'(\w+)(?==~|=|!=|!~)', matchers))
                there = known[name] | OF_SCRAPES
                if "slo" in there:  # SLOs are grouped by what their documents say
                    there |= DIMENSIONS
                self.assertLessEqual(labels, there, expr)

    def test_sums_are_by_labels_that_are_there_and_legends_by_what_is_left(self):
        known = golden_labels()
        for _, query in self.queries:
            expr = query["expr"]
            metrics = re.findall(r"\b(?:fusebox|process)_\w+", expr)
            labels = set.union(*(known[name] for name in metrics)) | OF_SCRAPES
            by = set(re.findall(r"\w+", ",".join(re.findall(r"by \(([^)]*)\)", expr))))
            self.assertLessEqual(by, labels, expr)
            legend = set(re.findall(r"\{\{(\w+)\}\}", query["legendFormat"]))
            self.assertLessEqual(legend, by or labels | DIMENSIONS, expr)

    def test_every_variable_that_is_used_is_there_and_the_other_way_round(self):
        text = json.dumps(self.board)
        used = set(re.findall(r"\$\{?([a-z]\w*)", text))
        self.assertEqual(used, set(self.variables))

    def test_all_means_series_without_the_label_too(self):
        for each in self.variables.values():
            if each["type"] == "query":
                self.assertEqual(each["allValue"], ".*")

    def test_panels_have_a_place_a_name_and_a_word_of_advice(self):
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(len(ids), len(set(ids)))
        cells = set()
        for panel in self.panels:
            grid = panel["gridPos"]
            self.assertLessEqual(grid["x"] + grid["w"], 24, panel["title"])
            mine = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                    for y in range(grid["y"], grid["y"] + grid["h"])}
            self.assertFalse(cells & mine, f"{panel['title']} lies on another panel")
            cells |= mine
        for panel in self.graphs:
            self.assertTrue(panel["title"] and panel["description"])
            refs = [each["refId"] for each in panel["targets"]]
            self.assertEqual(len(refs), len(set(refs)), panel["title"])

    def test_it_answers_what_a_fleet_is_asked(self):
        text = " ".join(self.expressions())
        for name in ("slo_error_budget_remaining_ratio", "slo_burn_rate_ratio", "slo_status",
                     "breaker_state", "breaker_transitions_total", "limit_used_ratio",
                     "decisions_total", "kill_active", "tokens_total", "cost_usd_total",
                     "duration_seconds_bucket", "events_total", "telemetry_shed_total"):
            self.assertIn("fusebox_" + name, text)

    def test_every_query_goes_to_the_chosen_data_source(self):
        for panel, query in self.queries:
            for each in (panel, query):
                self.assertEqual(each["datasource"]["uid"], "${datasource}", panel["title"])

    def test_provisioning_names_what_there_is(self):
        source = (PROVISIONING / "datasources/fusebox.yaml").read_text(encoding="utf-8")
        self.assertIn("type: prometheus\n", source)
        dashboards = (PROVISIONING / "dashboards/fusebox.yaml").read_text(encoding="utf-8")
        path = re.search(r"^ +path: (\S+)$", dashboards, re.MULTILINE).group(1)
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        self.assertIn(path, readme)
        self.assertIn("packaging/grafana/provisioning", readme)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
