#!/usr/bin/env bash
# Tests of the Python SDK: sdk/python/test.sh [--core]
#
# All of them, with the pinned packages of requirements-test.txt in build/peers/python; a registry
# that cannot be reached fails. --core: what needs the standard library alone. $PYTHON: which Python
# (default python3). $FUSEBOX_SERVER: a daemon that runs, for the tests against a real one.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}

if [[ ${1:-} != --core ]]; then
  PYTHON=$python ../../packaging/peers.sh python
  python=../../build/peers/python/bin/python
  export FUSEBOX_TEST_EXTRAS=1
fi

export PYTHONPATH=$PWD/src PYTHONDONTWRITEBYTECODE=1
exec "$python" -m unittest discover -s tests
