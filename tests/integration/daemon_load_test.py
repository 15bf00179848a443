"""Many at once: one budget that 64 clients share, and 1,000 connections that do their worst.

The ledger is kept from outside. A grant is counted once its answer is read, what a report gives
back is subtracted before it is sent: at each moment the ledger is at or below what the daemon
holds, so a ledger above the budget proves the daemon wrong.
"""

import os
import random
import resource
import socket
import sys
import threading
import unittest

from daemon import Client, Daemon
from daemon_support import PROGRAM

SEED = int(os.environ.get("FUSEBOX_SEED", str(random.SystemRandom().randrange(1 << 32))))
CLIENTS = 64
CHECKS = 40  # of each client, so that the budget is gone before the clients are
BUDGET = {"tool_calls": 900, "tokens": 20_000, "cost_usd": 1_500_000}  # cost in micro-dollars
CONNECTIONS = 1_000

LIMIT = """---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: shared}
spec:
  scope: [task]
  window: lifetime
  budget: {tool_calls: 900, tokens: 20000, cost_usd: 1.50}
  on_exceed: deny
"""


def usd(micros):
    return f"{micros // 1_000_000}.{micros % 1_000_000:06}"


def micros(text):
    whole, _, fraction = str(text).partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


class Ledger:
    """What was granted and what was used of it, over all clients."""

    def __init__(self):
        self.lock = threading.Lock()
        self.used = dict.fromkeys(BUDGET, 0)
        self.reserved = dict.fromkeys(BUDGET, 0)
        self.granted = self.refused = 0
        self.violations = []

    def grant(self, amounts):
        with self.lock:
            self.granted += 1
            for name, amount in amounts.items():
                self.reserved[name] += amount
                if self.used[name] + self.reserved[name] > BUDGET[name]:
                    self.violations.append((name, self.used[name], self.reserved[name]))

    def settle(self, amounts, actual):
        with self.lock:
            for name, amount in amounts.items():
                self.reserved[name] -= amount
                self.used[name] += actual[name]


class Spender(threading.Thread):
    """Asks, and of what it gets uses some, gives some back and keeps some open."""

    def __init__(self, address, ledger, number, start):
        super().__init__()
        self.address, self.ledger, self.number, self.start_line = address, ledger, number, start
        self.draw = random.Random(f"{SEED}-{number}")

    def run(self):
        with Client(self.address) as client:
            self.start_line.wait()
            for _ in range(CHECKS):
                self.call(client)

    def call(self, client):
        amounts = {"tool_calls": 1, "tokens": self.draw.randrange(60),
                   "cost_usd": self.draw.randrange(3_000)}
        status, decision = client.post("/v1/check", {
            "agent": f"a{self.number}", "action": "tool", "target": "t", "task": "one",
            "estimate": {"tokens": amounts["tokens"], "cost_usd": usd(amounts["cost_usd"])}})
        if status != 200 or decision.get("reason") not in (None, "budget_exceeded"):
            self.ledger.violations.append((status, decision))
        elif "permit" not in decision:
            with self.ledger.lock:
                self.ledger.refused += 1
        else:
            self.ledger.grant(amounts)
            self.finish(client, decision["permit"], amounts)

    def finish(self, client, permit, amounts):
        how = self.draw.choice(("ok", "ok", "ok", "cancelled", "open"))
        if how == "open":
            return
        # Never above what was reserved: a report above it is charged in full, beyond the budget.
        tokens = self.draw.randint(0, amounts["tokens"])
        actual = {"tool_calls": 1 if how == "ok" else 0, "tokens": tokens,
                  "cost_usd": self.draw.randint(0, amounts["cost_usd"])}
        tokens_in = self.draw.randint(0, tokens)
        self.ledger.settle(amounts, actual)
        status, body = client.post("/v1/report", {
            "permit": permit, "outcome": how, "tokens_in": tokens_in,
            "tokens_out": tokens - tokens_in, "cost_usd": usd(actual["cost_usd"])})
        if (status, body.get("result")) != (200, "committed"):
            self.ledger.violations.append((status, body))


