"""The dataset card: README.md with its YAML, its pictures, and the same facts as Croissant. Importing takes seconds."""

from __future__ import annotations

from curation.export.card.filling import Built, Tally, render

__all__ = ["Built", "Tally", "render"]
