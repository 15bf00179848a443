"""What a daemon recorded: it replays to what the daemon decided, and tells the same story."""

import json
import sys
import unittest

from daemon import Daemon
from daemon_support import DOCUMENTS, PROGRAM, run

JOURNAL = "  journal: {path: ./journal, arguments: full}\n"


class Journal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, DOCUMENTS, JOURNAL)
        cls.addClassCleanup(cls.daemon.close)

    def journals(self):
        return sorted((self.daemon.folder / "journal").iterdir())

    def live(self, session):
        """One session: a call that fails, one that waits for a person, one that is stopped."""
        ask = {"agent": "bot", "session": session, "task": session, "action": "tool"}
        for target in ("search", "file_delete", "search"):
            _, decision = self.daemon.post("/v1/check", {**ask, "target": target})
            if decision.get("permit"):
                self.daemon.post("/v1/report", {"permit": decision["permit"], "outcome": "error",
                                                "cost_usd": "0.125"})
        self.daemon.post("/v1/events", [{"agent": "bot", "kind": "llm", "session": session,
                                         "tokens_in": 7, "tokens_out": 3}])
        self.daemon.post("/v1/kills", {"scope": f"session:{session}", "reason": "odd"})
        self.daemon.post("/v1/check", {**ask, "target": "search"})

    def explained(self, session, *arguments):
        done = run("explain", f"session:{session}", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def decisions(self):
        return [each["decision"] for each in self.daemon.get("/v1/decisions")[1]["decisions"]]

    def test_every_start_is_a_journal_that_replays_and_tells_alike(self):
        for number, session in enumerate(("first", "second")):
            self.daemon.start()
            self.live(session)
            told = self.explained(session, "--server", self.daemon.api)
            text = run("explain", f"session:{session}", "--server", self.daemon.api).stdout
            decided = self.decisions()
            self.daemon.kill() if number == 0 else self.assertEqual(self.daemon.stop(), 0)

            journal = str(self.journals()[number])
            replayed = run("replay", journal)
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            lines = [json.loads(line) for line in replayed.stdout.splitlines()]
            self.assertEqual([line["decision"] for line in lines if "decision" in line], decided)

            from_journal = self.explained(session, "--journal", journal)
            self.assertEqual(from_journal["timeline"], told["timeline"])
            self.assertEqual(from_journal["totals"], told["totals"])
            self.assertEqual(told["totals"], {"events": 3, "decisions": 4, "allowed": 2,
                                              "tokens_in": 7, "tokens_out": 3,
                                              "cost_usd": "0.25"})
            for word in ("ask-first", "killed", f"session:{session} stopped", "0.25 USD"):
                self.assertIn(word, text)

    def test_nothing_known_is_said_and_is_no_success(self):
        journal = self.daemon.folder / "empty.ndjson"
        journal.write_text("")
        done = run("explain", "session:nobody", "--journal", str(journal))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("session:nobody", done.stderr)
        self.assertEqual(run("explain", "agent:bot", "--journal", str(journal)).returncode, 2)
        self.assertEqual(run("explain", "session:x", "--server", "127.0.0.1:1").returncode, 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
