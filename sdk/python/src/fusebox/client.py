"""The client: asks before an action, reports after it, and carries people's orders."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import time
import uuid
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import address, wire
from .call import AsyncCall, Call
from .decision import Decision, Malformed
from .errors import ApiError, ApprovalRequired, Denied, FuseboxError, Unreachable
from .fence import Fence, KillOrder
from .outbox import Outbox
from .people import People
from .stream import KillWatch, OnKill
from .transport import Transport
from .unreachable import DEFAULTS, OnUnreachable, class_of, effects

_ASYNC_THREADS = 32
_log = logging.getLogger("fusebox")


class Client(People):
    """Thread-safe and usable after a fork. Connects on first use, and again when it must.

    `server`: see `address.parse`; else $FUSEBOX_SERVER, /run/fusebox/fusebox.sock,
    ./state/fusebox.sock. `token`: else $FUSEBOX_TOKEN. `timeout`: seconds for one request, however
    the time is lost. `on_unreachable`: see `unreachable.effects`; unless given, the daemon's own
    configuration holds once it has answered. `outbox`: how many events wait for a daemon that is
    away before the oldest are dropped.
    """

    def __init__(
        self,
        server: Optional[str] = None,
        token: Optional[str] = None,
        timeout: float = 2.0,
        on_unreachable: OnUnreachable = None,
        outbox: int = 4096,
    ):
        self.fence = Fence()
        self._server = server
        self._token = _checked_token(token or os.environ.get("FUSEBOX_TOKEN"))
        self._timeout = timeout
        self._effects = effects(on_unreachable)
        self._asks_settings = on_unreachable is None
        self._outbox_capacity = outbox
        self._watch: Optional[KillWatch] = None
        address.find(server)  # a wrong address is a mistake to hear of now
        self._start()
        _clients.add(self)

    def check(
        self,
        agent: Optional[str] = None,
        action: str = "tool",
        target: Optional[str] = None,
        *,
        read_only: bool = False,
        explain: bool = False,
        **fields: Any,
    ) -> Decision:
        """May this happen now? Never raises for a refusal, nor when no daemon answers: that is a
        decision too (`on_unreachable`). ApiError if the request itself is wrong.

        `fields`: those of a check on the wire (args, estimate, session, task, tenant, …).
        `read_only` says that the tool has no side effects; it is not sent. With `explain` the
        decision says what each gate found.
        """
        fields = {"agent": agent, "action": action, "target": target, **fields}
        return self._decide(wire.check_body(fields), read_only, explain)

    def report(self, permit: Union[Decision, str], outcome: str, **measures: Any) -> str:
        """How a permitted action ended: "committed", "repeated", "late" or "unknown", or
        "buffered" if nobody was there: then the daemon gets it as an event later.

        `outcome`: ok, error, timeout, cancelled, throttled, denied. `measures`: duration_ms,
        ttft_ms, tokens_in, tokens_out, cost_usd, files_changed, error. A bare permit does not say
        whose action it was and cannot be buffered: Unreachable.
        """
        body = wire.report_body(outcome, measures)
        if isinstance(permit, str):
            return self._send_report(permit, body)
        if not permit.proceeds:
            raise ValueError("report: the decision refused; there is nothing to report")
        if not permit.unreachable:
            try:
                return self._send_report(permit.permit, body)
            except Unreachable:
                pass
        self._outbox.put(wire.event_of(permit, body, time.time_ns()))
        return "buffered"

    def events(self, events: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
        """Telemetry without a check: {"accepted": n, "rejected": [{"line", "error"}]}. Give events
        an `id` if they may be sent twice. Unreachable: nothing is known to have arrived."""
        return self._object("POST", "/v1/events", list(events))

    def call(
        self,
        agent: Optional[str] = None,
        action: str = "tool",
        target: Optional[str] = None,
        *,
        read_only: bool = False,
        approval_timeout: Optional[float] = None,
        **fields: Any,
    ) -> Call:
        """`with client.call("bot", target="search") as call:` checks, raises Denied, Killed,
        ApprovalRequired or Throttled if it must not run, and reports how the block ended, once.
        With `approval_timeout` it waits that long for a person first."""

        def decide() -> Decision:
            decision = self.check(agent, action, target, read_only=read_only, **fields)
            if decision.effect != "require_approval" or approval_timeout is None:
                return decision
            return self.wait_for_approval(decision, approval_timeout)

        return Call(self, decide)

    def acall(self, *args: Any, **kwargs: Any) -> AsyncCall:
        """The same as `call` for `async with`; what waits, waits on a thread."""
        call = self.call(*args, **kwargs)
        return AsyncCall(self, call.decide)

    def resume(self, decision: Decision) -> Call:
        """A call whose decision was made already, as by wait_for_approval."""
        return Call(self, lambda: decision)

    def wait_for_approval(self, decision: Decision, timeout: float, poll: float = 1.0) -> Decision:
        """Waits for a person, then asks the same request again, which passes once if granted.

        The decision of that second check, whatever it is. ApprovalRequired if nobody answered in
        `timeout` seconds, Denied if the request waits no longer (it expired, or an equal request
        used the grant). A daemon that is away for a while is waited for as well.
        """
        if decision.approval is None:
            raise ValueError("wait_for_approval: the decision waits for no approval")
        ends = time.monotonic() + timeout
        pause = threading.Event()
        while True:
            if self._is_answered(decision):
                answered = self._decide(_asked_again(decision.request), read_only=False)
                if not answered.unreachable:
                    return answered
            left = ends - time.monotonic()
            if left <= 0:
                raise ApprovalRequired(decision)
            pause.wait(min(poll, left))

    def watch_kills(self, callback: Optional[OnKill] = None) -> KillWatch:
        """From now on orders are pushed here: a check that one covers is refused at once, without
        asking, and `callback` gets each order that is news, re-armed ones too, on the watch's
        thread. Close the watch to end it."""
        if self._watch is not None and self._watch.running:
            raise RuntimeError("watch_kills: this client watches already")
        self._watch = KillWatch(self._transport, self.fence, callback)
        return self._watch

    @property
    def buffered(self) -> int:
        """Events that wait for the daemon."""
        return len(self._outbox)

    @property
    def dropped(self) -> int:
        """Events lost because too many waited, or because the daemon refused them."""
        return self._outbox.dropped

    def flush(self) -> None:
        """Sends what is buffered now. Unreachable, ApiError."""
        self._outbox.flush()

    def close(self) -> None:
        """Ends the watch, tries once to send what is buffered, and disconnects."""
        if self._watch is not None:
            self._watch.close()
        try:
            self.flush()
        except (Unreachable, ApiError):
            pass  # nobody is there to be told; `buffered` and `dropped` keep the count
        self._asks_settings = False
        self._executor.shutdown(wait=False)
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Where the async calls wait. Its threads, and their connections, are few and stay."""
        return self._executor

    def _start(self) -> None:
        """What belongs to one process: connections, locks, threads, and events to send."""
        self._transport = Transport(lambda: address.find(self._server), self._token, self._timeout)
        self._outbox = Outbox(self._send_events, self._outbox_capacity)
        self._executor = ThreadPoolExecutor(_ASYNC_THREADS, thread_name_prefix="fusebox")

    def _decide(self, body: Mapping[str, Any], read_only: bool, explain: bool = False) -> Decision:
        order = self.fence.find(body)
        if order is not None and self._watch is not None and self._watch.running:
            return _killed(order, body)
        try:
            decision = self._ask(body, explain)
        except Unreachable as error:
            # An order once seen stands until somebody says otherwise, and nobody is there to.
            if order is not None:
                return _killed(order, body)
            return self._unreachable(body, read_only, str(error))
        self._learn_settings_once()
        self._outbox.flush_soon()
        return decision

    def _ask(self, body: Mapping[str, Any], explain: bool) -> Decision:
        answer = self._request("POST", "/v1/check?explain=1" if explain else "/v1/check", body)
        try:
            return Decision.from_wire(answer, body)
        except Malformed as error:
            raise Unreachable(f"the answer is no decision: {error}") from error

    def _learn_settings_once(self) -> None:
        """On a thread of its own: a check must not wait for what is of use later, if ever."""
        if self._asks_settings:
            self._asks_settings = False
            self._executor.submit(self._learn_settings)

    def _learn_settings(self) -> None:
        """What the daemon's configuration says of the time without it, asked while it answers. A
        daemon that does not say leaves the defaults."""
        try:
            settings: Any = self._object("GET", "/v1/config/client").get("on_unreachable")
            self._effects = effects({name: settings[name] for name in DEFAULTS if name in settings})
        except (FuseboxError, TypeError, ValueError) as error:
            _log.info("fusebox: the daemon does not say what holds without it: %s", error)

    def _unreachable(self, body: Mapping[str, Any], read_only: bool, why: str) -> Decision:
        effect = self._effects[class_of(body["action"], read_only)]
        return Decision(
            effect,
            id=_local_id(),
            reason="unreachable",
            rule="on_unreachable",
            message=why,
            unreachable=True,
            request=body,
        )

    def _send_report(self, permit: str, body: Mapping[str, Any]) -> str:
        answer = self._object("POST", "/v1/report", {"permit": permit, **body})
        self._outbox.flush_soon()
        return str(answer.get("result", ""))

    def _send_events(self, events: List[Dict[str, Any]]) -> int:
        accepted = self.events(events).get("accepted")
        return len(events) - accepted if type(accepted) is int else 0

    def _is_answered(self, decision: Decision) -> bool:
        approval = decision.approval
        assert approval is not None
        try:
            return self.approval(approval.id).get("state") != "pending"
        except Unreachable:
            return False
        except ApiError as error:
            if error.status != 404:
                raise
            raise Denied(_no_longer_waiting(decision)) from error


def _checked_token(token: Optional[str]) -> Optional[str]:
    # Never shown: whatever it is, it is a secret.
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ValueError("token: expected one line of printable ASCII without blanks")
    return token or None


def _asked_again(request: Mapping[str, Any]) -> Dict[str, Any]:
    """The same request to rules and approvals, under a key of its own."""
    return {**request, "idempotency_key": uuid.uuid4().hex}


def _local_id() -> str:
    return f"local-{uuid.uuid4().hex}"


def _killed(order: KillOrder, body: Mapping[str, Any]) -> Decision:
    return Decision(
        "deny",
        id=_local_id(),
        gate="kill",
        reason="killed",
        rule=order.id,
        message=order.reason,
        epoch=order.epoch,
        local=True,
        request=body,
    )


def _no_longer_waiting(decision: Decision) -> Decision:
    message = "it waits for approval no longer: it expired, or an equal request used the grant"
    return dataclasses.replace(decision, effect="deny", message=message, approval=None)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _after_fork() -> None:
    """The parent's connections and locks are of no use to a child, and what waits to be sent is the
    parent's to send. Orders it knew of still stand."""
    for client in list(_clients):
        client._start()


os.register_at_fork(after_in_child=_after_fork)
