"""How far annotators agree: on labels, on spans, on statements; and how sure that is."""

from __future__ import annotations

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.figures import Figure, Measure
from curation.agreement.labels import agreement, by_annotator, by_label, by_pair, measured, over_time
from curation.agreement.measures import MEASURES
from curation.agreement.ratings import Ratings
from curation.agreement.study import Agreement, Dispute, FieldAgreement, StatementAgreement, study
from curation.agreement.table import agree_table, read_ratings

__all__ = [
    "MEASURES",
    "Agreement",
    "Bootstrap",
    "Dispute",
    "FieldAgreement",
    "Figure",
    "Measure",
    "Ratings",
    "StatementAgreement",
    "agree_table",
    "agreement",
    "by_annotator",
    "by_label",
    "by_pair",
    "measured",
    "over_time",
    "read_ratings",
    "study",
]
