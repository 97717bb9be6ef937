from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from curation.agreement import Bootstrap
from curation.articles import ingest
from curation.articles.duplicates import link
from curation.catalog import Export, Root, Schemas, Task, load_export, load_task
from curation.export import BuildResult, build
from curation.export.agreed import AgreementFigures
from curation.records import Annotation, Article, Finding, Mention, Relation, annotation_from_json, to_json
from curation.store import Revision, Store
from curation.text import content_hash
from curation.validation import validate
from curation.workspace.published_agreement import published_agreement

REPOSITORY = Path(__file__).resolve().parents[2]

DATES = (None, "2026", "2026-03", "2026-03-02", "2026-03-02T23:30:00-05:00")

TEXTS = (
    "Mayor Ida Vance backs the charge. “It will clear the air,” she said 🚋, to cheers.\n\nShops objected.",
    "Hafenstraße: Der Mietendeckel kommt, sagt der Senat. Vermieter klagen — “zu spät”, heißt es.",
    "قال الوزير إن سقف الإيجار ضروري. رفض الملاك ذلك.",
    "Officials argue that the cap, [3] if anything, slowed building; analysts call that overstated.",
)


def article(number: int) -> Article:
    """An article; every fourth has the same text but for its number, and every fifth the same date."""
    text = f"{TEXTS[number % len(TEXTS)]}\n\nNo. {number}."
    return Article(
        id=f"article-{number:03d}", text=text, sha256=content_hash(text), title=f"Title {number}", lang="en",
        published_at=DATES[number % len(DATES)],
    )  # fmt: skip


def annotation(of: Article, annotator: str, seed: int | str = 0) -> Annotation:
    """A valid annotation of news-stance; the same seed gives the same content for every annotator."""
    dice = random.Random(f"{of.id}/{seed}")
    spans = _spans(of.text, dice, 5)
    holder, other, claim, fragment, unheld = spans
    mentions = (
        Mention("m1", "Actor", *holder, {"type": "person", "name": "Ida Vance", "wikidata": "Q42"}),
        Mention("m2", "Actor", *other, {"type": dice.choice(["group", "company"])}),
        Mention("m3", "Claim", *claim, {"kind": "demand", "quotation": "direct", "topics": ("transport", "economy")}),
        Mention("m4", "Claim", *fragment, {"kind": "demand", "quotation": "direct"}),
        Mention("m5", "Claim", *unheld, {"kind": "factual", "quotation": "none", "holder": ("unnamed",)}),
    )
    relations = (
        Relation("m4", "m3", "continues"),
        Relation("m1", "m3", "supports"),
        Relation("m2", "m3", "opposes"),
        Relation("m1", "m2", "same_as"),
    )
    return Annotation(
        id=f"{of.id}-{annotator}",
        article_id=of.id,
        article_sha256=of.sha256,
        task="news-stance",
        task_version="1",
        annotator=annotator,
        mentions=mentions,
        relations=relations,
        choices={
            "stance_congestion_charge": dice.choice(["favor", "against"]),
            "stance_rent_cap": "not_addressed",
            "note": f"a remark of {annotator}",
        },
        created_at="2026-03-02T09:14:00.123456Z",
        lead_time=41.25,
    )


def _spans(text: str, dice: random.Random, count: int) -> list[tuple[int, int, str]]:
    cuts = sorted(dice.sample(range(len(text)), count * 2))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=True))
    return [(start, end, text[start:end]) for start, end in pairs]


class Study:
    """A workspace's store and the definitions of this repository."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.store = Store(folder)
        root = Root(REPOSITORY, is_workspace=True, settings={"task": "news-stance"})
        self.schemas = Schemas(root.folder("schemas"))
        self.task: Task = load_task(root)
        self.export: Export = load_export(root, "news-stance")
        self.out = folder / "build" / "news-stance"

    def add_articles(self, articles: Sequence[Article]) -> None:
        with self.store.transaction():
            for one in articles:
                self.store.articles.add(one)

    def add(
        self,
        record: Annotation,
        verdict: str | None = "valid",
        status: str = "submitted",
        findings: Sequence[Finding] = (),
    ) -> Annotation:
        """Store an annotation as `pull` and `validate` would; returns it with its revision."""
        raw = to_json(record)
        revision = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
        record = replace(record, revision=revision)
        stored = Revision(record.id, revision, {"id": 1}, {"article_id": record.article_id})
        with self.store.transaction():
            self.store.annotations.add_revision(stored, pulled_at="2026-03-02T10:00:00Z")
            self.store.annotations.put(
                stored,
                task=record.task,
                status=status,
                annotator=record.annotator,
                record=record,
                problems=(),
                decoded_with="1",
            )
            if verdict is not None:
                self.store.annotations.judge(record.id, verdict, findings, validated_with="1")
        return record

    def fill(
        self, articles: int, annotators: int = 3, *, shuffled: int | None = None, first: int = 0, linked: bool = False
    ) -> None:
        """Articles `first`...; on every third all annotators agree, on every fifth there is only one annotator.

        Those of the same text but for its number are `linked` as copies.
        """
        chosen = [article(number) for number in range(first, first + articles)]
        records = [
            annotation(one, f"annotator-{who:02d}", 0 if number % 3 == 0 else who)
            for number, one in enumerate(chosen, start=first)
            for who in range(1, 2 if number % 5 == 0 else annotators + 1)
        ]
        if shuffled is not None:
            random.Random(shuffled).shuffle(chosen)
            random.Random(shuffled).shuffle(records)
        half = len(chosen) // 2
        for part in (chosen[:half], chosen[half:]):
            self.add_articles(part)
            if linked:
                link(self.store)
        for record in records:
            self.add(record)

    def fill_with_sample(self) -> None:
        """The articles and annotations that come with curation, validated."""
        folder = self.task.folder / "sample"
        ingest(self.store, [folder / "articles"])
        for line in (folder / "annotations.jsonl").read_text(encoding="utf-8").splitlines():
            self.add(annotation_from_json(json.loads(line)), verdict=None)
        validate(self.store, self.task, self.schemas)

    def build(self, *, measured: bool = False, **changes: object) -> BuildResult:
        """Build what the export declares but for `changes`; agreement only where it is to be `measured`."""
        export = replace(self.export, **changes)
        agreement = self.agreement if measured else None
        return build(self.store, export, self.task, self.schemas, self.out, agreement=agreement)

    def agreement(self, held_out: Collection[str]) -> AgreementFigures:
        return published_agreement(self.store, self.task, held_out=held_out, bootstrap=Bootstrap(resamples=99))


@pytest.fixture
def new_study(tmp_path: Path) -> Callable[[str], Study]:
    return lambda name: Study(tmp_path / name)


@pytest.fixture(scope="session")
def new_study_at() -> Callable[[Path], Study]:
    return Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path / "study")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, BuildResult]:
    """A study of 30 articles and what was built of it. Tests only read it."""
    study = Study(tmp_path_factory.mktemp("built") / "study")
    study.fill(30)
    study.add_articles([article(90)])
    study.add(annotation(article(90), "annotator-01"), verdict="quarantined")
    return study, study.build(measured=True)


@pytest.fixture(scope="session")
def make_article() -> Callable[..., Article]:
    return article


@pytest.fixture(scope="session")
def make_annotation() -> Callable[..., Annotation]:
    return annotation
