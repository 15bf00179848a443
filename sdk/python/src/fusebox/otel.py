"""One call, two messengers: a tool call that is governed here and traced by an instrumentation
reaches the daemon as a report and as a span. This processor writes the permit on the span, and the
daemon counts the two as one.

    provider.add_span_processor(fusebox.otel.PermitProcessor())   # before the exporter's

Needs opentelemetry-sdk. Marks the first span of the governed action: for a tool the one that says
so or that has the tool's name, for a model call only the one that says so when it starts.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from opentelemetry.sdk.trace import SpanProcessor

from .call import Running, running

PERMIT = "fusebox.permit"

_TOOL_OPERATIONS = ("execute_tool",)
_MODEL_OPERATIONS = ("chat", "text_completion", "generate_content")


class PermitProcessor(SpanProcessor):
    def on_start(self, span: Any, parent_context: Optional[Any] = None) -> None:
        action = running.get()
        if action is None or action.marked or not action.permit:
            return
        if is_span_of(action, span.name, span.attributes or {}):
            action.marked = True
            span.set_attribute(PERMIT, action.permit)


def is_span_of(action: Running, name: str, attributes: Mapping[str, Any]) -> bool:
    """Does this span stand for the action itself, and not for a part of it?"""
    operation = attributes.get("gen_ai.operation.name")
    kind = attributes.get("openinference.span.kind")
    if action.action == "tool":
        named = name in (action.name, f"execute_tool {action.name}")
        return named or operation in _TOOL_OPERATIONS or kind == "TOOL"
    if action.action == "llm":
        return operation in _MODEL_OPERATIONS or kind == "LLM"
    return False
