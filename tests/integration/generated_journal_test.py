"""A generated journal: the same bytes every time, with every compiler, and in flat memory."""

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
GOLDEN = HERE / "example" / "generated.sha256"
CONFIG = HERE / "example" / "fusebox.yaml"
LINES = 2_000_000 if os.environ.get("FUSEBOX_PROVE") else 60_000


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class GeneratedJournal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.journal = Path(cls.folder.name) / "journal.ndjson"
        cls.generate(cls.journal)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def generate(path):
        with open(path, "wb") as out:
            subprocess.run(
                [os.environ["MAKE_JOURNAL"], "--lines", str(LINES), "--days", "30", "--seed", "1"],
                stdout=out, check=True, timeout=120,
            )

    def replay(self, name):
        path = Path(self.folder.name) / name
        subprocess.run(
            [PROGRAM, "replay", "-c", str(CONFIG), str(self.journal), "--out", str(path)],
            stderr=subprocess.DEVNULL, check=True, timeout=280,
        )
        return sha256(path)

    def test_is_the_same_journal_twice(self):
        again = Path(self.folder.name) / "again.ndjson"
        self.generate(again)
        self.assertEqual(sha256(again), sha256(self.journal))

    def test_replays_to_the_same_bytes_twice_and_with_every_compiler(self):
        first = self.replay("first")
        self.assertEqual(self.replay("second"), first)
        if os.environ.get("UPDATE_GOLDEN") and LINES == 60_000:
            GOLDEN.write_text(first + "\n")
        if LINES == 60_000:
            self.assertEqual(first, GOLDEN.read_text().strip())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
