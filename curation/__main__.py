"""The command `curation`, also as `python -m curation`."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the console script: run the command line and end with its exit status."""
    try:
        from curation.cli import cli
        from curation.cli.console import run
    except KeyboardInterrupt:
        sys.stderr.write("error[E_INTERRUPTED]: stopped. Fix: run the same command again\n")
        sys.exit(130)
    sys.exit(run(cli))


if __name__ == "__main__":
    main()
