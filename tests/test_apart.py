"""Work in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from curation.apart import apart
from curation.errors import CurationError
from curation.text import content_hash


def test_the_answer_comes_from_another_process():
    assert apart(os.getpid) != os.getpid()
    assert apart(content_hash, "a text") == content_hash("a text")


def test_errors_are_raised_here_with_all_that_they_say():
    from curation.catalog import find_root

    with pytest.raises(CurationError) as error:
        apart(find_root, Path("/nowhere/at/all"))
    assert (error.value.code, error.value.fix) == ("E_NO_WORKSPACE", "curation init /nowhere/at/all")


def test_a_process_that_is_killed_is_told():
    with pytest.raises(RuntimeError, match="-9"):
        apart(_suicide, 9)


def _suicide(signal: int) -> None:
    os.kill(os.getpid(), signal)


def test_what_the_work_prints_is_no_answer():
    assert apart(print, "a line") is None


@pytest.mark.parametrize("stdin", [True, False], ids=["from standard input", "from a file"])
def test_a_script_needs_no_guard(tmp_path, stdin):
    script = "from curation.apart import apart\nimport os\nprint(apart(os.getpid) != os.getpid())\n"
    file = tmp_path / "script.py"
    file.write_text(script)
    command = [sys.executable, *(() if stdin else (str(file),))]
    run = subprocess.run(command, input=script if stdin else None, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.returncode) == ("True", 0), run.stderr
