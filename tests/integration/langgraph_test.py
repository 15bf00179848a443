"""A real LangGraph with a scripted model: traced by OpenInference through the exporter of the
OpenTelemetry project, governed through the SDK. What it did is counted once and exactly, and what
it may not do does not run."""

import os
import random
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

from daemon import Daemon

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
sys.path.insert(0, str(HERE.parents[1] / "sdk" / "python" / "src"))

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import create_react_agent
from langgraph.types import Command
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import fusebox
from fusebox.langgraph import tool_node
from fusebox.otel import PermitProcessor

SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))
TASKS = 12
DOLLARS_A_MILLION = {"in": 3, "out": 15}
CONFIG = ("  telemetry: {prices: [{model: 'mock-*', usd_per_million: {in: 3, out: 15}}]}\n"
          "  on_unreachable: {read: allow, tool: deny}\n")
POLICY = """---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: office}
spec:
  mode: strict
  default: allow
  rules:
    - {id: no-drop, trigger: request, when: 'target == "drop"', effect: deny}
    - id: large-payments
      trigger: request
      when: target == "pay" && args.amount > 100
      effect: require_approval
"""


class ScriptedModel(GenericFakeChatModel):
    model_name: str

    def bind_tools(self, tools, **_):
        return self


class Agent:
    """A graph with four tools that remember what they really did, and a model that follows lines of
    (tool, arguments) or a last word, with the tokens that each costs."""

    def __init__(self, name, client):
        self.name, self.client = name, client
        self.model = f"mock-{name}"
        self.ran = []
        ran = self.ran

        @tool
        def search(query: str) -> str:
            """Reads."""
            ran.append(("search", query))
            if query == "nothing":
                raise LookupError(query)
            return f"found {query}"

        @tool
        def mail(to: str) -> str:
            """Writes."""
            ran.append(("mail", to))
            return f"sent to {to}"

        @tool
        def drop(table: str) -> str:
            """Destroys."""
            ran.append(("drop", table))
            return f"dropped {table}"

        @tool
        def pay(amount: int) -> str:
            """Spends."""
            ran.append(("pay", amount))
            return f"paid {amount}"

        self.tools = [search, mail, drop, pay]

    def start(self, *lines, thread="th-1"):
        """Runs until the last word or a pause."""
        script = iter([self.message(*line) for line in lines])
        node = tool_node(self.tools, self.client, self.name, read_only={"search"},
                         node={"handle_tool_errors": True})
        model = ScriptedModel(messages=script, model_name=self.model)
        self.graph = create_react_agent(model, node, name=self.name, checkpointer=InMemorySaver())
        return self.go_on({"messages": [("user", "go")]}, thread)

    def go_on(self, given, thread="th-1"):
        return self.graph.invoke(given, {"configurable": {"thread_id": thread}})

    def message(self, said, tokens_in=0, tokens_out=0):
        calls = []
        if not isinstance(said, str):
            name, arguments = said
            calls = [{"name": name, "args": arguments, "id": "call"}]
        usage = {"input_tokens": tokens_in, "output_tokens": tokens_out,
                 "total_tokens": tokens_in + tokens_out}
        return AIMessage(said if isinstance(said, str) else "", tool_calls=calls,
                         usage_metadata=usage, response_metadata={"model_name": self.model})


def tool_answers(result):
    return [(message.name, message.status, message.content)
            for message in result["messages"] if isinstance(message, ToolMessage)]


class Tracing:
    """OpenInference on, spans to the daemon as one service would send them; off again at close."""

    def __init__(self, daemon, service):
        exporter = OTLPSpanExporter(f"http://{daemon.otlp}/v1/traces",
                                    compression=Compression.Gzip)
        self.provider = TracerProvider(resource=Resource.create({"service.name": service}))
        self.provider.add_span_processor(PermitProcessor())
        # Sent when a test says so: what belongs together goes together.
        self.provider.add_span_processor(BatchSpanProcessor(
            exporter, schedule_delay_millis=600_000, max_queue_size=8192,
            max_export_batch_size=8192))
        self.instrumentor = LangChainInstrumentor()
        self.instrumentor.instrument(tracer_provider=self.provider)

    def close(self):
        self.instrumentor.uninstrument()
        self.provider.shutdown()  # sends what is left


