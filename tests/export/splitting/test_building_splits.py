"""The splits of built datasets: kept from build to build, whatever comes."""

from __future__ import annotations

import random
from dataclasses import replace

from curation.articles import link
from curation.export import inputs, inputs_of
from curation.export.reading import Dataset
from curation.text import content_hash


def assignments(study) -> dict[str, str]:
    dataset = Dataset(study.out)
    return {
        row["article_id"]: split
        for split in dataset.configs["annotations"]
        for row in dataset.rows("annotations", split, columns=["article_id"])
    }


def test_adding_articles_moves_none(study):
    study.fill(12)
    study.build()
    before = assignments(study)
    study.fill(20, first=12)
    study.build()
    after = assignments(study)
    assert (len(before), len(after)) == (12, 32)
    assert before.items() <= after.items()


def test_a_second_build_is_made_from_the_same_and_changes_nothing(study):
    study.fill(12)
    first = study.build()
    made_from = inputs(study.store, study.export, study.task)
    second = study.build()
    assert (second.changed, second.digest) == (False, first.digest)
    assert inputs(study.store, study.export, study.task) == made_from == inputs_of(study.out)


def test_another_seed_begins_anew_and_the_former_one_goes_on_where_it_was(study):
    study.fill(30)
    study.build()
    before = assignments(study)
    study.build(seed="another")
    assert assignments(study) != before
    study.fill(5, first=30)
    study.build()
    assert before.items() <= assignments(study).items()


def test_new_copies_join_those_that_were_published(study, make_article, make_annotation):
    dice = random.Random(7)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(2000)]
    texts = [" ".join(dice.choices(words, k=120)) for _ in range(12)]

    def publish(ending: str, copy: int) -> None:
        made = []
        for number, text in enumerate(texts):
            one = make_article(number)
            made.append(replace(one, id=f"{number:02d}-{copy}", text=text + ending, sha256=content_hash(text + ending)))
        study.add_articles(made)
        for one in made:
            study.add(make_annotation(one, "annotator-01"))
        link(study.store, keep=True)
        study.build()

    publish("", 0)
    before = assignments(study)
    assert len(set(before.values())) == 3
    publish(" The agency added a line.", 1)
    publish(" One more line.", 2)
    after = assignments(study)
    assert len(after) == 36
    assert before.items() <= after.items()
    assert all(after[f"{number:02d}-0"] == after[f"{number:02d}-{copy}"] for number in range(12) for copy in (1, 2))


def test_what_ties_published_articles_together_is_held_out(study, make_article, make_annotation):
    """Two texts that are unlike stand apart; a third one that has what both have is similar to both."""
    dice = random.Random(11)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4000)]
    shared = dice.choices(words, k=60)
    texts = {f"plain-{number}": dice.choices(words, k=100) for number in range(10)}
    texts |= {"left": dice.choices(words, k=20) + shared, "right": shared + dice.choices(words, k=20)}

    def publish(some: dict[str, list[str]]) -> None:
        made = []
        for name, text in some.items():
            body = " ".join(text)
            made.append(replace(make_article(0), id=name, text=body, sha256=content_hash(body)))
        study.add_articles(made)
        for one in made:
            study.add(make_annotation(one, "annotator-01"))
        link(study.store, keep=True)

    publish(texts)
    seed = 0
    while True:
        study.build(seed=str(seed))
        before = assignments(study)
        if before["left"] != before["right"]:
            break
        seed += 1
    publish({"bridge": [*texts["left"], *texts["right"][60:]]})
    study.build(seed=str(seed))
    after = assignments(study)
    assert len({study.store.articles.cluster(name) for name in ("left", "right", "bridge")}) == 1
    assert after == before
    assert Dataset(study.out).facts["held_out"] == {"tied": 1}
