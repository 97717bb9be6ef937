"""Twelve thousand real articles with known near-duplicates: all are taken in, the copies are found, and no others."""

from __future__ import annotations

import json
import lzma
import re
import sqlite3
from itertools import combinations
from pathlib import Path

import pytest

from curation.articles import Options, ingest
from curation.store import Store

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "article_bias"
ARTICLES = CORPUS / "handed_12k.jsonl.xz"
PAIRS = CORPUS / "neardup_pairs_handed_12k.json"

pytestmark = pytest.mark.skipif(not ARTICLES.is_file(), reason=f"the corpora are not there: no file {ARTICLES}")


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """The result of taking all in; of every article the source's id, the cluster, what it is a copy of, the text."""
    folder = tmp_path_factory.mktemp("bias")
    plain = folder / "articles.jsonl"
    plain.write_bytes(lzma.decompress(ARTICLES.read_bytes()))
    options = Options(field_map={"text": "content_original", "outlet": "source", "id": "ID"})
    with Store(folder) as store:
        result = ingest(store, [plain], options=options)
        again = ingest(store, [plain], options=options)
        assert (again.new, again.same, again.duplicates, again.clusters) == (0, result.new, (), 0)
    reader = sqlite3.connect(folder / "curation.db")
    rows = reader.execute("SELECT source_id, dup_cluster, copy_of, text FROM articles").fetchall()
    reader.close()
    return result, rows


def grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(max(1, len(words) - 4))}


def test_all_are_taken_in(taken):
    result, rows = taken
    assert result.total == result.new == len(rows) == 12_044
    assert result.rejects == ()
    assert len({source_id for source_id, *_ in rows}) == 12_044, "each copy stays, with the source's own id"


def test_the_known_pairs_are_found(taken):
    _, rows = taken
    cluster = {source_id: name for source_id, name, *_ in rows}
    known = json.loads(PAIRS.read_text(encoding="utf-8"))
    found = [(similarity, cluster[one] == cluster[other]) for similarity, one, other in known]
    assert len(found) == 23
    assert all(linked for similarity, linked in found if similarity >= 0.8)


def test_nothing_else_is_linked(taken):
    """At most one in a hundred pairs of a cluster may share less than half of its rows of five words."""
    _, rows = taken
    clusters: dict[str, list[str]] = {}
    for _, name, _, text in rows:
        clusters.setdefault(name, []).append(text)
    pairs = [pair for texts in clusters.values() for pair in combinations(texts, 2)]
    false = 0
    for one, other in pairs:
        left, right = grams(one), grams(other)
        false += len(left & right) / len(left | right) < 0.5
    assert len(pairs) >= 12
    assert false <= len(pairs) / 100


def test_every_copy_but_one_stands_back(taken):
    result, rows = taken
    standing_back = {source_id for source_id, _, copy_of, _ in rows if copy_of is not None}
    clusters = {name for _, name, copy_of, _ in rows if copy_of is not None}
    assert result.n_duplicates == len(standing_back)
    assert {one.article_id for one in result.duplicates} <= standing_back
    assert result.clusters == len(clusters)
    assert all(name == copy_of for _, name, copy_of, _ in rows if copy_of is not None)
