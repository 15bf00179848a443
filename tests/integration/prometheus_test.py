"""A real Prometheus that scrapes each second while events come in bursts and gaps. What it says is
what we say: counts to the event, budgets and burn rates at each scrape, increases over windows
within what happens in a scrape interval at their edges. Every query of the dashboard finds data."""

import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from daemon import Daemon

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
DASHBOARD = HERE.parents[1] / "exporters" / "grafana" / "fleet.json"
SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))

SCRAPE_SECONDS = 1.0
BIRTH_SECONDS = 15.0  # a new key shows 0 for that long, so that Prometheus sees it rise
RUN_SECONDS = 38.0
QUIET_SECONDS = 2.5  # at the end: two scrapes of the last numbers
# Between an event's answer and the page; and of a scrape against its time stamp.
SLACK_SECONDS = 0.35
TARGET = 0.9
BAD_SHARE = {"calm": 0.02, "shaky": 0.15, "wild": 0.5}
LATE = "late"  # an agent that is first heard in the middle, and with a failure
ASKER = "asker"  # one that asks first and reports, which is an event as well
AGENTS = {*BAD_SHARE, LATE, ASKER}

DOCUMENTS = """---
apiVersion: openslo/v1
kind: SLO
metadata: {name: work, annotations: {fusebox.dev/group-by: agent}}
spec:
  service: agents
  indicator:
    metadata: {name: work}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "tool" && outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: 'kind == "tool"'}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency, annotations: {fusebox.dev/group-by: agent}}
spec:
  service: agents
  indicator:
    metadata: {name: latency}
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: 'kind == "llm"', value: duration_ms}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 1000, target: 0.9}]
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec: {key: [agent], consecutive_failures: 3, open: {wait: 5s}, half_open: {probes: 1}}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec: {scope: [agent], window: 1h, budget: {tool_calls: 1000}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: office}
spec:
  mode: strict
  default: allow
  rules:
    - {id: no-drop, trigger: request, when: 'target == "drop"', effect: deny}
"""


