"""Who an actor is, in the words of annotators and in published rows alike."""

from __future__ import annotations

import pytest

from curation.export.naming import column_of, known_as, name_of, published


@pytest.mark.parametrize(
    ("attributes", "name", "known"),
    [
        ({"name": "Ida Vance", "wikidata": "Q42"}, "Ida Vance", "Ida Vance"),
        ({"wikidata": "Q42"}, None, "Q42"),
        ({"name": "", "wikidata": ("Q42", "Q43")}, None, "Q42"),
        ({"name": " \n"}, None, None),
        ({"name": (" ", "Ida Vance", "I. Vance")}, "Ida Vance", "Ida Vance"),
        ({"type": "person"}, None, None),
        ({}, None, None),
    ],
)
def test_a_name_comes_first_and_what_is_blank_is_none(attributes, name, known):
    assert (name_of(attributes), known_as(attributes)) == (name, known)


def test_in_a_row_the_columns_of_all_labels_count():
    row = {
        "holder_id": "m1",
        "holder_person_name": None,
        "holder_party_name": "Freehold\nFreehold Party",
        "holder_party_wikidata": ["Q42"],
        "claim_name": "another",
        "surname": "another",
    }
    assert published(row, "holder_") == {"name": "Freehold", "wikidata": "Q42"}
    assert published({"surname": "another"}) == {"name": None, "wikidata": None}
    assert column_of(row, "name", "claim_") == "another"
    assert known_as(published(row, "holder_")) == "Freehold"
