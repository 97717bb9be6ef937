"""A small dataset in our own words, made row by row, so that what is written of it hangs on nothing but the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation.catalog import Root, load_task
from curation.export.arrow import table_of
from curation.export.columns import Layout, layout
from curation.export.configs import ROWS
from curation.export.features import features
from curation.export.offsets import withhold, without_text
from curation.export.reading import Dataset
from curation.export.rows import Group
from curation.export.tokens import token_features
from curation.folders.manifest import write_manifest
from curation.records import Annotation, Article, Gold, Mention, Origin, Relation
from curation.text import content_hash

REPOSITORY = Path(__file__).resolve().parents[3]
TASK = load_task(Root(REPOSITORY, is_workspace=True, settings={"task": "news-stance"}))
LAYOUT = layout(TASK)
CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "articles", "tokens")


@dataclass(frozen=True)
class Case:
    """An article, what annotators said of it, whose word is gold, and its split."""

    article: Article
    annotations: Sequence[Annotation]
    gold: int | None = 0
    split: str = "train"

    @property
    def group(self) -> Group:
        """The same as the rows of all configs are made of it."""
        if self.gold is None:
            return Group(self.article, self.annotations, None)
        origins = tuple(Origin(one.id, one.annotator, one.revision) for one in self.annotations)
        method = "single" if len(origins) == 1 else "adjudicated"
        decided = ("annotator-09", "2026-03-09T10:12:00Z") if method == "adjudicated" else (None, None)
        record = self.annotations[self.gold]
        return Group(self.article, self.annotations, Gold(record, method, origins, TASK.digest, *decided))


def an_article(number: int, text: str, **told: object) -> Article:
    """An article."""
    return Article(id=f"article-{number}", text=text, sha256=content_hash(text), **told)


def an_annotation(
    of: Article,
    who: str,
    marks: Iterable[tuple[str, str, str, dict]],
    arrows: Iterable[tuple[str, str, str | None]] = (),
    **choices: str,
) -> Annotation:
    """What somebody said of an article: marks as (id, label, words of the text, attributes), arrows, stances."""
    mentions = tuple(
        Mention(name, label, of.text.index(words), of.text.index(words) + len(words), words, attributes)
        for name, label, words, attributes in marks
    )
    relations = tuple(Relation(*arrow) for arrow in arrows)
    return Annotation(
        f"{of.id}-{who}", of.id, of.sha256, "news-stance", "1", who, mentions=mentions, relations=relations,
        choices=choices, created_at="2026-03-02T09:14:00Z", lead_time=41.25, revision=content_hash(f"{of.id}/{who}"),
    )  # fmt: skip


def make(
    folder: Path,
    cases: Sequence[Case],
    configs: Sequence[str] = CONFIGS,
    *,
    texts: bool = True,
    name: str = "small",
    shape: Layout = LAYOUT,
) -> Dataset:
    """A built dataset of these cases: tables and manifest, no card; without `texts` one that may not hold them."""
    counts: dict[str, dict[str, int]] = {}
    for config in configs:
        columns, rows_of = _columns(config, shape), ROWS[config]
        for split in dict.fromkeys(case.split for case in cases):
            rows = [row for case in cases if case.split == split for row in rows_of(shape, case.group)]
            if rows:
                (folder / config).mkdir(parents=True, exist_ok=True)
                table = table_of(columns, rows)
                if not texts:
                    table = withhold(table, without_text(columns))
                pq.write_table(table, folder / config / f"{split}-00000-of-00001.parquet", write_page_checksum=True)
                counts.setdefault(config, {})[split] = len(rows)
    (folder / "README.md").write_text("# A card\n", encoding="utf-8")
    write_manifest(folder, {"name": name, "task": "news-stance", "rows": counts})
    return Dataset(folder)


def _columns(config: str, shape: Layout):
    from datasets import Features

    return Features(dict(token_features(shape))) if config == "tokens" else features(config, shape)


def small_cases() -> list[Case]:
    """Three articles, in English, German and Arabic: nested and broken claims, actors under several names."""
    english = an_article(
        1,
        "Mayor Ida Vance backs the charge. “It will clear the air,” she said 🚋, to cheers.\n\nShops objected;\n"
        "-10% of sales, they fear, and no bus\nin sight.",
        title="=1+1; a charge",
        url="https://news.example/1",
        outlet="The Example",
        authors=("A. Writer", "B. Writer"),
        published_at="2026-03-02T09:14:00Z",
        lang="en",
    )
    german = an_article(
        2,
        "Hafenstraße: Der Mietendeckel kommt, sagt der Senat. Vermieter klagen — „zu spät“, heißt es.",
        title="Mietendeckel",
        outlet="Das Beispiel",
        published_at="2026-04-20",
        lang="de",
    )
    arabic = an_article(3, "قال الوزير إن سقف الإيجار ضروري. رفض الملاك ذلك.", lang="ar")
    air = {"kind": "prediction", "quotation": "direct", "topics": ("environment",)}
    housing = {"quotation": "indirect", "topics": ("housing",)}
    vance = {"type": "person", "name": "Ida Vance", "wikidata": "Q42"}
    demand = {"kind": "demand", "quotation": "none", "topics": ("transport", "environment")}
    fear = {"kind": "prediction", "quotation": "indirect", "topics": ("economy",)}
    first = an_annotation(
        english,
        "annotator-01",
        [
            ("x1", "Actor", "Mayor Ida Vance", vance),
            ("x2", "Actor", "she", {"type": "person"}),
            ("x3", "Claim", "the charge", demand),
            ("x4", "Claim", "It will clear the air", air),
            ("x5", "Actor", "Shops", {"type": "company"}),
            ("x6", "Claim", "-10% of sales, they fear, and no bus\nin sight", fear),
            ("x7", "Claim", "no bus", {"kind": "factual", "quotation": "none", "holder": ("unnamed",)}),
        ],
        [
            ("x1", "x3", "supports"),
            ("x2", "x4", "supports"),
            ("x1", "x2", "same_as"),
            ("x5", "x3", "opposes"),
            ("x5", "x6", "neutral"),
            ("x5", "x1", None),
        ],
        stance_congestion_charge="favor",
        stance_rent_cap="not_addressed",
    )  # fmt: skip
    second = an_annotation(
        english,
        "annotator-02",
        [
            ("y1", "Actor", "Ida Vance", {"type": "person", "name": "IDA VANCE"}),
            ("y2", "Claim", "backs the charge", demand),
            ("y3", "Claim", "clear the air", {**fear, "quotation": "direct"}),
        ],
        [("y1", "y2", "supports"), ("y3", "y2", "continues")],
        stance_congestion_charge="favor",
        stance_rent_cap="not_addressed",
    )
    third = an_annotation(
        german,
        "annotator-02",
        [
            ("z1", "Actor", "Senat", {"type": "government", "name": "Senat"}),
            ("z2", "Claim", "Mietendeckel kommt", {"kind": "prediction", **housing}),
            ("z3", "Actor", "Vermieter", {"type": "group"}),
            ("z4", "Claim", "deckel", {"kind": "evaluation", "quotation": "direct", "topics": ("housing", "economy")}),
        ],
        [("z1", "z2", "supports"), ("z3", "z4", "opposes")],
        stance_congestion_charge="not_addressed",
        stance_rent_cap="neutral",
    )  # fmt: skip
    fourth = an_annotation(
        arabic,
        "annotator-01",
        [
            ("w1", "Actor", "الوزير", {"type": "government", "name": "Senat"}),
            ("w2", "Claim", "سقف الإيجار ضروري", {"kind": "evaluation", **housing}),
            ("w3", "Actor", "الملاك", {"type": "group", "name": "Vermieter"}),
        ],
        [("w1", "w2", "supports"), ("w3", "w2", "opposes")],
        stance_congestion_charge="not_addressed",
        stance_rent_cap="favor",
    )  # fmt: skip
    return [
        Case(english, [first, second]),
        Case(german, [third]),
        Case(arabic, [fourth], split="test"),
    ]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The small dataset. Tests only read it."""
    return make(tmp_path_factory.mktemp("small") / "small", small_cases())


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    return make


