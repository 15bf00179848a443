"""`fusebox exec`: what a stop order covers is gone, whatever it does, and the kernel says so."""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

from fake_daemon import PATIENCE, FakeDaemon

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()
AGENT = str(HERE / "hostile_agent.py")
STOPPED = 137  # the exit code of what an order ended
# Of an order. What ends by itself does so later, and what SIGKILL ends long before.
DEADLINE_MS = 4_000


def order(number=1, deadline_ms=DEADLINE_MS, **more):
    return {
        "id": f"kill-{number}", "scope": "agent:bot", "epoch": 1, "category": "hard",
        "deadline_ms": deadline_ms, "reason": "the test", "actor": "alice", **more,
    }


class ExecTest(unittest.TestCase):
    """Each test marks what it starts by the environment, which forks and sessions do not change."""

    def setUp(self):
        self.mark = f"FUSEBOX_TEST_MARK={uuid.uuid4()}"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.socket = str(self.folder / "fusebox.sock")
        self.addCleanup(self.leave_nothing)

    def leave_nothing(self):
        self.assertEqual(self.kill_marked(), {}, "left behind")

    def kill_marked(self):
        """What a failed test leaves must not live on; returns what there was."""
        first = left = self.marked()
        give_up = time.monotonic() + PATIENCE
        while left and time.monotonic() < give_up:
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # it ended meanwhile
            left = self.marked()
        return first

    def marked(self):
        """The living processes of this test, by pid, with their command lines."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if self.mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
        return found

    def environment(self):
        name, value = self.mark.split("=")
        return {**os.environ, name: value, "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, *arguments, **more):
        options = {
            "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
            "text": True, "env": self.environment(), **more,
        }
        return subprocess.Popen(
            [PROGRAM, "exec", "--agent", "bot", "--server", self.socket, *arguments], **options
        )

    def start_hostile(self, mode, *options):
        running = self.start(*options, "--", sys.executable, AGENT, mode)
        self.assertEqual(running.stdout.readline(), "ready\n")
        return running

    def end(self, running):
        out, err = running.communicate(timeout=PATIENCE)
        return running.returncode, out, err


class Orders(ExecTest):
    def test_hostile_trees_are_gone_within_the_deadline(self):
        modes = [
            "stubborn", "daemon", "closed", "stopped", "respawn", "bomb", "hop", "wander"
        ]
        for mode in modes:
            for cgroup in ([], ["--no-cgroup"]):
                with self.subTest(mode, cgroup=cgroup):
                    try:
                        self.end_hostile(mode, cgroup)
                    finally:
                        self.kill_marked()

    def end_hostile(self, mode, cgroup):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile(mode, "--grace", "500ms", *cgroup)
            if mode == "bomb":  # the other fast ones are gone when one looks at them
                self.assertGreater(len(self.marked()), 20)
            daemon.order(order())
            said = daemon.acknowledged()
            code, _, err = self.end(running)
        self.assertEqual(self.marked(), {})
        self.assertEqual(code, STOPPED, err)
        self.assertEqual((said["order"], said["outcome"]), ("kill-1", "confirmed"))
        self.assertLess(said["took_ms"], DEADLINE_MS)
        self.assertRegex(said["detail"], r"^\d+ process(es)? ended$")

    def test_the_user_reads_which_order_whose_and_why(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("stubborn")
            daemon.order(order(reason="too \x1b[31m costly", deadline_ms=0))
            daemon.acknowledged()
            _, _, err = self.end(running)
        self.assertIn("order kill-1 (agent:bot) by alice: too \\x1b[31m costly", err)
        self.assertNotIn("\x1b", err)

    def test_who_obeys_sigterm_is_not_made_to_wait(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("polite")
            daemon.order(order(deadline_ms=60_000))
            said = daemon.acknowledged()
            code, _, _ = self.end(running)
        self.assertEqual(said["outcome"], "confirmed")
        self.assertLess(said["took_ms"], 5_000)
        self.assertEqual(code, STOPPED, "an order's end is no success")

    def test_no_grace_is_sigkill_at_once(self):
        for options, deadline in ((["--grace", "0s"], 60_000), ([], 0)):
            with FakeDaemon(self.socket) as daemon:
                running = self.start_hostile("stubborn", *options)
                daemon.order(order(deadline_ms=deadline))
                self.assertLess(daemon.acknowledged()["took_ms"], DEADLINE_MS)
                self.end(running)

    def test_a_drain_has_its_own_deadline(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("stubborn", "--grace", "0s")
            daemon.order(order(category="drain", deadline_ms=1000))
            said = daemon.acknowledged()
            self.end(running)
        self.assertGreaterEqual(said["took_ms"], 750, "the command's time")

    def test_a_second_order_hastens_the_first_and_both_are_acknowledged(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("stubborn", "--grace", "60s")
            daemon.order(order(1, category="drain", deadline_ms=60_000))
            daemon.order(order(2, deadline_ms=0))
            said = [daemon.acknowledged() for _ in range(2)]
            self.end(running)
        self.assertEqual({each["order"] for each in said}, {"kill-1", "kill-2"})
        self.assertEqual({each["outcome"] for each in said}, {"confirmed"})

    def test_what_a_standing_order_covers_does_not_start(self):
        witness = self.folder / "started"
        with FakeDaemon(self.socket, standing=[order()]) as daemon:
            running = self.start("--", "touch", str(witness))
            said = daemon.acknowledged()
            code, _, err = self.end(running)
        self.assertEqual((said["outcome"], said["detail"]), ("confirmed", "not started"))
        self.assertEqual(code, STOPPED)
        self.assertIn("kill-1", err)
        self.assertFalse(witness.exists())

    def test_what_the_command_left_behind_is_ended_too(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("daemon")
            line = running.stderr.readline()  # a second after the command's end
            self.assertIn("ended with 3; what it started still runs", line)
            self.assertIsNone(running.poll())
            daemon.order(order())
            self.assertEqual(daemon.acknowledged()["outcome"], "confirmed")
            self.assertEqual(self.end(running)[0], STOPPED)


class Connection(ExecTest):
    def test_registration_says_who_it_is(self):
        token = self.folder / "token"
        token.write_text("secret\n")
        with FakeDaemon(self.socket) as daemon:
            running = self.start(
                "--tenant", "acme", "--session", "s-1", "--token-file", str(token), "--", "true"
            )
            body = daemon.registered()
            self.assertEqual(self.end(running)[0], 0)
        self.assertEqual(
            body,
            {
                "agent": "bot", "tenant": "acme", "session": "s-1", "name": "true",
                "pid": running.pid, "authorization": "Bearer secret",
            },
        )

    def test_without_a_daemon_it_does_not_start_unless_told_to(self):
        witness = self.folder / "started"
        code, _, err = self.end(self.start("--", "touch", str(witness)))
        self.assertEqual(code, 5)
        self.assertIn("not started: cannot reach", err)
        self.assertFalse(witness.exists())
        command = ["--on-unreachable", "run", "--", "sh", "-c", "exit 9"]
        self.assertEqual(self.end(self.start(*command))[0], 9)

    def test_a_daemon_that_refuses_is_named(self):
        with FakeDaemon(self.socket, status=403):
            code, _, err = self.end(self.start("--on-unreachable", "run", "--", "true"))
        self.assertEqual(code, 1)
        self.assertIn("403 Forbidden: because of the test", err)

    def test_an_overloaded_or_broken_daemon_counts_as_none(self):
        for broken in ({"status": 503}, {"garbage": True}, {"status": None}):
            with self.subTest(broken), FakeDaemon(self.socket, **broken):
                self.assertEqual(self.end(self.start("--", "true"))[0], 5)

    def test_obeys_the_fence_of_a_daemon_that_comes_back(self):
        with FakeDaemon(self.socket) as first:
            running = self.start_hostile("stubborn")
            first.registered()
            first.close()
        self.assertIn("the command goes on", running.stderr.readline())
        self.assertIsNone(running.poll())
        with FakeDaemon(self.socket, standing=[order()], first_id=7) as second:
            said = second.acknowledged()
            code, _, err = self.end(running)
        self.assertEqual((said["process"], said["outcome"]), ("proc-7", "confirmed"))
        self.assertEqual(code, STOPPED)
        self.assertIn("the daemon is back", err)

    def test_an_acknowledgement_finds_the_daemon_that_comes_back(self):
        with FakeDaemon(self.socket) as first:
            running = self.start_hostile("stubborn")
            first.registered()
            first.order(order())
            running.stderr.readline()  # it has the order
            first.close()
        with FakeDaemon(self.socket, first_id=7) as second:
            self.assertEqual(second.acknowledged()["process"], "proc-7")
            self.assertEqual(self.end(running)[0], STOPPED)

    def test_without_a_lease_the_command_outlives_the_daemon(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start("--", "sh", "-c", "echo ready; read line; exit 4",
                                 stdin=subprocess.PIPE)
            running.stdout.readline()
            daemon.close()
        self.assertIn("the command goes on", running.stderr.readline())
        running.stdin.write("go\n")
        self.assertEqual(self.end(running)[0], 4)

    def test_a_lease_ends_what_has_no_daemon(self):
        with FakeDaemon(self.socket) as daemon:
            running = self.start_hostile("stubborn", "--lease", "1s", "--grace", "0s")
            daemon.close()
        code, _, err = self.end(running)
        self.assertEqual(code, STOPPED)
        self.assertIn("the lease is over", err)
        self.assertEqual(self.marked(), {})


class Command(ExecTest):
    def setUp(self):
        super().setUp()
        self.daemon = FakeDaemon(self.socket)
        self.addCleanup(self.daemon.close)

    def test_exit_codes_are_the_commands(self):
        rows = [
            (["true"], 0), (["sh", "-c", "exit 42"], 42), (["sh", "-c", "kill -9 $$"], 137),
            (["sh", "-c", "kill -SEGV $$"], 139), (["/no/such/command"], 127), (["/"], 126),
        ]
        for command, code in rows:
            self.assertEqual(self.end(self.start("--", *command))[0], code, command)

    def test_arguments_and_streams_pass_through(self):
        running = self.start("--", "sh", "-c", 'cat; echo "[$1][$2][$3]"; echo e >&2', "sh",
                             "--", "", "[a,b]", stdin=subprocess.PIPE)
        out, err = running.communicate("in\n", timeout=PATIENCE)
        self.assertEqual((out, err), ("in\n[--][][[a,b]]\n", "e\n"))

    def test_signals_reach_the_command(self):
        script = "trap 'echo got; exit 5' {0}; echo ready; while :; do sleep 0.02; done"
        for name in ("TERM", "INT", "HUP", "USR1", "WINCH"):
            running = self.start("--", "sh", "-c", script.format(name))
            self.assertEqual(running.stdout.readline(), "ready\n")
            running.send_signal(getattr(signal, f"SIG{name}"))
            code, out, _ = self.end(running)
            self.assertEqual((code, out), (5, "got\n"), name)

    def test_what_was_ignored_stays_ignored(self):
        running = self.start("--", "sh", "-c", "kill -HUP $$; kill -PIPE $$; echo here",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(self.end(running)[0], 128 + signal.SIGPIPE)

    def test_a_signal_before_the_start_is_for_the_supervisor(self):
        self.daemon.status = None
        running = self.start("--", "true")
        self.daemon.registered()
        running.send_signal(signal.SIGINT)
        self.assertEqual(self.end(running)[0], 130)

    def test_the_command_dies_with_a_supervisor_that_is_killed(self):
        running = self.start_hostile("stubborn", "--no-cgroup")  # nobody would remove it
        running.kill()
        running.communicate(timeout=PATIENCE)  # the command held the streams open
        # Its end was decided by the kernel before; it may still be on its way out.
        give_up = time.monotonic() + PATIENCE
        while self.marked() and time.monotonic() < give_up:
            os.sched_yield()
        self.assertEqual(self.marked(), {})

    def test_no_cgroup_stays_behind(self):
        running = self.start("--verbose", "--", "true")
        _, _, err = self.end(running)
        paths = [line.split()[-1] for line in err.splitlines() if "fusebox: cgroup " in line]
        if not paths:
            self.assertIn("no cgroup: ", err)
        for path in paths:
            self.assertFalse(Path(path).exists())

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_without_rights_it_works_without_a_cgroup_and_says_so(self):
        os.chmod(self.folder, 0o755)
        os.chmod(self.socket, 0o777)
        running = self.start("--verbose", "--", "sh", "-c", "trap '' TERM; echo ready; sleep 8",
                             user=65534, cwd="/")
        self.assertEqual(running.stdout.readline(), "ready\n")
        self.daemon.order(order())
        self.assertEqual(self.daemon.acknowledged()["outcome"], "confirmed")
        code, _, err = self.end(running)
        self.assertEqual(code, STOPPED)
        self.assertIn("no cgroup: ", err)


class OnATerminal(ExecTest):
    """The supervisor as a shell's foreground job, on a terminal of its own."""

    def run_on_terminal(self, script, answers):
        """Starts `script` under exec, sends each answer once its cue was printed."""
        with FakeDaemon(self.socket):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(PROGRAM, [PROGRAM, "exec", "--agent", "bot", "--server", self.socket,
                                    "--", "sh", "-c", script], self.environment())
            seen = b""
            for cue, answer in answers:
                while cue not in seen:
                    seen += self.read(terminal)
                os.write(terminal, answer)
            while piece := self.read(terminal):
                seen += piece
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
        return os.waitstatus_to_exitcode(status), seen.decode()

    def read(self, terminal):
        readable, _, _ = select.select([terminal], [], [], PATIENCE)
        self.assertTrue(readable, "nothing came")
        try:
            return os.read(terminal, 4096)
        except OSError:  # Linux's way of saying that the other side has closed
            return b""

    def test_the_command_reads_the_terminal(self):
        code, out = self.run_on_terminal('echo ready; read x; echo "got $x"; exit 6',
                                         [(b"ready", b"word\n")])
        self.assertEqual(code, 6)
        self.assertIn("got word", out)

    def test_control_c_reaches_the_command_once(self):
        script = "trap 'echo caught; n=$((n+1))' INT; n=0; echo ready; read x; read x; exit $n"
        code, out = self.run_on_terminal(script, [(b"ready", b"\x03"), (b"caught", b"\n\n")])
        self.assertEqual((code, out.count("caught")), (1, 1))

    def test_control_z_does_not_stop_it(self):
        code, out = self.run_on_terminal("echo ready; read x; exit 8",
                                         [(b"ready", b"\x1a"), (b"not suspended", b"\n")])
        self.assertEqual(code, 8, out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
