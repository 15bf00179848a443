"""A daemon for black-box tests, on free ports in a folder of its own, ended with the test."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

READY_SECONDS = 30


class Daemon:
    """`fusebox serve` on a configuration; the folder outlives restarts and ends with close()."""

    def __init__(self, program, documents="", config="", environment=None):
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="fusebox-test-"))
        self.state = self.folder / "state"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        (self.folder / "fusebox.yaml").write_text(
            "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: test}\nspec:\n"
            "  listen: {api: 127.0.0.1:0, otlp_http: 127.0.0.1:0}\n"
            f"  state: ./state\n{config}\n" + documents)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        listen = self.state / "listen.json"
        listen.unlink(missing_ok=True)
        log = open(self.folder / "daemon.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "serve", "-c", str(self.folder / "fusebox.yaml")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        log.close()
        deadline = time.monotonic() + READY_SECONDS
        while not listen.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the daemon did not become ready:\n" + self.log())
            time.sleep(0.01)  # for another process: nothing here can be waited on
        ports = json.loads(listen.read_text())
        self.api, self.otlp = ports["api"], ports.get("otlp_http")

    def log(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def kill(self):
        """kill -9: nothing of it runs afterwards."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        log = self.log() if self.process else ""
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)
        # Most daemons here end by SIGKILL, so that no exit code says what a sanitizer found.
        if "Sanitizer" in log or "runtime error:" in log:
            raise AssertionError("a sanitizer found something:\n" + log)

    def client(self, listener=None):
        return Client(listener or self.api)

    def get(self, target):
        with self.client() as client:
            return client.get(target)

    def post(self, target, body):
        with self.client() as client:
            return client.post(target, body)


class Client:
    """One kept connection; answers are (status, decoded body)."""

    def __init__(self, address, timeout=30):
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def request(self, method, target, body=None, headers=None):
        self.connection.request(method, target, body=body, headers=headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def get(self, target, headers=None):
        return self.request("GET", target, headers=headers)

    def post(self, target, body, headers=None):
        return self.request("POST", target, json.dumps(body),
                            {"Content-Type": "application/json", **(headers or {})})
