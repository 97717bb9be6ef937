"""The dataset card: README.md with its YAML, its pictures, and the same facts as Croissant. Importing takes seconds."""

from __future__ import annotations

from curation.export.card.facts import Built, CardFacts
from curation.export.card.writing import Card, write_card

__all__ = ["Built", "Card", "CardFacts", "write_card"]
