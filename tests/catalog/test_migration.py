"""Maps: what they do to a task's declaration and codebook, and which of them are refused, each in one line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from curation.catalog.mentioning import said_in_comments
from curation.catalog.migrated import changed_task
from curation.catalog.migration import plan, read_map
from curation.catalog.redeclaring import recode, redeclare
from curation.errors import CurationError


@pytest.fixture(scope="session")
def written(task):
    """The flagship's task.toml."""
    return (task.folder / "task.toml").read_text(encoding="utf-8")


def changed(written: str, text: str):
    """A map's plan, the task after it, and its task.toml."""
    document, changes = tomllib.loads(written), tomllib.loads(text)
    made = plan(changes, document)
    after = changed_task(made, document, changes.get("version"))
    return made, after, redeclare(written, made, after)


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def test_a_rename_changes_names_alone(written):
    _, after, text = changed(written, 'labels.Actor.rename = "Party"\nrelations.supports.rename = "backs"')
    assert tomllib.loads(text) == after
    assert list(after["labels"]) == ["Party", "Claim"]
    assert after["relations"]["backs"] == {"from": ["Party"], "to": ["Claim"], "polarity": "favor"}
    assert after["labels"]["Claim"]["holder"]["relations"][0] == "backs"
    assert text.replace("Party", "Actor").replace("backs", "supports") == written


def test_a_renamed_field_keeps_its_control(written):
    _, after, _ = changed(written, 'choices.stance_rent_cap.rename = "stance_rents"')
    assert after["choices"]["stance_rents"]["control"] == "stance_rent_cap"
    assert list(after["choices"])[1] == "stance_rents"


def test_a_split_comes_last_with_controls_of_its_own(written):
    text = 'labels.Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }'
    _, after, made = changed(written, text)
    assert list(after["labels"]) == ["Actor", "Claim", "Demand"]
    assert "demand" not in after["labels"]["Claim"]["attributes"]["kind"]["values"]
    assert "kind" not in after["labels"]["Demand"]["attributes"]
    assert after["labels"]["Demand"]["attributes"]["quotation"]["control"] == "demand_quotation"
    assert after["relations"]["continues"] == {"from": ["Claim", "Demand"], "to": ["Claim", "Demand"]}
    assert set(comments(made)) == set(comments(written))


def test_a_split_by_several_values_of_one_name_keeps_them_apart(written):
    into = 'labels.Claim.split = { by = "kind", into = { demand = "Wish", prediction = "Wish" }, else = "Fact" }'
    _, after, _ = changed(written, into)
    assert list(after["labels"]) == ["Actor", "Fact", "Wish"]
    assert after["labels"]["Wish"]["attributes"]["kind"]["values"] == ["prediction", "demand"]


def test_a_split_by_the_value_that_excuses_leaves_no_excuse(written):
    text = 'labels.Claim.split = { by = "holder", into = { unnamed = "Rumour" }, else = "Claim" }'
    _, after, _ = changed(written, text)
    assert "holder" not in after["labels"]["Rumour"]
    assert "holder" not in after["labels"]["Claim"]["attributes"]
    assert after["labels"]["Claim"]["holder"] == {
        "relations": ["supports", "opposes", "neutral", "unclear"], "continuation": "continues",
    }  # fmt: skip


def test_a_merge_appends_the_values_that_it_brings(written):
    text = 'labels.Actor.merge = "Claim"\nlabels.Actor.attributes.type.rename = "kind"'
    _, after, _ = changed(written, text)
    assert after["labels"]["Claim"]["attributes"]["kind"]["values"][-2:] == ["group", "other"]
    assert after["relations"]["supports"]["from"] == ["Claim"]


def test_several_merge_into_a_new_name(written):
    _, after, _ = changed(written, 'relations.neutral.merge = "open"\nrelations.unclear.merge = "open"')
    assert list(after["relations"])[:3] == ["supports", "opposes", "open"]
    assert after["relations"]["open"]["polarity"] == "neutral"


