"""HTTP and OTLP of the daemon, byte by byte: what is hostile is refused by its status."""

import gzip
import re
import socket
import sys
import unittest

from daemon_support import WithDaemon


def exchange(address, data, half_close=False):
    """Sends bytes and reads to the end; the answer says `Connection: close` or an error does."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        try:
            peer.sendall(data)
            if half_close:
                peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent; the answer says why
        out = b""
        while chunk := peer.recv(65536):
            out += chunk
    return out.decode(errors="replace")


def request(path, body=b"", method="POST", kind="application/json", extra=b""):
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n").encode() + extra + (
                b"\r\n" + body)


def status_of(answer):
    found = re.match(r"HTTP/1\.1 (\d+)", answer)
    return int(found.group(1)) if found else None


class Bytes(WithDaemon):
    def test_hostile_http_is_refused_by_its_status(self):
        head = b"Host: localhost\r\n"
        deep = b'{"agent":"a","action":"task","args":{"a":' + b"[" * 100000 + b"]" * 100000 + b"}}"
        rows = [
            ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", 400),
            ("tls", b"\x16\x03\x01\x02\x00garbage\r\n\r\n", 400),
            ("long header", b"GET /healthz HTTP/1.1\r\n" + head + b"X: " + b"a" * 200000
             + b"\r\n\r\n", 431),
            ("many headers", b"GET /healthz HTTP/1.1\r\n" + head + b"X: a\r\n" * 20000 + b"\r\n",
             431),
            ("long path", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + head + b"\r\n", 414),
            ("two lengths", b"POST /v1/check HTTP/1.1\r\n" + head
             + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
            ("length and chunks", b"POST /v1/check HTTP/1.1\r\n" + head
             + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("negative length", b"POST /v1/check HTTP/1.1\r\n" + head
             + b"Content-Length: -1\r\n\r\n", 400),
            ("huge length", b"POST /v1/events HTTP/1.1\r\n" + head
             + b"Content-Length: 99999999999\r\n\r\n", 413),
            ("deep", request("/v1/check", deep), 400),
            ("invalid UTF-8", request("/v1/check", b'{"agent":"\xff","action":"task"}'), 400),
            ("key twice", request("/v1/check", b'{"agent":"a","agent":"b","action":"task"}'), 400),
            ("no JSON", request("/v1/check", b"{"), 400),
            ("nothing", request("/v1/check"), 400),
            ("another type", request("/v1/check", b"<a/>", kind="application/xml"), 415),
            ("another method", request("/v1/check", method="PUT"), 405),
            ("another site",
             request("/v1/kills", b"{}", extra=b"Origin: http://evil.org\r\n"), 403),
            ("half closed", b"POST /v1/check HTTP/1.1\r\n" + head
             + b'Content-Length: 29\r\n\r\n{"agent":"a","action":"task"}', 200),
        ]
        for name, data, status in rows:
            with self.subTest(name=name):
                answer = exchange(self.daemon.api, data, half_close=name == "half closed")
                self.assertEqual(status_of(answer), status, answer[:300])

    def test_otlp_answers_in_the_words_of_its_contract(self):
        bomb = gzip.compress(b"\0" * (66 << 20), 9)
        zipped = b"Content-Encoding: gzip\r\n"
        protobuf = "application/x-protobuf"
        rows = [
            ("json", request("/v1/traces", b"{}"), 200),
            ("protobuf", request("/v1/traces", b"", kind=protobuf), 200),
            ("no JSON", request("/v1/traces", b"{"), 400),
            ("no protobuf", request("/v1/traces", b"\xff\xff\xff", kind=protobuf), 400),
            ("deep", request("/v1/traces", b'{"a":' * 70 + b"1" + b"}" * 70), 400),
            ("another type", request("/v1/traces", b"x", kind="text/plain"), 415),
            ("another coding", request("/v1/traces", b"x", extra=b"Content-Encoding: br\r\n"), 415),
            ("another method", request("/v1/traces", method="GET"), 405),
            ("no gzip", request("/v1/traces", b"xx", extra=zipped), 400),
            ("bomb", request("/v1/traces", bomb, kind=protobuf, extra=zipped), 413),
            ("metrics", request("/v1/metrics", b"{}"), 404),
            ("logs", request("/v1/logs", b"", kind=protobuf), 404),
        ]
        for name, data, status in rows:
            with self.subTest(name=name):
                answer = exchange(self.daemon.otlp, data)
                self.assertEqual(status_of(answer), status, answer[:300])
                kind = re.search(r"Content-Type: (\S+)", data.decode(errors="replace")).group(1)
                if kind in ("application/json", protobuf):
                    self.assertIn(f"Content-Type: {kind}\r\n", answer)
        self.assertIn("OTEL_METRICS_EXPORTER=none",
                      exchange(self.daemon.otlp, request("/v1/metrics", b"{}")))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
