"""A real LangGraph with a scripted model and no network, governed through a fake daemon."""

import asyncio
import importlib.util
import os
import unittest

import fusebox

from fake_daemon import Answer
from test_client import ALLOW, COMMITTED, DOWN, WAITS, WithDaemon

HERE = importlib.util.find_spec("langgraph") is not None
if not HERE and os.environ.get("FUSEBOX_TEST_EXTRAS"):
    raise RuntimeError("langgraph is missing; install requirements-test.txt")

if HERE:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, ToolMessage
    from langchain_core.tools import tool
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph.types import Command, interrupt

    from fusebox.langgraph import tool_node, wrap_tool

    class ScriptedModel(GenericFakeChatModel):
        def bind_tools(self, tools, **_):
            return self


def calls(name, **args):
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "call-1"}])


DENY = Answer(
    body={
        "id": "d-3",
        "effect": "deny",
        "gate": "governance",
        "epoch": 0,
        "reason": "policy_denied",
        "rule": "no-mail",
    }
)
KILLED = Answer(
    body={
        "id": "d-4",
        "effect": "deny",
        "gate": "kill",
        "epoch": 1,
        "reason": "killed",
        "rule": "kill-1",
    }
)


@unittest.skipUnless(HERE, "langgraph is not installed: these tests need requirements-test.txt")
class Graph(WithDaemon):
    def setUp(self):
        super().setUp()
        self.ran = []
        self.daemon.always("POST /v1/check", ALLOW)
        self.daemon.always("POST /v1/report", COMMITTED)
        ran = self.ran

        @tool
        def mail(to: str) -> str:
            """Sends a mail."""
            ran.append(to)
            if to == "nobody":
                raise KeyError(to)
            return f"sent to {to}"

        @tool
        def ask(question: str) -> str:
            """Asks the user."""
            return interrupt(question)

        self.mail, self.ask = mail, ask

    def graph(self, node):
        def model(state):
            return {"messages": [self.model.invoke(state["messages"])]}

        def after_model(state):
            return "tools" if state["messages"][-1].tool_calls else "__end__"

        graph = StateGraph(MessagesState)
        graph.add_node("model", model)
        graph.add_node("tools", node)
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", after_model, ["tools", "__end__"])
        graph.add_edge("tools", "model")
        return graph.compile(checkpointer=InMemorySaver())

    def agent(self, *messages, **how):
        self.model = ScriptedModel(messages=iter([*messages, AIMessage("done")]))
        return self.graph(tool_node([self.mail, self.ask], self.client, "bot", **how))

    def run_once(self, agent, given=None):
        given = {"messages": [("user", "go")]} if given is None else given
        return agent.invoke(given, {"configurable": {"thread_id": "th-1"}})

    def tool_message(self, result):
        (message,) = [m for m in result["messages"] if isinstance(m, ToolMessage)]
        return message

    def reports(self):
        return [(r["outcome"], r.get("error")) for r in self.daemon.bodies("POST /v1/report")]

    def test_an_allowed_tool_runs_and_is_reported(self):
        result = self.run_once(self.agent(calls("mail", to="ann")))
        self.assertEqual(self.tool_message(result).content, "sent to ann")
        (check,) = self.daemon.bodies("POST /v1/check")
        self.assertEqual(
            (check["agent"], check["target"], check["args"], check["session"]),
            ("bot", "mail", {"to": "ann"}, "th-1"),
        )
        self.assertEqual(self.reports(), [("ok", None)])

    def test_a_denied_tool_does_not_run_and_the_model_hears_why(self):
        self.daemon.then("POST /v1/check", DENY)
        result = self.run_once(self.agent(calls("mail", to="ann")))
        self.assertEqual(self.ran, [])
        message = self.tool_message(result)
        self.assertEqual(message.status, "error")
        self.assertEqual(message.content, "The tool was not run: deny (policy_denied by no-mail)")
        self.assertEqual(result["messages"][-1].content, "done")
        self.assertEqual(self.reports(), [])

    def test_an_approval_pauses_and_the_grant_resumes(self):
        self.daemon.then("POST /v1/check", WAITS)
        agent = self.agent(calls("mail", to="ann"))
        paused = self.run_once(agent)
        (question,) = paused["__interrupt__"]
        self.assertEqual((question.value["approval"], question.value["tool"]), ("d-1", "mail"))
        self.assertEqual(self.ran, [])
        result = self.run_once(agent, Command(resume=True))
        self.assertEqual(self.tool_message(result).content, "sent to ann")
        self.assertEqual(self.ran, ["ann"])
        self.assertEqual(self.reports(), [("ok", None)])

    def test_to_resume_is_not_to_approve(self):
        self.daemon.then("POST /v1/check", WAITS, WAITS, WAITS)
        agent = self.agent(calls("mail", to="ann"))
        self.run_once(agent)
        still = self.run_once(agent, Command(resume={"approved": True}))
        self.assertIn("__interrupt__", still)
        self.assertEqual(self.ran, [])
        self.run_once(agent, Command(resume=True))
        self.assertEqual(self.ran, ["ann"])

    def test_a_person_who_refuses_is_heard_by_the_model(self):
        self.daemon.then("POST /v1/check", WAITS, DENY)
        agent = self.agent(calls("mail", to="ann"))
        self.run_once(agent)
        result = self.run_once(agent, Command(resume=False))
        self.assertIn("not run", self.tool_message(result).content)
        self.assertEqual(self.ran, [])

    def test_a_stop_order_ends_the_run(self):
        self.daemon.then("POST /v1/check", KILLED)
        with self.assertRaises(fusebox.Killed):
            self.run_once(self.agent(calls("mail", to="ann")))
        self.assertEqual(self.ran, [])

    def test_a_stop_order_ends_a_run_whose_node_makes_messages_of_errors(self):
        self.daemon.always("POST /v1/check", KILLED)
        for how in (True, (Exception,), "it failed"):
            with self.assertRaises(fusebox.Killed):
                self.run_once(self.agent(calls("mail", to="ann"), node={"handle_tool_errors": how}))
        agent = self.agent(calls("mail", to="ann"), node={"handle_tool_errors": True})
        config = {"configurable": {"thread_id": "th-4"}}
        with self.assertRaises(fusebox.Killed):
            asyncio.run(agent.ainvoke({"messages": [("user", "go")]}, config))
        self.assertEqual(self.ran, [])

    def test_or_is_a_message_where_the_caller_says_so(self):
        self.daemon.then("POST /v1/check", KILLED)
        result = self.run_once(self.agent(calls("mail", to="ann"), on_killed="message"))
        self.assertIn("killed by kill-1", self.tool_message(result).content)

    def test_without_a_daemon_reads_go_on_and_writes_do_not(self):
        self.daemon.always("POST /v1/check", DOWN)
        self.run_once(self.agent(calls("mail", to="ann")))
        self.assertEqual(self.ran, [])
        self.run_once(self.agent(calls("mail", to="bea"), read_only={"mail"}))
        self.assertEqual(self.ran, ["bea"])
        self.assertEqual(self.client.buffered, 1)

    def test_a_failure_that_the_node_turns_into_a_message_is_a_failure(self):
        agent = self.agent(calls("mail", to="nobody"), node={"handle_tool_errors": True})
        self.run_once(agent)
        self.assertEqual(self.reports(), [("error", "tool_error")])

    def test_a_tool_that_pauses_by_itself_has_not_failed(self):
        agent = self.agent(calls("ask", question="which?"))
        self.run_once(agent)
        result = self.run_once(agent, Command(resume="this one"))
        self.assertEqual(self.tool_message(result).content, "this one")
        self.assertEqual(self.reports(), [("cancelled", None), ("ok", None)])

    def test_the_same_holds_for_async_graphs(self):
        self.daemon.then("POST /v1/check", DENY, WAITS, ALLOW)
        agent = self.agent(calls("mail", to="ann"), calls("mail", to="ann"))
        config = {"configurable": {"thread_id": "th-2"}}

        async def story():
            paused = await agent.ainvoke({"messages": [("user", "go")]}, config)
            self.assertEqual(paused["__interrupt__"][0].value["approval"], "d-1")
            return await agent.ainvoke(Command(resume=True), config)

        result = asyncio.run(story())
        contents = [m.content for m in result["messages"] if isinstance(m, ToolMessage)]
        self.assertIn("policy_denied", contents[0])
        self.assertEqual(contents[1], "sent to ann")
        self.assertEqual((self.ran, self.reports()), (["ann"], [("ok", None)]))

    def test_a_wrapped_tool_is_governed_however_it_is_run(self):
        governed = wrap_tool(self.mail, self.client, "bot")
        self.assertEqual(governed.args, self.mail.args)
        self.assertEqual(governed.invoke({"to": "ann"}), "sent to ann")
        self.assertEqual(asyncio.run(governed.ainvoke({"to": "bea"})), "sent to bea")
        call = {**calls("mail", to="eve").tool_calls[0], "type": "tool_call"}
        self.assertEqual(governed.invoke(call).content, "sent to eve")
        self.daemon.always("POST /v1/check", DENY)
        self.assertEqual(governed.invoke(call).status, "error")
        self.assertIn("not run", governed.run({"to": "x"}))
        self.assertIn("not run", governed._run(to="x"))
        self.assertEqual(self.ran, ["ann", "bea", "eve"])

    def test_outside_a_graph_nothing_can_pause(self):
        self.daemon.always("POST /v1/check", WAITS)
        with self.assertRaises(fusebox.ApprovalRequired):
            wrap_tool(self.mail, self.client, "bot").invoke({"to": "ann"})
        self.assertEqual(self.ran, [])

    def test_what_a_tool_asks_for_itself_is_its_own(self):
        self.daemon.then("POST /v1/check", ALLOW, DENY)
        client = self.client

        @tool
        def outer() -> str:
            """Calls another tool."""
            with client.call("bot", target="inner"):
                return "never"

        with self.assertRaises(fusebox.Denied):
            wrap_tool(outer, client, "bot").invoke({})
        self.assertEqual(self.reports(), [("error", "fusebox.errors.Denied")])

    def test_the_tools_span_carries_the_permit_and_no_other_does(self):
        from openinference.instrumentation.langchain import LangChainInstrumentor
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        from fusebox.otel import PermitProcessor

        exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(PermitProcessor())
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        instrumentor = LangChainInstrumentor()
        instrumentor.instrument(tracer_provider=provider)
        self.addCleanup(instrumentor.uninstrument)
        self.run_once(self.agent(calls("mail", to="ann")))
        agent = self.agent(calls("mail", to="bea"))
        config = {"configurable": {"thread_id": "th-3"}}
        asyncio.run(agent.ainvoke({"messages": [("user", "go")]}, config))
        kinds = [
            (span.attributes["openinference.span.kind"], span.attributes["fusebox.permit"])
            for span in exporter.get_finished_spans()
            if "fusebox.permit" in span.attributes
        ]
        self.assertEqual(kinds, [("TOOL", "c1")] * 2)


if __name__ == "__main__":
    unittest.main()
