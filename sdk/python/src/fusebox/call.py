"""One action under control: check, run, report, in this order and each once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import inspect
import logging
import socket
import time
from contextvars import ContextVar, Token, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple, TypeVar, Union, cast

from .decision import Decision
from .errors import FuseboxError
from .fence import with_target
from .plain import bound_arguments, class_name
from .wire import MEASURES, refuse_unknown

if TYPE_CHECKING:
    from .client import Client

Function = TypeVar("Function", bound=Callable[..., Any])
# What of the arguments goes into the check: all, none, or what a function of the same call says.
Args = Union[bool, Callable[..., Any]]

_log = logging.getLogger("fusebox")
# Some of them became one class in Python 3.11 and before were not.
_TIMEOUTS = (TimeoutError, socket.timeout, asyncio.TimeoutError, concurrent.futures.TimeoutError)
_CANCELLATIONS = (
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
    KeyboardInterrupt,
    GeneratorExit,
)


@dataclass
class Running:
    """The governed action that the code around runs in. `marked` once a span carries its permit."""

    permit: str
    action: str
    name: str
    marked: bool = False


running: ContextVar[Optional[Running]] = ContextVar("fusebox_running", default=None)


class GovernedCall:
    """What both kinds of call have in common. `decide` makes the decision, and may wait."""

    def __init__(self, client: Client, decide: Callable[[], Decision]):
        self.decide = decide
        self.decision: Optional[Decision] = None
        self._client = client
        self._entered = False
        self._measures: Dict[str, Any] = {}
        self._error = ""
        self._cancelled = False
        self._started = 0
        self._token: Optional[Token[Optional[Running]]] = None

    def measure(self, **measures: Any) -> None:
        """What only the code inside knows: tokens_in, tokens_out, cost_usd, ttft_ms, …"""
        refuse_unknown("measure", measures, MEASURES - {"error"})
        self._measures.update(measures)

    def failed(self, error: str) -> None:
        """It failed without an exception; `error` is the class of failure."""
        self._error = error

    def cancelled(self) -> None:
        """It did not take place after all, and an exception that passes through is no failure."""
        self._cancelled = True

    def _enter_once(self) -> None:
        if self._entered:
            raise RuntimeError("a call is one action: make another")
        self._entered = True

    def _begin(self, decision: Decision) -> None:
        self.decision = decision
        decision.raise_if_refused()
        request = with_target(decision.request)
        action = str(request.get("action", ""))
        self._token = running.set(Running(decision.permit, action, str(request.get("target", ""))))
        self._started = time.perf_counter_ns()

    def _end(self, raised: Optional[BaseException]) -> Tuple[str, Dict[str, Any]]:
        duration_ms = (time.perf_counter_ns() - self._started) / 1e6
        if self._token is not None:
            running.reset(self._token)
        ended = outcome_of(raised, self._error)
        outcome, error = ("cancelled", "") if self._cancelled else ended
        measures: Dict[str, Any] = {"duration_ms": duration_ms, **self._measures}
        if error:
            measures["error"] = error
        return outcome, measures

    def _report(self, outcome: str, measures: Dict[str, Any]) -> None:
        """The action has happened: a report that fails must not turn it into a failure."""
        assert self.decision is not None
        try:
            self._client.report(self.decision, outcome, **measures)
        except (FuseboxError, TypeError, ValueError) as error:
            _log.warning("fusebox: the report of %s failed: %s", self.decision.permit, error)


class Call(GovernedCall):
    """For `with`. See Client.call."""

    def __enter__(self) -> Call:
        self._enter_once()
        self._begin(self.decide())
        return self

    def __exit__(self, _type: Any, raised: Optional[BaseException], _trace: Any) -> None:
        self._report(*self._end(raised))


class AsyncCall(GovernedCall):
    """For `async with`. See Client.acall."""

    async def __aenter__(self) -> AsyncCall:
        self._enter_once()
        future = self._client.executor.submit(copy_context().run, self.decide)
        try:
            # Shielded, because a check that is under way cannot be taken back.
            decision = await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(self._give_back)
            raise
        self._begin(decision)
        return self

    async def __aexit__(self, _type: Any, raised: Optional[BaseException], _trace: Any) -> None:
        outcome, measures = self._end(raised)
        report = functools.partial(self._report, outcome, measures)
        future = self._client.executor.submit(copy_context().run, report)
        await asyncio.shield(asyncio.wrap_future(future))

    def _give_back(self, future: concurrent.futures.Future[Decision]) -> None:
        """Nobody waits for the decision any more; its permit must not stay taken until its lease
        ends. Runs on the thread that decided."""
        if future.cancelled() or future.exception() is not None:
            return
        self.decision = future.result()
        if self.decision.proceeds:
            self._report("cancelled", {})


def outcome_of(raised: Optional[BaseException], failure: str = "") -> Tuple[str, str]:
    """Outcome and error class of a block that ended this way."""
    if raised is None:
        return ("error", failure) if failure else ("ok", "")
    if isinstance(raised, _CANCELLATIONS):
        return "cancelled", ""
    if isinstance(raised, _TIMEOUTS):
        return "timeout", class_name(type(raised))
    return "error", class_name(type(raised))


def guard(
    client: Client,
    agent: Optional[str] = None,
    tool: Optional[str] = None,
    *,
    args: Args = True,
    **how: Any,
) -> Callable[[Function], Function]:
    """A decorator: each call of the function is an action. `tool` is its name unless said, `how` as
    in Client.call. Rules see the arguments by name, unless `args` is False or chooses others."""

    def decorate(function: Function) -> Function:
        if _is_lazy(function) or inspect.iscoroutinefunction(function):
            raise TypeError("guard: for a plain function; aguard is for `async def`")
        request = _request_maker(function, agent, tool, args, how)

        @functools.wraps(function)
        def guarded(*a: Any, **k: Any) -> Any:
            with client.call(**request(a, k)):
                return function(*a, **k)

        return cast(Function, guarded)

    return decorate


def aguard(
    client: Client,
    agent: Optional[str] = None,
    tool: Optional[str] = None,
    *,
    args: Args = True,
    **how: Any,
) -> Callable[[Function], Function]:
    """`guard` for `async def`."""

    def decorate(function: Function) -> Function:
        if not inspect.iscoroutinefunction(function):
            raise TypeError("aguard: for `async def`; guard is for plain functions")
        request = _request_maker(function, agent, tool, args, how)

        @functools.wraps(function)
        async def guarded(*a: Any, **k: Any) -> Any:
            async with client.acall(**request(a, k)):
                return await function(*a, **k)

        return cast(Function, guarded)

    return decorate


def _is_lazy(function: Callable[..., Any]) -> bool:
    """Its call does nothing yet; what happens later would run without a permit."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _request_maker(
    function: Callable[..., Any],
    agent: Optional[str],
    tool: Optional[str],
    args: Args,
    how: Dict[str, Any],
) -> Callable[[Any, Any], Dict[str, Any]]:
    fixed = {"agent": agent, "target": tool or function.__name__, **how}
    signature = inspect.signature(function)

    def request(a: Any, k: Any) -> Dict[str, Any]:
        if args is False:
            return fixed
        chosen = args(*a, **k) if callable(args) else bound_arguments(signature, a, k)
        return {**fixed, "args": chosen}

    return request
