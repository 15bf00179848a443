"""Events that no daemon took yet. Bounded: the oldest go first, and are counted."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional

from .errors import ApiError, Unreachable

Event = Dict[str, Any]

BATCH = 256
_log = logging.getLogger("fusebox")


class Outbox:
    """`send` takes a batch of events and returns how many of them were refused. It raises
    Unreachable to keep the batch and ApiError to lose it."""

    def __init__(self, send: Callable[[List[Event]], int], capacity: int):
        if capacity < 1:
            raise ValueError("an outbox holds at least 1 event")
        self.dropped = 0
        self._send = send
        self._capacity = capacity
        self._waiting: Deque[Event] = deque()
        self._state = threading.Lock()
        self._sending = threading.Lock()
        self._thread: Optional[threading.Thread] = None

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Event) -> None:
        with self._state:
            self._waiting.append(event)
            self._trim()

    def flush(self) -> None:
        """Sends what waits, in order. Unreachable if the daemon took only a part."""
        with self._sending:
            while True:
                batch = self._take()
                if not batch:
                    return
                self._send_or_keep(batch)

    def flush_soon(self) -> None:
        """The same on a thread of its own: a check must not wait for the past."""
        with self._state:
            busy = self._thread is not None and self._thread.is_alive()
            if busy or not self._waiting:
                return
            self._thread = threading.Thread(
                target=self._flush_quietly, name="fusebox-outbox", daemon=True
            )
            self._thread.start()

    def _flush_quietly(self) -> None:
        try:
            self.flush()
        except Unreachable:
            pass  # they wait for the next time that the daemon answers
        except ApiError as error:
            _log.warning("fusebox: the daemon refused buffered events: %s", error)

    def _take(self) -> List[Event]:
        with self._state:
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _send_or_keep(self, batch: List[Event]) -> None:
        try:
            refused = self._send(batch)
        except ApiError:
            self._count_dropped(len(batch))  # they would be refused again
            raise
        except BaseException:
            with self._state:
                self._waiting.extendleft(reversed(batch))
                self._trim()
            raise
        self._count_dropped(refused)

    def _count_dropped(self, events: int) -> None:
        with self._state:
            self.dropped += events

    def _trim(self) -> None:
        while len(self._waiting) > self._capacity:
            self._waiting.popleft()
            self.dropped += 1
