"""Who may do what: tokens, roles, pins, two people, and secrets that stay off the disk."""

import json
import sys
import unittest

from daemon import Daemon
from daemon_support import DOCUMENTS, PROGRAM, run

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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
