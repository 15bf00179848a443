"""A decision, and what a caller must do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple

from .errors import ApprovalRequired, Denied, Killed, Refused, Throttled

_PROCEEDS = ("allow", "degrade")
_REFUSALS = {"deny": Denied, "require_approval": ApprovalRequired, "throttle": Throttled}


class Malformed(ValueError):
    """Not a decision. The text says what is wrong with it."""


@dataclass(frozen=True)
class Approval:
    """What a request waits for: a person's answer, until `expires` (RFC 3339)."""

    id: str
    expires: str = ""


@dataclass(frozen=True)
class Decision:
    """The answer to one check. Fields are those of the wire; absent text is ""."""

    effect: str  # allow, degrade, throttle, require_approval, deny
    id: str = ""
    gate: str = ""  # kill, governance, trust, reliability
    reason: str = ""
    rule: str = ""  # the rule, breaker, limit or stop order that decided
    message: str = ""
    permit: str = ""  # what a report refers to; only if it proceeds
    epoch: int = 0
    policy: str = ""
    ttl_ms: Optional[int] = None  # how long the permit's reservation lasts
    retry_after_ms: Optional[int] = None
    approval: Optional[Approval] = None
    obligations: Tuple[Any, ...] = ()
    would_be: Tuple[Any, ...] = ()
    explain: Tuple[Any, ...] = ()
    unreachable: bool = False  # made here by `on_unreachable`, not by the daemon
    local: bool = False  # made here because a pushed stop order covers the request
    # The check this answers, for the report, the approval and the event made of it. It holds the
    # arguments, so it is not shown.
    request: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def proceeds(self) -> bool:
        return self.effect in _PROCEEDS

    def raise_if_refused(self) -> None:
        """Denied, Killed, ApprovalRequired or Throttled unless it proceeds."""
        if self.proceeds:
            return
        if self.effect == "deny" and self.gate == "kill":
            raise Killed(self)
        raise _REFUSALS.get(self.effect, Refused)(self)

    def describe(self) -> str:
        """One line for people and models: "deny (breaker_open by tools): …; retry in 9 s"."""
        why = f"{self.reason} by {self.rule}" if self.reason and self.rule else self.reason
        text = f"{self.effect} ({why})" if why else self.effect
        if self.message:
            text += f": {self.message}"
        if self.retry_after_ms is not None:
            text += f"; retry in {self.retry_after_ms / 1000:g} s"
        if self.approval is not None:
            text += f"; waits for approval {self.approval.id}"
        return text

    @classmethod
    def from_wire(cls, body: Any, request: Mapping[str, Any]) -> Decision:
        """Malformed unless `body` is a decision that can be acted on. Unknown fields are ignored,
        an unknown effect is not: it might be stricter than all that are known."""
        if not isinstance(body, dict):
            raise Malformed("not an object")
        effect = body.get("effect")
        if effect not in _PROCEEDS and effect not in _REFUSALS:
            raise Malformed(f"unknown effect {effect!r}")
        texts: Dict[str, Any] = {name: _member(body, name, str) or "" for name in _TEXTS}
        lists: Dict[str, Any] = {name: tuple(_member(body, name, list) or ()) for name in _LISTS}
        decision = cls(
            effect=effect,
            ttl_ms=_member(body, "ttl_ms", int),
            retry_after_ms=_member(body, "retry_after_ms", int),
            epoch=_member(body, "epoch", int) or 0,
            approval=_approval(_member(body, "approval", dict)),
            request=request,
            **texts,
            **lists,
        )
        if decision.proceeds and not decision.permit:
            raise Malformed(f"{effect} without a permit")
        return decision


_TEXTS = ("id", "gate", "reason", "rule", "message", "permit", "policy")
_LISTS = ("obligations", "would_be", "explain")


def _member(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is None:
        return None
    # In JSON true is no number, in Python it is.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Malformed(f"{name}: expected {kind.__name__}")
    return value


def _approval(body: Optional[Mapping[str, Any]]) -> Optional[Approval]:
    if body is None:
        return None
    approval = Approval(_member(body, "id", str) or "", _member(body, "expires", str) or "")
    if not approval.id:
        raise Malformed("approval without an id")
    return approval
