"""The daemon's contract as a stranger sees it: routes, words, exit codes, and what it refuses.

One row per claim, so that a row is all that a new claim costs.
"""

import calendar
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

from daemon import Daemon

PROGRAM = ""

DOCUMENTS = """---
apiVersion: openslo/v1
kind: SLO
metadata: {name: tool-success, annotations: {fusebox.dev/group-by: "agent, tool"}}
spec:
  service: agents
  indicator:
    metadata: {name: tool-success}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "tool" && outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: 'kind == "tool"'}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: standard, target: 0.99}]
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec:
  key: [agent, tool]
  where: kind == "tool"
  window: {count: 10}
  minimum_calls: 4
  failure_rate: 50%
  open: {wait: 10s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: task-budget}
spec: {scope: [task], window: lifetime, budget: {tool_calls: 20, cost_usd: 0.50}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: production}
spec:
  mode: strict
  default: allow
  rules:
    - id: ask-first
      trigger: request
      when: action == "tool" && target == "file_delete"
      effect: require_approval
      message: Deleting files needs an approval.
"""

PEOPLE = ("alice", "bob", "ops", "view", "bots", "collector")
TOKENS = """  auth:
    mode: tokens
    tokens:
      - {name: alice, role: approver, token_file: ./secrets/alice}
      - {name: bob, role: approver, token_file: ./secrets/bob}
      - {name: ops, role: operator, token_file: ./secrets/ops}
      - {name: view, role: viewer, token_file: ./secrets/view}
      - {name: bots, role: agent, agents: ["bot*"], tenants: ["*"], token_file: ./secrets/bots}
      - {name: collector, role: ingest, agents: ["*"], tenants: [acme],
         token_file: ./secrets/collector}
  journal: {path: ./journal, arguments: masked}
"""


def run(*arguments, environment=None, cwd=None):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})}, cwd=cwd, check=False)


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


