"""Decide what annotators disagree on: votes, annotator models, merged statement graphs. What is open is said to be."""

from __future__ import annotations

from curation.adjudication.ballots import Panel, decide
from curation.adjudication.dawid_skene import dawid_skene
from curation.adjudication.decisions import Ballot, Decision, Share
from curation.adjudication.fits import Fit
from curation.adjudication.mace import mace
from curation.adjudication.merged import Merged, Ruling, Source
from curation.adjudication.merging import fit_rules, merge
from curation.adjudication.rules import Rule, Rules
from curation.adjudication.votes import Votes

__all__ = [
    "Ballot",
    "Decision",
    "Fit",
    "Merged",
    "Panel",
    "Rule",
    "Rules",
    "Ruling",
    "Share",
    "Source",
    "Votes",
    "dawid_skene",
    "decide",
    "fit_rules",
    "mace",
    "merge",
]
