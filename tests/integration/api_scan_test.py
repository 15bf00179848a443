"""Every operation of `/openapi.json` with thousands of requests that the description makes up.

Some fit the description, some break it in one place, some are no JSON at all. Whatever comes:
  - nothing is answered with a 5xx, and the daemon is there at the end, with a state it can open;
  - every answer has a documented status, the documented media type and the documented shape;
  - a body that the description forbids is not carried out;
  - every operation succeeded at least once, so that the rest proves something.
"""

import json
import os
import random
import sys
import unittest
from collections import Counter
from http.client import HTTPException
from urllib.parse import quote

from daemon import Client, Daemon
from daemon_support import DOCUMENTS, PROGRAM, run
from json_schema import STRINGS, Schemas, anything, changed, without_nulls

SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))
CASES = int(os.environ.get("FUSEBOX_CASES", "2000" if os.environ.get("FUSEBOX_PROVE") else "400"))
STREAMS = 10  # cases of an operation whose answer has no end: each costs a connection
TIMEOUT = 20

ROLES = {"ann": "admin", "ben": "approver", "eve": "viewer", "bot": "agent"}
TOKENS = "  auth:\n    mode: tokens\n    tokens:\n" + "".join(
    f"      - {{name: {name}, role: {role}, token_file: ./secrets/{name}"
    + (", agents: ['a*'], tenants: ['*']" if role == "agent" else "") + "}\n"
    for name, role in ROLES.items())

# So that there is always something to answer.
ASKS = """---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: asks}
spec:
  default: allow
  rules:
    - {id: ask, trigger: request, when: action == "delegation", effect: require_approval}
"""

# Names and values that mean something to this daemon. Stop orders reach nobody who is asked for:
# a fleet that stands still would answer each check alike.
WORDS = {
    "agent": ["a1", "a2", "a3"], "tenant": ["", "acme"], "target": ["search", "sql", "file_delete"],
    "action": ["tool", "delegation", "grant", "deny"],
    "task": ["t1", "t2", "t3"], "session": ["", "s1"], "for": ["1h", "90s", "1d"],
    "scope": ["agent:gone", "tenant:gone/agent:x", "session:gone", "tool:gone", "model:gone"],
    "reason": ["scan"], "deadline_ms": [0, 5], "category": ["hard", "drain"],
    "at": ["2026-01-01T00:00:00Z", 1], "name": ["scan"], "actor": ["ann"],
    "dimension": ["tool_calls", "cost_usd"], "to": [30, "1.50"], "by": [3],
    "limit": [1, 2, 100], "after": ["x"], "from": ["2026-01-01T00:00:00Z"], "trust": [500],
    "until": ["2030-01-01T00:00:00Z"], "state": ["open", "pending", "armed", "tripped"],
    "events": ["decision", "kill,breaker"],
}


class Operation:
    def __init__(self, method, path, described):
        self.method, self.path, self.name = method.upper(), path, described["operationId"]
        self.parameters = described["parameters"]
        self.roles = described.get("x-fusebox-roles", [])
        body = described.get("requestBody", {}).get("content", {}).get("application/json")
        self.request = body and body["schema"]
        self.success, documented = next(each for each in described["responses"].items()
                                        if each[0] != "default")
        (self.media, content), = documented["content"].items()
        self.response = content["schema"]
        self.is_endless = "until one side ends it" in documented["description"]

    def choose_token(self, draw):
        """Mostly one that may; for who may what there is a test of its own."""
        able = [name for name, role in ROLES.items() if role in self.roles and name != "bot"]
        return draw.choice(able or [None]) if draw.random() < 0.95 else draw.choice(
            [None, "nobody", *ROLES])


