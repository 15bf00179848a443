"""Completion scripts: three shells read them, and offer what the program itself lists."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import run

PROGRAM = sys.argv[1]
SHELLS = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}

# What is typed, the last word unfinished; what is offered among others; what is not.
QUESTIONS = [
    (["ki"], {"kill"}, {"serve"}),
    (["kill", ""], {"list", "drill"}, {"serve"}),
    (["kill", "--re"], {"--reason"}, {"--drain"}),
    (["kill", "--reason", "list", "d"], {"drill"}, set()),
    (["breakers", "force", "--state", ""], {"open", "closed"}, {"--reason"}),
    (["check", "--action", "t"], {"tool", "task"}, {"llm"}),
    (["audit", "verify", "--he"], {"--help"}, {"--from"}),
    (["completion", ""], {"bash", "zsh", "fish"}, set()),
    (["exec", "--agent", "bot", "--", "kill", "--"], set(), {"--reason", "--agent"}),
]

ASK = {
    # Whatever the shell's own completion would add stays out: files of the folder are no claim.
    "bash": """source "$1"; shift
COMP_WORDS=(fusebox "$@"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _fusebox
printf '%s\\n' "${COMPREPLY[@]}" """,
    "zsh": """compdef() { : }
_files() { : }
compadd() { [[ $1 == -- ]] && shift; for each in "$@"; do print -r -- "$each"; done }
_describe() { for each in "${(@P)2}"; do print -r -- "${each%%:*}"; done }
source "$1"; shift
words=(fusebox "$@"); CURRENT=${#words}; _fusebox""",
    "fish": """source $argv[1]
complete -C (string join ' ' -- fusebox $argv[2..-1]) | string split -f 1 \\t
true  # nothing to offer is no error""",
}


def begins(words, prefix):
    """What a shell shows of `words`; bash and fish have done it, zsh would in its own code."""
    return {word for word in words if word.startswith(prefix)}


def listed(command):
    """Sub-commands and options that the help of `command` lists."""
    _, text, _ = run(PROGRAM, *command, "--help")
    parts = re.split(r"^(\w+):\n", text, flags=re.M)
    found = {"Options": set(), "Subcommands": set()}
    for title, body in zip(parts[1::2], parts[2::2]):
        if title in found:
            rows = re.findall(r"^  (\S+)", body, flags=re.M)
            found[title] |= {word for row in rows for word in row.split(",")}
    return found["Subcommands"], found["Options"]


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.scripts = {}
        for shell in SHELLS:
            code, text, err = run(PROGRAM, "completion", shell)
            assert code == 0, err
            cls.scripts[shell] = Path(cls.folder.name) / shell
            cls.scripts[shell].write_text(text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ask(self, shell, typed):
        code, out, err = run(*SHELLS[shell], "-c", ASK[shell],
                             *([] if shell == "fish" else ["ask"]),
                             str(self.scripts[shell]), *typed)
        self.assertEqual((code, err), (0, ""), (shell, typed))
        return begins(out.split(), typed[-1])

    def test_each_shell_reads_its_script(self):
        for shell, script in self.scripts.items():
            done = subprocess.run([shell, "-n", script], capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""), shell)

    def test_what_is_typed_decides_what_is_offered(self):
        for shell in SHELLS:
            for typed, offered, hidden in QUESTIONS:
                with self.subTest(shell=shell, typed=typed):
                    found = self.ask(shell, typed)
                    self.assertLessEqual(offered, found)
                    self.assertFalse(hidden & found, found)

    def test_every_level_offers_what_its_help_lists(self):
        open_levels, seen = [[]], 0
        while open_levels:
            at = open_levels.pop()
            commands, options = listed(at)
            seen += len(commands)
            self.assertEqual(self.ask("bash", [*at, "-"]), options, at)
            if commands:
                self.assertEqual(self.ask("bash", [*at, ""]), commands, at)
            open_levels += [[*at, each] for each in commands]
        self.assertGreater(seen, 20)

    def test_another_shell_is_refused(self):
        code, _, err = run(PROGRAM, "completion", "tcsh")
        self.assertEqual(code, 2)
        self.assertTrue(err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
