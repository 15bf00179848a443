"""One action under control: what runs, what is reported, and that it is reported once."""

import asyncio
import threading
import unittest
from decimal import Decimal

import fusebox
from fusebox.call import running
from fusebox.plain import plain

from fake_daemon import Answer
from test_client import ALLOW, COMMITTED, DOWN, WAITS, WithDaemon

DENY = Answer(
    body={
        "id": "d-3",
        "effect": "deny",
        "gate": "governance",
        "epoch": 0,
        "reason": "policy_denied",
        "rule": "no-drop-table",
    }
)


class Governed(WithDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.always("POST /v1/check", ALLOW)
        self.daemon.always("POST /v1/report", COMMITTED)

    def reports(self):
        return self.daemon.bodies("POST /v1/report")

    def checks(self):
        return self.daemon.bodies("POST /v1/check")


class ContextManager(Governed):
    def test_what_is_refused_does_not_run_and_is_not_reported(self):
        self.daemon.then("POST /v1/check", DENY)
        with self.assertRaises(fusebox.Denied) as raised:
            with self.client.call("bot", target="sql"):
                self.fail("it ran")
        self.assertEqual(raised.exception.decision.rule, "no-drop-table")
        self.assertEqual(str(raised.exception), "deny (policy_denied by no-drop-table)")
        self.assertEqual(self.reports(), [])

    def test_what_the_code_measures_is_reported(self):
        with self.client.call("bot", "llm", "m1") as call:
            call.measure(tokens_in=10, tokens_out=3)
            call.measure(cost_usd=Decimal("0.02"), duration_ms=7)
        (report,) = self.reports()
        self.assertEqual(
            report,
            {
                "permit": "c1",
                "outcome": "ok",
                "tokens_in": 10,
                "tokens_out": 3,
                "cost_usd": "0.02",
                "duration_ms": 7,
            },
        )

    def test_a_report_that_fails_spoils_nothing(self):
        self.daemon.then("POST /v1/report", Answer(400, {"title": "Bad Request"}))
        with self.assertLogs("fusebox", "WARNING"):
            with self.client.call("bot", target="search"):
                pass
        self.assertEqual(len(self.reports()), 1)

    def test_a_call_is_one_action(self):
        call = self.client.call("bot", target="search")
        with call:
            pass
        with self.assertRaisesRegex(RuntimeError, "make another"):
            call.__enter__()
        self.assertEqual(len(self.reports()), 1)

    def test_the_code_inside_knows_its_permit(self):
        with self.client.call("bot", target="search"):
            inside = running.get()
        self.assertEqual((inside.permit, inside.action, inside.name), ("c1", "tool", "search"))
        self.assertIsNone(running.get())

    def test_an_approval_is_waited_for_where_the_caller_says_so(self):
        self.daemon.then("POST /v1/check", WAITS)
        self.daemon.always("GET /v1/approvals/d-1", Answer(body={"state": "granted"}))
        with self.client.call("bot", target="pay", approval_timeout=5) as call:
            pass
        self.assertEqual(call.decision.permit, "c1")


class Decorator(Governed):
    def test_rules_see_the_arguments_by_name(self):
        @fusebox.guard(self.client, agent="bot", tool="find", session="s1")
        def search(query, *words, limit=3, **options):
            return f"{query}{limit}"

        self.assertEqual(search("a", "b", deep=True), "a3")
        (check,) = self.checks()
        self.assertEqual((check["agent"], check["target"], check["session"]), ("bot", "find", "s1"))
        self.assertEqual(
            check["args"], {"query": "a", "words": ["b"], "limit": 3, "options": {"deep": True}}
        )

    def test_the_object_is_no_argument_of_a_method(self):
        client = self.client

        class Tools:
            @fusebox.guard(client, agent="bot")
            def search(self, query):
                return query

        self.assertEqual(Tools().search("a"), "a")
        self.assertEqual(self.checks()[0]["args"], {"query": "a"})
        self.assertEqual(self.checks()[0]["target"], "search")

    def test_arguments_are_kept_back_or_chosen(self):
        def login(user, password):
            return user

        fusebox.guard(self.client, agent="bot", args=False)(login)("me", "secret")
        chosen = fusebox.guard(self.client, agent="bot", args=lambda user, _: {"user": user})
        chosen(login)("me", "secret")
        first, second = self.checks()
        self.assertNotIn("args", first)
        self.assertEqual(second["args"], {"user": "me"})

    def test_what_the_function_raises_comes_through(self):
        @fusebox.guard(self.client, agent="bot")
        def search():
            raise FileNotFoundError("gone")

        with self.assertRaises(FileNotFoundError):
            search()
        self.assertEqual(self.reports()[0]["error"], "FileNotFoundError")

    def test_a_read_goes_on_without_a_daemon_and_a_write_does_not(self):
        self.daemon.always("POST /v1/check", DOWN)
        ran = []
        read = fusebox.guard(self.client, agent="bot", tool="get", read_only=True)
        write = fusebox.guard(self.client, agent="bot", tool="put")
        read(lambda: ran.append("get"))()
        with self.assertRaises(fusebox.Denied) as raised:
            write(lambda: ran.append("put"))()
        self.assertTrue(raised.exception.decision.unreachable)
        self.assertEqual(ran, ["get"])
        self.assertEqual(self.client.buffered, 1)

    def test_what_would_run_later_is_refused_now(self):
        async def coroutine():
            pass

        def generator():
            yield

        with self.assertRaisesRegex(TypeError, "aguard"):
            fusebox.guard(self.client, agent="bot")(coroutine)
        with self.assertRaises(TypeError):
            fusebox.guard(self.client, agent="bot")(generator)
        with self.assertRaisesRegex(TypeError, "plain functions"):
            fusebox.aguard(self.client, agent="bot")(lambda: None)


class Async(Governed):
    def test_the_loop_goes_on_while_the_daemon_thinks(self):
        self.daemon.then("POST /v1/check", Answer(how="silence"))

        @fusebox.aguard(self.client, agent="bot", tool="search")
        async def search(query):
            return query

        async def story():
            waiting = asyncio.ensure_future(search("a"))
            await asyncio.to_thread(self.daemon.wait_for, "POST /v1/check")
            self.daemon.released.set()  # ends the connection: the check is decided here
            with self.assertRaises(fusebox.Denied):
                await waiting

        asyncio.run(story())

    def test_it_reports_what_the_coroutine_did(self):
        @fusebox.aguard(self.client, agent="bot", tool="search")
        async def search(query):
            self.assertEqual(running.get().permit, "c1")
            return query

        with fusebox.identity(task="t1"):
            self.assertEqual(asyncio.run(search("a")), "a")
        self.assertEqual(self.checks()[0]["args"], {"query": "a"})
        self.assertEqual(self.checks()[0]["task"], "t1")
        self.assertEqual([r["outcome"] for r in self.reports()], ["ok"])

    def test_a_cancelled_coroutine_gives_back(self):
        async def story():
            began = asyncio.Event()

            @fusebox.aguard(self.client, agent="bot", tool="search")
            async def search():
                began.set()
                await asyncio.Event().wait()

            task = asyncio.ensure_future(search())
            await asyncio.wait_for(began.wait(), 5)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(story())
        self.assertEqual([r["outcome"] for r in self.reports()], ["cancelled"])

    def test_a_permit_that_nobody_waits_for_any_more_is_given_back(self):
        decided = threading.Event()
        go = threading.Event()
        decide = self.client._decide

        def slowly(*a):
            decided.set()
            go.wait(5)
            return decide(*a)

        self.client._decide = slowly

        async def story():
            call = self.client.acall("bot", target="search")
            task = asyncio.ensure_future(call.__aenter__())
            await asyncio.to_thread(decided.wait, 5)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            go.set()
            await asyncio.to_thread(self.daemon.wait_for, "POST /v1/report")

        asyncio.run(story())
        (report,) = self.reports()
        self.assertEqual(report, {"permit": "c1", "outcome": "cancelled"})

    def test_a_refusal_is_raised_where_it_is_awaited(self):
        self.daemon.then("POST /v1/check", DENY)

        async def story():
            async with self.client.acall("bot", target="search"):
                self.fail("it ran")

        with self.assertRaises(fusebox.Denied):
            asyncio.run(story())
        self.assertEqual(self.reports(), [])


class Plain(unittest.TestCase):
    def test_arguments_look_the_same_each_time_and_are_json(self):
        class Secret:
            pass

        deep = []
        for _ in range(200):
            deep = [deep]
        for name, value, expected in [
            ("text", "a", "a"),
            ("half a character", "\ud800", "?"),
            ("flag", True, True),
            ("whole", 2**63 - 1, 2**63 - 1),
            ("too large for the wire", 2**63, str(2**63)),
            ("not a number", float("nan"), "nan"),
            ("money", Decimal("1.10"), "1.10"),
            ("pair", (1, None), [1, None]),
            ("set", {3, 1, 2}, [1, 2, 3]),
            ("names", {1: "x"}, {"1": "x"}),
            ("bytes", b"x", "<bytes>"),
        ]:
            with self.subTest(name):
                self.assertEqual(plain(value), expected)
        self.assertEqual(plain(Secret()), plain(Secret()))
        self.assertIn("<list>", str(plain(deep)))


if __name__ == "__main__":
    unittest.main()
