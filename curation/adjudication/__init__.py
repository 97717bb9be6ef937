"""Decide what annotators disagree on: votes, annotator models, merged statement graphs. What is open is said to be."""

from __future__ import annotations

from curation.adjudication.ballots import Panel, decide
from curation.adjudication.dawid_skene import dawid_skene
from curation.adjudication.decisions import Ballot, Decision, Share
from curation.adjudication.fits import Fit
from curation.adjudication.mace import mace
from curation.adjudication.votes import Votes

__all__ = ["Ballot", "Decision", "Fit", "Panel", "Share", "Votes", "dawid_skene", "decide", "mace"]
