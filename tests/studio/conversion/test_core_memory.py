"""The compiled core reads nothing that it was not given and leaves nothing behind, however items are damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.ls_exports import Exporter
from tests.studio.conversion.test_usual import _sound

CORE = Path(__file__).parents[3] / "curation" / "studio" / "conversion" / "c"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
SECONDS = "5"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The core with a program around it that damages items, and with whatever a compiler can watch for."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    program = tmp_path_factory.mktemp("hostile") / "hostile"
    source = Path(__file__).with_name("hostile.c")
    command = [compiler or "cc", "-g", "-O1", *SANITIZERS, "-I", str(CORE), str(source), "-o", str(program)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no C compiler to watch the core with")
    if "cannot find" in done.stderr and "asan" in done.stderr:
        pytest.skip("this machine's C compiler has no sanitizers to watch the core with")
    assert not done.returncode, done.stderr
    return program


@pytest.mark.parametrize("seed", ["1", "2"])
def test_damaged_items_harm_nothing(hostile, tmp_path, seed):
    exporter = Exporter()
    items = [exporter.item(number) for number in range(6)] + [_sound(7), _sound(8, completions=[], note={"a": [1.5]})]
    file = tmp_path / "items.txt"
    lines = (json.dumps(item, ensure_ascii=bool(place % 2)) for place, item in enumerate(items))
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    done = subprocess.run([hostile, file, SECONDS, seed], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2_000:]
    finished, declined = (int(word) for word in done.stdout.split() if word.isdigit())
    assert finished > 50, "some damage is none"
    assert declined > finished
