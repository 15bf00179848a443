"""The real SDKs of two providers against a server that misbehaves as faults do.

For each row of tests/sim/data/sdk_fidelity.txt: the number of attempts, the waits before each
further one, and the class of the outcome. tests/sim/fidelity_test.cpp holds the simulated agents
to the same table. Waits are what the SDK asks its clock to sleep: they are written down instead of
slept, so that an hour of Retry-After takes no time and a busy machine changes nothing.

    python sdk_fidelity_test.py FUSEBOX SOURCE_FOLDER
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import time
import types

import anthropic
import openai

TABLE = "sim/data/sdk_fidelity.txt"


def rows(path):
    """The rows of the table, as namespaces."""
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        sdk, fault, argument, timeout, attempts, waits, outcome = line.split()
        yield types.SimpleNamespace(
            name=line,
            sdk=sdk,
            fault=fault,
            argument=None if argument == "-" else int(argument),
            timeout=float(timeout),
            attempts=int(attempts),
            waits=[] if waits == "-" else [bounds(wait) for wait in waits.split(",")],
            outcome=outcome,
        )


def bounds(wait):
    least, _, most = wait.partition("..")
    return float(least), float(most or least)


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers as the server's `row` says; the shapes are those of the two providers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.attempts += 1
        fault = server.row.fault
        if fault == "rate_limit":
            self.refuse()
        elif fault == "hang":
            server.closing.wait()
        elif fault == "slow_ttft":
            if not server.closing.wait(server.row.argument):
                self.stream(ANSWERS[server.row.sdk])
        elif fault == "in_stream_error":
            self.stream(BROKEN[server.row.sdk])
        else:
            raise ValueError(fault)

    def refuse(self):
        row = self.server.row
        body = json.dumps(REFUSALS[row.sdk]).encode()
        self.send_response(429)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if row.argument is not None:
            self.send_header("Retry-After", str(row.argument))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, text):
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text.encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client has given up, which is what the row is about
        self.close_connection = True

    def log_message(self, *_):
        pass


def named(name, data):
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"


def chunk(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m1"}
    return f"data: {json.dumps({**body, 'choices': [choice]})}\n\n"


MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m1",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 1},
}
BEGUN = (
    named("message_start", {"message": MESSAGE})
    + named("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    + named("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Hel"}})
)
REFUSALS = {
    "anthropic": {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}},
    "openai": {"error": {"message": "slow down", "type": "requests", "param": None,
                         "code": "rate_limit_exceeded"}},
}
ANSWERS = {
    "anthropic": BEGUN
    + named("content_block_stop", {"index": 0})
    + named("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None},
                              "usage": {"output_tokens": 1}})
    + named("message_stop", {}),
    "openai": chunk({"role": "assistant", "content": "Hel"}) + chunk({}, "stop")
    + "data: [DONE]\n\n",
}
BROKEN = {
    "anthropic": BEGUN
    + named("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "openai": chunk({"role": "assistant", "content": "Hel"})
    + 'data: {"error":{"message":"overloaded","type":"server_error","param":null,"code":null}}\n\n',
}


class RecordingClock:
    """The module `time` as an SDK sees it, but that a sleep is written down."""

    def __init__(self):
        self.waits_ms = []

    def __getattr__(self, name):
        return getattr(time, name)

    def sleep(self, seconds):
        self.waits_ms.append(seconds * 1000)


SDKS = {"anthropic": anthropic, "openai": openai}


def ask(row, port):
    """One call as an agent makes it; the class of its outcome."""
    sdk = SDKS[row.sdk]
    url = f"http://127.0.0.1:{port}"
    prompt = {"model": "m1", "messages": [{"role": "user", "content": "hello"}], "stream": True}
    try:
        if row.sdk == "anthropic":
            with sdk.Anthropic(base_url=url, api_key="none", timeout=row.timeout) as client:
                read(client.messages.create(max_tokens=9, **prompt))
        else:
            with sdk.OpenAI(base_url=url + "/v1", api_key="none", timeout=row.timeout) as client:
                read(client.chat.completions.create(**prompt))
        return "ok"
    except sdk.APITimeoutError:
        return "timeout"
    except sdk.RateLimitError:
        return "throttled"
    except sdk.APIError:
        return "error"


def read(stream):
    for _ in stream:
        pass


def run(row):
    """What is wrong with the row, as lines."""
    clock = RecordingClock()
    SDKS[row.sdk]._base_client.time = clock
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = False
    server.row, server.attempts, server.closing = row, 0, threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        outcome = ask(row, server.server_address[1])
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
    wrong = []
    if outcome != row.outcome:
        wrong.append(f"the outcome is {outcome}")
    if server.attempts != row.attempts:
        wrong.append(f"there were {server.attempts} attempts")
    within = [least - 1e-6 <= wait <= most + 1e-6
              for (least, most), wait in zip(row.waits, clock.waits_ms)]
    if len(clock.waits_ms) != len(row.waits) or not all(within):
        wrong.append(f"the waits are {clock.waits_ms} ms")
    return wrong


def main():
    os.environ["NO_PROXY"] = "127.0.0.1"
    table = list(rows(pathlib.Path(sys.argv[2]).parent / TABLE))
    assert len(table) >= 8, "the table is empty"
    failed = 0
    for row in table:
        wrong = run(row)
        failed += bool(wrong)
        print("FAIL" if wrong else "ok  ", row.name, *wrong, sep="\n     " if wrong else " ")
    versions = f"anthropic {anthropic.__version__}, openai {openai.__version__}"
    print(f"{len(table) - failed} of {len(table)} rows hold with {versions}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
