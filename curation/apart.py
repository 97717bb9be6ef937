"""Work whose memory is given back: it is done in a process of its own, which ends with it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

MANY = 5_000
"""Articles from which on what is computed over all of them is worth a process of its own."""

_INTERRUPTED = 130

_CHILD = """
import json, sys
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from curation.apart import serve
serve()
"""


def apart(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function of a module with what can be pickled, in a fresh process; its errors are raised here.

    Nothing of the program that runs is imported there, so that it need not be guarded by `if __name__ == "__main__"`.
    Raises `RuntimeError` if the process is killed, as where memory runs out.
    """
    paths = json.dumps([path or str(Path.cwd()) for path in sys.path]).encode() + b"\n"
    asked = paths + pickle.dumps((function, arguments))
    done = subprocess.run([sys.executable, "-c", _CHILD], input=asked, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        if done.returncode == _INTERRUPTED:
            raise KeyboardInterrupt
        raise RuntimeError(f"a process of its own ended with {done.returncode}: is there enough memory?")
    failed, answer = pickle.loads(done.stdout)
    if failed:
        raise answer
    result: Result = answer
    return result


def over_all(count: int, function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function that goes over so many articles: here, or apart where these are `MANY`."""
    return apart(function, *arguments) if count > MANY else function(*arguments)


def serve() -> None:
    """In the process of its own: do what is asked on standard input, and answer on standard output."""
    out = os.fdopen(os.dup(1), "wb")
    # What the work prints is not mixed up with the answer.
    os.dup2(2, 1)
    try:
        function, arguments = pickle.load(sys.stdin.buffer)
        answer = False, function(*arguments)
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)
    except Exception as error:  # raised again where it was asked for
        answer = True, error
    with out:
        pickle.dump(answer, out)
