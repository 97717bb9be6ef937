"""Each planted fault is found under its name, at its place; a clean dataset has none."""

from __future__ import annotations

import pytest
from datasets import ClassLabel, Features, Value
from scipy.stats import binomtest

from curation.errors import CurationError, Exit
from curation.export.checking import CHECKS, check
from curation.export.checking.checks import _margin
from curation.folders.manifest import facts_of
from tests.export.checking.conftest import FEATURES, GOLD, STANCES, clean, write


def found(folder, **options) -> dict[str, set[str]]:
    """The places of the problems, by name."""
    names: dict[str, set[str]] = {}
    for problem in check(folder, **options).problems:
        names.setdefault(problem.name, set()).add(problem.place)
    return names


def test_a_clean_dataset_has_no_problem(plant):
    result = check(plant(), label_errors=True)
    assert result.problems == ()
    assert result.ok
    assert result.articles == 210


def drop_split(rows):
    for splits in rows.values():
        del splits["validation"]


def drop_train(rows):
    for splits in rows.values():
        del splits["train"]


def few_in_test(rows):
    kept = {row["article_id"] for row in rows["gold"]["test"][:29]}
    for splits in rows.values():
        splits["test"] = [row for row in splits["test"] if row["article_id"] in kept]


def relabel(split, old, new, keep=0):
    def fault(rows):
        matching = [row for row in rows["gold"][split] if row["stance"] == old][keep:]
        for row in matching:
            row["stance"] = new

    return fault


def everywhere(old, new, keep=0):
    def fault(rows):
        for split in rows["gold"]:
            relabel(split, old, new, keep)(rows)

    return fault


def no_label(rows):
    rows["gold"]["test"][3]["stance"] = None


def one_article_twice(rows):
    rows["gold"]["test"][0]["article_id"] = rows["gold"]["train"][0]["article_id"]


def annotation_elsewhere(rows):
    rows["annotations"]["test"].append(rows["annotations"]["train"][0])


def copy_across(rows):
    text = rows["gold"]["train"][0]["text"]
    assert rows["gold"]["test"][0]["stance"] == rows["gold"]["train"][0]["stance"]
    rows["gold"]["test"][0]["text"] = f"  {text.upper().replace(' ', ' — ')} ..."


def near_copy_across(rows):
    words = rows["gold"]["train"][0]["text"].split()
    rows["gold"]["test"][0]["text"] = " ".join([*words, "again"])


def contradicting(rows):
    rows["gold"]["train"][1]["text"] = rows["gold"]["train"][0]["text"]


def alone(rows):
    article = rows["gold"]["train"][0]
    article["annotators"] = ["ida"]
    rows["annotations"]["train"] = [row for row in rows["annotations"]["train"] if row["article_id"] != "a0000"]


def undecided(rows):
    rows["gold"]["train"] = rows["gold"]["train"][:-30]


def one_annotator(rows):
    for row in rows["annotations"]["test"][:60]:
        row["annotator"] = "sam"


def long_text(rows):
    rows["gold"]["train"][5]["text"] += " word" * 513


PLANTED = [
    (drop_split, "missing-split", {"gold", "annotations"}),
    (drop_train, "missing-split", {"gold", "annotations"}),
    (few_in_test, "small-split", {"test"}),
    (relabel("train", "neutral", "favor"), "class-not-in-train", {"gold/stance/validation", "gold/stance/test"}),
    (relabel("test", "neutral", "favor"), "class-only-in-train", {"gold/stance/test"}),
    (relabel("test", "neutral", "favor"), "label-shift", {"gold/stance/test"}),
    (relabel("test", "neutral", "favor", keep=9), "tiny-class", {"gold/stance/test"}),
    (everywhere("neutral", "favor"), "unused-class", {"gold/stance"}),
    (no_label, "no-label", {"gold/stance/test"}),
    (one_article_twice, "article-in-two-splits", {"all configs"}),
    (annotation_elsewhere, "article-in-two-splits", {"all configs"}),
    (copy_across, "copies-in-two-splits", {"gold"}),
    (near_copy_across, "near-copies", {"train and test"}),
    (contradicting, "contradiction", {"gold/stance"}),
    (alone, "single-annotator", {"annotations"}),
    (undecided, "biased-gold", {"gold"}),
    (one_annotator, "dominating-annotator", {"annotations/test"}),
    (long_text, "long-text", {"gold"}),
]


@pytest.mark.parametrize(("fault", "name", "places"), PLANTED, ids=[f"{n}-{i}" for i, (_, n, _) in enumerate(PLANTED)])
def test_a_planted_fault_is_found(plant, fault, name, places):
    assert found(plant(fault))[name] == places


ALONE = [
    fault for fault, name, _ in PLANTED if fault.__name__ not in ("drop_split", "drop_train", "few_in_test", "fault")
]


@pytest.mark.parametrize("fault", ALONE)
def test_nothing_else_is_said_of_it(plant, fault):
    (name,) = [name for other, name, _ in PLANTED if other is fault]
    assert found(plant(fault)).keys() == {name}


