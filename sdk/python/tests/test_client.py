"""Checks, reports, the buffer, approvals and people's orders, against a fake daemon."""

import os
import threading
import unittest
from decimal import Decimal
from unittest import mock

import fusebox
from fusebox import Client
from fusebox.outbox import BATCH

from fake_daemon import Answer, FakeDaemon

ALLOW = Answer(body={"id": "d-9", "effect": "allow", "permit": "c1", "epoch": 0})
WAITS = Answer(
    body={
        "id": "d-1",
        "effect": "require_approval",
        "gate": "governance",
        "reason": "approval_required",
        "rule": "pay",
        "epoch": 0,
        "approval": {"id": "d-1", "expires": "2026-01-01T01:00:00Z"},
    }
)
COMMITTED = Answer(body={"result": "committed"})
TAKEN = Answer(body={"accepted": 1, "rejected": []})
DOWN = Answer(503, {"title": "Service Unavailable", "status": 503})


class WithDaemon(unittest.TestCase):
    def setUp(self):
        self.daemon = FakeDaemon()
        self.addCleanup(self.daemon.stop)
        self.client = Client(self.daemon.address, timeout=10.0, on_unreachable={})
        self.addCleanup(self.client.close)


class Requests(WithDaemon):
    def test_the_token_goes_along_and_is_not_shown(self):
        self.daemon.always("POST /v1/check", Answer(401, {"title": "Unauthorized"}))
        with Client(self.daemon.address, token="s3cret") as client:
            with self.assertRaises(fusebox.ApiError) as raised:
                client.check("bot", target="search")
            self.assertNotIn("s3cret", repr(client) + repr(raised.exception))
        self.assertEqual(self.daemon.seen[0].headers["Authorization"], "Bearer s3cret")

    def test_a_token_that_would_break_the_header_is_refused_unseen(self):
        for token in ("a b", "a\nb", "ä"):
            with self.assertRaises(ValueError) as raised:
                Client(self.daemon.address, token=token)
            self.assertNotIn(token, str(raised.exception))

    def test_what_a_check_does_not_know_is_refused_by_name(self):
        with self.assertRaisesRegex(TypeError, "unknown colour"):
            self.client.check("bot", target="search", colour="red")
        with self.assertRaisesRegex(ValueError, "who acts"):
            self.client.check(target="search")
        with self.assertRaisesRegex(ValueError, "action: expected tool"):
            self.client.check("bot", "read", "search")
        self.assertEqual(self.daemon.seen, [])

    def test_money_is_exact_and_nonsense_is_not_sent(self):
        self.daemon.always("POST /v1/report", COMMITTED)
        self.client.report("c1", "ok", cost_usd=Decimal("0.000001"))
        self.assertEqual(self.daemon.seen[0].body["cost_usd"], "0.000001")
        with self.assertRaises(ValueError):
            self.client.report("c1", "ok", cost_usd=float("nan"))
        with self.assertRaisesRegex(ValueError, "outcome"):
            self.client.report("c1", "fine")

    def test_identity_is_said_once_and_a_call_may_differ(self):
        self.daemon.always("POST /v1/check", ALLOW)
        with fusebox.identity(agent="bot", session="s1"):
            with fusebox.identity(task="t1"):
                self.client.check(target="search", session="s2")
        (body,) = self.daemon.bodies("POST /v1/check")
        self.assertEqual((body["agent"], body["session"], body["task"]), ("bot", "s2", "t1"))
        with self.assertRaises(ValueError):
            self.client.check(target="search")  # the blocks have ended

    def test_a_byte_now_and_then_does_not_hold_the_caller(self):
        self.daemon.always("POST /v1/check", Answer(how="drip"))
        with Client(self.daemon.address, timeout=0.05) as client:
            decision = client.check("bot", target="search")
        self.assertTrue(decision.unreachable)
        self.assertEqual(decision.message, "no answer in time")

    def test_nobody_there_says_where_was_looked(self):
        with mock.patch.dict(os.environ), mock.patch("os.path.exists", return_value=False):
            os.environ.pop("FUSEBOX_SERVER", None)
            message = Client().check("bot", target="search").message
        self.assertIn("/run/fusebox/fusebox.sock and ./state/fusebox.sock", message)

    def test_an_explanation_is_asked_for(self):
        body = {**ALLOW.body, "explain": [{"rule": "tools", "text": "closed"}]}
        self.daemon.always("POST /v1/check", Answer(body=body))
        decision = self.client.check("bot", target="search", explain=True)
        self.assertEqual(decision.explain, ({"rule": "tools", "text": "closed"},))
        self.client.check("bot", target="search")
        self.assertEqual([seen.query for seen in self.daemon.seen], ["explain=1", ""])

    def test_threads_do_not_share_a_connection(self):
        self.daemon.always("POST /v1/check", ALLOW)
        both = threading.Barrier(2)

        def work():
            self.client.check("bot", target="search")
            both.wait(5)
            self.client.check("bot", target="search")

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used = [seen.connection for seen in self.daemon.seen]
        self.assertEqual(sorted(used), [0, 0, 1, 1])

    def test_a_forked_child_leaves_the_parents_connection_alone(self):
        self.daemon.always("POST /v1/check", ALLOW)
        self.client.check("bot", target="parent")
        child = os.fork()
        if child == 0:
            decision = self.client.check("bot", target="child")
            os._exit(0 if decision.permit == "c1" else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.client.check("bot", target="parent")
        connections = {seen.body["target"]: seen.connection for seen in self.daemon.seen}
        self.assertEqual(connections, {"parent": 0, "child": 1})


class Settings(WithDaemon):
    """What the daemon's configuration says of the time without it."""

    ROUTE = "GET /v1/config/client"

    def setUp(self):
        super().setUp()
        self.daemon.always("POST /v1/check", ALLOW)

    def decide_alone_after(self, client):
        client.check("bot", "llm", "m1")
        client._executor.shutdown()  # the settings are read on one of its threads
        client.check("bot", "llm", "m1")
        self.daemon.then("POST /v1/check", DOWN)
        return client.check("bot", "llm", "m1").effect

    def test_it_holds_once_the_daemon_has_answered(self):
        body = {"auth": "none", "on_unreachable": {"llm": "deny", "of_a_later_version": "allow"}}
        self.daemon.always(self.ROUTE, Answer(body=body))
        client = Client(self.daemon.address)
        self.assertEqual(self.decide_alone_after(client), "deny")
        self.assertEqual(len(self.daemon.bodies(self.ROUTE)), 1)

    def test_nonsense_and_silence_leave_the_defaults(self):
        for answer in (
            Answer(404),
            Answer(body={}),
            Answer(body={"on_unreachable": "deny"}),
            Answer(body={"on_unreachable": {"llm": "perhaps"}}),
            Answer(how="close"),
        ):
            with self.subTest(answer):
                self.daemon.always(self.ROUTE, answer)
                self.assertEqual(self.decide_alone_after(Client(self.daemon.address)), "allow")

    def test_a_closed_client_still_answers(self):
        client = Client(self.daemon.address)
        client.close()
        self.assertTrue(client.check("bot", "llm", "m1").proceeds)

    def test_what_the_caller_said_wins_unasked(self):
        client = Client(self.daemon.address, on_unreachable={"llm": "deny"})
        self.assertEqual(self.decide_alone_after(client), "deny")
        self.assertEqual(self.daemon.bodies(self.ROUTE), [])


class Buffer(WithDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.always("POST /v1/events", TAKEN)

    def decide_alone(self):
        self.daemon.then("POST /v1/check", DOWN)
        return self.client.check("bot", "llm", "m1")

    def test_what_ran_unseen_is_sent_when_the_daemon_answers_again(self):
        self.client.report(self.decide_alone(), "ok")
        self.assertEqual(self.client.buffered, 1)
        self.daemon.always("POST /v1/check", ALLOW)
        self.client.check("bot", "llm", "m1")
        self.assertTrue(self.daemon.wait_for("POST /v1/events"))
        ((event,),) = self.daemon.bodies("POST /v1/events")
        self.assertEqual(event["attributes"], {"fusebox.unreachable": True})

    def test_a_report_that_reached_nobody_becomes_an_event_of_its_permit(self):
        self.daemon.then("POST /v1/check", ALLOW)
        decision = self.client.check("bot", target="search", args={"q": "secret"})
        self.daemon.then("POST /v1/report", DOWN)
        self.assertEqual(self.client.report(decision, "error", error="KeyError"), "buffered")
        self.client.flush()
        ((event,),) = self.daemon.bodies("POST /v1/events")
        self.assertEqual((event["id"], event["outcome"], event["tool"]), ("c1", "error", "search"))
        self.assertNotIn("args", event)
        self.assertNotIn("attributes", event)

    def test_a_bare_permit_cannot_be_buffered(self):
        self.daemon.then("POST /v1/report", DOWN)
        with self.assertRaises(fusebox.Unreachable):
            self.client.report("c1", "ok")

    def test_the_oldest_are_dropped_and_counted(self):
        with Client("unix:/nonexistent/s", outbox=2) as client:
            for tokens in range(5):
                client.report(client.check("bot", "llm", "m1"), "ok", tokens_in=tokens)
            self.assertEqual((client.buffered, client.dropped), (2, 3))
            with self.assertRaises(fusebox.Unreachable):
                client.flush()
            self.assertEqual((client.buffered, client.dropped), (2, 3))
            waiting = [event["tokens_in"] for event in client._outbox._waiting]
            self.assertEqual(waiting, [3, 4])

    def test_a_failure_half_way_keeps_the_rest_in_order(self):
        for tokens in range(BATCH + 3):
            self.client.report(self.decide_alone(), "ok", tokens_in=tokens)
        self.daemon.then("POST /v1/events", DOWN, TAKEN, DOWN)
        for left in (BATCH + 3, 3):
            with self.assertRaises(fusebox.Unreachable):
                self.client.flush()
            self.assertEqual(self.client.buffered, left)
        self.client.flush()
        failed_first, first, failed_last, last = self.daemon.bodies("POST /v1/events")
        self.assertEqual((failed_first, failed_last), (first, last))
        self.assertEqual([e["tokens_in"] for e in first + last], list(range(BATCH + 3)))

    def test_what_the_daemon_rejects_is_counted_and_not_sent_again(self):
        self.client.report(self.decide_alone(), "ok")
        rejected = {"accepted": 0, "rejected": [{"line": 1, "error": "no"}]}
        self.daemon.then("POST /v1/events", Answer(body=rejected))
        self.client.flush()
        self.assertEqual((self.client.buffered, self.client.dropped), (0, 1))

    def test_a_batch_that_is_refused_whole_is_lost_aloud(self):
        self.client.report(self.decide_alone(), "ok")
        self.daemon.then("POST /v1/events", Answer(403, {"title": "Forbidden"}))
        with self.assertRaises(fusebox.ApiError):
            self.client.flush()
        self.assertEqual((self.client.buffered, self.client.dropped), (0, 1))

    def test_closing_sends_what_waits(self):
        self.client.report(self.decide_alone(), "ok")
        self.client.close()
        self.assertEqual(len(self.daemon.bodies("POST /v1/events")), 1)


class Approvals(WithDaemon):
    ROUTE = "GET /v1/approvals/d-1"

    def ask(self):
        self.daemon.then("POST /v1/check", WAITS)
        return self.client.check("bot", target="pay", args={"amount": 10})

    def state(self, state):
        return Answer(body={"id": "d-1", "state": state})

    def test_a_grant_lets_the_same_request_pass(self):
        decision = self.ask()
        self.daemon.then(self.ROUTE, self.state("pending"), DOWN, self.state("granted"))
        self.daemon.then("POST /v1/check", ALLOW)
        granted = self.client.wait_for_approval(decision, timeout=5, poll=0.001)
        self.assertTrue(granted.proceeds)
        first, second = self.daemon.bodies("POST /v1/check")
        self.assertNotEqual(first.pop("idempotency_key"), second.pop("idempotency_key"))
        self.assertEqual(first, second)

    def test_the_granted_decision_runs_as_a_call(self):
        decision = self.ask()
        self.daemon.then(self.ROUTE, self.state("granted"))
        self.daemon.then("POST /v1/check", ALLOW)
        self.daemon.always("POST /v1/report", COMMITTED)
        with self.client.resume(self.client.wait_for_approval(decision, 5)):
            pass
        self.assertEqual(self.daemon.bodies("POST /v1/report")[0]["permit"], "c1")

    def test_a_refusal_is_the_daemons_to_explain(self):
        decision = self.ask()
        self.daemon.then(self.ROUTE, self.state("refused"))
        denied = {
            "id": "d-2",
            "effect": "deny",
            "gate": "governance",
            "reason": "policy_denied",
            "message": "a person refused this request",
            "epoch": 0,
        }
        self.daemon.then("POST /v1/check", Answer(body=denied))
        self.assertEqual(self.client.wait_for_approval(decision, 5).effect, "deny")

    def test_a_daemon_that_goes_after_the_grant_is_waited_for(self):
        decision = self.ask()
        self.daemon.always(self.ROUTE, self.state("granted"))
        self.daemon.then("POST /v1/check", DOWN, ALLOW)
        self.assertTrue(self.client.wait_for_approval(decision, 5, poll=0.001).proceeds)

    def test_nobody_answers_in_time(self):
        decision = self.ask()
        self.daemon.always(self.ROUTE, self.state("pending"))
        with self.assertRaises(fusebox.ApprovalRequired):
            self.client.wait_for_approval(decision, timeout=0.02, poll=0.001)

    def test_an_expired_request_is_not_asked_again(self):
        decision = self.ask()  # the route is unknown now
        with self.assertRaisesRegex(fusebox.Denied, "no longer"):
            self.client.wait_for_approval(decision, timeout=5)
        self.assertEqual(len(self.daemon.bodies("POST /v1/check")), 1)

    def test_people_answer_by_id(self):
        self.daemon.always("POST /v1/approvals/d-1", Answer(body={"id": "d-1"}))
        self.client.grant("d-1", "looks right", actor="alice", valid_for="10m")
        self.client.refuse("d-1", "too much", actor="bob")
        self.assertEqual(
            self.daemon.bodies("POST /v1/approvals/d-1"),
            [
                {"action": "grant", "reason": "looks right", "actor": "alice", "for": "10m"},
                {"action": "deny", "reason": "too much", "actor": "bob"},
            ],
        )

    def test_a_list_is_a_list(self):
        self.daemon.then("GET /v1/approvals", Answer(body={"approvals": [{"id": "d-1"}]}))
        self.assertEqual(self.client.approvals(), [{"id": "d-1"}])
        self.daemon.then("GET /v1/approvals", Answer(body={"approvals": "none"}))
        with self.assertRaises(fusebox.Unreachable):
            self.client.approvals()


class Orders(WithDaemon):
    def test_a_kill_says_what_and_why(self):
        answer = {
            "id": "kill-1",
            "scope": "agent:bot",
            "epoch": 1,
            "durable": True,
            "terminators": [],
        }
        self.daemon.always("POST /v1/kills", Answer(201, answer))
        self.assertEqual(self.client.kill("agent:bot", "runaway", actor="alice"), answer)
        self.assertEqual(
            self.daemon.bodies("POST /v1/kills"),
            [{"scope": "agent:bot", "reason": "runaway", "actor": "alice"}],
        )

    def test_a_kill_has_the_time_that_stopping_takes(self):
        given = []
        self.client._transport.request = lambda request: given.append(request.at_least) or {}
        for how in ({}, {"category": "drain"}, {"deadline_ms": 500}):
            self.client.kill("agent:bot", "runaway", **how)
        self.assertEqual(given, [7.0, 32.0, 2.5])

    def test_a_slow_answer_may_be_awaited_longer_than_a_check(self):
        self.daemon.always("POST /v1/kills", Answer(how="later", body={"id": "kill-1"}))
        with Client(self.daemon.address, timeout=0.01, on_unreachable={}) as client:
            self.assertEqual(client.kill("agent:bot", "runaway")["id"], "kill-1")

    def test_a_rearm_is_never_sent_twice(self):
        self.daemon.always("GET /v1/kills", Answer(body={"kills": []}))
        self.client.kills()  # there is a kept connection that a repeat could use
        self.daemon.then("POST /v1/kills/kill-1/rearm", Answer(how="close"))
        with self.assertRaises(fusebox.Unreachable):
            self.client.rearm("kill-1", "fixed", actor="bob")
        self.assertEqual(len(self.daemon.bodies("POST /v1/kills/kill-1/rearm")), 1)

    def test_the_daemons_refusal_is_told_in_its_words(self):
        problem = {"title": "Conflict", "status": 409, "detail": "another person is needed"}
        self.daemon.then("POST /v1/kills/kill-1/rearm", Answer(409, problem))
        with self.assertRaisesRegex(fusebox.ApiError, "409 Conflict: another person is needed"):
            self.client.rearm("kill-1", "fixed", actor="bob")


if __name__ == "__main__":
    unittest.main()
