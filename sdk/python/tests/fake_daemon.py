"""A daemon for tests: answers as told, misbehaves as told, and remembers what arrived."""

import json
import queue
import socketserver
import tempfile
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Dict, Optional


@dataclass
class Seen:
    connection: int
    method: str
    path: str
    query: str
    headers: Any
    body: Any

    @property
    def route(self):
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    """`how`: see `transport.json`; or `stream`, then `pieces` is a queue of bytes, None ends it."""

    status: int = 200
    body: Any = None
    raw: Optional[bytes] = None
    headers: Dict[str, str] = field(default_factory=dict)
    how: str = "answer"
    pieces: Any = None

    def content(self):
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


class FakeDaemon:
    """Unix socket or TCP on a free port. `with FakeDaemon() as daemon: Client(daemon.address)`."""

    def __init__(self, unix=True):
        self.seen = []
        self.connections = 0
        self.arrived = threading.Condition()
        self.released = threading.Event()  # ends every silence
        self._standing = {}
        self._next = defaultdict(deque)
        self._scripts = None
        self._folder = tempfile.TemporaryDirectory()
        if unix:
            self._server = _UnixServer(str(Path(self._folder.name) / "d.sock"), _Handler)
            self.address = f"unix:{self._server.server_address}"
        else:
            self._server = _TcpServer(("127.0.0.1", 0), _Handler)
            self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._server.daemon = self
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.005,), daemon=True)
        self._thread.start()

    def always(self, route, answer):
        self._standing[route] = answer

    def then(self, route, *answers):
        """The next answers of this route, in order, before the standing one."""
        self._next[route].extend(answers)

    def script(self, connections, body):
        """What each connection does, as in `transport.json`."""
        self._scripts = [deque(steps) for steps in connections]
        self._script_body = body

    def stream(self):
        """Opens the route of the stream; what is put into the queue is pushed."""
        pieces = queue.Queue()
        self.then("GET /v1/stream", Answer(how="stream", pieces=pieces))
        return pieces

    def bodies(self, route):
        return [seen.body for seen in self.seen if seen.route == route]

    def wait_for(self, route, count=1, timeout=5.0):
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.bodies(route)) >= count, timeout)

    def stop(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def answer_to(self, seen):
        with self.arrived:
            self.seen.append(seen)
            self.arrived.notify_all()
        if self._scripts is not None:
            steps = self._scripts[seen.connection] if seen.connection < len(self._scripts) else []
            how = steps.popleft() if steps else "close"
            return Answer(how=how, body=self._script_body)
        waiting = self._next[seen.route]
        if waiting:
            return waiting.popleft()
        return self._standing.get(seen.route, Answer(404, {"title": "Not Found", "status": 404}))


class _Server(socketserver.ThreadingMixIn):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass  # a client that went away is what some tests are about


class _UnixServer(_Server, socketserver.UnixStreamServer):
    pass


class _TcpServer(_Server, socketserver.TCPServer):
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        daemon = self.server.daemon
        self.connection_number = daemon.connections
        daemon.connections += 1

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def _serve(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content else None
        path, _, query = self.path.partition("?")
        seen = Seen(self.connection_number, self.command, path, query, self.headers, body)
        answer = self.server.daemon.answer_to(seen)
        getattr(self, "_" + answer.how)(answer)

    def _answer(self, answer, extra=None, cut=0):
        content = answer.content()
        self.send_response(answer.status)
        for name, value in {**answer.headers, **(extra or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])

    def _answer_and_close(self, answer):
        self._answer(answer, {"Connection": "close"})
        self.close_connection = True

    def _answer_then_hang_up(self, answer):
        self._answer(answer)
        self.close_connection = True

    def _close(self, answer):
        self.close_connection = True

    def _cut(self, answer):
        self._answer(answer, cut=3)
        self.close_connection = True

    def _silence(self, answer):
        self.server.daemon.released.wait(10)
        self.close_connection = True

    def _later(self, answer):
        self.server.daemon.released.wait(0.05)
        self._answer(answer)

    def _drip(self, answer):
        """A byte at a time, for ever: each read gets something, the whole never ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not self.server.daemon.released.wait(0.002):
            self.wfile.write(b" ")
        self.close_connection = True

    def _stream(self, answer):
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            piece = answer.pieces.get()
            if piece is None:
                break
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.close_connection = True
