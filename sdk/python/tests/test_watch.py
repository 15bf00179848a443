"""Stop orders pushed: the fence in this process, the resume, and what ends the watch."""

import threading
import unittest
from unittest import mock

import fusebox
from fusebox import KillOrder
from fusebox.stream import EVENT_BYTES_MAX, Backoff, EventParser

from fake_daemon import Answer
from test_client import ALLOW, DOWN, WithDaemon

NO_ORDERS = Answer(body={"kills": []})


def line(seq, scope="agent:bot", epoch=1, state="tripped"):
    return (
        f'id: {seq}\ndata: {{"seq":{seq},"kill":{{"id":"kill-1","scope":"{scope}","epoch":{epoch},'
        f'"state":"{state}","reason":"runaway"}}}}\n\n'
    ).encode()


class Watch(WithDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.always("POST /v1/check", ALLOW)
        self.daemon.always("GET /v1/kills", NO_ORDERS)
        self.news = []
        self.heard = threading.Condition()

    def watch(self, callback=None):
        watch = self.client.watch_kills(callback or self.hear)
        watch._backoff._base = 0.001
        return watch

    def hear(self, order):
        with self.heard:
            self.news.append(order)
            self.heard.notify_all()

    def wait_for_news(self, count):
        with self.heard:
            self.assertTrue(self.heard.wait_for(lambda: len(self.news) >= count, 5))

    def checks(self):
        return len(self.daemon.bodies("POST /v1/check"))

    def test_a_pushed_order_refuses_here_without_asking(self):
        pieces = self.daemon.stream()
        self.assertTrue(self.watch().wait_connected(5))
        self.assertTrue(self.client.check("bot", target="search").proceeds)
        pieces.put(line(7))
        self.wait_for_news(1)
        decision = self.client.check("bot", target="search")
        self.assertEqual(
            (decision.effect, decision.gate, decision.rule, decision.epoch),
            ("deny", "kill", "kill-1", 1),
        )
        self.assertTrue(decision.local)
        with self.assertRaisesRegex(fusebox.Killed, "runaway"):
            decision.raise_if_refused()
        self.assertEqual(self.checks(), 1)
        self.assertTrue(self.client.check("other", target="search").proceeds)
        pieces.put(line(8, epoch=2, state="armed"))
        self.wait_for_news(2)
        self.assertTrue(self.client.check("bot", target="search").proceeds)
        pieces.put(None)

    def test_standing_orders_are_known_before_the_watch_counts_as_connected(self):
        standing = {"id": "kill-4", "scope": "tool:mail", "epoch": 3, "state": "tripped"}
        self.daemon.always("GET /v1/kills", Answer(body={"kills": [standing]}))
        pieces = self.daemon.stream()
        self.assertTrue(self.watch().wait_connected(5))
        self.assertEqual(self.news, [KillOrder.from_wire(standing)])
        self.assertEqual(self.client.check("bot", target="mail").rule, "kill-4")
        pieces.put(None)

    def test_a_cut_stream_is_resumed_where_it_was_cut(self):
        first, second = self.daemon.stream(), self.daemon.stream()
        watch = self.watch()
        first.put(line(7))
        first.put(line(8, "agent:b2")[:20])
        self.wait_for_news(1)
        first.put(None)
        second.put(line(8, "agent:b2"))
        self.wait_for_news(2)
        streams = [seen for seen in self.daemon.seen if seen.path == "/v1/stream"]
        self.assertEqual([s.headers["Last-Event-ID"] for s in streams[:2]], [None, "7"])
        self.assertEqual({s.query for s in streams}, {"events=kill"})
        self.assertGreaterEqual(watch.reconnects, 1)
        second.put(None)

    def test_where_the_stream_has_a_gap_the_standing_orders_are_read_again(self):
        pieces = self.daemon.stream()
        self.assertTrue(self.watch().wait_connected(5))
        missed = {"id": "kill-4", "scope": "tool:mail", "epoch": 3, "state": "tripped"}
        self.daemon.always("GET /v1/kills", Answer(body={"kills": [missed]}))
        pieces.put(b'id: 900\nevent: gap\ndata: {"after":7,"next":901}\n\n')
        self.wait_for_news(1)
        self.assertEqual(self.news, [KillOrder.from_wire(missed)])
        pieces.put(None)

    def test_a_stream_that_says_nothing_at_all_is_given_up(self):
        first, second = self.daemon.stream(), self.daemon.stream()
        with mock.patch("fusebox.stream.SILENCE_SECONDS_MAX", 0.05):
            watch = self.watch()
            self.assertTrue(self.daemon.wait_for("GET /v1/stream", 2))
        self.assertGreaterEqual(watch.reconnects, 1)
        for pieces in (first, second):
            pieces.put(None)

    def test_what_comes_twice_is_news_once(self):
        pieces = self.daemon.stream()
        self.watch()
        pieces.put(line(7) + line(7) + line(8, "agent:b2"))
        self.wait_for_news(2)
        self.assertEqual([order.scope for order in self.news], ["agent:bot", "agent:b2"])
        pieces.put(None)

    def test_an_order_holds_while_the_daemon_is_away(self):
        pieces = self.daemon.stream()
        watch = self.watch()
        pieces.put(line(7, "model:m1"))
        self.wait_for_news(1)
        self.daemon.always("POST /v1/check", DOWN)
        pieces.put(None)
        watch.close()
        decision = self.client.check("bot", "llm", "m1")  # would be allowed as unreachable
        self.assertEqual((decision.gate, decision.rule), ("kill", "kill-1"))
        self.assertEqual(self.checks(), 1)  # without a watch the daemon is asked first
        self.assertTrue(self.client.check("bot", "llm", "m2").proceeds)

    def test_a_mistake_in_the_callback_blinds_nobody(self):
        pieces = self.daemon.stream()
        called = threading.Event()

        def callback(order):
            called.set()
            raise KeyError(order.scope)

        with self.assertLogs("fusebox", "ERROR"):
            self.watch(callback)
            pieces.put(line(7))
            self.assertTrue(called.wait(5))
            pieces.put(line(8, "agent:b2"))
            while self.client.fence.find({"agent": "b2", "action": "tool"}) is None:
                called.wait(0.001)
        pieces.put(None)

    def test_a_token_that_may_not_read_it_ends_the_watch_aloud(self):
        self.daemon.always("GET /v1/stream", Answer(403, {"title": "Forbidden", "status": 403}))
        with self.assertLogs("fusebox", "WARNING"):
            watch = self.watch()
            watch._thread.join(5)
        self.assertFalse(watch.running)
        self.assertEqual(watch.error.status, 403)
        self.assertTrue(self.client.check("bot", target="search").proceeds)

    def test_a_daemon_that_is_not_ready_is_tried_again(self):
        self.daemon.then("GET /v1/stream", DOWN, Answer(how="close"))
        pieces = self.daemon.stream()
        self.assertTrue(self.watch().wait_connected(5))
        pieces.put(None)

    def test_a_client_has_one_watch_and_close_ends_it(self):
        pieces = self.daemon.stream()
        watch = self.watch()
        self.assertTrue(watch.wait_connected(5))
        with self.assertRaisesRegex(RuntimeError, "watches already"):
            self.client.watch_kills()
        watch.close()
        self.assertFalse(watch.running)
        self.assertFalse(watch.connected)
        pieces.put(None)


class Parts(unittest.TestCase):
    def test_waits_double_up_to_the_cap_and_never_vanish(self):
        for draw, expected in [
            (0.0, [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]),
            (1.0, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]),
        ]:
            backoff = Backoff(0.1, 1.0, lambda draw=draw: draw)
            self.assertEqual([backoff.next() for _ in expected], expected)
            backoff.reset()
            self.assertEqual(backoff.next(), expected[0])

    def test_the_daemon_may_ask_for_longer_waits(self):
        self.assertEqual(Backoff(0.1, 5.0, lambda: 1.0).next(at_least=2.0), 2.0)

    def test_an_event_without_end_is_not_kept_for_ever(self):
        with self.assertRaises(ValueError):
            list(EventParser().feed(b"data: " + b"x" * EVENT_BYTES_MAX))


if __name__ == "__main__":
    unittest.main()
