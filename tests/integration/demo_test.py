"""The tour: every act holds, it fits a terminal, and nothing of it is left, however it ends."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = sys.argv[1]
COLUMNS = 80


def commands_that_name(folder):
    """Command lines of living processes that speak of `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has ended
        if str(folder) in command:
            found.append(command)
    return found


class Tour(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self):
        """The demo with everything of its own in self.folder."""
        return subprocess.Popen([PROGRAM, "demo", "--once"], cwd=self.folder,
                                env={**os.environ, "TMPDIR": str(self.folder)}, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def left(self):
        return [each.name for each in self.folder.glob("fusebox-demo-*")]

    def test_all_five_acts_hold_and_fit_a_terminal(self):
        demo = self.start()
        out, err = demo.communicate(timeout=120)
        self.assertEqual((demo.returncode, err), (0, ""), out)
        self.assertEqual(re.findall(r"^(\d)  ", out, flags=re.M), list("12345"), out)
        self.assertIn("now yours:", out)
        self.assertNotIn("\x1b", out, "colour without a terminal")
        wide = [line for line in out.splitlines()
                if len(line) > COLUMNS and str(self.folder) not in line]
        self.assertEqual(wide, [])
        self.assertEqual((self.left(), commands_that_name(self.folder)), ([], []))

    def test_a_signal_in_the_middle_leaves_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                demo = self.start()
                while not demo.stdout.readline().startswith("2  "):
                    self.assertIsNone(demo.poll(), "it ended before its second act")
                demo.send_signal(number)
                _, err = demo.communicate(timeout=60)
                self.assertEqual((demo.returncode, err), (128 + number, ""))
                self.assertEqual((self.left(), commands_that_name(self.folder)), ([], []))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