class Things:
    """What is there by now, so that requests are about something that exists."""

    def __init__(self):
        self.known = {"breakers": [], "limits": [], "approvals": ["d-1"], "kills": ["kill-1"],
                      "processes": [], "slos": ["tool-success"],
                      "explain": ["session:s1", "task:t1", "decision:d-1"]}
        self.permits = ["d-1"]
        self.words = {**WORDS, "permit": self.permits, "id": self.known["approvals"]}

    def choose_id(self, path, draw):
        known = self.known.get(path.split("/")[2])
        return draw.choice(known) if known and draw.random() < 0.8 else draw.choice(STRINGS[1:])

    def learn(self, operation, body):
        if operation == "post_v1_check":
            self.add(self.permits, body.get("permit"))
            self.add(self.known["approvals"], body.get("approval", {}).get("id"))
        elif operation in ("post_v1_kills", "post_v1_kills_drills"):
            self.add(self.known["kills"], body["id"])
        elif operation in ("get_v1_breakers", "get_v1_limits"):
            kind = operation.removeprefix("get_v1_")
            for each in body[kind]:
                self.add(self.known[kind], each["id"])

    @staticmethod
    def add(known, name):
        """The last few: what is old is over, answered or re-armed."""
        if name and name not in known:
            known.append(name)
            del known[:-10]


