"""What can go wrong, by what a caller would do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .decision import Decision


class FuseboxError(Exception):
    """Everything this package raises on purpose."""


class Unreachable(FuseboxError):
    """No usable answer: nobody listens, the time is over, the answer is broken, or a 429 or 5xx.

    `retry_after` is in seconds, where the daemon named a time.
    """

    def __init__(self, message: str, retry_after: Optional[float] = None):
        super().__init__(message)
        self.retry_after = retry_after


class ApiError(FuseboxError):
    """The daemon understood and refused the request itself (4xx): a wrong value, a wrong token.

    It is never treated as "unreachable", because trying elsewhere or later would not help.
    """

    def __init__(self, status: int, title: str, detail: str = ""):
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail


class Refused(FuseboxError):
    """The action must not run. `decision` says why."""

    def __init__(self, decision: Decision):
        super().__init__(decision.describe())
        self.decision = decision


class Denied(Refused):
    """Now and, unless something changes, later."""


class Killed(Denied):
    """A stop order stands. Work does not resume by itself: stop instead of trying again."""


class ApprovalRequired(Refused):
    """A person must answer first; see Client.wait_for_approval."""


class Throttled(Refused):
    """Later it may pass: in `retry_after` seconds, or None if the daemon names no time."""

    @property
    def retry_after(self) -> Optional[float]:
        after = self.decision.retry_after_ms
        return None if after is None else after / 1000
