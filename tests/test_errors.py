"""A foreseen failure is the same wherever it was raised."""

from __future__ import annotations

import pickle

from curation.errors import CurationError


def test_an_error_survives_the_way_from_another_process():
    error = CurationError("E_USAGE", "which one?", fix="name it", details=("one", "two"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is CurationError
    assert again.as_json() == error.as_json()
    assert str(again) == str(error)
