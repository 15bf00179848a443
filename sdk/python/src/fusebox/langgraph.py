"""LangGraph: tools that ask before they run.

    node = tool_node([search, send_mail], client, agent="bot", read_only={"search"})
    agent = create_react_agent(model, node, checkpointer=saver)

A tool that may not run does not run: the model gets a ToolMessage that says why. A tool that a
person must approve pauses the graph (`interrupt`); after the answer, resume it with any value: the
tool asks again, and what counts is the person's answer in the daemon, not the value. A stop order
raises Killed and so ends the run, unless `on_killed="message"`.

A node that is resumed runs from its start, tool calls that had ended included. Where approvals are
in use, let a node hold one tool call, as create_react_agent does.

Needs langgraph and langchain-core, which nothing else in this package imports.
"""

from __future__ import annotations

from typing import Any, Callable, Collection, Dict, Mapping, Optional, Sequence

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr

from langgraph.config import get_config
from langgraph.errors import GraphBubbleUp
from langgraph.prebuilt import ToolNode
from langgraph.types import interrupt

from .call import AsyncCall, Call, GovernedCall
from .client import Client
from .decision import Decision
from .errors import ApprovalRequired, Killed, Refused
from .identity import with_identity
from .plain import plain

ToolCall = Mapping[str, Any]  # name, args, id: as langchain-core has it


class ToolGovernor:
    """What `tool_node` and `wrap_tool` are made of.

    `read_only`: names of tools without side effects. `identity`: fields that every check carries;
    the session is the graph's thread unless something says otherwise.
    """

    def __init__(
        self,
        client: Client,
        agent: str,
        *,
        read_only: Collection[str] = (),
        on_killed: str = "raise",
        **identity: Any,
    ):
        if on_killed not in ("raise", "message"):
            raise ValueError(f"on_killed: expected raise or message, got {on_killed!r}")
        self._client = client
        self._read_only = frozenset(read_only)
        self._on_killed = on_killed
        self._identity = {"agent": agent, **identity}

    def wrap_tool_call(self, request: Any, execute: Callable[[Any], Any]) -> Any:
        """For ToolNode's parameter of this name."""
        return self.run(request.tool_call, lambda: execute(request))

    async def awrap_tool_call(self, request: Any, execute: Callable[[Any], Any]) -> Any:
        """For ToolNode's parameter of this name."""
        return await self.arun(request.tool_call, lambda: execute(request))

    def run(self, tool_call: ToolCall, execute: Callable[[], Any]) -> Any:
        call = Call(self._client, lambda: self._decide(tool_call))
        try:
            with call:
                try:
                    return _seen(call, execute())
                except GraphBubbleUp:
                    call.cancelled()
                    raise
        except Refused as refusal:
            return self._refused(tool_call, call, refusal)

    async def arun(self, tool_call: ToolCall, execute: Callable[[], Any]) -> Any:
        call = AsyncCall(self._client, lambda: self._decide(tool_call))
        try:
            async with call:
                try:
                    return _seen(call, await execute())
                except GraphBubbleUp:
                    call.cancelled()
                    raise
        except Refused as refusal:
            return self._refused(tool_call, call, refusal)

    def _decide(self, tool_call: ToolCall) -> Decision:
        """Pauses the graph as long as a person's answer is missing: when it is resumed, the code
        comes by here again, and `interrupt` returns at once for each pause before."""
        while True:
            decision = self._client.check(
                action="tool",
                target=tool_call["name"],
                args=plain(tool_call["args"]),
                read_only=tool_call["name"] in self._read_only,
                **self._with_session(),
            )
            if decision.effect != "require_approval":
                return decision
            _pause(tool_call, decision)

    def _with_session(self) -> Dict[str, Any]:
        if with_identity(self._identity).get("session"):
            return self._identity
        return {**self._identity, "session": _thread_id()}

    def _refused(self, tool_call: ToolCall, call: GovernedCall, refusal: Refused) -> Any:
        if refusal.decision is not call.decision:
            raise refusal  # of something the tool itself asked for, or outside a graph
        if isinstance(refusal, Killed) and self._on_killed == "raise":
            raise KilledRun(refusal.decision)
        text = f"The tool was not run: {refusal.decision.describe()}"
        if not tool_call.get("id"):
            return text
        return ToolMessage(
            text, name=tool_call["name"], tool_call_id=tool_call["id"], status="error"
        )