class OpenDaemon(unittest.TestCase):
    """Without authentication, on loopback."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, DOCUMENTS)
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()

    def command(self, *arguments):
        return run(*arguments, "--server", self.daemon.api)

    def test_wrong_values_are_400_with_the_name_of_the_field(self):
        check = {"agent": "a", "action": "tool", "target": "t"}
        kill = {"scope": "agent:nobody", "reason": "r"}
        force = {"state": "open", "for": "1h", "reason": "r"}
        rows = [
            ("/v1/check", {"action": "tool"}, "agent"),
            ("/v1/check", {**check, "agent": ""}, "agent"),
            ("/v1/check", {**check, "agent": 5}, "agent"),
            ("/v1/check", {**check, "action": "fly"}, "action"),
            ("/v1/check", {**check, "args": 5}, "args"),
            ("/v1/check", {**check, "estimate": {"tokens": -1}}, "estimate.tokens"),
            ("/v1/check", {**check, "frob": 1}, "frob"),
            ("/v1/report", {"outcome": "ok"}, "permit"),
            ("/v1/report", {"permit": "d-1"}, "outcome"),
            ("/v1/report", {"permit": "d-1", "outcome": "fine"}, "outcome"),
            ("/v1/kills", {"reason": "r"}, "scope"),
            ("/v1/kills", {**kill, "scope": "agent:"}, "scope"),
            ("/v1/kills", {**kill, "scope": "planet:earth"}, "scope"),
            ("/v1/kills", {**kill, "scope": "global:x"}, "scope"),
            ("/v1/kills", {"scope": "agent:nobody"}, "reason"),
            ("/v1/kills", {**kill, "reason": ""}, "reason"),
            ("/v1/kills", {**kill, "category": "soft"}, "category"),
            ("/v1/kills", {**kill, "deadline_ms": -1}, "deadline_ms"),
            ("/v1/kills/drills", {"reason": "r", "scope": "agent:nobody"}, "scope"),
            ("/v1/breakers/tools:a:t/force", {**force, "state": "ajar"}, "state"),
            ("/v1/breakers/tools:a:t/force", {"state": "open", "reason": "r"}, "for"),
            ("/v1/limits/task-budget:/raise", {"for": "1h", "reason": "r"}, "dimension"),
            ("/v1/approvals/d-1", {"reason": "r"}, "action"),
        ]
        for route, body, field in rows:
            with self.subTest(route=route, body=body):
                status, problem = self.daemon.post(route, body)
                self.assertEqual((status, problem.get("field")), (400, field), problem)

    def test_queries_that_mean_nothing_are_400(self):
        for target in ("/v1/agents?limit=0", "/v1/agents?limit=x", "/v1/agents?frob=1",
                       "/v1/agents?agent=a&agent=b", "/v1/stream?events=frob",
                       "/v1/kills?state=ajar"):
            with self.subTest(target=target):
                self.assertEqual(self.daemon.get(target)[0], 400)

    def test_events_of_a_wrong_type_are_rejected_by_line_and_the_rest_is_taken(self):
        wrong = [{"kind": "tool"}, {"agent": 5, "kind": "tool"}, {"agent": "e", "kind": "walk"},
                 {"agent": "e", "kind": "llm", "cost_usd": -1},
                 {"agent": "e", "kind": "llm", "cost_usd": 1e10},
                 {"agent": "e", "kind": "llm", "cost_usd": "NaN"},
                 {"agent": "e", "kind": "llm", "duration_ms": "x"},
                 {"agent": "e", "kind": "llm", "score": 1.5},
                 {"agent": "e", "kind": "llm", "trust": 1001},
                 {"agent": "e", "kind": "llm", "at": "2020-13-01"}, 7]
        status, answer = self.daemon.post(
            "/v1/events", wrong + [{"agent": "e", "kind": "llm", "unknown": {"a": 1}}])
        self.assertEqual((status, answer["accepted"]), (200, 1))
        self.assertEqual([each["line"] for each in answer["rejected"]],
                         list(range(1, len(wrong) + 1)))

    def test_an_event_told_twice_is_accepted_and_counted_once(self):
        event = {"agent": "twice", "kind": "tool", "tool": "t", "outcome": "ok", "id": "e1"}
        self.assertEqual(self.daemon.post("/v1/events", [event, event])[1]["accepted"], 2)
        slos = self.daemon.get("/v1/slos?agent=twice")[1]["slos"]
        self.assertEqual([each["total"] for each in slos], [1])

    def test_accepted_telemetry_is_visible_within_250_ms(self):
        self.daemon.post("/v1/events", [{"agent": "seen", "kind": "tool", "outcome": "ok"}])
        began = time.monotonic()
        while not self.daemon.get("/v1/slos?agent=seen")[1]["slos"]:
            self.assertLess(time.monotonic() - began, 0.25)

    def test_engine_time_is_wall_time(self):
        before = time.time_ns()
        self.daemon.post("/v1/events", [{"agent": "clock", "kind": "task"}])
        heard = self.daemon.get("/v1/agents?agent=clock")[1]["agents"][0]["heard"]
        seconds = time.strptime(heard[:19], "%Y-%m-%dT%H:%M:%S")
        fraction = int((heard[20:-1] or "0").ljust(9, "0"))
        lag_ms = (before - (calendar.timegm(seconds) * 10**9 + fraction)) / 1e6
        self.assertLess(lag_ms, 5, "engine time lags behind the wall")

    def test_an_agent_that_only_asks_was_not_heard(self):
        self.daemon.post("/v1/check", {"agent": "quiet", "action": "task"})
        self.assertNotIn("heard", self.daemon.get("/v1/agents?agent=quiet")[1]["agents"][0])

    def test_a_report_is_committed_once(self):
        permit = self.daemon.post("/v1/check", {"agent": "r", "action": "task"})[1]["permit"]
        answers = [self.daemon.post("/v1/report", {"permit": each, "outcome": "ok"})
                   for each in (permit, permit, "nobody's")]
        self.assertEqual([(status, body["result"]) for status, body in answers],
                         [(200, "committed"), (200, "repeated"), (200, "unknown")])

    def test_nobody_rearms_without_authentication(self):
        status, order = self.daemon.post("/v1/kills", {"scope": "agent:gone", "reason": "r"})
        self.assertEqual((status, order["durable"], order["terminators"]), (201, True, []))
        for actor in ("alice", "bob"):
            status, _ = self.daemon.post(f"/v1/kills/{order['id']}/rearm",
                                         {"reason": "r", "actor": actor})
            self.assertEqual(status, 403)
        decision = self.daemon.post("/v1/check", {"agent": "gone", "action": "task"})[1]
        self.assertEqual((decision["effect"], decision["gate"], decision["reason"],
                          decision["rule"], decision["epoch"]),
                         ("deny", "kill", "killed", order["id"], 1))
        again = self.daemon.post("/v1/kills", {"scope": "agent:gone", "reason": "again"})
        self.assertEqual((again[0], again[1]["id"], again[1]["epoch"]), (201, order["id"], 1))

    def test_drills_go_by_name_scope_or_time(self):
        for body, scope in (({"name": "a"}, "drill:a"), ({"scope": "drill:b"}, "drill:b"),
                            ({}, "drill:2")):
            status, order = self.daemon.post("/v1/kills/drills", {**body, "reason": "r"})
            self.assertEqual(status, 201, order)
            self.assertTrue(order["scope"].startswith(scope), order)

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

    def test_hundreds_of_slow_connections_leave_checks_unharmed(self):
        host, port = self.daemon.api.rsplit(":", 1)
        slow = []
        try:
            for i in range(500):
                slow.append(socket.create_connection((host, int(port))))
                if i % 2:
                    slow[-1].sendall(b"POST /v1/check HTTP/1.1\r\nHo")
            with self.daemon.client() as client:
                for i in range(100):
                    status, _ = client.post("/v1/check", {"agent": f"s{i}", "action": "task"})
                    self.assertEqual(status, 200)
        finally:
            for each in slow:
                each.close()

    def test_names_of_agents_reach_no_terminal_raw(self):
        name = "a\nb\x1b[31mred\r\u009b31m\u202e"
        self.daemon.post("/v1/events", [{"agent": name, "kind": "tool", "tool": name}])
        self.daemon.post("/v1/check", {"agent": name, "action": "tool", "target": name})
        for command in ("agents", "slo", "breakers"):
            out = self.command(command).stdout
            self.assertIn("red", out)
            self.assertFalse(set(out) & set("\x1b\r\u009b\u202e"), command)
            self.assertNotIn("\nb", out)

    def test_a_limit_is_a_line_a_dimension(self):
        self.daemon.post("/v1/check", {"agent": "x", "action": "tool", "target": "t",
                                       "task": "lines", "estimate": {"cost_usd": 0.125}})
        lines = [line.split() for line in self.command("limits").stdout.splitlines()
                 if "task=lines" in line]
        self.assertEqual(sorted(lines), [
            ["task-budget", "task=lines", "cost_usd", "0", "0.125", "0.5", "0.00%"],
            ["task-budget", "task=lines", "tool_calls", "0", "1", "20", "0.00%"]])

    def test_a_person_grants_what_waits(self):
        ask = {"agent": "asks", "action": "tool", "target": "file_delete"}
        decision = self.daemon.post("/v1/check", ask)[1]
        self.assertEqual(decision["effect"], "require_approval")
        self.assertEqual(self.command("approvals", "grant", decision["id"], "--reason", "r")
                         .returncode, 0)
        self.assertEqual(self.daemon.post("/v1/check", ask)[1]["effect"], "allow")
        decision = self.daemon.post("/v1/check", {**ask, "agent": "refused"})[1]
        self.assertEqual(self.command("approvals", "deny", decision["id"], "--reason", "r")
                         .returncode, 0)
        self.assertEqual(self.daemon.post("/v1/check", {**ask, "agent": "refused"})[1]["effect"],
                         "deny")

    def test_exit_codes(self):
        self.daemon.post("/v1/kills", {"scope": "agent:stopped", "reason": "r"})
        # Only what a check passes has a breaker and a limit to hold.
        self.daemon.post("/v1/check", {"agent": "exit", "action": "tool", "target": "t",
                                       "task": "exit"})
        check = ("check", "--action", "tool", "--agent")
        rows = [
            (0, *check, "codes", "--target", "t"),
            (1, *check, "stopped", "--target", "t"),
            (3, *check, "codes", "--target", "file_delete"),
            (2, *check, "codes", "--frob"),
            (0, "kill", "agent:nobody", "--reason", "r"),
            (2, "kill", "agent:nobody"),
            (0, "kill", "list"),
            (0, "kill", "drill", "weekly", "--reason", "r"),
            (0, "kill", "drill", "--reason", "r"),
            (1, "rearm", "kill-1", "--reason", "r"),
            (0, "breakers", "force", "tools:exit:t", "--state", "open", "--for", "1h",
             "--reason", "r"),
            (0, "limits", "raise", "task-budget:exit", "--dimension", "cost_usd", "--by", "0.25",
             "--for", "1h", "--reason", "r"),
            (0, "slo"), (0, "breakers"), (0, "limits"), (0, "agents"), (0, "approvals"),
            (0, "slo", "--json"),
        ]
        for code, *arguments in rows:
            with self.subTest(arguments=arguments):
                done = self.command(*arguments)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(run("slo", "--server", "127.0.0.1:1").returncode, 5)

    def test_the_socket_in_the_state_folder_serves_the_same(self):
        self.assertEqual(run("agents", cwd=self.daemon.folder,
                             environment={"FUSEBOX_SERVER": ""}).returncode, 0)

    def test_a_state_folder_has_one_daemon(self):
        other = self.daemon.folder / "other.yaml"
        other.write_text("apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: t}\nspec:\n"
                         f"  state: {self.daemon.state}\n"
                         "  listen: {api: 127.0.0.1:0, otlp_http: off}\n")
        done = run("serve", "-c", str(other))
        self.assertEqual(done.returncode, 1)
        self.assertIn("is in use by process", done.stderr)
        self.assertEqual(self.daemon.get("/readyz")[0], 200)

    def test_a_taken_port_is_named_with_its_owner(self):
        other = self.daemon.folder / "port.yaml"
        other.write_text("apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: t}\nspec:\n"
                         f"  state: ./second\n  listen: {{api: '{self.daemon.api}'}}\n")
        done = run("serve", "-c", str(other))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.daemon.api} is already in use by process "
                      f"{self.daemon.process.pid}", done.stderr)


class TokenDaemon(unittest.TestCase):
    """With tokens, and a journal beside the state."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, DOCUMENTS, TOKENS)
        cls.addClassCleanup(cls.daemon.close)
        secrets = cls.daemon.folder / "secrets"
        secrets.mkdir()
        for name in PEOPLE:
            file = secrets / name
            file.write_text(f"token-of-{name}-PLANTED\n")
            file.chmod(0o600)
        cls.daemon.start()

    def ask(self, who, method, target, body=None):
        headers = {"Authorization": f"Bearer token-of-{who}-PLANTED"} if who else {}
        with self.daemon.client() as client:
            return client.request(method, target, None if body is None else json.dumps(body),
                                  headers)

    def test_roles_and_pins(self):
        bot = {"agent": "bot1", "action": "task"}
        event = {"agent": "bot1", "kind": "task"}
        kill = {"scope": "agent:nobody", "reason": "r"}
        rows = [
            (None, "GET", "/v1/slos", None, 401), ("eve", "GET", "/v1/slos", None, 401),
            (None, "GET", "/metrics", None, 401), (None, "GET", "/healthz", None, 200),
            (None, "GET", "/readyz", None, 200), ("view", "GET", "/v1/slos", None, 200),
            ("view", "GET", "/metrics", None, 200), ("bots", "GET", "/v1/slos", None, 403),
            ("view", "POST", "/v1/kills", kill, 403), ("bots", "POST", "/v1/kills", kill, 403),
            ("ops", "POST", "/v1/kills", kill, 201), ("bots", "POST", "/v1/check", bot, 200),
            ("bots", "POST", "/v1/check", {**bot, "agent": "other"}, 403),
            ("collector", "POST", "/v1/check", {**bot, "tenant": "acme"}, 403),
            ("collector", "POST", "/v1/events", [event], 403),
            ("collector", "POST", "/v1/events", [{**event, "tenant": "acme"}], 200),
            ("bots", "POST", "/v1/events", [event, {**event, "agent": "other"}], 403),
        ]
        for who, method, target, body, status in rows:
            with self.subTest(who=who, target=target):
                self.assertEqual(self.ask(who, method, target, body)[0], status)

    def test_two_people_rearm(self):
        order = self.ask("ops", "POST", "/v1/kills",
                         {"scope": "agent:bot9", "reason": "r", "actor": "mallory"})[1]
        target = f"/v1/kills/{order['id']}/rearm"
        rows = [("ops", target, 403, None), ("alice", target, 201, "tripped"),
                ("alice", target, 409, None), ("bob", "/v1/kills/kill-99/rearm", 404, None),
                ("bob", target, 201, "armed"), ("bob", target, 409, None)]
        for who, where, status, state in rows:
            answer = self.ask(who, "POST", where, {"reason": "r", "actor": "bob"})
            self.assertEqual((answer[0], answer[1].get("state")), (status, state), answer)
        listed = [each for each in self.ask("view", "GET", "/v1/kills")[1]["kills"]
                  if each["id"] == order["id"]][0]
        self.assertEqual((listed["actor"], listed["state"], listed["rearm_actors"]),
                         ("ops", "armed", ["alice", "bob"]))

    def test_commands_take_tokens_and_count_approvals(self):
        def as_person(name):
            return {"FUSEBOX_TOKEN": f"token-of-{name}-PLANTED", "FUSEBOX_SERVER": self.daemon.api}
        order = self.ask("ops", "POST", "/v1/kills", {"scope": "agent:bot8", "reason": "r"})[1]
        for who, code in (("alice", 4), ("alice", 1), ("bob", 0), ("view", 1)):
            done = run("rearm", order["id"], "--reason", "r", environment=as_person(who))
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(run("slo", "--server", self.daemon.api, "--token-file",
                             str(self.daemon.folder / "secrets" / "view")).returncode, 0)

    def test_no_argument_and_no_token_reaches_the_disk(self):
        self.ask("bots", "POST", "/v1/check", {
            "agent": "bot1", "action": "tool", "target": "file_delete",
            "args": {"path": "/prod/PLANTED", "key": "PLANTED", "deep": [{"x": "PLANTED"}]}})
        self.daemon.kill()
        for folder in ("state", "journal"):
            for file in (self.daemon.folder / folder).rglob("*"):
                if file.is_file():
                    self.assertNotIn(b"PLANTED", file.read_bytes(), file)
        self.assertNotIn("PLANTED", self.daemon.log())
        self.daemon.start()


