"""Bodies of requests, built from what a caller says."""

from __future__ import annotations

import json
import uuid
from typing import Any, Dict, Mapping

from .decision import Decision
from .fence import with_target
from .identity import FIELDS, present, with_identity
from .plain import json_default
from .unreachable import DEFAULTS

ACTIONS = tuple(name for name in DEFAULTS if name != "read")
OUTCOMES = ("ok", "error", "timeout", "cancelled", "throttled", "denied")
MEASURES = frozenset(
    "duration_ms ttft_ms tokens_in tokens_out cost_usd files_changed error".split()
)
_CHECK_FIELDS = FIELDS | {"action", "target", "args", "estimate", "idempotency_key"}


def encode(body: Any) -> bytes:
    """ValueError for NaN and infinities, TypeError for what is no JSON."""
    text = json.dumps(body, allow_nan=False, separators=(",", ":"), default=json_default)
    return text.encode()


def check_body(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """The identity around it included. TypeError for an unknown field, ValueError for a missing
    agent or an unknown action."""
    refuse_unknown("check", fields, _CHECK_FIELDS)
    body = with_identity(fields)
    if not body.get("agent"):
        raise ValueError("check: who acts? Say agent=…, or fusebox.identity(agent=…) around it")
    if body.get("action") not in ACTIONS:
        raise ValueError(f"check: action: expected {', '.join(ACTIONS)}")
    # Under a key a repeated check gets the same permit, so that one whose answer was lost can be
    # sent again without reserving twice.
    body.setdefault("idempotency_key", uuid.uuid4().hex)
    return body


def report_body(outcome: str, measures: Mapping[str, Any]) -> Dict[str, Any]:
    refuse_unknown("report", measures, MEASURES)
    if outcome not in OUTCOMES:
        raise ValueError(f"report: outcome: expected {', '.join(OUTCOMES)}")
    return {"outcome": outcome, **present(measures)}


def event_of(decision: Decision, report: Mapping[str, Any], at_ns: int) -> Dict[str, Any]:
    """The event that stands for a report which reached nobody. Its id is the permit, so that it
    closes the permit like the report, and counts once if both arrive. It has no arguments."""
    request = with_target(decision.request)
    event = {name: value for name, value in request.items() if name in FIELDS}
    if decision.unreachable:
        attributes = event.get("attributes") or {}
        event["attributes"] = {**attributes, "fusebox.unreachable": True}
    return {
        **event,
        **report,
        "kind": request["action"],
        "id": decision.permit or decision.id,
        "at": at_ns,
    }


def refuse_unknown(what: str, fields: Mapping[str, Any], known: Any) -> None:
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise TypeError(f"{what}: unknown {', '.join(unknown)}")