class KilledRun(Killed, GraphBubbleUp):
    """A Killed that goes through a graph as its own pauses do: a ToolNode told to turn errors into
    messages (`handle_tool_errors`) would otherwise hand the stop order to the model as one."""


def tool_node(
    tools: Sequence[Any],
    client: Client,
    agent: str,
    *,
    node: Optional[Mapping[str, Any]] = None,
    **how: Any,
) -> ToolNode:
    """A ToolNode of governed tools. `how` as in ToolGovernor, `node`: options of ToolNode."""
    governor = ToolGovernor(client, agent, **how)
    return ToolNode(
        tools,
        wrap_tool_call=governor.wrap_tool_call,
        awrap_tool_call=governor.awrap_tool_call,
        **(node or {}),
    )


def wrap_tool(tool: BaseTool, client: Client, agent: str, **how: Any) -> BaseTool:
    """The tool, governed, for whatever takes a tool. `how` as in ToolGovernor."""
    return GovernedTool(tool, ToolGovernor(client, agent, **how))


class GovernedTool(BaseTool):
    """Looks like the tool inside to a model; every way to run it leads through the governor."""

    _tool: BaseTool = PrivateAttr()
    _governor: ToolGovernor = PrivateAttr()

    def __init__(self, tool: BaseTool, governor: ToolGovernor):
        super().__init__(
            name=tool.name,
            description=tool.description,
            args_schema=tool.args_schema or tool.get_input_schema(),
            return_direct=tool.return_direct,
            response_format=tool.response_format,
            tags=tool.tags,
            metadata=tool.metadata,
        )
        self._tool = tool
        self._governor = governor

    def run(self, tool_input: Any, *args: Any, **options: Any) -> Any:
        call = self._call(tool_input, options)
        return self._governor.run(call, lambda: self._tool.run(tool_input, *args, **options))

    async def arun(self, tool_input: Any, *args: Any, **options: Any) -> Any:
        call = self._call(tool_input, options)
        return await self._governor.arun(
            call, lambda: self._tool.arun(tool_input, *args, **options)
        )

    def _run(self, **arguments: Any) -> Any:
        """BaseTool wants one; its own `run`, which would call it, is overridden above."""
        return self.run(arguments)

    def _call(self, tool_input: Any, options: Mapping[str, Any]) -> ToolCall:
        arguments = tool_input if isinstance(tool_input, dict) else {"input": tool_input}
        return {"name": self.name, "args": arguments, "id": options.get("tool_call_id")}


def _seen(call: GovernedCall, result: Any) -> Any:
    """ToolNode turns a tool's exceptions into messages before anybody else sees them."""
    if isinstance(result, ToolMessage) and result.status == "error":
        call.failed("tool_error")
    return result


def _pause(tool_call: ToolCall, decision: Decision) -> None:
    approval = decision.approval
    question = {
        "fusebox": "approval_required",
        "approval": approval.id if approval else "",
        "expires": approval.expires if approval else "",
        "tool": tool_call["name"],
        "args": tool_call["args"],
        "rule": decision.rule,
        "message": decision.message,
    }
    try:
        interrupt(question)
    except (RuntimeError, KeyError):  # not in a graph
        raise ApprovalRequired(decision) from None


def _thread_id() -> Optional[str]:
    try:
        thread = get_config().get("configurable", {}).get("thread_id")
    except RuntimeError:  # not in a graph
        return None
    return None if thread is None else str(thread)