HOSTILE = (
    "=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", "'", "''", "", "＝1",
    "a;=cmd|' /C calc'!A0", "a\n=1\n-2", "a\t@b", "\u200b=1", "\ufeff+1", "---\n- a: [", "<script>&amp;</script>]]>",
    "# a | b", "NUL \x00 in it", "\x01\x08\x1f\x7f\x85\u2028", 'a"b""c', "null", "NA", "1e5", "007", "{\"a\": 1}",
    "x" * 10_000, "\ufffe\uffff", "قال\u200f", "e\u0301🚋👨‍👩‍👧", "../../etc", ".hidden", "CON", "a/b\\c",
    "a, =1, '=2", 'a,"=1"; "-2"',
)  # fmt: skip
"""Titles, outlets, and names of annotators and actors that break what is not careful."""


def hostile_cases() -> list[Case]:
    """Articles whose title, outlet, author, annotator and actor have each a name of `HOSTILE`."""
    cases = []
    for number, name in enumerate(HOSTILE):
        text = f"= Line {number}\n-1; =2\t@x\n'q' says the cap “helps”, é🚋."
        about = an_article(number, text, title=name, outlet=name, authors=(name,), published_at="2026-03-02")
        said = an_annotation(
            about,
            name or "nobody",
            [
                ("m1", "Actor", "'q'", {"type": "person", "name": name}),
                ("m2", "Claim", "the cap “helps”", {"kind": "evaluation", "quotation": "none", "topics": ("housing",)}),
                ("m3", "Claim", "-1; =2\t@x\n'q'", {"kind": "factual", "quotation": "none", "holder": ("unnamed",)}),
            ],
            [("m1", "m2", "supports" if number % 3 else "opposes")],
            stance_congestion_charge="favor",
            stance_rent_cap="neutral",
        )
        cases.append(Case(about, [said]))
    return cases


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A dataset of hostile names. Tests only read it."""
    return make(tmp_path_factory.mktemp("hostile") / "hostile", hostile_cases())
