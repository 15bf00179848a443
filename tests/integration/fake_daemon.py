"""A daemon in small, for what supervises processes: registrations, orders, acknowledgements."""

import json
import queue
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

PATIENCE = 30  # seconds until a test gives up; nothing here takes that long


class FakeDaemon:
    """Listens on a Unix socket. `standing` orders are told to whoever registers; `status` other
    than 200 refuses them, None never answers. What came stands in queues."""

    def __init__(self, path, standing=(), status=200, first_id=1, garbage=False, heartbeat=0.2):
        self.registrations = queue.Queue()
        self.acknowledgements = queue.Queue()
        self.standing = list(standing)
        self.status = status
        self.garbage = garbage
        self.heartbeat = heartbeat
        self.next_id = first_id
        self.streams = {}
        self.closing = threading.Event()
        self.server = Server(path, self)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def order(self, order):
        for lines in list(self.streams.values()):
            lines.put({"order": order})

    def registered(self):
        return self.registrations.get(timeout=PATIENCE)

    def acknowledged(self):
        return self.acknowledgements.get(timeout=PATIENCE)

    def close(self):
        """As a process that was killed: every connection ends."""
        self.closing.set()
        self.server.shutdown()
        self.server.end_connections()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.closing.is_set():
            self.close()


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path, daemon):
        self.daemon = daemon
        self.connections = set()
        Path(path).unlink(missing_ok=True)  # of the daemon before
        super().__init__(path, Handler)

    def end_connections(self):
        for connection in list(self.connections):
            try:
                connection.shutdown(2)
            except OSError:
                pass  # the other side was first


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.add(self.request)

    def finish(self):
        self.server.connections.discard(self.request)
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/processes":
            self.register(body)
        else:
            self.acknowledge(body)

    def register(self, body):
        daemon = self.server.daemon
        body["authorization"] = self.headers.get("Authorization")
        daemon.registrations.put(body)
        if daemon.status is None:
            daemon.closing.wait()
            return
        if daemon.status != 200:
            self.answer(daemon.status, {"title": "No", "detail": "because of the test"})
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.stream()
        except OSError:
            pass  # the reader left

    def stream(self):
        daemon = self.server.daemon
        if daemon.garbage:
            self.chunk("{]\n")
            daemon.closing.wait()
            return
        process = f"proc-{daemon.next_id}"
        daemon.next_id += 1
        lines = daemon.streams[process] = queue.Queue()
        self.line({"process": process})
        for order in daemon.standing:
            self.line({"order": order})
        self.line({"standing": len(daemon.standing)})
        while not daemon.closing.is_set():
            try:
                self.line(lines.get(timeout=daemon.heartbeat))
            except queue.Empty:
                self.chunk("\n")

    def line(self, value):
        self.chunk(json.dumps(value) + "\n")

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def acknowledge(self, body):
        daemon = self.server.daemon
        process = self.path.split("/")[3]
        known = process in daemon.streams
        if known:
            daemon.acknowledgements.put({"process": process, **body})
        self.answer(204 if known else 404, None)

    def answer(self, status, value):
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if data:
            self.wfile.write(data)