class Prometheus:
    """A server of its own on a free port, with the data in a folder of its own."""

    def __init__(self, target):
        self.folder = tempfile.TemporaryDirectory(prefix="fusebox-prometheus-")
        config = {"global": {"scrape_interval": f"{SCRAPE_SECONDS:g}s", "scrape_timeout": "1s"},
                  "scrape_configs": [{"job_name": "fusebox",
                                      "static_configs": [{"targets": [target]}]}]}
        path = Path(self.folder.name) / "prometheus.yml"
        path.write_text(json.dumps(config))  # JSON is YAML
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        self.log = open(Path(self.folder.name) / "log", "w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--web.listen-address={self.address}",
             f"--storage.tsdb.path={self.folder.name}/data"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def query(self, expr, at):
        """[(labels, value)]; for a range of samples value is [(time, number)]."""
        asked = urlencode({"query": expr, "time": f"{at:.3f}"})
        try:
            with urlopen(f"http://{self.address}/api/v1/query?{asked}", timeout=30) as answer:
                result = json.load(answer)["data"]["result"]
        except HTTPError as error:
            raise AssertionError(f"{expr}: {error.read().decode()}") from None
        return [(each["metric"],
                 [(when, float(value)) for when, value in each["values"]] if "values" in each
                 else float(each["value"][1])) for each in result]

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()
        self.folder.cleanup()


class Fleet:
    """Sends events in bursts and gaps, and writes down when how many of which were sent."""

    def __init__(self, daemon, rng):
        self.client, self.rng = daemon.client(), rng
        self.ledger = []  # (sent, answered, agent, result, how many)
        self.started = time.time()

    def run(self):
        self.send([(agent, "good") for agent in BAD_SHARE])
        late_is_born = False
        while (left := self.started + RUN_SECONDS - time.time()) > 0:
            if not late_is_born and left < RUN_SECONDS * 0.55:
                self.send([(LATE, "bad")] * 3)
                late_is_born = True
            self.burst(min(left, self.rng.uniform(0.1, 2.0)))
            self.consult()
            time.sleep(max(0, min(self.started + RUN_SECONDS - time.time(),
                                  self.rng.uniform(0.1, 2.5))))
        self.ended = time.time()
        self.client.connection.close()

    def burst(self, seconds):
        until = time.time() + seconds
        while time.time() < until:
            agents = self.rng.choices(sorted(BAD_SHARE), k=self.rng.randrange(1, 40))
            self.send([(agent, "bad" if self.rng.random() < BAD_SHARE[agent] else "good")
                       for agent in agents])
            time.sleep(self.rng.uniform(0.005, 0.08))

    def send(self, results):
        """One request: a tool call for each result, and a model call now and then."""
        events = [{"kind": "tool", "agent": agent, "tenant": "acme", "tool": "search",
                   "outcome": "ok" if result == "good" else "error",
                   "duration_ms": self.rng.randrange(1, 3000)} for agent, result in results]
        events.append({"kind": "llm", "agent": results[0][0], "tenant": "acme", "model": "m1",
                       "outcome": "ok", "duration_ms": self.rng.randrange(1, 3000),
                       "tokens_in": 100, "tokens_out": 10, "cost_usd": "0.001"})
        sent = time.time()
        status, answer = self.client.post("/v1/events", events)
        assert (status, answer["accepted"]) == (200, len(events)), (status, answer)
        answered = time.time()
        for one in sorted(set(results)):
            self.ledger.append((sent, answered, *one, results.count(one)))

    def consult(self):
        """Checks: allowed ones, refused ones, and a stop order for a session at last."""
        for target in ("search", "drop"):
            _, decision = self.client.post("/v1/check", {
                "agent": ASKER, "action": "tool", "target": target})
            if target == "search":
                sent = time.time()
                self.client.post("/v1/report", {"permit": decision["permit"], "outcome": "ok"})
                self.ledger.append((sent, time.time(), ASKER, "good", 1))
        if time.time() > self.started + RUN_SECONDS / 2:
            self.client.post("/v1/kills", {"scope": "session:s-1", "reason": "a test",
                                           "actor": "carol"})

    def count(self, agent, result, since=0.0, until=float("inf")):
        return sum(n for sent, _, who, how, n in self.ledger
                   if (who, how) == (agent, result) and since < sent <= until)

    def near(self, agent, result, edge):
        """Events that may be on either side of the scrape next to this moment."""
        reach = SCRAPE_SECONDS + SLACK_SECONDS
        return sum(n for sent, answered, who, how, n in self.ledger
                   if (who, how) == (agent, result)
                   and answered > edge - reach and sent < edge + reach)


def samples(prometheus, metric, at):
    """{(agent, result or ""): {time of the scrape: value}} of the SLO `work`."""
    found = prometheus.query(f'{metric}{{slo="work"}}[5m]', at)
    return {(labels["agent"], labels.get("result", "")): dict(values) for labels, values in found}


class Scraped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}: FUSEBOX_SEED={SEED} repeats these bursts", flush=True)
        cls.daemon = Daemon(PROGRAM, DOCUMENTS)
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()
        cls.prometheus = Prometheus(cls.daemon.api)
        cls.addClassCleanup(cls.prometheus.close)
        cls.fleet = Fleet(cls.daemon, random.Random(SEED))
        cls.fleet.run()
        time.sleep(QUIET_SECONDS)  # for another process
        cls.now = time.time()
        cls.counters = samples(cls.prometheus, "fusebox_slo_events_total", cls.now)
        cls.shown = {slo["key"]["agent"]: slo for slo in cls.daemon.get("/v1/slos")[1]["slos"]
                     if slo["slo"] == "work"}
        cls.page = cls.daemon.get("/metrics")[1].decode()

    def test_it_was_scraped_each_second(self):
        ((_, ups),) = self.prometheus.query("up[5m]", self.now)
        self.assertEqual({value for _, value in ups}, {1.0})
        # Discovery takes Prometheus five seconds.
        self.assertGreater(len(ups), RUN_SECONDS - 10)

    def test_the_last_sample_is_the_ledger_to_the_event(self):
        self.assertEqual(set(self.shown), AGENTS)
        for agent, slo in self.shown.items():
            for result in ("good", "bad"):
                wanted = self.fleet.count(agent, result)
                series = self.counters[agent, result]
                self.assertEqual(series[max(series)], wanted, (agent, result))
                self.assertEqual(slo[result], wanted, (agent, result))

    def test_every_series_begins_at_0(self):
        for key, series in self.counters.items():
            self.assertEqual(series[min(series)], 0, key)
            self.assertEqual(sorted(series.values()), [series[when] for when in sorted(series)])

    def test_a_failure_that_begins_a_series_is_an_increase(self):
        ((_, rise),) = self.prometheus.query(
            f'increase(fusebox_slo_events_total{{agent="{LATE}",slo="work",result="bad"}}[5m])',
            self.now)
        self.assertGreaterEqual(rise, 3)

    def test_increases_over_windows_agree_within_their_edges(self):
        rng = random.Random(f"{SEED} windows")
        first = self.fleet.started + BIRTH_SECONDS + 2 * SCRAPE_SECONDS
        told_apart = compared = 0
        for _ in range(12):
            seconds = rng.randrange(8, 19)
            until = rng.uniform(first + seconds, self.now)
            found = self.prometheus.query(
                f'increase(fusebox_slo_events_total{{slo="work",agent!="{LATE}"}}[{seconds}s])',
                until)
            self.assertEqual(len(found), 2 * len(AGENTS - {LATE}))
            for labels, increase in found:
                key = labels["agent"], labels["result"]
                counted = self.fleet.count(*key, until - seconds, until)
                # Prometheus sees the window's samples, and stretches their rise to its edges.
                edges = self.fleet.near(*key, until - seconds) + self.fleet.near(*key, until)
                stretch = increase / seconds * 2.2 * SCRAPE_SECONDS
                self.assertLessEqual(abs(increase - counted), edges + stretch, (key, seconds))
                compared += 1
                told_apart += abs(increase - 2 * counted) > edges + stretch
        self.assertGreater(told_apart, compared / 3, "a wrong count would not be noticed")

    def test_each_scrape_shows_one_moment(self):
        # Budget and burn rate of a page are those of the counters on the same page: all that was
        # counted lies in the last five minutes.
        gauges = {"remaining": "fusebox_slo_error_budget_remaining_ratio",
                  "burn": 'fusebox_slo_burn_rate_ratio{window="5m"}'}
        compared = 0
        for name, metric in gauges.items():
            metric = metric if "{" in metric else metric + "{}"
            found = self.prometheus.query(metric.replace("{", '{slo="work",') + "[5m]", self.now)
            self.assertEqual({labels["agent"] for labels, _ in found}, AGENTS)
            for labels, series in found:
                good = self.counters[labels["agent"], "good"]
                bad = self.counters[labels["agent"], "bad"]
                for when, value in series:
                    total = good[when] + bad[when]
                    if total == 0:
                        continue  # in a key's first seconds
                    burn = bad[when] / total / (1 - TARGET)
                    self.assertAlmostEqual(value, 1 - burn if name == "remaining" else burn, 6)
                    compared += 1
        self.assertGreater(compared, 100)

    def test_burn_rates_by_promql_are_ours(self):
        rate = 'rate(fusebox_slo_events_total{slo="work",result="bad"}[5m])'
        total = 'sum by (agent) (rate(fusebox_slo_events_total{slo="work"}[5m]))'
        found = self.prometheus.query(
            f"sum by (agent) ({rate}) / {total} / on (agent) "
            '(1 - max by (agent) (fusebox_slo_objective_ratio{slo="work"}))', self.now)
        self.assertEqual({labels["agent"] for labels, _ in found}, AGENTS)
        for labels, burn in found:
            slo = self.shown[labels["agent"]]
            self.assertAlmostEqual(burn, slo["burn_rate"]["5m"], 6)
            self.assertAlmostEqual(1 - burn, slo["budget_remaining"], 6)

    def test_promtool_accepts_the_page(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.page, text=True,
                                 capture_output=True, timeout=30, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_bounds_of_buckets_are_short_numbers(self):
        for bound in set(re.findall(r'le="([^"]*)"', self.page)):
            self.assertLess(len(bound), 9)

    def test_every_query_of_the_dashboard_finds_data(self):
        board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        queries = {target["expr"]: panel["title"] for panel in board["panels"]
                   for target in panel.get("targets", [])}
        self.assertGreater(len(queries), 20)
        for expr, title in queries.items():
            with self.subTest(panel=title, expr=expr):
                values = [value for _, value in self.prometheus.query(filled(expr), self.now)]
                self.assertTrue(any(value == value for value in values), "no data, or NaN alone")

    def test_every_variable_of_the_dashboard_has_values(self):
        for variable in json.loads(DASHBOARD.read_text(encoding="utf-8"))["templating"]["list"]:
            if variable["type"] != "query":
                continue
            series, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                         variable["definition"]).groups()
            with self.subTest(variable=variable["name"]):
                values = {labels.get(label)
                          for labels, _ in self.prometheus.query(filled(series), self.now)}
                self.assertTrue(values - {None})


def filled(expr):
    """As Grafana sends it with "All" chosen."""
    for name, value in (("__rate_interval", "1m"), ("__range", "5m"), ("window", "1h")):
        expr = expr.replace(f"${name}", value)
    return re.sub(r"\$[a-z]+", ".*", expr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
