"""Published security advisories of Label Studio itself, by version: those that GitHub's advisory database lists.

Each stands with its number there and the first version that is free of it; where the record names only the last version
that has it, with the next number after that one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHOWN_PARTS = 4


@dataclass(frozen=True, slots=True)
class Advisory:
    """What was published: its number in GitHub's database and as a CVE, and the first version without it."""

    ghsa: str
    cve: str | None
    fixed: tuple[int, ...]
    about: str

    @property
    def name(self) -> str:
        """The CVE number if there is one, else GitHub's."""
        return self.cve or self.ghsa

    @property
    def url(self) -> str:
        """Where it can be read."""
        return f"https://github.com/advisories/{self.ghsa}"


ADVISORIES = (
    Advisory("GHSA-2mq9-hm29-8qch", "CVE-2026-22033", (1, 22, 1), "script in hotkeys takes over other accounts"),
    Advisory("GHSA-8jhr-wpcm-hh4h", "CVE-2025-47783", (1, 18, 0), "script by way of an uploaded example"),
    Advisory("GHSA-m238-fmcw-wh58", "CVE-2025-25297", (1, 16, 0), "storage settings reach the server's own network"),
    Advisory("GHSA-wpq5-3366-mqw4", "CVE-2025-25296", (1, 16, 0), "script by way of a link to an example"),
    Advisory("GHSA-rgv9-w7jp-m23g", "CVE-2025-25295", (1, 16, 0), "exports read any file of the server"),
    Advisory("GHSA-p59w-9gqw-wj8r", "CVE-2023-47116", (1, 11, 0), "imports reach the server's own network"),
    Advisory("GHSA-fq23-g58m-799r", "CVE-2024-23633", (1, 10, 1), "script in imported files"),
    Advisory("GHSA-6hjj-gq77-j4qw", "CVE-2023-47117", (1, 9, 2, 0), "filters tell everybody's password hashes"),
    Advisory("GHSA-q68h-xwq5-mm7x", "CVE-2023-47115", (1, 9, 2), "script in a user's picture"),
    Advisory("GHSA-f475-x83m-rx5m", "CVE-2023-43791", (1, 8, 2), "log-ins can be forged"),
    Advisory("GHSA-cpmr-mw4j-99r7", None, (1, 7, 2), "anybody can read the server's settings"),
    Advisory("GHSA-pc6f-259w-w3j6", "CVE-2022-36551", (1, 6, 0), "imports read files of the server"),
)
"""Newest first."""


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers to compare, such as `(1, 9, 2, 0)` for `1.9.2.post0`; empty if it has none."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:_SHOWN_PARTS])


def known(version: str) -> list[Advisory]:
    """The advisories that concern a version; none for one that cannot be read."""
    found = numbers(version)
    return [one for one in ADVISORIES if found and found < one.fixed]
