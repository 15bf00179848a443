"""What the tests of the daemon share: a configuration with one of each, and the program's commands.

The program's path is the first argument of the test that uses it.
"""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from daemon import Daemon

PROGRAM = str(Path(sys.argv[1]).resolve())

DOCUMENTS = """---
apiVersion: openslo/v1
kind: SLO
metadata: {name: tool-success, annotations: {fusebox.dev/group-by: "agent, tool"}}
spec:
  service: agents
  indicator:
    metadata: {name: tool-success}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "tool" && outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: 'kind == "tool"'}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: standard, target: 0.99}]
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec:
  key: [agent, tool]
  where: kind == "tool"
  window: {count: 10}
  minimum_calls: 4
  failure_rate: 50%
  open: {wait: 10s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: task-budget}
spec: {scope: [task], window: lifetime, budget: {tool_calls: 20, cost_usd: 0.50}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: production}
spec:
  mode: strict
  default: allow
  rules:
    - id: ask-first
      trigger: request
      when: action == "tool" && target == "file_delete"
      effect: require_approval
      message: Deleting files needs an approval.
"""


def run(*arguments, environment=None, cwd=None):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})}, cwd=cwd, check=False)


class WithDaemon(unittest.TestCase):
    """One daemon for all tests of a class, on loopback, without authentication."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(PROGRAM, DOCUMENTS)
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()

    def command(self, *arguments):
        return run(*arguments, "--server", self.daemon.api)
