"""The stories of sdk/conformance, each told to this client."""

import asyncio
import time
import unittest

import fusebox
from fusebox import Client, address
from fusebox.fence import Fence, KillOrder
from fusebox.stream import EventParser, order_of
from fusebox.transport import Request

from fake_daemon import Answer, FakeDaemon
from vectors import stories

REFUSALS = {
    "denied": fusebox.Denied,
    "killed": fusebox.Killed,
    "approval_required": fusebox.ApprovalRequired,
    "throttled": fusebox.Throttled,
}
NOBODY = "unix:/nonexistent/fusebox.sock"
ALLOW = {"id": "c1", "effect": "allow", "permit": "c1", "epoch": 0}


def answer_of(story):
    raw = story["answer"].get("raw")
    answer = {**story["answer"], "raw": None if raw is None else raw.encode()}
    return Answer(**answer)


class Discovery(unittest.TestCase):
    def test_the_daemon_is_found_where_the_command_line_finds_it(self):
        for story in stories(self, "discovery"):
            environ = {"FUSEBOX_SERVER": story["env"]} if "env" in story else {}
            if story.get("error"):
                with self.assertRaises(ValueError):
                    address.find(story["server"], environ, story["sockets"].__contains__)
                continue
            found = address.find(story.get("server"), environ, story["sockets"].__contains__)
            self.assertEqual(found and str(found), story["expect"])


class Check(unittest.TestCase):
    def test_answers_become_decisions_and_only_decisions(self):
        for story in stories(self, "check"):
            with FakeDaemon() as daemon, Client(daemon.address) as client:
                daemon.always("POST /v1/check", answer_of(story))
                self.tell(client, story)
                for body in daemon.bodies("POST /v1/check"):
                    self.assertRegex(body.pop("idempotency_key"), "^[0-9a-f]{32}$")
                    self.assertEqual(body, story["check"])

    def tell(self, client, story):
        expect = story["expect"]
        if "api_error" in expect:
            with self.assertRaises(fusebox.ApiError) as raised:
                client.check(**story["check"])
            self.assertEqual(raised.exception.status, expect["api_error"])
            return
        decision = client.check(**story["check"])
        self.assertEqual(decision.unreachable, expect.get("unreachable", False))
        if decision.unreachable:
            self.assertEqual(decision.reason, "unreachable")
            return
        self.assertEqual(decision.effect, expect["effect"])
        self.assertEqual(decision.proceeds, expect["proceeds"])
        self.assertEqual(decision.permit, expect.get("permit", ""))
        self.assertEqual(decision.approval and decision.approval.id, expect.get("approval"))
        self.assertEqual(decision.retry_after_ms, expect.get("retry_after_ms"))
        self.tell_refusal(decision, expect)

    def tell_refusal(self, decision, expect):
        if expect["proceeds"]:
            decision.raise_if_refused()
            return
        with self.assertRaises(fusebox.Refused) as raised:
            decision.raise_if_refused()
        self.assertIs(type(raised.exception), REFUSALS[expect["refusal"]])
        if expect["refusal"] == "throttled":
            after = expect.get("retry_after_ms")
            self.assertEqual(raised.exception.retry_after, after and after / 1000)


class OnUnreachable(unittest.TestCase):
    def test_each_class_of_action_has_its_rule(self):
        for story in stories(self, "unreachable"):
            client = Client(NOBODY, on_unreachable=story.get("on_unreachable"))
            decision = client.check(**story["check"], read_only=story.get("read_only", False))
            self.assertTrue(decision.unreachable)
            self.assertEqual(decision.effect, story["effect"])
            if "event" in story:
                self.tell_report(client, decision, story)

    def tell_report(self, client, decision, story):
        before = time.time_ns()
        self.assertEqual(client.report(decision, **story["report"]), "buffered")
        sent = []
        client._outbox._send = lambda events: sent.extend(events) or 0
        client.flush()
        (event,) = sent
        self.assertEqual(event.pop("id"), decision.id)
        self.assertTrue(before <= event.pop("at") <= time.time_ns())
        self.assertEqual(event, story["event"])


class Outcome(unittest.TestCase):
    ENDED = {
        "returned": None,
        "raised": KeyError("k"),
        "timed_out": asyncio.TimeoutError(),
        "cancelled": asyncio.CancelledError(),
        "interrupted": KeyboardInterrupt(),
        "said_failed": None,
    }

    def test_how_a_block_ends_is_what_is_reported(self):
        for story in stories(self, "outcome"):
            with FakeDaemon() as daemon, Client(daemon.address) as client:
                daemon.always("POST /v1/check", Answer(body=ALLOW))
                daemon.always("POST /v1/report", Answer(body={"result": "committed"}))
                self.run_block(client, story["ended"])
                (report,) = daemon.bodies("POST /v1/report")
                self.assertEqual(report["permit"], "c1")
                self.assertEqual(report["outcome"], story["outcome"])
                self.assertGreaterEqual(report["duration_ms"], 0)
                self.assertEqual("error" in report, story.get("error", False))

    def run_block(self, client, ended):
        raised = self.ENDED[ended]
        try:
            with client.call("bot", target="search") as call:
                if ended == "said_failed":
                    call.failed("not_found")
                if raised is not None:
                    raise raised
        except BaseException as error:
            self.assertIs(error, raised)


class Transport(unittest.TestCase):
    def test_connections_are_kept_and_replaced_once(self):
        for unix in (True, False):
            for story in stories(self, "transport"):
                # Long enough for a busy machine; only silence is waited out.
                timeout = 0.5 if "silence" in str(story["connections"]) else 10.0
                with FakeDaemon(unix) as daemon, Client(daemon.address, timeout=timeout) as client:
                    daemon.script(story["connections"], {"ok": True})
                    answers = [self.ask(client, request) for request in story["requests"]]
                    self.assertEqual(answers, story["expect"])
                    self.assertEqual(len(daemon.seen), story["arrived"])

    def ask(self, client, request):
        try:
            body = client._transport.request(Request("POST", "/v1/x", b"{}", **request))
        except fusebox.Unreachable:
            return "unreachable"
        self.assertEqual(body, {"ok": True})
        return "answered"


class FenceStories(unittest.TestCase):
    def test_an_order_stops_what_it_covers_and_nothing_else(self):
        for story in stories(self, "fence"):
            fence = Fence()
            for order in story["orders"]:
                fence.learn(KillOrder.from_wire(order))
            stopping = fence.find(story["check"])
            self.assertEqual(stopping and stopping.id, story["stopped_by"])


class Stream(unittest.TestCase):
    def test_orders_are_read_from_the_stream_however_it_is_cut(self):
        for story in stories(self, "stream"):
            whole = "".join(story["pieces"]).encode()
            cuts = [[piece.encode() for piece in story["pieces"]]]
            cuts += [[whole[:at], whole[at:]] for at in range(len(whole))]
            cuts.append([whole[at : at + 1] for at in range(len(whole))])
            for pieces in cuts:
                parser = EventParser()
                events = [event for piece in pieces for event in parser.feed(piece)]
                orders = [order for order in map(order_of, events) if order is not None]
                self.assertEqual(orders, [KillOrder.from_wire(k) for k in story["kills"]])
                self.assertEqual(parser.last_id, story["last_event_id"])
                gaps = [event for event in events if event.event == "gap"]
                self.assertEqual(bool(gaps), story.get("resync", False))


if __name__ == "__main__":
    unittest.main()
