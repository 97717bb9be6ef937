"""`python -m curation` is the command `curation`."""

from curation.cli import main

main()
