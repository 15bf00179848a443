"""What happens to an action while no daemon answers, by how much harm it can do.

`on_unreachable` is a rule of the caller, because nobody else is there to be asked. A tool counts as
a read only where the caller says so.
"""

from __future__ import annotations

from typing import Dict, Mapping, Union

# "task" is the start of work whose every step is checked on its own.
DEFAULTS: Mapping[str, str] = {
    "tool": "deny",
    "delegation": "deny",
    "read": "allow",
    "llm": "allow",
    "task": "allow",
}

OnUnreachable = Union[None, str, Mapping[str, str]]


def effects(spec: OnUnreachable) -> Dict[str, str]:
    """`None` for the defaults, "allow" or "deny" for every class, or a mapping of some classes."""
    if isinstance(spec, str):
        spec = {name: spec for name in DEFAULTS}
    chosen = {**DEFAULTS, **(spec or {})}
    for name, effect in chosen.items():
        if name not in DEFAULTS:
            raise ValueError(f"on_unreachable: no class {name!r}; expected {', '.join(DEFAULTS)}")
        if effect not in ("allow", "deny"):
            raise ValueError(f"on_unreachable: {name}: expected allow or deny, got {effect!r}")
    return chosen


def class_of(action: str, read_only: bool) -> str:
    return "read" if action == "tool" and read_only else action
