"""Against a real daemon: $FUSEBOX_SERVER, and $FUSEBOX_TOKEN with the rights of an operator if it
asks for tokens. Acts under names of its own and leaves one stopped session behind."""

import os
import threading
import unittest
import uuid

import fusebox
from fusebox import Client

SERVER = os.environ.get("FUSEBOX_SERVER")


@unittest.skipUnless(SERVER, "FUSEBOX_SERVER is not set: these tests need a daemon that runs")
class Live(unittest.TestCase):
    def setUp(self):
        self.client = Client(SERVER, timeout=5.0)
        self.addCleanup(self.client.close)
        self.name = f"sdk-{uuid.uuid4().hex}"

    def test_a_check_is_admitted_and_its_report_counts_once(self):
        decision = self.client.check(self.name, target="search", args={"q": "a"})
        self.assertEqual((decision.effect, decision.unreachable), ("allow", False))
        report = dict(duration_ms=1.5, tokens_in=3, cost_usd="0.01")
        self.assertEqual(self.client.report(decision, "ok", **report), "committed")
        self.assertEqual(self.client.report(decision, "ok", **report), "repeated")
        self.assertEqual(self.client.report(f"{self.name}-never", "ok"), "unknown")

    def test_one_key_is_one_permit(self):
        ask = dict(agent=self.name, target="search", idempotency_key=self.name)
        self.assertEqual(self.client.check(**ask).permit, self.client.check(**ask).permit)

    def test_a_buffered_report_closes_its_permit(self):
        decision = self.client.check(self.name, "llm", "m1")
        alone = Client("unix:/nonexistent/fusebox.sock")
        self.assertEqual(alone.report(decision, "ok", tokens_in=1), "buffered")
        (event,) = alone._outbox._take()
        self.assertEqual(self.client.events([event])["rejected"], [])
        self.assertEqual(self.client.report(decision, "ok"), "repeated")

    def test_a_wrong_value_is_named(self):
        with self.assertRaisesRegex(fusebox.ApiError, "400.*trust"):
            self.client.check(self.name, target="search", trust=5000)

    def test_events_are_taken(self):
        event = {"kind": "tool", "agent": self.name, "tool": "search", "outcome": "ok"}
        answer = self.client.events([event, {"kind": "tool"}])
        self.assertEqual(answer["accepted"], 1)
        self.assertEqual(len(answer["rejected"]), 1)

    def test_a_kill_is_pushed_and_refuses_here_and_there(self):
        heard = threading.Event()
        scope = f"session:{self.name}"
        watch = self.client.watch_kills(lambda order: order.scope == scope and heard.set())
        self.assertTrue(watch.wait_connected(5))
        order = self.client.kill(scope, "a test of the SDK", actor="sdk-test")
        self.assertEqual((order["scope"], order["epoch"]), (scope, 1))
        self.assertTrue(heard.wait(5))
        here = self.client.check(self.name, target="search", session=self.name)
        watch.close()
        there = self.client.check(self.name, target="search", session=self.name)
        for decision, local in ((here, True), (there, False)):
            self.assertEqual((decision.gate, decision.epoch), ("kill", 1))
            self.assertEqual(decision.local, local)
        self.assertIn(order["id"], [known.id for known in self.client.kills()])


if __name__ == "__main__":
    unittest.main()
