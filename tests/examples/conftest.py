"""A study whose articles say what their labels should be, built by our own API."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from curation.records import Annotation, Article
from curation.text import content_hash
from tests.export.conftest import Study
from tests.export.conftest import study as study
from tests.export.formats.conftest import an_annotation

NAMES = ("Ida Vance", "Noor Haddad", "Sam Okafor", "Lena Brandt", "Tomas Reyes", "Mei Tanaka")
VERBS = {"favor": ("welcomes", "praises", "backs"), "against": ("rejects", "attacks", "blocks")}
PLACES = ("harbour", "market", "station", "old town", "river side", "university")
COUNT = 90


def article(number: int) -> tuple[Article, str, str]:
    """An article, the stance that its verb tells, and who holds it."""
    dice = random.Random(number)
    stance = "favor" if number % 2 else "against"
    name, verb = dice.choice(NAMES), dice.choice(VERBS[stance])
    beginning = f"In the {dice.choice(PLACES)}, on day {number} of the year {1900 + number}, "
    text = f"{beginning}{name} {verb} the charge. Traffic fell by {dice.randrange(100)} percent in week {number}."
    one = Article(id=f"learn-{number:03d}", text=text, sha256=content_hash(text), title=f"Day {number}", lang="en")
    return one, stance, name


def annotation(of: Article, annotator: str, stance: str, name: str) -> Annotation:
    """Who says what, marked alike by everybody; one in seven differs on the stance of the article."""
    person, report = {"type": "person"}, {"kind": "factual", "quotation": "none"}
    claim = of.text[of.text.index("Traffic") :]
    marks = [("m1", "Actor", name, person), ("m2", "Claim", claim, report)]
    stances = {"stance_congestion_charge": stance, "stance_rent_cap": "not_addressed"}
    return an_annotation(of, annotator, marks, [("m1", "m2", "supports")], **stances)


CONFIGS = ("gold", "annotations", "stance", "tokens", "articles")


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study."""
    study = Study(tmp_path_factory.mktemp("learnable") / "study")
    made = [article(number) for number in range(COUNT)]
    study.add_articles([one for one, _, _ in made])
    for number, (one, stance, name) in enumerate(made):
        other = {"favor": "against", "against": "favor"}[stance] if number % 7 == 0 else stance
        study.add(annotation(one, "annotator-01", stance, name))
        study.add(annotation(one, "annotator-02", stance, name))
        study.add(annotation(one, "annotator-03", other, name))
    return study


@pytest.fixture(scope="session")
def learnable(learned: Study) -> Path:
    """The dataset that is built of it."""
    learned.build(configs=CONFIGS)
    return learned.out


@pytest.fixture(scope="session")
def textless(learned: Study) -> Path:
    """The same without texts."""
    learned.out, out = learned.out.with_name("textless") / learned.out.name, learned.out
    learned.build(configs=CONFIGS, text="offsets")
    learned.out, out = out, learned.out
    return out


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of the articles and annotations that come with curation."""
    study = Study(tmp_path_factory.mktemp("sampled") / "study")
    study.fill_with_sample()
    # Gold is known of four of its articles: by this seed there are two in either split.
    built = study.build(splits={"train": 0.5, "test": 0.5}, seed="sample-3")
    assert len(built.configs["tokens"]) == 2
    return built.path
