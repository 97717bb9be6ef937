"""Figures over all articles: which of them an export publishes, and measuring those."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from curation.catalog import Export
from curation.export.agreed import AgreementFigures
from curation.export.splitting import Leakage

Measure = Callable[[Collection[str]], AgreementFigures]
"""What measures agreement, but for articles that are held out."""

_AGREEMENT = {"agreement_table", "plots"}
PLACEHOLDER = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)
"""A placeholder in a card's template, or `$$`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How far annotators agree, and what the splits have in common; None where an export tells nothing of it."""

    agreement: AgreementFigures | None
    leakage: Leakage | None


def measured(
    export: Export, agreement: Measure | None, leaks: Callable[[], Leakage], held_out: Collection[str]
) -> Measured:
    """The figures that `export` publishes."""
    return Measured(
        agreement(held_out) if agreement is not None and wants_agreement(export) else None,
        leaks() if wants_leakage(export) else None,
    )


def wants_agreement(export: Export) -> bool:
    """Whether an export publishes figures of agreement, as a config or on its card: otherwise none need be measured."""
    return "agreement" in export.configs or bool(_AGREEMENT & placeholders_of(export.card))


def wants_leakage(export: Export) -> bool:
    """Whether the card of an export says what leaks between splits: otherwise that need not be measured."""
    return "splits_proof" in placeholders_of(export.card)


def placeholders_of(template: str) -> set[str]:
    """The placeholders in a card's template."""
    return {found[1] or found[2] for found in PLACEHOLDER.finditer(template) if found[1] or found[2]}
