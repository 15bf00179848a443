"""What people say through the client: answers to approvals, stop orders, re-arming."""

from __future__ import annotations

from typing import Any, Dict, List, Optional
from urllib.parse import quote

from . import wire
from .errors import Unreachable
from .fence import KillOrder
from .identity import present
from .transport import Request, Transport

# How long the daemon waits for what runs to end, if the order does not say.
_HARD_MS = 5_000
_DRAIN_MS = 30_000
_TERMINATOR_SLACK_SECONDS = 2.0


class People:
    """The part of a Client that only carries. Each raises Unreachable and ApiError. With tokens the
    token's name is the actor; without, say who it is."""

    _transport: Transport

    def approvals(self) -> List[Dict[str, Any]]:
        return self._list("/v1/approvals", "approvals")

    def approval(self, approval_id: str) -> Dict[str, Any]:
        return self._object("GET", f"/v1/approvals/{quote(approval_id, safe='')}")

    def grant(
        self,
        approval_id: str,
        reason: str,
        actor: Optional[str] = None,
        valid_for: Optional[str] = None,
    ) -> Dict[str, Any]:
        """A person says yes. `valid_for`: a duration such as "10m". With tokens the token's name
        is the actor."""
        return self._answer(approval_id, "grant", reason, actor, valid_for)

    def refuse(self, approval_id: str, reason: str, actor: Optional[str] = None) -> Dict[str, Any]:
        return self._answer(approval_id, "deny", reason, actor, None)

    def kill(
        self,
        scope: str,
        reason: str,
        actor: Optional[str] = None,
        category: Optional[str] = None,
        deadline_ms: Optional[int] = None,
    ) -> Dict[str, Any]:
        """`kill("agent:bot", "…")`. `category`: "hard" (absent means that) or "drain". The order
        stands before anything else happens; the answer says how far it got, and comes when what
        runs has ended or `deadline_ms` are over (absent: 5 s, for a drain 30 s)."""
        body = {
            "scope": scope,
            "reason": reason,
            "actor": actor,
            "category": category,
            "deadline_ms": deadline_ms,
        }
        if deadline_ms is None:
            deadline_ms = _DRAIN_MS if category == "drain" else _HARD_MS
        # A trip of a tripped scope returns the standing order, so it may be sent twice.
        seconds = deadline_ms / 1000 + _TERMINATOR_SLACK_SECONDS
        return self._object("POST", "/v1/kills", present(body), at_least=seconds)

    def rearm(self, order_id: str, reason: str, actor: Optional[str] = None) -> Dict[str, Any]:
        """One approval of re-arming; it takes two different people."""
        path = f"/v1/kills/{quote(order_id, safe='')}/rearm"
        return self._object(
            "POST", path, present({"reason": reason, "actor": actor}), repeatable=False
        )

    def kills(self) -> List[KillOrder]:
        orders = map(KillOrder.from_wire, self._list("/v1/kills", "kills"))
        return [order for order in orders if order is not None]

    def _answer(
        self,
        approval_id: str,
        answer: str,
        reason: str,
        actor: Optional[str],
        valid_for: Optional[str],
    ) -> Dict[str, Any]:
        body = present({"action": answer, "reason": reason, "actor": actor, "for": valid_for})
        return self._object(
            "POST", f"/v1/approvals/{quote(approval_id, safe='')}", body, repeatable=False
        )

    def _list(self, path: str, name: str) -> List[Dict[str, Any]]:
        items = self._object("GET", path).get(name)
        if not isinstance(items, list):
            raise Unreachable(f"GET {path}: the answer has no list of {name}")
        return items

    def _object(self, method: str, path: str, body: Any = None, **how: Any) -> Dict[str, Any]:
        answer = self._request(method, path, body, **how)
        if not isinstance(answer, dict):
            raise Unreachable(f"{method} {path}: the answer is no object")
        return answer

    def _request(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """`how`: fields of Request."""
        content = None if body is None else wire.encode(body)
        return self._transport.request(Request(method, path, content, **how))
