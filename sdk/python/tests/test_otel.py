"""Which span stands for a governed action."""

import importlib.util
import os
import unittest

from fusebox.call import Running, running

HERE = importlib.util.find_spec("opentelemetry") is not None
if not HERE and os.environ.get("FUSEBOX_TEST_EXTRAS"):
    raise RuntimeError("opentelemetry is missing; install requirements-test.txt")

if HERE:
    from opentelemetry.sdk.trace import TracerProvider

    from fusebox.otel import PermitProcessor, is_span_of

TOOL = Running("p-1", "tool", "search")
MODEL = Running("p-2", "llm", "m1")
TASK = Running("p-3", "task", "search")
CHAT = {"gen_ai.operation.name": "chat"}


@unittest.skipUnless(HERE, "opentelemetry-sdk is not installed: these tests need it")
class Permit(unittest.TestCase):
    def test_a_span_is_the_action_and_not_a_part_of_it(self):
        for name, action, span, attributes, expected in [
            ("a tool by its name", TOOL, "search", {}, True),
            ("a tool as the conventions name it", TOOL, "execute_tool search", {}, True),
            ("a tool by its operation", TOOL, "x", {"gen_ai.operation.name": "execute_tool"}, True),
            ("a tool by its kind", TOOL, "x", {"openinference.span.kind": "TOOL"}, True),
            ("another tool", TOOL, "execute_tool other", {}, False),
            ("a request that the tool makes", TOOL, "GET", {}, False),
            ("a model that the tool asks", TOOL, "chat m1", CHAT, False),
            ("a model by its operation", MODEL, "chat m1", CHAT, True),
            ("a model by its kind", MODEL, "x", {"openinference.span.kind": "LLM"}, True),
            ("a model's name alone says too little", MODEL, "m1", {}, False),
            ("a task has many spans", TASK, "search", {}, False),
        ]:
            with self.subTest(name):
                self.assertEqual(is_span_of(action, span, attributes), expected)

    def test_one_action_marks_one_span(self):
        provider = TracerProvider()
        provider.add_span_processor(PermitProcessor())
        tracer = provider.get_tracer("test")
        token = running.set(Running("p-1", "tool", "search"))
        self.addCleanup(running.reset, token)
        permits = [tracer.start_span("search").attributes.get("fusebox.permit") for _ in range(3)]
        self.assertEqual(permits, ["p-1", None, None])

    def test_without_an_action_or_a_permit_nothing_is_marked(self):
        provider = TracerProvider()
        provider.add_span_processor(PermitProcessor())
        tracer = provider.get_tracer("test")
        self.assertEqual(dict(tracer.start_span("search").attributes), {})
        token = running.set(Running("", "tool", "search"))  # decided while nobody was there
        self.addCleanup(running.reset, token)
        self.assertEqual(dict(tracer.start_span("search").attributes), {})


if __name__ == "__main__":
    unittest.main()
