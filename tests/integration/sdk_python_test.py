"""The tests of the Python SDK, those against a daemon that runs included."""

import os
import subprocess
import sys
from pathlib import Path

from daemon import Daemon

PROGRAM, HERE = sys.argv[1], Path(sys.argv[2]).resolve()

with Daemon(PROGRAM) as daemon:
    script = HERE.parents[1] / "sdk" / "python" / "test.sh"
    server = {"FUSEBOX_SERVER": f"http://{daemon.api}"}
    done = subprocess.run([script], env={**os.environ, **server}, timeout=240, check=False)
sys.exit(done.returncode)
