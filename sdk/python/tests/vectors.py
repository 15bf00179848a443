"""The shared stories of sdk/conformance."""

import json
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "conformance"


def stories(test, name):
    """Each story as a subtest of its name. A file without stories is a failure."""
    found = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    test.assertTrue(found)
    for story in found:
        with test.subTest(story["name"]):
            yield story
