"""Faults at every request between a workspace and a real Label Studio: is anything lost or doubled?

    python -m benchmarks.sync.faults --items 40

A proxy spoils one request of a push, of one after texts, suggestions and plan have changed, of suggestions that are
sent later, and of a pull, at each request in turn and in each of the ways in which networks and servers fail. What is
on the server and in the workspace in the end must be what an undisturbed run leaves. Where the command gives up (exit
status 4), it is run once more, as a curator would.

Goals: nothing lost, nothing doubled, the same end state everywhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.sync.sweep import COMMANDS, batches, served, sweep


def main() -> int:
    """Run and print; exit status 1 if anything was lost, doubled or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=40, help="how many articles (default: 40)")
    parser.add_argument("--batch", type=int, default=10, help="how many go into a request (default: 10)")
    parser.add_argument("--every", type=int, default=1, help="spoil every so-manieth request (default: 1, all)")
    parser.add_argument("--patience", type=float, default=4.0, help="seconds to wait for an answer (default: 4)")
    parser.add_argument("--stall", type=float, default=6.0, help="seconds that a stalled answer takes (default: 6)")
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=COMMANDS, help="which (default: all)")
    options = parser.parse_args()
    clean = True
    with served(patience=options.patience, stall=options.stall) as bench:
        print(f"{'command':12} {'fault':36} {'requests':>8} {'at once':>8} {'lost':>5} {'doubled':>8}  different")
        with batches(options.batch):
            runs = sweep(
                bench,
                items=options.items,
                indexes=lambda number: range(1, number + 1, options.every),
                commands=options.commands,
            )
            for command, fault, one in runs:
                print(
                    f"{command:12} {fault:36} {one.tried:8} {one.at_once:8} {one.lost:5} {one.doubled:8}  "
                    f"{', '.join(one.wrong) or '-'}",
                    flush=True,
                )
                clean = clean and not (one.lost or one.doubled or one.wrong)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
