"""What people say through the client: answers to approvals, stop orders, re-arming."""

from __future__ import annotations

from typing import Any, Dict, List, Optional
from urllib.parse import quote

from . import wire
from .errors import Unreachable
from .fence import KillOrder
from .identity import present
from .transport import Request, Transport


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
        """`kill("agent:bot", "…")`; the answer says how far the order got."""
        body = {
            "scope": scope,
            "reason": reason,
            "actor": actor,
            "category": category,
            "deadline_ms": deadline_ms,
        }
        # A trip of a tripped scope returns the standing order, so it may be sent twice.
        return self._object("POST", "/v1/kills", present(body))

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

    def _object(
        self, method: str, path: str, body: Any = None, *, repeatable: bool = True
    ) -> Dict[str, Any]:
        answer = self._request(method, path, body, repeatable)
        if not isinstance(answer, dict):
            raise Unreachable(f"{method} {path}: the answer is no object")
        return answer

    def _request(self, method: str, path: str, body: Any = None, repeatable: bool = True) -> Any:
        content = None if body is None else wire.encode(body)
        return self._transport.request(Request(method, path, content, repeatable=repeatable))
