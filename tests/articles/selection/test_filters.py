"""Filters: every article is let through or left out for a reason that can be counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles.selection.filters import REASONS, Filters
from curation.errors import CurationError
from curation.records import Article


def article(text: str = "The council met.", **fields: object) -> Article:
    return Article("a1", text, "0" * 64, **fields)  # type: ignore[arg-type]


def by_date(published_at: str | None, since: str | None = None, until: str | None = None, **more: bool) -> str | None:
    return Filters(since=since, until=until, **more).refusal(article(published_at=published_at))


def test_an_empty_filter_lets_everything_through():
    assert Filters().refusal(article()) is None
    assert not Filters().reads_texts


@pytest.mark.parametrize(
    ("published_at", "since", "until", "expected"),
    [
        ("2020-03-15", "2020-03-15", "2020-03-15", None),
        ("2020-03-15T23:59:59-05:00", None, "2020-03-15", None),
        ("2020-03-15 08:00", "2020-03-16", None, "too early"),
        ("2020-03-16", None, "2020-03-15", "too late"),
        ("2020-12-31", None, "2020", None),
        ("2021-01-01", None, "2020", "too late"),
        ("2019-12-31", "2020", None, "too early"),
        # What is known in part stays if it may lie inside.
        ("2020-03", "2020-03-15", None, None),
        ("2020-02", "2020-03-15", None, "too early"),
        ("2020", "2020-03-15", "2020-03-20", None),
        # What is no date is not guessed at.
        ("March 2020", "2020", None, "no date"),
        ("20200315", "2020", None, "no date"),
        ("", None, "2020", "no date"),
        (None, None, "2020", "no date"),
        ("March 2020", None, None, None),
    ],
)
def test_dates(published_at, since, until, expected):
    assert by_date(published_at, since, until) == expected


def test_articles_without_a_date_stay_on_request():
    assert by_date(None, "2020", undated=True) is None
    assert by_date("2019", "2020", undated=True) == "too early"


@given(st.dates(), st.dates(), st.dates())
def test_a_range_of_days_is_a_range_of_days(day, since, until):
    if since > until:
        return
    expected = "too early" if day < since else "too late" if day > until else None
    assert by_date(day.isoformat(), since.isoformat(), until.isoformat()) == expected


@pytest.mark.parametrize("bad", ["20", "2020-13", "2020-02-30", "2020-3-1", "tomorrow", "2020-03-01T10:00", "", "²020"])
def test_a_bound_that_is_no_date_is_refused(bad):
    with pytest.raises(CurationError, match="is no date") as error:
        Filters(since=bad)
    assert error.value.code == "E_USAGE"


@pytest.mark.parametrize(
    "empty", [{"since": "2021", "until": "2020-12"}, {"shortest": 10, "longest": 9}, {"keywords": ("rent", " ")}]
)
def test_what_nothing_can_meet_is_refused(empty):
    with pytest.raises(CurationError) as error:
        Filters(**empty)
    assert error.value.code == "E_USAGE"


def test_outlets_whatever_their_case():
    filters = Filters(outlets=("The Herald", "Süddeutsche"))
    assert filters.refusal(article(outlet="THE HERALD")) is None
    assert filters.refusal(article(outlet="SÜDDEUTSCHE")) is None
    assert filters.refusal(article(outlet="Herald")) == "other outlet"
    assert filters.refusal(article()) == "other outlet"


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("en", None), ("en-GB", None), ("EN-gb", None), ("eng", "other language"), ("de", "other language"),
     (None, "no language"), ("pt-BR", None), ("pt", "other language")],
)  # fmt: skip
def test_languages_and_their_varieties(lang, expected):
    assert Filters(languages=("en", "pt-BR")).refusal(article(lang=lang)) == expected


def test_lengths_are_in_code_points_and_inclusive():
    filters = Filters(shortest=3, longest=4)
    texts = ["\U0001f6a6" * number for number in (2, 3, 4, 5)]
    assert [filters.refusal(article(text)) for text in texts] == ["too short", None, None, "too long"]


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("rent cap", "The RENT\n cap was passed.", True),
        ("rent cap", "The rent caps were passed.", False),
        ("rent", "Parents met.", False),
        ("rent", "It is rent-free.", True),
        ("straße", "Auf der STRASSE", True),
        ("café", "cafe\u0301s and a CAFE\u0301.", True),
        ("don't", "They don\u2019t.", True),
        ("C++", "They write C++.", True),
        ("a.b", "acb", False),
        ("किराया", "यह किराया है", True),
        ("किराय", "यह किराया है", False),
        ("房租", "市政府限制房租上涨", True),
        ("аренда", "Аренда дорожает", True),
        ("إيجار", "قانون إيجار جديد", True),
    ],
)
def test_keywords_are_whole_words_and_phrases(keyword, text, found):
    assert (Filters(keywords=(keyword,)).refusal(article(text)) is None) is found
    assert (Filters(without=(keyword,)).refusal(article(text)) == "unwanted keyword") is found


def test_one_of_several_keywords_is_enough_and_the_title_counts():
    filters = Filters(keywords=("rent", "housing"), without=("football",))
    assert filters.reads_texts
    assert filters.refusal(article("On housing.")) is None
    assert filters.refusal(article("On it.", title="Rent!")) is None
    assert filters.refusal(article("On it.")) == "no keyword"
    assert filters.refusal(article("Rent and football.")) == "unwanted keyword"


filters = st.builds(
    Filters,
    since=st.sampled_from([None, "2020"]),
    outlets=st.sampled_from([(), ("Herald",)]),
    languages=st.sampled_from([(), ("en",)]),
    shortest=st.sampled_from([None, 10]),
    keywords=st.sampled_from([(), ("rent",)]),
)
articles = st.builds(
    article,
    st.text(min_size=1),
    outlet=st.sampled_from([None, "Herald", "Post"]),
    published_at=st.one_of(st.none(), st.text(), st.dates().map(str)),
    lang=st.sampled_from([None, "en", "de"]),
)


@given(filters, articles)
def test_every_reason_is_listed_and_fields_come_before_words(chosen, given_article):
    reason = chosen.refusal(given_article)
    assert reason is None or reason in REASONS
    by_fields = chosen.by_fields(
        published_at=given_article.published_at,
        outlet=given_article.outlet,
        lang=given_article.lang,
        characters=len(given_article.text),
    )
    assert reason == (by_fields or chosen.by_words(given_article.title, given_article.text))
