"""A Ray cluster of two raylets on loopback, for a test or a benchmark: `python -m benchmarks.raylets`.

Prints the cluster's address and ends, with all that it started, when its standard input does. Whoever connects needs
the environment of `ENVIRONMENT`: a token, and a Ray that stays on loopback.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "0123456789abcdef" * 4,
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # What keeps Ray from looking for an outside address of the machine; despite its name it holds on Linux too.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}

_ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def two_raylets() -> Iterator[str]:
    """Start the cluster in a process of its own and yield its address; takes about ten seconds."""
    # Sockets lie below it, and their paths may have 107 characters.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.raylets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ENVIRONMENT, "RAY_TMPDIR": folder},
        cwd=_ROOT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("the raylets did not start")
        yield address
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Start the raylets, print their address, and wait for the end of standard input."""
    Path(os.environ["RAY_TMPDIR"], "ray").mkdir(exist_ok=True)
    from ray.cluster_utils import Cluster

    node = {
        "node_ip_address": "127.0.0.1",
        "num_cpus": 1,
        "object_store_memory": 200_000_000,
        "include_dashboard": False,
    }
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        cluster.add_node(**node)
        print(cluster.address, flush=True)
        sys.stdin.read()
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