class Folder(unittest.TestCase):
    """What a daemon finds in its state folder, and what it leaves."""

    def test_a_clean_stop_leaves_no_address_and_a_sealed_audit(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            listen = daemon.state / "listen.json"
            self.assertEqual(sorted(json.loads(listen.read_text())), ["api", "otlp_http"])
            daemon.post("/v1/kills", {"scope": "agent:a", "reason": "r"})
            self.assertEqual(daemon.stop(), 0)
            self.assertFalse(listen.exists())
            verified = run("audit", "verify", str(daemon.state))
            self.assertEqual((verified.returncode, "sealed" in verified.stdout), (0, True))
            segment = max((daemon.state / "audit").glob("*.audit"))
            whole = segment.read_bytes()
            for changed in (whole[:-10], whole[:40] + b"?" + whole[41:], whole + b"{}\n"):
                segment.write_bytes(changed)
                verified = run("audit", "verify", str(daemon.state))
                self.assertEqual(verified.returncode, 1)
                self.assertRegex(verified.stderr, segment.name + r":\d+")

    def test_a_daemon_with_an_address_is_ready(self):
        with Daemon(PROGRAM) as daemon:
            for _ in range(10):
                self.assertEqual(daemon.get("/readyz")[0], 200)
                daemon.kill()
                daemon.start()

    def test_damage_is_refused_with_what_to_do_and_stays_as_it_is(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            daemon.post("/v1/kills", {"scope": "agent:a", "reason": "r"})
            daemon.post("/v1/check", {"agent": "b", "action": "tool", "target": "file_delete"})
            daemon.kill()
            (daemon.state / "fusebox.sock").unlink()
            whole = daemon.folder / "whole"
            shutil.copytree(daemon.state, whole)
            # A damaged end may be a torn write; damage anywhere else is no crash of ours.
            for pattern, at in (("fusebox.db", 0), ("log/*.log", 0), ("audit/*.audit", 40)):
                with self.subTest(pattern=pattern):
                    shutil.rmtree(daemon.state)
                    shutil.copytree(whole, daemon.state)
                    file = max(daemon.state.glob(pattern))
                    damaged = bytearray(file.read_bytes())
                    for i in range(at, at + 8):
                        damaged[i] ^= 0xFF
                    file.write_bytes(damaged)
                    before = len(daemon.log())
                    with self.assertRaises(RuntimeError):
                        daemon.start()
                    self.assertIn("nothing was changed: bring back a copy", daemon.log()[before:])
                    self.assertEqual(file.read_bytes(), bytes(damaged))
            shutil.rmtree(daemon.state)
            shutil.copytree(whole, daemon.state)
            os.truncate(daemon.state / "latch", 10)
            daemon.start()
            decision = daemon.post("/v1/check", {"agent": "anyone", "action": "task"})[1]
            self.assertEqual((decision["gate"], decision["effect"]), ("kill", "deny"))
            daemon.stop()
            self.assertIn("EVERYTHING IS STOPPED", daemon.log())

    def test_a_folder_too_deep_for_a_socket_is_served_without(self):
        with Daemon(PROGRAM) as daemon:
            daemon.stop()
            deep = daemon.folder / ("d" * 120)
            deep.mkdir()
            file = daemon.folder / "fusebox.yaml"
            file.write_text(file.read_text().replace("./state", f"./{deep.name}/state"))
            daemon.state = deep / "state"
            daemon.start()
            self.assertEqual(daemon.get("/readyz")[0], 200)
            self.assertIn("there is no fusebox.sock", daemon.log())

    def test_a_bad_file_keeps_the_old_configuration(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            file = daemon.folder / "fusebox.yaml"
            good = file.read_text()

            def reload(text, said):
                before = len(daemon.log())
                file.write_text(text)
                daemon.process.send_signal(signal.SIGHUP)
                began = time.monotonic()
                while said not in daemon.log()[before:]:
                    self.assertLess(time.monotonic() - began, 10, daemon.log())
                    time.sleep(0.01)  # for another process: nothing here can be waited on

            daemon.post("/v1/events", [{"agent": "a", "kind": "tool", "outcome": "ok"}])
            slos = daemon.get("/v1/slos")
            ask = {"agent": "a", "action": "tool", "target": "file_drop"}
            reload(good.replace("target: 0.99", "target: 9"), "stays as it was")
            self.assertIn("error[E0106]", daemon.log())
            self.assertEqual(daemon.post("/v1/check", ask)[1]["effect"], "allow")
            reload(good.replace("file_delete", "file_drop"), "fusebox: reloaded")
            self.assertEqual(daemon.post("/v1/check", ask)[1]["effect"], "require_approval")
            self.assertEqual(daemon.get("/v1/slos"), slos)

    def test_the_stream_goes_on_behind_the_last_event_id(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            host, port = daemon.api.rsplit(":", 1)

            def ids(last, until):
                with socket.create_connection((host, int(port)), timeout=10) as peer:
                    peer.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                                 b"Last-Event-ID: %d\r\n\r\n" % last)
                    text = ""
                    while f"id: {until}\n" not in text:
                        text += peer.recv(65536).decode()
                return [int(each) for each in re.findall(r"^id: (\d+)$", text, re.M)]

            for i in range(4):
                daemon.post("/v1/check", {"agent": f"a{i}", "action": "task"})
            last = daemon.get("/v1/decisions")[1]["decisions"][-1]["seq"]
            self.assertEqual(ids(last - 2, last), [last - 1, last])


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    sys.argv.pop(1)
    unittest.main()
