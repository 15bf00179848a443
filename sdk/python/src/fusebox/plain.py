"""Arguments of a call as JSON values, for rules to look at and for approvals to be bound to.

The same call must look the same each time, or its approval would never fit it. So what is no JSON
value appears by its type and never by `repr`, which may hold an address, or a secret.
"""

from __future__ import annotations

import inspect
import math
from decimal import Decimal
from typing import Any, Dict, Mapping, Sequence

# The daemon refuses JSON nested deeper than 64; the request around the arguments takes some.
DEPTH_MAX = 48
_INT64 = 1 << 63


def plain(value: Any, depth: int = DEPTH_MAX) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # lone surrogates are no UTF-8
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return str(value)
    return _container(value, depth)


def bound_arguments(
    signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Dict[str, Any]:
    """By parameter name, defaults included: what the function will see. `self` and `cls` are no
    arguments of a tool."""
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return {name: plain(v) for name, v in bound.arguments.items() if name not in ("self", "cls")}


def class_name(kind: type) -> str:
    """`ValueError`, `requests.exceptions.Timeout`: as in OpenTelemetry's `error.type`."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def json_default(value: Any) -> Any:
    """For json.dumps of what a caller wrote out: money may be a Decimal, and nothing is guessed."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a {class_name(type(value))} is no JSON value")


def _container(value: Any, depth: int) -> Any:
    if depth > 0 and isinstance(value, Mapping):
        return {plain(str(name)): plain(item, depth - 1) for name, item in value.items()}
    if depth > 0 and isinstance(value, (list, tuple)):
        return [plain(item, depth - 1) for item in value]
    if depth > 0 and isinstance(value, (set, frozenset)):
        return sorted((plain(item, depth - 1) for item in value), key=repr)
    return f"<{class_name(type(value))}>"
