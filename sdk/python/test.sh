#!/usr/bin/env bash
# Tests of the Python SDK: sdk/python/test.sh [--core]
#
# All of them, with the pinned packages of requirements-test.txt in build/sdk-python; a registry
# that cannot be reached fails. --core: what needs the standard library alone. $PYTHON: which Python
# (default python3). $FUSEBOX_SERVER: a daemon that runs, for the tests against a real one.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}
venv=../../build/sdk-python

if [[ ${1:-} != --core ]]; then
  # Made anew when another Python or another list of packages is wanted.
  stamp=$("$python" --version && sha256sum requirements-test.txt)
  if [[ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]]; then
    "$python" -m venv --clear "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check --require-hashes \
      -r requirements-test.txt
    echo "$stamp" >"$venv/stamp"
  fi
  python=$venv/bin/python
  export FUSEBOX_TEST_EXTRAS=1
fi

export PYTHONPATH=$PWD/src PYTHONDONTWRITEBYTECODE=1
exec "$python" -m unittest discover -s tests
