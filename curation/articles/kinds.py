"""What a code stands for, be it of a refusal or of a note."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means, and how what it is about is mended."""

    explanation: str
    fix: str
