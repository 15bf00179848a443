"""Stop orders that this process knows of, and what they cover.

The daemon's fence in small: a register per scope, where the larger epoch wins and a trip wins ties,
so that news in any order, twice or late, end in the same state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional

# On the wire: the scope without a value, and the field of a check that each other kind looks at.
_GLOBAL = "global"
_FIELDS = (
    ("tenant", "tenant"),
    ("agent", "agent"),
    ("root_task", "root_task"),
    ("session", "session"),
    ("task", "task"),
    ("provider", "provider"),
    ("model", "model"),
    ("tool", "tool"),
)
_TARGETS = {"llm": "model", "tool": "tool", "delegation": "to_agent"}


@dataclass(frozen=True)
class KillOrder:
    id: str
    scope: str
    epoch: int
    tripped: bool
    reason: str = ""
    actor: str = ""
    at: str = ""

    @classmethod
    def from_wire(cls, body: Any) -> Optional[KillOrder]:
        """None if it is not an order that can be acted on."""
        if not isinstance(body, dict):
            return None
        scope, epoch, state = body.get("scope"), body.get("epoch"), body.get("state")
        if not isinstance(scope, str) or type(epoch) is not int:
            return None
        if state not in ("tripped", "armed"):
            return None
        texts = {name: str(body.get(name) or "") for name in ("id", "reason", "actor", "at")}
        return cls(scope=scope, epoch=epoch, tripped=state == "tripped", **texts)


class Fence:
    """One thread learns; any thread asks, without a lock: what it reads is never changed, only
    replaced."""

    def __init__(self) -> None:
        self._orders: Mapping[str, KillOrder] = {}

    def learn(self, order: KillOrder) -> bool:
        """True if it is news."""
        known = self._orders.get(order.scope)
        if known is not None and (known.epoch, known.tripped) >= (order.epoch, order.tripped):
            return False
        self._orders = {**self._orders, order.scope: order}
        return True

    def find(self, check: Mapping[str, Any]) -> Optional[KillOrder]:
        """The order that stops this check, the widest first."""
        orders = self._orders
        if not orders:
            return None
        found = (orders.get(scope) for scope in scopes_of(check))
        return next((order for order in found if order is not None and order.tripped), None)


def scopes_of(check: Mapping[str, Any]) -> Iterator[str]:
    """Every scope whose order stops this check, the widest first. `drill:` is none of them."""
    named = with_target(check)
    yield _GLOBAL
    for kind, name in _FIELDS:
        if named.get(name):
            yield f"{kind}:{named[name]}"
        if kind == "agent" and named.get("tenant") and named.get("agent"):
            yield f"tenant:{named['tenant']}/agent:{named['agent']}"
    yield f"capability:{named.get('action', '')}"
    capability = (named.get("attributes") or {}).get("capability")
    if isinstance(capability, str) and capability:
        yield f"capability:{capability}"


def with_target(check: Mapping[str, Any]) -> Dict[str, Any]:
    """`target` under the name that its action gives it, unless that was said itself."""
    named = dict(check)
    field = _TARGETS.get(str(check.get("action")))
    if field and check.get("target") and not named.get(field):
        named[field] = check["target"]
    return named
