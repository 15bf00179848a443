"""Who acts, said once: fields that every check and event in a block carries.

    with fusebox.identity(session="s-17", task="t-4"):
        ...

Blocks nest, the inner one wins, and what a call itself says wins over both. The fields travel with
the context: into tasks of asyncio, and not into threads that the program starts by itself.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import Any, Dict, Iterator, Mapping

# What a check and an event share on the wire.
FIELDS = frozenset(
    "agent tenant environment version user session task parent_task root_task trace_id span_id "
    "tool model provider to_agent domain trust depth attributes".split()
)

_current: ContextVar[Mapping[str, Any]] = ContextVar("fusebox_identity", default={})


@contextlib.contextmanager
def identity(**fields: Any) -> Iterator[None]:
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"identity: unknown {', '.join(sorted(unknown))}")
    token = _current.set({**_current.get(), **present(fields)})
    try:
        yield
    finally:
        _current.reset(token)


def with_identity(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """`fields` over those of the blocks around; None means absent, as on the wire."""
    return {**_current.get(), **present(fields)}


def present(fields: Mapping[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
