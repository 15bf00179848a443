"""Agents in JavaScript that nobody here wrote the telemetry of: the exporters of the OpenTelemetry
project, protobuf and JSON, plain and gzip, each with an agent of its own. Counts, tokens, cost and
latencies come out as they went in."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import unittest
from collections import Counter
from pathlib import Path

from daemon import Daemon

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
MODULES = Path(os.environ["FUSEBOX_PEERS"]) / "javascript" / "node_modules"
SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))

WAYS = [(encoding, packed) for encoding in ("proto", "json") for packed in ("none", "gzip")]
TASKS = 40  # of each agent
LATENCY_MS = 2000  # what a call of a model may take
TTFT_MS = 400

# Micro-dollars a token, which is dollars a million; the first pattern that fits.
PRICES = {"small-1": (0.25, 2), "large-2": (3, 15)}
CONFIG = "  telemetry: {prices: [" + ", ".join(
    f'{{model: "{model}", usd_per_million: {{in: {read}, out: {written}}}}}'
    for model, (read, written) in PRICES.items()) + "]}\n"

SLO = """---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}, annotations: {{fusebox.dev/group-by: "{by}"}}}}
spec:
  service: agents
  indicator: {{metadata: {{name: {name}}}, spec: {{{metric}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.9{objective}}}]
"""


def source(where, value=""):
    return "{metricSource: {type: fusebox, spec: {where: '" + where + "'" + value + "}}}"


def ratio(name, by, kind):
    good, total = source(f'kind == "{kind}" && outcome == "ok"'), source(f'kind == "{kind}"')
    metric = f"ratioMetric: {{counter: true, good: {good}, total: {total}}}"
    return SLO.format(name=name, by=by, metric=metric, objective="")


def threshold(name, by, field, most):
    metric = "thresholdMetric: " + source('kind == "llm"', f", value: {field}")
    return SLO.format(name=name, by=by, metric=metric, objective=f", op: lte, value: {most}")


SLOS = (ratio("tasks", "agent", "task") + ratio("tools", "agent, tool", "tool")
        + threshold("latency", "agent, model", "duration_ms", LATENCY_MS)
        + threshold("ttft", "agent, model", "ttft_ms", TTFT_MS))


class Tap:
    """Stands between exporter and daemon, passes every byte on, and keeps those of the requests."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))
        self.requests = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return  # closed
            daemon = socket.create_connection(self.target)
            kept = bytearray()
            self.requests.append(kept)
            for args in ((client, daemon, kept), (daemon, client, bytearray())):
                threading.Thread(target=self.pass_on, args=args, daemon=True).start()

    @staticmethod
    def pass_on(source_end, sink, kept):
        try:
            while data := source_end.recv(65536):
                kept += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them was closed first

    def heads(self):
        """Header fields of the first request of each connection, names in lower case."""
        for kept in self.requests:
            lines = bytes(kept).split(b"\r\n\r\n")[0].decode().split("\r\n")
            yield {name.lower(): value for name, value in
                   (line.split(": ", 1) for line in lines[1:])}

    def close(self):
        self.server.close()


class Plan:
    """What one agent does, as spans and as what has to come out."""

    def __init__(self, agent, rng):
        self.agent, self.rng = agent, rng
        self.counts = Counter()
        self.latencies = {model: [] for model in PRICES}
        self.spans = []
        self.base_ns = time.time_ns() - 90 * 10**9
        for _ in range(TASKS):
            self.task()

    def task(self):
        root = len(self.spans)
        failed = self.rng.random() < 0.1
        self.spans.append(self.span("invoke_agent", None, 30_000, failed, {
            # The agent repeats what its model calls used; that must not count twice.
            "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 10**6}))
        self.count("tasks", not failed)
        self.counts["task", "error" if failed else "ok"] += 1
        for _ in range(self.rng.randrange(1, 4)):
            self.call_model(root)
        for _ in range(self.rng.randrange(4)):
            self.call_tool(root)
        self.spans.append(self.span("plan", root, 5, False, {}))  # no agent work

    def call_model(self, root):
        model = self.rng.choice(sorted(PRICES))
        read, written = self.rng.randrange(5000), self.rng.randrange(1500)
        # The limits themselves are good.
        ms = self.rng.choice([LATENCY_MS, LATENCY_MS + 1, self.rng.randrange(1, 4000)])
        ttft = self.rng.choice([TTFT_MS, TTFT_MS + 1, self.rng.randrange(1, 800)])
        self.spans.append(self.span(f"chat {model}", root, ms, False, {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "alias", "gen_ai.response.model": model,
            "gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written,
            "gen_ai.response.time_to_first_chunk": ttft / 1000}, kind="CLIENT"))
        self.counts["tokens_in"] += read
        self.counts["tokens_out"] += written
        dear_in, dear_out = PRICES[model]
        # Each call is rounded to a micro-dollar once, half up.
        self.counts["micro_usd"] += int(read * dear_in + written * dear_out + 0.5)
        self.counts["llm", "ok"] += 1
        self.latencies[model].append(ms)
        self.count("latency", ms <= LATENCY_MS, model=model)
        self.count("ttft", ttft <= TTFT_MS, model=model)

    def call_tool(self, root):
        tool = self.rng.choice(["search", "mail"])
        failed = self.rng.random() < 0.3
        self.spans.append(self.span(f"execute_tool {tool}", root, 20, failed, {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}))
        self.count("tools", not failed, tool=tool)
        self.counts["tool", "error" if failed else "ok"] += 1

    def count(self, slo, good, **key):
        self.counts[slo, tuple(sorted(key.items())), good] += 1

    def span(self, name, parent, ms, failed, attributes, kind="INTERNAL"):
        start = self.base_ns + self.rng.randrange(50 * 10**9)
        return {"name": name, "parent": parent, "kind": kind,
                "start": list(divmod(start, 10**9)),
                "end": list(divmod(start + ms * 10**6, 10**9)),
                "error": "it did not work" if failed else None,
                "attributes": {"gen_ai.agent.name": self.agent, **attributes}}

    @property
    def events(self):
        return sum(self.counts[kind, outcome] for kind in ("task", "llm", "tool")
                   for outcome in ("ok", "error"))


class JavaScript(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}: FUSEBOX_SEED={SEED} repeats these agents", flush=True)
        cls.daemon = Daemon(PROGRAM, SLOS, CONFIG)
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()
        cls.plans, cls.taps, cls.complaints = {}, {}, {}
        for way in WAYS:
            plan = cls.plans[way] = Plan("-".join(way), random.Random(f"{SEED} {way}"))
            tap = cls.taps[way] = Tap(cls.daemon.otlp)
            cls.addClassCleanup(tap.close)
            cls.complaints[way] = cls.send(f"http://{tap.address}/v1/traces", way, plan)
        # An answer to an export says that the spans were taken; the numbers follow within 250 ms.
        deadline = time.monotonic() + 10
        while (sum(agent["events"] for agent in cls.agents().values())
               < sum(plan.events for plan in cls.plans.values()) and time.monotonic() < deadline):
            time.sleep(0.02)  # for another process

    @classmethod
    def send(cls, url, way, plan):
        done = subprocess.run(
            ["node", str(HERE / "otel_javascript" / "send.cjs"), url, *way],
            input=json.dumps([{"service": "fleet", "spans": plan.spans}]), text=True,
            env={**os.environ, "NODE_PATH": str(MODULES)}, capture_output=True, timeout=60,
            check=False)
        return done.returncode, done.stderr

    @classmethod
    def agents(cls):
        return {agent["agent"]: agent for agent in cls.daemon.get("/v1/agents")[1]["agents"]}

    def slos(self, agent):
        return {(slo["slo"], tuple(sorted((name, value) for name, value in slo["key"].items()
                                          if name != "agent"))): slo
                for slo in self.daemon.get("/v1/slos")[1]["slos"]
                if slo["key"]["agent"] == agent}

    def each(self):
        for way, plan in self.plans.items():
            with self.subTest(way=way):
                yield way, plan

    def test_the_exporters_have_nothing_to_complain_about(self):
        for way, _ in self.each():
            self.assertEqual(self.complaints[way], (0, ""))

    def test_an_address_that_refuses_would_be_complained_about(self):
        plan = self.plans[WAYS[0]]
        code, _ = self.send(f"http://{self.daemon.otlp}/v1/metrics", WAYS[0], plan)
        self.assertEqual(code, 1)

    def test_requests_are_what_they_are_said_to_be(self):
        for (encoding, packed), _ in self.each():
            heads = list(self.taps[encoding, packed].heads())
            self.assertTrue(heads)
            for head in heads:
                kind = {"proto": "application/x-protobuf", "json": "application/json"}[encoding]
                self.assertEqual(head["content-type"], kind)
                self.assertEqual(head.get("content-encoding", "none"), packed)
                self.assertEqual(head["transfer-encoding"], "chunked")
                self.assertNotIn("content-length", head)
                self.assertTrue(head["user-agent"].startswith("OTel-OTLP-Exporter-JavaScript/"))

    def test_events_tokens_and_cost_are_exact(self):
        agents = self.agents()
        self.assertEqual(set(agents), {plan.agent for plan in self.plans.values()})
        for _, plan in self.each():
            agent = agents[plan.agent]
            self.assertEqual(agent["events"], plan.events)
            self.assertEqual(agent["tokens_in"], plan.counts["tokens_in"])
            self.assertEqual(agent["tokens_out"], plan.counts["tokens_out"])
            self.assertEqual(round(agent["cost_usd"] * 1e6), plan.counts["micro_usd"])

    def test_good_and_bad_of_every_slo_are_exact(self):
        for _, plan in self.each():
            slos = self.slos(plan.agent)
            keys = {count[:2] for count in plan.counts if len(count) == 3}
            self.assertEqual(set(slos), keys)
            for key in keys:
                counted = (slos[key]["good"], slos[key]["bad"])
                self.assertEqual(counted, (plan.counts[*key, True], plan.counts[*key, False]), key)

    def test_percentiles_of_latency_are_right_within_a_percent(self):
        for _, plan in self.each():
            slos = self.slos(plan.agent)
            for model, latencies in plan.latencies.items():
                shown = slos["latency", (("model", model),)]["percentiles"]
                for name, percent in (("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)):
                    exact = sorted(latencies)[-(-len(latencies) * percent // 100) - 1]
                    self.assertLessEqual(abs(shown[name] - exact), exact / 100, (model, name))

    def test_kinds_and_outcomes_are_on_the_metrics_page(self):
        page = self.daemon.get("/metrics")[1].decode()
        for kind in ("task", "llm", "tool"):
            for outcome in ("ok", "error"):
                sent = sum(plan.counts[kind, outcome] for plan in self.plans.values())
                line = f'fusebox_events_total{{kind="{kind}",outcome="{outcome}"}} {sent}\n'
                self.assertIn(line, page)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
