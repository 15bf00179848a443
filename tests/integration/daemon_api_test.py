"""The daemon's contract as a stranger sees it: what its routes answer and what they refuse.

One row per claim, so that a row is all that a new claim costs.
"""

import calendar
import sys
import time
import unittest

from daemon_support import WithDaemon


class Routes(WithDaemon):
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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
