"""Measures as functions of what each article adds to their sums, so that articles can be drawn anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from curation.agreement.sums import Floats, Sums


def over_articles(parts: Floats, value: Callable[[Floats], Floats]) -> Sums:
    """A measure of the sums of `parts`, articles by columns. Articles that add nothing have no say in it.

    Articles are put in an order of their own, so that no interval depends on how they came.
    """
    told = parts[parts.any(axis=1)]
    distinct, counts = np.unique(told, axis=0, return_counts=True) if len(told) else (told, np.zeros(0, dtype=np.int64))
    return Sums(csr_array(distinct), counts, value)