def test_a_swap_is_right(written):
    _, after, text = changed(written, 'labels.Actor.rename = "Claim"\nlabels.Claim.rename = "Actor"')
    assert list(after["labels"]) == ["Claim", "Actor"]
    assert "type" in after["labels"]["Claim"]["attributes"]
    _, back, again = changed(text, 'labels.Actor.rename = "Claim"\nlabels.Claim.rename = "Actor"')
    assert back == tomllib.loads(written)
    assert again == written


def test_what_is_dropped_takes_what_refers_to_it_along(written):
    _, after, _ = changed(written, "labels.Claim.attributes.holder.drop = true\nrelations.continues.drop = true")
    assert after["labels"]["Claim"]["holder"] == {"relations": ["supports", "opposes", "neutral", "unclear"]}


def test_declarations_in_other_styles_are_edited_or_refused():
    inline = (
        'name = "m"\nversion = "1"\ntitle = "Mini"\ndescription = "d"\nlanguage = "en"\n'
        'interface = { text = "text", labels = "span" }\nlabels = { A = {}, B = {} } # two\n'
    )
    with pytest.raises(CurationError, match="by program"):
        changed(inline, 'labels.A.rename = "C"')
    _, after, text = changed(inline, 'labels.B.rename = "C"')
    assert list(after["labels"]) == ["A", "C"]
    assert "# two" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('labels.X.rename = "a"', "no label 'X'"),
        ('labels.Actor.attributes.x.rename = "a"', "no field of labels.Actor 'x'"),
        ('choices.note.values.x.rename = "a"', "is a text"),
        ('labels.Actor.rename = "Claim"', "Actor and Claim would both be the label 'Claim'"),
        ('choices.note.rename = "stance_rent_cap"', "'stance_rent_cap': choose another name"),
        ('labels.Actor.merge = "Foo"', "nothing else will be called so"),
        ('labels.Actor.merge = "Claim"\nlabels.Claim.merge = "Actor"', "nothing else will be called so"),
        ('labels.Actor.merge = "Actor"', "into itself"),
        ("labels.Actor.drop = true", "nothing at one of its ends"),
        ('labels.Claim.split = { by = "kind", into = { no = "D" }, else = "Claim" }', "no value 'no'"),
        ('labels.Claim.split = { by = "no", into = { a = "D" }, else = "Claim" }', "there are the attributes kind"),
        ('labels.Claim.split = { by = "topics", into = { housing = "D" }, else = "Claim" }', "exactly one value"),
        (
            'labels.Claim.split = { by = "kind", into = { demand = "Actor" }, else = "Claim" }',
            "would both be the label",
        ),
        ('relations.neutral.split = { by = "kind", into = { a = "b" }, else = "neutral" }', "source.ATTRIBUTE"),
        ("labels.Claim.attributes.holder.values.unnamed.drop = true", "no value left"),
        ('task = "other"', "is for the task 'other'"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_in_a_line(written, text, told):
    with pytest.raises(CurationError) as caught:
        changed(written, text)
    assert caught.value.code == "E_MIGRATION_MAP"
    assert told in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'labels.Claim.split = { by = "kind", into = { demand = "Demand" } }',
        'labels.Claim = { rename = "A", drop = true }',
        'labels.Claim = { rename = "A", merge = "Actor" }',
        "labels.Claim.drop = false",
        'label.Claim.rename = "A"',
        "labels = [",
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, schemas, text):
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(CurationError) as caught:
        read_map(path, schemas)
    assert caught.value.code == "E_MIGRATION_MAP"


def test_two_verbs_are_told_in_words(tmp_path: Path, schemas):
    path = tmp_path / "map.toml"
    path.write_text(
        '[choices.note]\nrename = "a"\n[labels.Claim.attributes.kind.values.demand]\nmerge = "a"\ndrop = true'
    )
    with pytest.raises(CurationError) as caught:
        read_map(path, schemas)
    assert "labels.Claim.attributes.kind.values.demand has merge and drop" in caught.value.message


