"""What a daemon finds in its state folder, and what it leaves there."""

import json
import os
import re
import shutil
import signal
import socket
import sys
import time
import unittest

from daemon import Daemon
from daemon_support import DOCUMENTS, PROGRAM, run


class Folder(unittest.TestCase):
    def test_a_clean_stop_leaves_no_address_and_a_sealed_audit(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            listen = daemon.state / "listen.json"
            self.assertEqual(sorted(json.loads(listen.read_text())), ["api", "otlp_http"])
            daemon.post("/v1/kills", {"scope": "agent:a", "reason": "r"})
            self.assertEqual(daemon.stop(), 0)
            self.assertFalse(listen.exists())
            verified = run("audit", "verify", str(daemon.state))
            self.assertEqual((verified.returncode, "sealed" in verified.stdout), (0, True))
            segment = max((daemon.state / "audit").glob("*.audit"))
            whole = segment.read_bytes()
            for changed in (whole[:-10], whole[:40] + b"?" + whole[41:], whole + b"{}\n"):
                segment.write_bytes(changed)
                verified = run("audit", "verify", str(daemon.state))
                self.assertEqual(verified.returncode, 1)
                self.assertRegex(verified.stderr, segment.name + r":\d+")

    def test_a_daemon_with_an_address_is_ready(self):
        with Daemon(PROGRAM) as daemon:
            for _ in range(10):
                self.assertEqual(daemon.get("/readyz")[0], 200)
                daemon.kill()
                daemon.start()

    def test_damage_is_refused_with_what_to_do_and_stays_as_it_is(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            daemon.post("/v1/kills", {"scope": "agent:a", "reason": "r"})
            daemon.post("/v1/check", {"agent": "b", "action": "tool", "target": "file_delete"})
            daemon.kill()
            (daemon.state / "fusebox.sock").unlink()
            whole = daemon.folder / "whole"
            shutil.copytree(daemon.state, whole)
            # A damaged end may be a torn write; damage anywhere else is no crash of ours.
            for pattern, at in (("fusebox.db", 0), ("log/*.log", 0), ("audit/*.audit", 40)):
                with self.subTest(pattern=pattern):
                    shutil.rmtree(daemon.state)
                    shutil.copytree(whole, daemon.state)
                    file = max(daemon.state.glob(pattern))
                    damaged = bytearray(file.read_bytes())
                    for i in range(at, at + 8):
                        damaged[i] ^= 0xFF
                    file.write_bytes(damaged)
                    before = len(daemon.log())
                    with self.assertRaises(RuntimeError):
                        daemon.start()
                    self.assertIn("nothing was changed: bring back a copy", daemon.log()[before:])
                    self.assertEqual(file.read_bytes(), bytes(damaged))
            shutil.rmtree(daemon.state)
            shutil.copytree(whole, daemon.state)
            os.truncate(daemon.state / "latch", 10)
            daemon.start()
            decision = daemon.post("/v1/check", {"agent": "anyone", "action": "task"})[1]
            self.assertEqual((decision["gate"], decision["effect"]), ("kill", "deny"))
            daemon.stop()
            self.assertIn("EVERYTHING IS STOPPED", daemon.log())

    def test_a_folder_too_deep_for_a_socket_is_served_without(self):
        with Daemon(PROGRAM) as daemon:
            daemon.stop()
            deep = daemon.folder / ("d" * 120)
            deep.mkdir()
            file = daemon.folder / "fusebox.yaml"
            file.write_text(file.read_text().replace("./state", f"./{deep.name}/state"))
            daemon.state = deep / "state"
            daemon.start()
            self.assertEqual(daemon.get("/readyz")[0], 200)
            self.assertIn("there is no fusebox.sock", daemon.log())

    def test_a_bad_file_keeps_the_old_configuration(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            file = daemon.folder / "fusebox.yaml"
            good = file.read_text()

            def reload(text, said):
                before = len(daemon.log())
                file.write_text(text)
                daemon.process.send_signal(signal.SIGHUP)
                began = time.monotonic()
                while said not in daemon.log()[before:]:
                    self.assertLess(time.monotonic() - began, 10, daemon.log())
                    time.sleep(0.01)  # for another process: nothing here can be waited on

            daemon.post("/v1/events", [{"agent": "a", "kind": "tool", "outcome": "ok"}])
            slos = daemon.get("/v1/slos")
            ask = {"agent": "a", "action": "tool", "target": "file_drop"}
            reload(good.replace("target: 0.99", "target: 9"), "stays as it was")
            self.assertIn("error[E0106]", daemon.log())
            self.assertEqual(daemon.post("/v1/check", ask)[1]["effect"], "allow")
            reload(good.replace("file_delete", "file_drop"), "fusebox: reloaded")
            self.assertEqual(daemon.post("/v1/check", ask)[1]["effect"], "require_approval")
            self.assertEqual(daemon.get("/v1/slos"), slos)

    def test_the_stream_goes_on_behind_the_last_event_id(self):
        with Daemon(PROGRAM, DOCUMENTS) as daemon:
            host, port = daemon.api.rsplit(":", 1)

            def ids(last, until):
                with socket.create_connection((host, int(port)), timeout=10) as peer:
                    peer.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                                 b"Last-Event-ID: %d\r\n\r\n" % last)
                    text = ""
                    while f"id: {until}\n" not in text:
                        text += peer.recv(65536).decode()
                return [int(each) for each in re.findall(r"^id: (\d+)$", text, re.M)]

            for i in range(4):
                daemon.post("/v1/check", {"agent": f"a{i}", "action": "task"})
            last = daemon.get("/v1/decisions")[1]["decisions"][-1]["seq"]
            self.assertEqual(ids(last - 2, last), [last - 1, last])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
