"""Run every benchmark: `python -m benchmarks`."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "agreement", "agreement_report", "articles_to_tasks", "convert", "coverage", "export", "flips", "gamma", "ingest",
    "leakage", "models", "near_duplicates", "pool", "startup", "statements", "validation", "sync.faults",
    "sync.kills", "sync.poison", "sync.speed",
)  # fmt: skip


def main() -> int:
    """Run each in a process of its own; exit status 1 if one missed its goals."""
    missed = []
    for name in NAMES:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=False).returncode:
            missed.append(name)
    print(f"goals missed in: {', '.join(missed)}" if missed else "all goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
