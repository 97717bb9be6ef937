"""A good record of the flagship task and its article, for tests to break in one place at a time."""

from __future__ import annotations

import pytest

from curation.records import Annotation, Article, Mention, Relation
from curation.text import content_hash

TEXT = (
    "Mayor Elena Moss said the charge works 👩🏽‍🔧 well.\n\n"
    "Ragnhild Ström  called it “a tax on nurses” and, in the same breath, “on cleaners”.\n"
    "Some fear that shops will close."
)


def span(mention_id: str, label: str, words: str, **attributes: str | tuple[str, ...]) -> Mention:
    """A mention of the words' first place in `TEXT`."""
    start = TEXT.index(words)
    return Mention(mention_id, label, start, start + len(words), words, attributes)


@pytest.fixture(scope="session")
def article() -> Article:
    """The article of the good record."""
    return Article(id="charge-1", text=TEXT, sha256=content_hash(TEXT), title="The charge")


@pytest.fixture(scope="session")
def record(article) -> Annotation:
    """Three claims: one simple, one in two pieces, one without a named holder."""
    return Annotation(
        id="u-1",
        article_id=article.id,
        article_sha256=article.sha256,
        task="news-stance",
        task_version="1",
        annotator="annotator-01",
        mentions=(
            span("moss", "Actor", "Elena Moss", type="government", name="Elena Moss"),
            span("works", "Claim", "the charge works", kind="causal", quotation="indirect", topics=("transport",)),
            span("strom", "Actor", "Ragnhild Ström", type="person", wikidata="Q7"),
            span("tax", "Claim", "a tax on nurses", kind="evaluation", quotation="direct"),
            span("more", "Claim", "on cleaners", kind="evaluation", quotation="direct"),
            span("fear", "Claim", "shops will close", kind="prediction", quotation="none", holder="unnamed"),
        ),
        relations=(
            Relation("moss", "works", "supports"),
            Relation("strom", "tax", "supports"),
            Relation("more", "tax", "continues"),
        ),
        choices={"stance_congestion_charge": "neutral", "stance_rent_cap": "not_addressed", "note": "clear"},
        created_at="2026-03-02T09:14:00Z",
        lead_time=12.5,
    )
