"""Stop orders as they happen: GET /v1/stream, kept open, resumed, and never trusted to be complete.

After each connect the standing orders are read as well, because a stream resumed from too long ago
may have forgotten some. What comes twice changes nothing (see Fence).
"""

from __future__ import annotations

import http.client
import json
import logging
import random
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, List, Optional

from .errors import ApiError, FuseboxError, Unreachable
from .fence import Fence, KillOrder
from .transport import Connection, Reply, Request, Transport, decode, describe

OnKill = Callable[[KillOrder], None]

EVENT_BYTES_MAX = 1 << 20
# The daemon says something every 15 s, if only a comment. A peer that vanished says nothing.
SILENCE_SECONDS_MAX = 60.0
_PIECE_BYTES = 64 << 10
_log = logging.getLogger("fusebox")


@dataclass(frozen=True)
class ServerSentEvent:
    data: str
    id: str = ""
    event: str = "message"


class EventParser:
    """Bytes in, events out, however the bytes are cut. An event that its empty line has not ended
    is none: a stream that breaks in the middle loses it, and the resume brings it again."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_ms: Optional[int] = None
        self._rest = b""
        self._id = last_id  # of the event that is being read; resuming from it would skip it
        self._data: List[str] = []
        self._event = ""
        self._first = True

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """ValueError above EVENT_BYTES_MAX."""
        text = self._rest + piece
        # A CR at the end may be half of a CR LF: it waits for what comes next.
        held = b"\r" if text.endswith(b"\r") else b""
        lines = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = lines.split(b"\n")
        self._rest = rest + held
        for line in whole:
            event = self._line(line)
            if event is not None:
                yield event
        if len(self._rest) + sum(map(len, self._data)) > EVENT_BYTES_MAX:
            raise ValueError(f"an event above {EVENT_BYTES_MAX} bytes")

    def _line(self, line: bytes) -> Optional[ServerSentEvent]:
        text = line.decode("utf-8", "replace")
        if self._first:
            self._first = False
            text = text[1:] if text.startswith("\ufeff") else text
        if not text:
            return self._dispatch()
        name, _, value = text.partition(":")
        self._field(name, value[1:] if value.startswith(" ") else value)
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)

    def _dispatch(self) -> Optional[ServerSentEvent]:
        data, self._data = self._data, []
        name, self._event = self._event, ""
        self.last_id = self._id
        if not data:
            return None
        return ServerSentEvent("\n".join(data), self.last_id, name or "message")


class Backoff:
    """Waits that double from `base` to `cap` seconds, each drawn from [half, whole], so that a
    fleet does not come back to a restarted daemon as one."""

    def __init__(
        self, base: float = 0.1, cap: float = 5.0, draw: Callable[[], float] = random.random
    ):
        self._base = base
        self._cap = cap
        self._draw = draw
        self._failures = 0

    def next(self, at_least: float = 0.0) -> float:
        doubled = max(self._base, at_least) * float(2 ** min(self._failures, 30))
        whole = min(self._cap, doubled)
        self._failures += 1
        return whole * (0.5 + self._draw() / 2)

    def reset(self) -> None:
        self._failures = 0


class KillWatch:
    """Follows the stream on a daemon thread until `close`, or until the daemon refuses (a token
    that may not read it): then `error` says why and `running` is False."""

    def __init__(
        self,
        transport: Transport,
        fence: Fence,
        callback: Optional[OnKill] = None,
        backoff: Optional[Backoff] = None,
    ):
        self.error: Optional[FuseboxError] = None
        self.reconnects = 0
        self._transport = transport
        self._fence = fence
        self._callback = callback
        self._backoff = backoff or Backoff()
        self._parser = EventParser()
        self._connection: Optional[Connection] = None
        self._up = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fusebox-kills", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """False after `close`, and in a process forked from the one that watches."""
        return self._thread.is_alive() and not self._stop.is_set()

    @property
    def connected(self) -> bool:
        return self._up.is_set() and self.running

    def wait_connected(self, timeout: Optional[float] = None) -> bool:
        """True once the stream is open and the standing orders are known."""
        return self._up.wait(timeout)

    def close(self) -> None:
        self._stop.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> KillWatch:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            failure = self._follow_once()
            self._up.clear()
            if isinstance(failure, ApiError):
                self.error = failure
                _log.warning("fusebox: stop orders cannot be followed: %s", failure)
                return
            self.reconnects += 1
            after = getattr(failure, "retry_after", None) or (self._parser.retry_ms or 0) / 1000
            self._stop.wait(self._backoff.next(at_least=after))

    def _follow_once(self) -> FuseboxError:
        """Reads one connection to its end; says what ended it."""
        try:
            self._connection = self._transport.connect(self._deadline())
            try:
                self._follow(self._connection)
            finally:
                self._connection.close()
                self._connection = None
        except FuseboxError as error:
            return error
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Unreachable(describe(error))
        return Unreachable("the daemon ended the stream")

    def _follow(self, connection: Connection) -> None:
        headers = {**self._transport.headers(), "Accept": "text/event-stream"}
        parser = self._parser = EventParser(self._parser.last_id)
        if parser.last_id:
            headers["Last-Event-ID"] = parser.last_id
        request = Request("GET", "/v1/stream?events=kill")
        response = connection.begin(request, headers, self._deadline())
        if response.status != 200:
            decode(Reply(response.status, response.headers, response.read()))
            raise Unreachable(f"the stream answered {response.status}")
        self._learn_standing_orders()
        self._up.set()
        self._backoff.reset()
        while not self._stop.is_set():
            connection.sock.deadline = time.monotonic() + SILENCE_SECONDS_MAX
            piece = response.read1(_PIECE_BYTES)
            if not piece:
                return
            for event in parser.feed(piece):
                self._hear(event)

    def _hear(self, event: ServerSentEvent) -> None:
        if event.event == "gap":  # the daemon forgot some that this side has not seen
            self._learn_standing_orders()
        self._learn(order_of(event))

    def _learn_standing_orders(self) -> None:
        answer = self._transport.request(Request("GET", "/v1/kills"))
        orders = answer.get("kills") if isinstance(answer, dict) else None
        if not isinstance(orders, list):
            raise Unreachable("GET /v1/kills: the answer has no list of kills")
        for body in orders:
            self._learn(KillOrder.from_wire(body))

    def _learn(self, order: Optional[KillOrder]) -> None:
        if order is None or not self._fence.learn(order) or self._callback is None:
            return
        try:
            self._callback(order)
        except Exception:  # a mistake in the callback must not blind the fence
            _log.exception("fusebox: the callback of watch_kills failed")

    def _deadline(self) -> float:
        return time.monotonic() + self._transport.timeout


def order_of(event: ServerSentEvent) -> Optional[KillOrder]:
    """The stop order in one event of the stream, whose data is one output line; else None."""
    try:
        line = json.loads(event.data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not isinstance(line.get("kill"), dict):
        return None
    return KillOrder.from_wire({"at": line.get("at"), **line["kill"]})