class Scan(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}, {CASES} cases an operation", flush=True)
        self.draw = random.Random(SEED)
        self.daemon = Daemon(PROGRAM, DOCUMENTS + ASKS, TOKENS)
        self.addCleanup(self.daemon.close)
        (self.daemon.folder / "secrets").mkdir()
        for name in ROLES:
            file = self.daemon.folder / "secrets" / name
            file.write_text(f"token-{name}\n")
            file.chmod(0o600)
        self.daemon.start()
        self.client = Client(self.daemon.api, TIMEOUT)
        self.things = Things()
        self.register_a_process()
        self.pass_a_check()
        document = self.daemon.get("/openapi.json")[1]
        self.schemas = Schemas(document)
        self.operations = [Operation(method, path, described)
                           for path, methods in document["paths"].items()
                           for method, described in methods.items()]

    def register_a_process(self):
        """Its stream stays open to the end, so that there is a process to acknowledge for."""
        self.process = Client(self.daemon.api, TIMEOUT)
        self.addCleanup(self.process.connection.close)
        self.process.connection.request(
            "POST", "/v1/processes", '{"agent":"worker"}',
            {"Content-Type": "application/json", "Authorization": "Bearer token-ann"})
        answer = self.process.connection.getresponse()
        self.things.known["processes"].append(json.loads(answer.readline())["process"])

    def pass_a_check(self):
        """Only what a check passes has a breaker and a limit to hold."""
        headers = {"Authorization": "Bearer token-ann"}
        decision = self.client.post("/v1/check", {"agent": "a1", "action": "tool",
                                                  "target": "sql", "task": "t1"}, headers)[1]
        self.things.learn("post_v1_check", decision)
        self.assertIn("permit", decision)
        for kind in ("breakers", "limits"):
            self.things.learn(f"get_v1_{kind}", self.client.get(f"/v1/{kind}", headers)[1])

    def test_nothing_that_is_asked_breaks_the_daemon_or_its_description(self):
        answered = Counter()
        cases = [each for each in self.operations
                 for _ in range(STREAMS if each.is_endless else CASES)]
        self.draw.shuffle(cases)
        for operation in self.operations:  # one of each first: what they make, the others need
            self.one_case(operation, answered)
        for operation in cases:
            self.one_case(operation, answered)
        never = [each.name for each in self.operations if not answered[each.name]]
        self.assertEqual(never, [], "never answered as documented")
        self.client.connection.close()
        self.process.connection.close()
        self.assertEqual(self.daemon.stop(), 0)
        verified = run("audit", "verify", str(self.daemon.state))
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.daemon.start()

    def one_case(self, operation, answered):
        target = self.target(operation)
        body, forbidden, kind = self.body(operation)
        headers = {"Content-Type": kind} if body is not None else {}
        token = operation.choose_token(self.draw)
        if token:
            headers["Authorization"] = f"Bearer token-{token}"
        asked = f"{operation.method} {target} as {token}: {body!r:.2000}"
        try:
            status, media, answer = self.ask(operation, target, body, headers)
        except (OSError, HTTPException) as error:
            self.fail(f"{asked}\nno answer: {error!r}; the log:\n{self.daemon.log()[-2000:]}")
        asked += f"\n{status} {media} {answer!r:.2000}"
        self.check_answer(operation, status, media, answer, asked)
        if str(status) == operation.success:
            self.assertFalse(forbidden, asked)
            answered[operation.name] += 1
            if not operation.is_endless and media == "application/json":
                self.things.learn(operation.name, json.loads(answer))

    def ask(self, operation, target, body, headers):
        client = Client(self.daemon.api, TIMEOUT) if operation.is_endless else self.client
        client.connection.request(operation.method, target, body, headers)
        answer = client.connection.getresponse()
        media = answer.getheader("Content-Type", "").split(";")[0]
        endless = operation.is_endless and answer.status == int(operation.success)
        text = b"" if endless else answer.read()
        if client is not self.client:
            client.connection.close()
        return answer.status, media, text

    def check_answer(self, operation, status, media, answer, asked):
        if str(status) == operation.success:
            expected, schema = operation.media, operation.response
        else:
            self.assertTrue(400 <= status < 500, asked)
            expected, schema = "application/problem+json", {"$ref": "#/components/schemas/Problem"}
        self.assertEqual(media, expected, asked)
        if expected in ("application/json", "application/problem+json"):
            value = json.loads(answer)
            self.assertEqual(self.schemas.faults(schema, value), [], asked)
            if str(status) != operation.success:
                self.assertEqual(value["status"], status, asked)

    def target(self, operation):
        path, query = operation.path, []
        for each in operation.parameters:
            if each["in"] == "path":
                name = self.things.choose_id(path, self.draw)
                path = path.replace("{" + each["name"] + "}", quote(name, safe=""))
            elif self.draw.random() < 0.7 / len(operation.parameters):
                query.append((each["name"], self.query_value(each)))
        if self.draw.random() < 0.03:
            query.append((self.draw.choice(STRINGS[1:]), "x"))
        text = "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}"
                        for name, value in query)
        return path + ("?" + text if text else "")

    def query_value(self, parameter):
        if self.draw.random() < 0.15:
            return self.draw.choice(STRINGS)
        return self.schemas.example(parameter["schema"], self.draw, self.things.words,
                                    parameter["name"])

    def body(self, operation):
        """(bytes or None, whether the description forbids them, their media type)"""
        if operation.request is None:
            return None, False, None
        value = self.schemas.example(operation.request, self.draw, self.things.words)
        how = self.draw.randrange(10)
        if how < 4:
            for _ in range(self.draw.choice((1, 1, 2, 5))):
                value = changed(value, self.draw)
        elif how == 4:
            value = anything(self.draw, 4)
        text = json.dumps(value, ensure_ascii=self.draw.random() < 0.5)
        if how == 5:
            return self.damaged(text.encode()), False, "application/json"
        kind = self.draw.choice(STRINGS[2:8] + ["text/plain"]) if how == 6 else "application/json"
        # Of a list each element is answered for itself, within a success.
        partial = self.schemas.resolve(operation.request).get("type") == "array"
        forbidden = not partial and bool(
            self.schemas.faults(operation.request, without_nulls(value)))
        return text.encode(), forbidden, kind if kind.isascii() and kind.isprintable() else "x"

    def damaged(self, text):
        at = self.draw.randrange(len(text) + 1)
        return self.draw.choice([
            text[:at], text[:at] + b"\xff" + text[at:], text + text, b"", b"[" * 500,
            text[:at] + self.draw.randbytes(3) + text[at:], b'{"a":' * 70 + b"1" + b"}" * 70])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
