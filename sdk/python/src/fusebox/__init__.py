"""fusebox: ask before an agent acts, report how it ended, stop when told to.

import fusebox

client = fusebox.Client()

@fusebox.guard(client, agent="bot", tool="search", read_only=True)
def search(query: str) -> str: ...
"""

from .call import AsyncCall, Call, aguard, guard
from .client import Client
from .decision import Approval, Decision
from .errors import (
    ApiError,
    ApprovalRequired,
    Denied,
    FuseboxError,
    Killed,
    Refused,
    Throttled,
    Unreachable,
)
from .fence import Fence, KillOrder
from .identity import identity
from .stream import KillWatch

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "Approval",
    "ApprovalRequired",
    "AsyncCall",
    "Call",
    "Client",
    "Decision",
    "Denied",
    "Fence",
    "FuseboxError",
    "KillOrder",
    "KillWatch",
    "Killed",
    "Refused",
    "Throttled",
    "Unreachable",
    "aguard",
    "guard",
    "identity",
]
