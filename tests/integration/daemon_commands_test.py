"""The commands that ask a running daemon: what they print, their exit codes, where they find it."""

import sys
import unittest

from daemon_support import WithDaemon, run


class Commands(WithDaemon):
    def test_names_of_agents_reach_no_terminal_raw(self):
        name = "a\nb\x1b[31mred\r\u009b31m\u202e"
        self.daemon.post("/v1/events", [{"agent": name, "kind": "tool", "tool": name}])
        self.daemon.post("/v1/check", {"agent": name, "action": "tool", "target": name})
        for command in ("agents", "slo", "breakers"):
            out = self.command(command).stdout
            self.assertIn("red", out)
            self.assertFalse(set(out) & set("\x1b\r\u009b\u202e"), command)
            self.assertNotIn("\nb", out)

    def test_a_limit_is_a_line_a_dimension(self):
        self.daemon.post("/v1/check", {"agent": "x", "action": "tool", "target": "t",
                                       "task": "lines", "estimate": {"cost_usd": 0.125}})
        lines = [line.split() for line in self.command("limits").stdout.splitlines()
                 if "task=lines" in line]
        self.assertEqual(sorted(lines), [
            ["task-budget", "task=lines", "cost_usd", "0", "0.125", "0.5", "0.00%"],
            ["task-budget", "task=lines", "tool_calls", "0", "1", "20", "0.00%"]])

    def test_a_person_grants_what_waits(self):
        ask = {"agent": "asks", "action": "tool", "target": "file_delete"}
        decision = self.daemon.post("/v1/check", ask)[1]
        self.assertEqual(decision["effect"], "require_approval")
        self.assertEqual(self.command("approvals", "grant", decision["id"], "--reason", "r")
                         .returncode, 0)
        self.assertEqual(self.daemon.post("/v1/check", ask)[1]["effect"], "allow")
        decision = self.daemon.post("/v1/check", {**ask, "agent": "refused"})[1]
        self.assertEqual(self.command("approvals", "deny", decision["id"], "--reason", "r")
                         .returncode, 0)
        self.assertEqual(self.daemon.post("/v1/check", {**ask, "agent": "refused"})[1]["effect"],
                         "deny")

    def test_exit_codes(self):
        self.daemon.post("/v1/kills", {"scope": "agent:stopped", "reason": "r"})
        # Only what a check passes has a breaker and a limit to hold.
        self.daemon.post("/v1/check", {"agent": "exit", "action": "tool", "target": "t",
                                       "task": "exit"})
        check = ("check", "--action", "tool", "--agent")
        rows = [
            (0, *check, "codes", "--target", "t"),
            (1, *check, "stopped", "--target", "t"),
            (3, *check, "codes", "--target", "file_delete"),
            (2, *check, "codes", "--frob"),
            (0, "kill", "agent:nobody", "--reason", "r"),
            (2, "kill", "agent:nobody"),
            (0, "kill", "list"),
            (0, "kill", "drill", "weekly", "--reason", "r"),
            (0, "kill", "drill", "--reason", "r"),
            (1, "rearm", "kill-1", "--reason", "r"),
            (0, "breakers", "force", "tools:exit:t", "--state", "open", "--for", "1h",
             "--reason", "r"),
            (0, "limits", "raise", "task-budget:exit", "--dimension", "cost_usd", "--by", "0.25",
             "--for", "1h", "--reason", "r"),
            (0, "slo"), (0, "breakers"), (0, "limits"), (0, "agents"), (0, "approvals"),
            (0, "slo", "--json"),
        ]
        for code, *arguments in rows:
            with self.subTest(arguments=arguments):
                done = self.command(*arguments)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(run("slo", "--server", "127.0.0.1:1").returncode, 5)

    def test_the_socket_in_the_state_folder_serves_the_same(self):
        self.assertEqual(run("agents", cwd=self.daemon.folder,
                             environment={"FUSEBOX_SERVER": ""}).returncode, 0)

    def test_a_state_folder_has_one_daemon(self):
        other = self.daemon.folder / "other.yaml"
        other.write_text("apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: t}\nspec:\n"
                         f"  state: {self.daemon.state}\n"
                         "  listen: {api: 127.0.0.1:0, otlp_http: off}\n")
        done = run("serve", "-c", str(other))
        self.assertEqual(done.returncode, 1)
        self.assertIn("is in use by process", done.stderr)
        self.assertEqual(self.daemon.get("/readyz")[0], 200)

    def test_a_taken_port_is_named_with_its_owner(self):
        other = self.daemon.folder / "port.yaml"
        other.write_text("apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: t}\nspec:\n"
                         f"  state: ./second\n  listen: {{api: '{self.daemon.api}'}}\n")
        done = run("serve", "-c", str(other))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.daemon.api} is already in use by process "
                      f"{self.daemon.process.pid}", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