class OneBudget(unittest.TestCase):
    def test_64_clients_are_never_above_it_and_the_daemon_holds_what_it_granted(self):
        print(f"seed {SEED}", flush=True)
        ledger = Ledger()
        with Daemon(PROGRAM, LIMIT) as daemon:
            start = threading.Barrier(CLIENTS)
            spenders = [Spender(daemon.api, ledger, i, start) for i in range(CLIENTS)]
            for spender in spenders:
                spender.start()
            for spender in spenders:
                while spender.is_alive():
                    self.assert_within_budget(self.held_by(daemon))
                    spender.join(0.05)
            held = self.held_by(daemon)
        self.assertEqual(ledger.violations, [])
        self.assertEqual(held, (ledger.used, ledger.reserved))
        self.assertEqual(ledger.granted + ledger.refused, CLIENTS * CHECKS)
        self.assertGreater(ledger.refused, 0, "the budget was never reached")

    def held_by(self, daemon):
        """What is used and what is reserved, of each dimension."""
        rows = daemon.get("/v1/limits?task=one")[1]["limits"]
        if not rows:
            return dict.fromkeys(BUDGET, 0), dict.fromkeys(BUDGET, 0)
        return tuple({name: micros(amount) if name == "cost_usd" else amount
                      for name, amount in rows[0][part].items()} for part in ("used", "reserved"))

    def assert_within_budget(self, held):
        used, reserved = held
        for name, budget in BUDGET.items():
            self.assertLessEqual(used[name] + reserved[name], budget, held)


# One way each to hold a connection: what is sent at first, and whether our side is closed then.
HEAD = b"POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
ASK = b'{"agent":"held","action":"task"}'
HOLDS = {
    "idle": (b"", False),
    "slow head": (HEAD[:20], False),
    "slow body": (HEAD + b"Content-Length: 400\r\n\r\n" + ASK[:10], False),
    "slow chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + ASK[:10], False),
    "half closed, nothing asked": (b"", True),
    "half closed in the head": (HEAD[:20], True),
    "half closed in the body": (HEAD + b"Content-Length: 400\r\n\r\n" + ASK[:10], True),
    "half closed, asked": (HEAD + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK, True),
    "answer never read": (HEAD + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK, False),
    "stream never read": (b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n", False),
}


def allow_descriptors(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise unittest.SkipTest(f"at most {hard} descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


class ManyConnections(unittest.TestCase):
    def setUp(self):
        # The daemon inherits it, and needs as many.
        allow_descriptors(CONNECTIONS + 200)
        self.daemon = Daemon(PROGRAM)
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        host, port = self.daemon.api.rsplit(":", 1)
        self.address = host, int(port)
        self.held = []
        self.addCleanup(lambda: [each.close() for each in self.held])

    def hold(self, data, half_close):
        peer = socket.create_connection(self.address)
        self.held.append(peer)
        peer.sendall(data)
        if half_close:
            peer.shutdown(socket.SHUT_WR)

    def add_a_byte(self, number):
        """The slow ones go on, a byte at a time."""
        for name, peer in zip(list(HOLDS) * (number + 1), self.held):
            if name.startswith("slow"):
                try:
                    peer.send(b"x")
                except OSError:
                    pass  # its time was over

    def ask_a_hundred(self, client, prefix):
        for i in range(100):
            status, decision = client.post("/v1/check", {"agent": f"{prefix}{i}", "action": "task"})
            self.assertEqual((status, decision["effect"]), (200, "allow"))

    def test_1000_slow_idle_and_half_closed_ones_leave_checks_unharmed(self):
        kinds = list(HOLDS.values())
        with self.daemon.client() as kept:
            for i in range(CONNECTIONS):
                self.hold(*kinds[i % len(kinds)])
            self.ask_a_hundred(kept, "kept")
            self.add_a_byte(CONNECTIONS // len(kinds))
            with self.daemon.client() as late:
                self.ask_a_hundred(late, "late")
            for each in self.held:
                each.close()
            self.ask_a_hundred(kept, "after")
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
