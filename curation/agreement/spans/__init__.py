"""Agreement on spans: alpha over tokens and characters, alpha for unitizing, pairwise F1, and gamma."""

from __future__ import annotations

from curation.agreement.spans.alpha import character_alpha, token_alpha
from curation.agreement.spans.continua import Dissimilarity
from curation.agreement.spans.figures import SpanChoices, span_figures
from curation.agreement.spans.gamma import gamma
from curation.agreement.spans.measures import SPAN_MEASURES
from curation.agreement.spans.pairwise import exact, f1_by_pair, overlapping, pairwise_f1, tolerant
from curation.agreement.spans.unitizing import unitizing_alphas
from curation.agreement.spans.units import MarkedArticle, Unit, marked

__all__ = [
    "SPAN_MEASURES",
    "Dissimilarity",
    "MarkedArticle",
    "SpanChoices",
    "Unit",
    "character_alpha",
    "exact",
    "f1_by_pair",
    "gamma",
    "marked",
    "overlapping",
    "pairwise_f1",
    "span_figures",
    "token_alpha",
    "tolerant",
    "unitizing_alphas",
]