class Governed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}: FUSEBOX_SEED={SEED} repeats this run", flush=True)
        cls.daemon = Daemon(PROGRAM, POLICY, CONFIG)
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()
        cls.client = fusebox.Client(f"http://{cls.daemon.api}", timeout=10)
        cls.addClassCleanup(cls.client.close)

    def agent(self, name):
        return Agent(name, self.client)

    def seen(self, agent, events):
        """What the daemon knows of this agent, once it has heard `events` events."""
        deadline = time.monotonic() + 10
        while True:
            known = [each for each in self.daemon.get("/v1/agents")[1]["agents"]
                     if each["agent"] == agent]
            if known and known[0]["events"] >= events or time.monotonic() > deadline:
                return known[0]
            time.sleep(0.02)  # for another process

    def slos(self, agent):
        """{(name, tool or ""): (good, bad)} of those keyed by this agent or its model."""
        return {(slo["slo"], slo["key"].get("tool", "")): (slo["good"], slo["bad"])
                for slo in self.daemon.get("/v1/slos")[1]["slos"]
                if slo["key"] == {"model": f"mock-{agent}"} or slo["key"].get("agent") == agent}

    def test_what_it_did_is_counted_once_and_exactly(self):
        rng = random.Random(SEED)
        agent, wanted = self.agent("worker"), Counter()
        tracing = Tracing(self.daemon, "worker")
        for index in range(TASKS):
            lines = []
            for _ in range(rng.randrange(4)):
                said = rng.choice([("search", {"query": "x"}), ("search", {"query": "nothing"}),
                                   ("mail", {"to": "ann"}), ("pay", {"amount": 100})])
                lines.append((said, rng.randrange(3000), rng.randrange(500)))
                wanted[said[0], "bad" if said[1] == {"query": "nothing"} else "good"] += 1
            lines.append(("done", rng.randrange(3000), rng.randrange(500)))
            for _, tokens_in, tokens_out in lines:
                wanted["in"] += tokens_in
                wanted["out"] += tokens_out
                wanted["micro_usd"] += (tokens_in * DOLLARS_A_MILLION["in"]
                                        + tokens_out * DOLLARS_A_MILLION["out"])
            wanted["models"] += len(lines)
            result = agent.start(*lines, thread=f"th-{index}")
            self.assertEqual(result["messages"][-1].content, "done")
        tracing.close()

        calls = wanted["models"] - TASKS  # each line but the last of a task is one of a tool
        seen = self.seen("worker", TASKS + wanted["models"] + calls)
        self.assertEqual(len(agent.ran), calls)
        self.assertEqual(seen["events"], TASKS + wanted["models"] + calls)
        self.assertEqual((seen["tokens_in"], seen["tokens_out"]), (wanted["in"], wanted["out"]))
        self.assertEqual(round(seen["cost_usd"] * 1e6), wanted["micro_usd"])
        self.assertEqual(seen["open_permits"], 0)
        slos = self.slos("worker")
        self.assertEqual(slos.pop(("task-success", "")), (TASKS, 0))
        self.assertEqual(slos.pop(("latency", "")), (wanted["models"], 0))
        tools = {key[0] for key in wanted if isinstance(key, tuple)}
        self.assertEqual(slos, {("tool-success", name): (wanted[name, "good"], wanted[name, "bad"])
                                for name in tools})

    def test_a_denied_tool_does_not_run(self):
        agent, tracing = self.agent("dropper"), Tracing(self.daemon, "dropper")
        lines = (("drop", {"table": "users"}),), (("mail", {"to": "bob"}),), ("done",)
        result = agent.start(*lines)
        (first, second) = tool_answers(result)
        self.assertEqual(first, ("drop", "error",
                                 "The tool was not run: deny (policy_denied by no-drop)"))
        self.assertEqual(second, ("mail", "success", "sent to bob"))
        self.assertEqual(agent.ran, [("mail", "bob")])
        tracing.close()
        self.assertEqual(self.seen("dropper", 5)["events"], 5, "a task, three models, one tool")
        self.assertEqual(self.slos("dropper"), {
            ("task-success", ""): (1, 0), ("latency", ""): (3, 0),
            ("tool-success", "mail"): (1, 0)})

    def test_an_approval_pauses_and_its_grant_resumes(self):
        agent = self.agent("payer")
        tracing = Tracing(self.daemon, "payer")
        paused = agent.start((("pay", {"amount": 500}), 10, 1), ("done", 20, 2))
        (question,) = paused["__interrupt__"]
        self.assertEqual((question.value["tool"], question.value["args"]),
                         ("pay", {"amount": 500}))
        still = agent.go_on(Command(resume=True))
        self.assertIn("__interrupt__", still, "to resume is not to approve")
        self.assertEqual(agent.ran, [])
        (waiting,) = [each for each in self.client.approvals()
                      if each["id"] == question.value["approval"]]
        self.client.grant(waiting["id"], "seen the invoice", actor="carol")
        done = agent.go_on(Command(resume=True))
        self.assertEqual(tool_answers(done), [("pay", "success", "paid 500")])
        self.assertEqual(agent.ran, [("pay", 500)])
        tracing.close()
        seen = self.seen("payer", 1)
        self.assertEqual((seen["tokens_in"], seen["tokens_out"]), (30, 3))
        self.assertEqual(self.slos("payer")["tool-success", "pay"], (1, 0))

    def test_a_refused_approval_does_not_run(self):
        agent = self.agent("spender")
        paused = agent.start((("pay", {"amount": 900}),), ("done",))
        self.client.refuse(paused["__interrupt__"][0].value["approval"], "no", actor="carol")
        done = agent.go_on(Command(resume=True))
        ((_, status, content),) = tool_answers(done)
        self.assertEqual((status, content[:22]), ("error", "The tool was not run: "))
        self.assertEqual(agent.ran, [])

    def test_a_stop_order_ends_the_run_before_the_tool(self):
        agent = self.agent("runaway")
        self.client.kill("agent:runaway", "a test", actor="carol")
        with self.assertRaises(fusebox.Killed):
            agent.start((("mail", {"to": "eve"}),), ("done",))
        self.assertEqual(agent.ran, [])


