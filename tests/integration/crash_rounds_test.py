"""Load, a stop order at a random moment, kill -9 at a random moment after, restart: with a ledger.

Ten rounds, 500 with FUSEBOX_PROVE=1 (or FUSEBOX_ROUNDS=n). What must hold in each:
  - no check that began after a kill was acknowledged is let through, before and after the restart;
  - no task is ever let through more often than its budget, over all restarts;
  - nothing acknowledged is lost: permits, reports and events are there after the restart.
"""

import os
import random
import sys
import threading
import time
import unittest
from http.client import HTTPException

from daemon import Client, Daemon

PROGRAM = sys.argv[1]
ROUNDS = int(os.environ.get("FUSEBOX_ROUNDS", "500" if os.environ.get("FUSEBOX_PROVE") else "10"))
SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))
BUDGET = 20
WORKERS = 4
GONE = (OSError, HTTPException)

LIMIT = f"""---
apiVersion: fusebox/v1
kind: Limit
metadata: {{name: task-budget}}
spec:
  scope: [task]
  window: lifetime
  budget: {{tool_calls: {BUDGET}}}
  on_exceed: deny
"""


class Ledger:
    """What the daemon has acknowledged, over all rounds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.admitted = {}  # task -> permits acknowledged
        self.unknown = {}  # task -> checks whose answer was never read
        self.events = 0
        self.events_unknown = 0
        self.stopped = {}  # agent -> when its stop was acknowledged
        self.violations = []

    def add(self, table, task):
        with self.lock:
            table[task] = table.get(task, 0) + 1


class Worker(threading.Thread):
    def __init__(self, ledger, daemon, round_number, seed):
        super().__init__()
        self.ledger, self.address, self.round = ledger, daemon.api, round_number
        self.draw = random.Random(seed)

    def run(self):
        try:
            with Client(self.address) as client:
                while True:
                    if self.draw.random() < 0.2:
                        self.send_event(client)
                    else:
                        self.call(client)
        except GONE:
            return

    def send_event(self, client):
        try:
            status, body = client.post("/v1/events", [
                {"agent": "counted", "kind": "tool", "tool": "t", "outcome": "ok"}])
        except GONE:
            with self.ledger.lock:
                self.ledger.events_unknown += 1
            raise
        if status == 200 and body["accepted"] == 1:
            with self.ledger.lock:
                self.ledger.events += 1

    def call(self, client):
        task = f"task-{self.round}-{self.draw.randrange(6)}"
        agent = f"agent-{self.round}-{self.draw.randrange(3)}"
        began = time.monotonic()
        try:
            _, decision = client.post("/v1/check", {"agent": agent, "action": "tool",
                                                    "target": "t", "task": task})
        except GONE:
            self.ledger.add(self.ledger.unknown, task)
            raise
        if not decision.get("permit"):
            return
        self.ledger.add(self.ledger.admitted, task)
        stopped = self.ledger.stopped.get(agent)
        if stopped is not None and began > stopped:
            self.ledger.violations.append(f"{agent} was admitted after its stop: {decision}")
        client.post("/v1/report", {"permit": decision["permit"], "outcome": "ok"})


class CrashRounds(unittest.TestCase):
    def test_nothing_acknowledged_is_lost_and_nothing_stopped_goes_on(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        draw = random.Random(SEED)
        ledger = Ledger()
        with Daemon(PROGRAM, LIMIT) as daemon:
            for number in range(ROUNDS):
                self.one_round(daemon, ledger, number, draw)
        print(f"{len(ledger.stopped)} stop orders, {sum(ledger.admitted.values())} permits of "
              f"{len(ledger.admitted)} tasks and {ledger.events} events acknowledged; "
              f"{sum(ledger.unknown.values()) + ledger.events_unknown} answers lost with a daemon",
              flush=True)
        self.assertEqual(ledger.violations, [])
        self.assertGreater(sum(ledger.admitted.values()), ROUNDS)

    def one_round(self, daemon, ledger, number, draw):
        workers = [Worker(ledger, daemon, number, draw.random()) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(draw.uniform(0, 0.15))  # the random moment is what is tested
        agent = f"agent-{number}-0"
        status, order = daemon.post("/v1/kills", {"scope": f"agent:{agent}", "reason": "round",
                                                  "deadline_ms": 0})
        self.assertEqual(status, 201, order)
        self.assertTrue(order["durable"], order)
        ledger.stopped[agent] = time.monotonic()
        time.sleep(draw.uniform(0, 0.08))
        daemon.kill()
        for worker in workers:
            worker.join()
        daemon.start()
        self.check_ledger(daemon, ledger, number)

    def check_ledger(self, daemon, ledger, number):
        for agent in ledger.stopped:
            _, decision = daemon.post("/v1/check",
                                      {"agent": agent, "action": "tool", "target": "t"})
            self.assertEqual(decision.get("reason"), "killed", (agent, decision))
        for task in [task for task in ledger.admitted if task.startswith(f"task-{number}-")]:
            admitted, unknown = ledger.admitted[task], ledger.unknown.get(task, 0)
            self.assertLessEqual(admitted, BUDGET, task)
            _, body = daemon.get(f"/v1/limits?task={task}")
            row = body["limits"][0]
            held = row["used"] + row["reserved"] if not isinstance(row["used"], dict) else (
                row["used"]["tool_calls"] + row["reserved"]["tool_calls"])
            self.assertLessEqual(admitted, held, (task, row))
            self.assertLessEqual(held, min(BUDGET, admitted + unknown), (task, row))
        _, body = daemon.get("/v1/slos/tool-success?agent=counted")
        good = body["slos"][0]["good"] if body["slos"] else 0
        self.assertLessEqual(ledger.events, good)
        self.assertLessEqual(good, ledger.events + ledger.events_unknown)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
