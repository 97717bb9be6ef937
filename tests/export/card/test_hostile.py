"""Titles, outlets, annotators, ids and remarks from a hostile list, through a whole build."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import DatasetCard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from curation.folders.card import shown
from curation.text import content_hash

NAMES = (
    "---", "\n---\n", "...", "- a: b", "a: [b", "&anchor", "*alias", "!!python/object:os.system", "%TAG", "null", "yes",
    "# head", "| a | b |", "```", "<script>alert(1)</script>", "<!--", "](javascript:alert(1))", "![](http://a)",
    "=HYPERLINK(\"http://a\")", "+1+1|cmd", "@SUM(1)", "-2", "\t=1", "$title", "${seed}", "\x1b[2J", "\u202e", "\u2028",
    "\ufeff", "x" * 10_000, "سقف", "🚋", "'", '"', "\\", "//a", "\x07", "`", "]]>", "&lt;",
)  # fmt: skip
names = st.lists(st.sampled_from(NAMES) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
                 min_size=1, max_size=3).map("".join).filter(str.strip)  # fmt: skip
# A build takes a good part of a second: an example that fails is shown as it is.
slow = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TAGS = {"h1", "h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "strong", "img"}


def tags(body: str) -> set[str]:
    """The elements of a card as the Hub shows it; HTML that a text slipped in would be one of them."""
    return set(re.findall(r"<([a-z0-9]+)", MarkdownIt("js-default").enable("table").render(body)))


@slow
@given(title=names, outlet=names, person=names, remark=names, author=names)
def test_they_come_back_as_they_were(
    new_study: Callable[[str], Any],
    make_article: Callable[[int], Any],
    make_annotation: Callable[..., Any],
    build_with_agreement: Callable[..., Any],
    title: str,
    outlet: str,
    person: str,
    remark: str,
    author: str,
) -> None:
    study = new_study(uuid4().hex)
    people = (person, f"{person}-2")
    for number in (1, 2):
        one = replace(make_article(number), title=title, outlet=outlet, published_at="2025-03-04")
        study.add_articles([one])
        for who in people:
            said = make_annotation(one, who, number)
            study.add(replace(said, id=f"{number}-{people.index(who)}", choices={**said.choices, "note": remark}))
    about = {"authors": (author,), "citation": author, "collection": author}
    result = build_with_agreement(study, title=title, about=about)
    card = (study.out / "README.md").read_text(encoding="utf-8")

    read = DatasetCard(card).data.to_dict()
    assert read["pretty_name"] == title
    assert yaml.safe_load(card.split("\n---\n")[0][4:]) == read
    assert [one["config_name"] for one in read["configs"]] == list(result.configs)
    body = card.split("\n---\n", 1)[1]
    assert tags(body) <= TAGS
    assert body.count("\n## ") == study.export.card.count("\n## ")

    croissant = json.loads((study.out / "croissant.json").read_text(encoding="utf-8"))
    assert croissant["name"] == title
    assert croissant["creator"][0]["name"] == author
    for picture in (study.out / "plots").glob("*.svg"):
        ElementTree.fromstring(picture.read_text(encoding="utf-8"))
    drawn = ElementTree.parse(study.out / "plots" / "annotators.svg").getroot()
    assert shown(person)[:20] in [(one.text or "")[:20] for one in drawn.findall(".//{*}text")] or not shown(person)

    rows = [row for path in (study.out / "annotations").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    assert {(row["title"], row["annotator"], row["note"]) for row in rows} == {(title, who, remark) for who in people}
    rows = [row for path in (study.out / "articles").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    assert {row["outlet"] for row in rows} == {outlet}


@pytest.mark.parametrize("text", ["full", "offsets"])
def test_nothing_of_an_article_is_in_the_card(
    study: Any,
    make_article: Callable[[int], Any],
    make_annotation: Callable[..., Any],
    build_with_agreement: Callable[..., Any],
    text: str,
) -> None:
    canary = "Zyxwvut"
    said = f"{canary} text that goes on for long enough to be marked five times over."
    one = replace(make_article(1), title=f"{canary} title", text=said, sha256=content_hash(said))
    study.add_articles([one])
    for who in ("annotator-01", "annotator-02"):
        record = make_annotation(one, who, who)
        study.add(replace(record, choices={**record.choices, "note": canary}))
    build_with_agreement(study, text=text)
    for path in (study.out / "README.md", study.out / "manifest.json", study.out / "croissant.json"):
        assert canary not in path.read_text(encoding="utf-8")
    assert all(canary not in path.read_text(encoding="utf-8") for path in (study.out / "plots").glob("*.svg"))