def test_severities_and_articles(plant):
    def fault(rows):
        copy_across(rows)
        long_text(rows)

    result = check(plant(fault))
    assert [(one.severity, one.name) for one in result.problems] == [
        ("error", "copies-in-two-splits"),
        ("warning", "long-text"),
    ]
    assert result.problems[0].articles == ("a0000", "a0165")
    assert result.problems[1].articles == ("a0005",)
    assert "up to 530" in result.problems[1].message


def test_how_far_an_accuracy_on_a_small_split_can_be_off(plant):
    def fault(rows):
        few_in_test(rows)
        kept = {row["article_id"] for row in rows["gold"]["train"][:29]}
        for splits in rows.values():
            splits["train"] = [row for row in splits["train"] if row["article_id"] in kept]

    said = {one.place: one.message for one in check(plant(fault)).problems if one.name == "small-split"}
    assert said["test"] == "29 articles: an accuracy measured on them can be off by 17 points either way"
    assert said["train"] == "29 articles: few to learn from"
    for count in (2, 30, 100):
        low, high = binomtest(count // 2, count).proportion_ci(method="wilson")
        assert _margin(count) == pytest.approx(50 * (high - low), rel=1e-6)


def test_names_that_look_like_ids_and_classes_in_another_order(plant):
    numbered = Features({**GOLD, "stance": ClassLabel(names=["1", "2", "3"])})

    def renamed(rows):
        for splits in rows["gold"].values():
            for row in splits:
                row["stance"] = str(["favor", "against", "neutral"].index(row["stance"]) + 1)

    problems = check(plant(renamed, features={**FEATURES, "gold": numbered})).problems
    assert {(one.place, one.severity) for one in problems if one.name == "confusing-ids"} == {
        ("gold/stance", "warning"),
        ("annotations/stance", "error"),
    }


def test_rows_below_which_a_class_is_tiny_can_be_set(plant):
    folder = plant()
    assert found(folder, least=15) == {}
    assert found(folder, least=16) == {"tiny-class": {"gold/stance/validation", "gold/stance/test"}}


def test_the_shift_is_pearsons_test_and_total_variation(plant):
    """Of 45 labels 15 each: moving 5 is a distance of 0.11 that chance makes often, moving 15 is not."""

    def some(rows):
        for row in [row for row in rows["gold"]["test"] if row["stance"] == "neutral"][:5]:
            row["stance"] = "favor"

    assert "label-shift" not in found(plant(some))


@pytest.mark.parametrize("flips", [12])
def test_flipped_labels_are_found(plant, flips):
    """Ten of twelve at least, among no more than twice as many: texts say what their labels should be."""
    flipped = {f"a{number:04d}" for number in range(0, 9 * flips, 9)}

    def fault(rows):
        for row in rows["gold"]["train"]:
            if row["article_id"] in flipped:
                row["stance"] = {"favor": "against", "against": "neutral", "neutral": "favor"}[row["stance"]]

    folder = plant(fault)
    (problem,) = [one for one in check(folder, label_errors=True).problems if one.name == "label-error"]
    assert problem.place == "gold/stance"
    assert len(flipped & set(problem.articles)) >= 10
    assert len(problem.articles) <= 2 * flips
    assert check(folder, label_errors=True).problems[-1] == problem


def test_a_missing_extra_is_named(plant, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cleanlab", None)
    folder = plant()
    with pytest.raises(CurationError) as raised:
        check(folder, label_errors=True)
    assert raised.value.code == "E_EXTRA_MISSING"
    assert "label-errors" in raised.value.fix


def test_the_command(plant, run, tmp_path):
    folder = plant(copy_across)
    ran = run("export", "check", folder)
    assert ran.exit == Exit.FINDINGS
    assert "error[copies-in-two-splits] gold: 2 articles" in ran.out
    assert "planted, 210 articles: 1 problem" in ran.out
    ran = run("export", "check", folder, "--json")
    assert not ran.json["ok"]
    assert [one["name"] for one in ran.json["problems"]] == ["copies-in-two-splits"]
    fine = run("export", "check", write(tmp_path / "fine", clean()))
    assert fine.exit == Exit.OK
    assert fine.out == "planted, 210 articles: no problem\n"
    assert run("export", "check", tmp_path / "nothing").exit == Exit.CONFIG


def test_a_dataset_as_it_is_built(built):
    study, _ = built
    names = found(study.out)
    assert {"small-split", "tiny-class", "single-annotator"} <= names.keys()
    assert not {"article-in-two-splits", "confusing-ids", "copies-in-two-splits"} & names.keys()
    places = {place.rpartition("/")[0] for place in names["tiny-class"]}
    targets = {"stance/congestion charge", "stance/rent cap", "stance/statement"}
    assert places <= targets | {"gold/stance_congestion_charge", "gold/stance_rent_cap", "mentions/label"}


def test_a_release_without_texts_is_checked_too(plant):
    without = Features({name: one for name, one in GOLD.items() if name not in ("text", "title")})
    assert found(plant(features={**FEATURES, "gold": without}), label_errors=True) == {}


STATEMENTS = Features({name: Value("string") for name in ("article_id", "holder_id", "holder_name", "holder_wikidata")})


@pytest.mark.parametrize(
    ("by", "names", "places"),
    [
        (["actor"], [None, " ", "Ida Vance"], {"statements"}),
        (["actor"], ["Ida Vance", "Ida Vance", None, "Ida Vance"], set()),
        (["outlet"], [None, " ", "Ida Vance"], set()),
    ],
    ids=["two of three", "one of four", "not by actor"],
)
def test_actors_without_a_name_where_splits_go_by_them(plant, by, names, places):
    def fault(rows):
        for split, held in rows["gold"].items():
            rows["statements"] = rows.get("statements", {})
            said = zip(held, [*names, None], strict=False)
            rows["statements"][split] = [
                {"article_id": row["article_id"], "holder_id": "m1", "holder_name": name, "holder_wikidata": None}
                for row, name in said
            ]
            # A claim that nobody holds does not count.
            rows["statements"][split][-1]["holder_id"] = None

    given = found(plant(fault, features={**FEATURES, "statements": STATEMENTS}, by=by))
    assert given == ({"unnamed-actor": places} if places else {})


ARTICLES = Features({"article_id": Value("string"), "lang": Value("string")})


@pytest.mark.parametrize(
    ("declared", "langs", "said"),
    [
        (
            ["en"],
            ["fr-CA"],
            ["210 articles (100%) in fr, and the card names en", "the card names en, in which no article is"],
        ),
        (["en", "fr"], ["fr-CA", "en"], []),
        (["en", "de"], ["en", None], []),
        (["en", "de"], ["en"], ["the card names de, in which no article is"]),
        (["en"], ["en", "en", "pt-BR", None], ["52 articles (33%) in pt, and the card names en"]),
        (["en"], [*["en"] * 60, "la"], []),
        (["en"], [None], []),
        ([], ["fr"], []),
    ],
)
def test_languages_that_the_card_does_not_name(plant, declared, langs, said):
    def fault(rows):
        number = iter(range(1_000))
        rows["articles"] = {
            split: [{"article_id": row["article_id"], "lang": langs[next(number) % len(langs)]} for row in held]
            for split, held in rows["gold"].items()
        }

    folder = plant(fault, features={**FEATURES, "articles": ARTICLES})
    (folder / "README.md").write_text(f"---\nlanguage: {declared}\n---\n\n# A card\n", encoding="utf-8")
    problems = check(folder).problems
    assert [(one.name, one.place, one.message) for one in problems] == [("language", "articles", one) for one in said]


STANCE = Features(
    {
        "article_id": Value("string"),
        "scope": ClassLabel(names=["article", "statement"]),
        "target": Value("string"),
        "label": ClassLabel(names=[*STANCES, "not_addressed", "unclear"]),
    }
)


@pytest.mark.parametrize("known", [True, False])
def test_classes_that_a_target_cannot_have_are_not_told_as_unused(plant, known):
    """Nobody is against the cap, which could be; all other unused classes are those of other targets."""

    def fault(rows):
        rows["stance"] = {}
        for split, held in rows["gold"].items():
            said = [("article", "cap", "neutral" if row["stance"] == "against" else row["stance"]) for row in held]
            said += [("statement", f"claim {number}", row["stance"]) for number, row in enumerate(held)]
            rows["stance"][split] = [
                {"article_id": row["article_id"], "scope": scope, "target": target, "label": label}
                for row, (scope, target, label) in zip([*held, *held], said, strict=True)
            ]

    facts = {"article": {"cap": [*STANCES, "not_addressed"]}, "statement": [*STANCES, "unclear"]}
    folder = plant(fault, features={**FEATURES, "stance": STANCE}, **({"stances": facts} if known else {}))
    told = {one.place: one.message for one in check(folder).problems if one.name == "unused-class"}
    cap, statement = ("", "unclear") if known else (", unclear", "not_addressed, unclear")
    assert told == {
        "stance/cap": f"no row is against, not_addressed{cap}",
        "stance/statement": f"no row is {statement}",
    }


def test_a_built_dataset_says_which_classes_a_stance_can_have(built):
    study, _ = built
    told = facts_of(study.out)["stances"]
    classes = ["favor", "against", "neutral", "not_addressed"]
    assert told == {
        "article": {"congestion charge": classes, "rent cap": classes},
        "statement": ["favor", "against", "neutral", "unclear"],
    }


def test_every_check_is_planted_for():
    planted = {name for _, name, _ in PLANTED} | {"confusing-ids", "unnamed-actor", "language"}
    assert len(planted) == len(CHECKS) + 2, (
        "one problem a check, two of that of missing classes, and the search for near copies"
    )
