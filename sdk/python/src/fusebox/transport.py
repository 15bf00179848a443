"""HTTP to the daemon: one kept-alive connection a thread, one deadline a request, one reconnect.

A timeout of http.client bounds each read, so a daemon that sends a byte now and then could hold a
caller for ever. Here the deadline belongs to the whole request, reconnect included.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional

from .address import SOCKETS, Address
from .errors import ApiError, Unreachable

ANSWER_BYTES_MAX = 64 << 20
_PIECE_BYTES = 64 << 10


@dataclass(frozen=True)
class Request:
    """`repeatable`: sending it twice does what sending it once does. `at_least`: seconds that the
    answer may take by its nature, where that is more than the transport's timeout."""

    method: str
    path: str
    body: Optional[bytes] = None
    content_type: str = "application/json"
    repeatable: bool = True
    at_least: float = 0.0


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class DeadlineSocket(socket.socket):
    """Every read and write gets what is left until `deadline` (monotonic seconds)."""

    deadline: float

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().sendall(*args, **kwargs)

    def _arm(self) -> None:
        self.settimeout(_remaining(self.deadline))


class Connection:
    """http.client over a socket that is made here, over TCP and Unix alike. Not thread-safe, but
    for `interrupt`. OSError and HTTPException mean that it is of no more use."""

    def __init__(self, address: Address, deadline: float):
        self.sock = address.open(DeadlineSocket, _remaining(deadline))
        # The daemon checks the name that a request calls it by.
        self._http = http.client.HTTPConnection(address.host, address.port)
        self._http.auto_open = 0  # it must not connect by itself, to a host of this name
        self._http.sock = self.sock

    def begin(
        self, request: Request, headers: Mapping[str, str], deadline: float
    ) -> http.client.HTTPResponse:
        """Sends the request and reads the head of its answer."""
        self.sock.deadline = deadline
        self._http.request(request.method, request.path, body=request.body, headers=dict(headers))
        return self._http.getresponse()

    def exchange(self, request: Request, headers: Mapping[str, str], deadline: float) -> Reply:
        response = self.begin(request, headers, deadline)
        body = _read_all(response)
        return Reply(response.status, response.headers, body)

    @property
    def usable(self) -> bool:
        """Kept alive by the daemon, as far as this side knows."""
        return self._http.sock is not None

    def interrupt(self) -> None:
        """From any thread: a read that waits ends at once."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself

    def close(self) -> None:
        self._http.close()
        self.sock.close()


class Transport:
    """Thread-safe: each thread has its own connection."""

    def __init__(
        self, find_address: Callable[[], Optional[Address]], token: Optional[str], timeout: float
    ):
        self.timeout = timeout
        self._find_address = find_address
        self._token = token
        self._local = threading.local()
        self._slots: weakref.WeakSet[_Slot] = weakref.WeakSet()

    def request(self, request: Request) -> Any:
        """The answer's JSON (None without a body). Unreachable, ApiError."""
        deadline = time.monotonic() + max(self.timeout, request.at_least)
        try:
            reply = self._exchange(request, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(describe(error)) from error
        return decode(reply)

    def connect(self, deadline: float) -> Connection:
        """A connection of the caller's own. Unreachable if there is nothing to connect to."""
        address = self._find_address()
        if address is None:
            raise Unreachable(f"no daemon found; looked for {' and '.join(SOCKETS)}")
        try:
            return Connection(address, deadline)
        except OSError as error:
            raise Unreachable(f"{address}: {describe(error)}") from error

    def headers(self, content_type: Optional[str] = None) -> Dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "fusebox-python"}
        if content_type:
            headers["Content-Type"] = content_type
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def close(self) -> None:
        """Of every thread. A later request connects again."""
        for slot in list(self._slots):
            slot.drop()

    def _exchange(self, request: Request, deadline: float) -> Reply:
        """A kept-alive connection may have ended while nobody looked, so a failure on one is no
        news about the daemon: it is tried once more on a new one, if time is left. A request that
        must not arrive twice begins on a new one and is sent once."""
        slot = self._slot()
        kept = slot.connection
        if kept is not None and request.repeatable and kept.usable:
            try:
                return self._on(slot, kept, request, deadline)
            except (OSError, http.client.HTTPException):
                pass
        slot.drop()
        slot.connection = self.connect(deadline)
        return self._on(slot, slot.connection, request, deadline)

    def _on(self, slot: _Slot, connection: Connection, request: Request, deadline: float) -> Reply:
        headers = self.headers(request.content_type if request.body is not None else None)
        try:
            return connection.exchange(request, headers, deadline)
        except BaseException:
            # Also when the caller is interrupted: an answer that comes later belongs to nobody.
            slot.drop()
            raise

    def _slot(self) -> _Slot:
        slot: Optional[_Slot] = getattr(self._local, "slot", None)
        if slot is None:
            slot = self._local.slot = _Slot()
            self._slots.add(slot)
        return slot


class _Slot:
    """The connection of one thread; it ends with the thread."""

    def __init__(self) -> None:
        self.connection: Optional[Connection] = None

    def drop(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        self.drop()


def decode(reply: Reply) -> Any:
    """An answer's JSON, or what its status says went wrong."""
    if 200 <= reply.status < 300:
        try:
            return json.loads(reply.body) if reply.body else None
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"the answer is no JSON: {error}") from error
    problem = _problem(reply)
    if reply.status == 429 or reply.status >= 500:
        raise Unreachable(str(problem), retry_after=_retry_after(reply))
    raise problem


def describe(error: BaseException) -> str:
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return str(error) or type(error).__name__


def _problem(reply: Reply) -> ApiError:
    """RFC 9457; whatever stands between may answer something else."""
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        body = {}
    title = body.get("title") or http.client.responses.get(reply.status, "unexpected status")
    return ApiError(reply.status, str(title), str(body.get("detail") or ""))


def _retry_after(reply: Reply) -> Optional[float]:
    text = reply.headers.get("Retry-After") or ""
    return float(text) if text.isascii() and text.isdigit() else None


def _read_all(response: http.client.HTTPResponse) -> bytes:
    if response.length is not None and response.length > ANSWER_BYTES_MAX:
        raise http.client.HTTPException(f"an answer above {ANSWER_BYTES_MAX} bytes")
    if response.length is not None:
        return response.read()
    pieces: List[bytes] = []
    size = 0
    while True:
        piece = response.read(_PIECE_BYTES)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise http.client.HTTPException(f"an answer above {ANSWER_BYTES_MAX} bytes")


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("no answer in time")
    return left