def test_headings_of_the_codebook_follow(task, written):
    made, _, _ = changed(
        written, 'labels.Actor.rename = "Party"\nlabels.Claim.attributes.topics.values.transport.rename = "mobility"'
    )
    text, notes = recode(task.codebook, made)
    assert all(re.match(r"codebook\.md:\d+: it says (Actor|transport), which is now", note) for note in notes)
    assert text != task.codebook
    assert text.replace("### Party", "### Actor").replace("##### mobility", "##### transport") == task.codebook


CODEBOOK = """\
# Codebook

An Actor supports a Claim. An Actorist does nothing, and a type is nothing special.

## Labels

### Actor

Who acts. The type says how; `Actor` is the word.

#### type

A party, say.

##### party

- **Definition:** A (party).

## Relations

### supports

From an Actor; see `person` and "group", who supports it in person.
"""


def test_prose_that_says_an_old_name_is_listed_by_its_line(written):
    made, _, _ = changed(
        written,
        'labels.Actor.rename = "Party"\nlabels.Actor.attributes.type.rename = "sort"\n'
        'labels.Actor.attributes.type.values.person.rename = "human"\n'
        'labels.Actor.attributes.type.values.party.rename = "faction"\n'
        "labels.Actor.attributes.type.values.group.drop = true\n"
        'labels.Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }\n'
        'relations.supports.rename = "backs"',
    )
    text, notes = recode(CODEBOOK, made)
    assert text.splitlines()[10] == "#### sort"
    said = [note.removeprefix("codebook.md:") for note in notes if note.startswith("codebook.md:")]
    assert said == [
        "3: it says Actor, which is now Party",
        "3: it says Claim, which is split into Claim or Demand",
        "9: it says Actor, which is now Party",
        "9: it says type, which is now sort",
        "13: it says party, which is now faction",
        "17: it says party, which is now faction",
        "23: it says Actor, which is now Party",
        "23: it says supports, which is now backs",
        "23: it says person, which is now human",
        "23: it says group, which is dropped",
    ]


def test_comments_that_say_an_old_name_are_listed(written):
    text = written.replace("# A claim has a holder", "# Each Claim, not an `unclear` one, has a holder")
    made, _, after = changed(text, 'labels.Claim.rename = "Statement"\nrelations.unclear.rename = "open"')
    number = next(at for at, line in enumerate(after.splitlines(), start=1) if "Each Claim" in line)
    assert list(said_in_comments(after, made)) == [
        f"task.toml:{number}: its comment says Claim, which is now Statement",
        f"task.toml:{number}: its comment says unclear, which is now open",
    ]


def test_entries_that_need_a_hand_are_named(task, written):
    made, _, _ = changed(
        written,
        'relations.neutral.merge = "unclear"\nchoices.note.drop = true\n'
        'labels.Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }',
    )
    text, notes = recode(task.codebook, made)
    assert text == task.codebook
    told = "\n".join(notes)
    for words in ("Relations / neutral: it is merged into unclear", "Choices / note: it is dropped",
                  "Labels / Demand: write its entry", "kind / demand: Demand says it now"):  # fmt: skip
        assert words in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('relations.supports.rename = "backs"', [(["backs", "opposes"], ["same_as", "continues"])]),
        ('relations.same_as.rename = "is"', [(["supports", "opposes"], ["is", "continues"])]),
        ('relations.supports.merge = "opposes"', []),
        ('relations.supports.drop = true', []),
    ],
)  # fmt: skip
def test_contradictions_follow_their_relations(written, text, expected):
    _, after, toml = changed(written, text)
    assert tomllib.loads(toml) == after
    assert [(one["relations"], one["through"]) for one in after.get("contradictions", ())] == expected