class EngineGone(unittest.TestCase):
    SCRIPT = (("search", {"query": "x"}),), (("mail", {"to": "ann"}),), ("done",)

    def run_with(self, on_unreachable, given=None):
        """An agent before, without and after a daemon that dies in between: what ran each time."""
        config = f"  on_unreachable: {on_unreachable}\n"
        with Daemon(PROGRAM, POLICY, config) as daemon, \
                fusebox.Client(str(daemon.state / "fusebox.sock"), timeout=10,
                               on_unreachable=given) as client:
            ran = []
            for step in (lambda: None, daemon.kill, daemon.start):
                step()
                agent = Agent("bot", client)
                agent.start(*self.SCRIPT)
                ran.append([name for name, _ in agent.ran])
            client.flush()
            slos = daemon.get("/v1/slos")[1]["slos"]
            return ran, {slo["key"]["tool"]: slo["good"] for slo in slos
                         if slo["slo"] == "tool-success"}

    def test_reads_go_on_and_writes_do_not(self):
        ran, counted = self.run_with("{read: allow, tool: deny}")
        self.assertEqual(ran, [["search", "mail"], ["search"], ["search", "mail"]])
        self.assertEqual(counted, {"search": 3, "mail": 2}, "what ran without a daemon counts too")

    def test_the_daemons_configuration_says_otherwise_and_holds(self):
        ran, counted = self.run_with("{read: deny, tool: allow}")
        self.assertEqual(ran, [["search", "mail"], ["mail"], ["search", "mail"]])
        self.assertEqual(counted, {"search": 2, "mail": 3})

    def test_what_the_program_says_holds_over_it(self):
        ran, _ = self.run_with("{read: allow, tool: allow}", given="deny")
        self.assertEqual(ran, [["search", "mail"], [], ["search", "mail"]])


if __name__ == "__main__":
    # The packages warn of what will move in their next versions.
    unittest.main(argv=[sys.argv[0], "-v"], warnings="ignore")
