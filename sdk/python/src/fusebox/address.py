"""Where the daemon is: the same places in the same order as the command line."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional, TypeVar, Union
from urllib.parse import urlsplit

Socket = TypeVar("Socket", bound=socket.socket)

SOCKETS = ("/run/fusebox/fusebox.sock", "./state/fusebox.sock")


@dataclass(frozen=True)
class UnixAddress:
    path: str
    # What a request names as its host: a socket has no name of its own.
    host = "localhost"
    port = 80

    def open(self, make: Callable[..., Socket], timeout: float) -> Socket:
        return _connected(make, socket.AF_UNIX, self.path, timeout)

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True)
class TcpAddress:
    host: str
    port: int

    def open(self, make: Callable[..., Socket], timeout: float) -> Socket:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        failure: OSError = OSError(f"{self.host}: the name has no address")
        for family, _, _, _, peer in found:
            try:
                sock = _connected(make, family, peer, timeout)
            except OSError as error:
                failure = error
                continue
            # A request is two small writes; waiting for the answer to the first would cost 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The stream of stop orders may be silent for days: a peer that is gone must show.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock
        raise failure

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


Address = Union[UnixAddress, TcpAddress]


def parse(text: str) -> Address:
    """`127.0.0.1:7100`, `[::1]:7100`, the same after `http://`, `unix:PATH`, or a path that begins
    with `/` or `.`. ValueError says what was expected."""
    if text.startswith(("/", ".")):
        return UnixAddress(text)
    if text.startswith("unix:") and len(text) > len("unix:"):
        return UnixAddress(text[len("unix:") :])
    if text.startswith("https:"):
        raise ValueError("the daemon speaks no TLS itself; put a proxy in front and use its http")
    return _parse_tcp(text)


def find(
    server: Optional[str],
    environ: Mapping[str, str] = os.environ,
    exists: Optional[Callable[[str], bool]] = None,
) -> Optional[Address]:
    """The argument, else $FUSEBOX_SERVER, else the first socket that is there, else None."""
    exists = exists or os.path.exists
    named = server or environ.get("FUSEBOX_SERVER")
    if named:
        return parse(named)
    return next((UnixAddress(path) for path in SOCKETS if exists(path)), None)


def _parse_tcp(text: str) -> TcpAddress:
    expected = f"{text!r} is no server; expected HOST:PORT, http://HOST:PORT or unix:PATH"
    try:
        url = urlsplit(text if text.startswith("http://") else f"http://{text}")
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError(expected) from None
    extra = url.username or url.path not in ("", "/") or url.query or url.fragment
    if not host or not port or extra:
        raise ValueError(expected)
    return TcpAddress(host, port)


def _connected(make: Callable[..., Socket], family: int, peer: Any, timeout: float) -> Socket:
    sock = make(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(peer)
    except BaseException:
        sock.close()
        raise
    return sock
