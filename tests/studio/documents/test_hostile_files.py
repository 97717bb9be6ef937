"""Odd files given to `studio pull --file`: each ends in one clear line, or is taken in with all that is odd named."""

from __future__ import annotations

import json
from itertools import count

import pytest

from curation.errors import Exit
from curation.store import Store

TEXT = "Mayor Elena Moss said that the charge works."
STANCES = [
    {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": ["neutral"]}}
    for name in ("stance_congestion_charge", "stance_rent_cap")
]
_NUMBERS = count(1)


def annotation(number: int = 1, **changed: object) -> dict:
    return {"id": number, "completed_by": 1, "created_at": "2026-03-02T10:00:00Z", "result": STANCES, **changed}


def item(*annotations: object, number: int = 1, **data: object) -> dict:
    shown = {"article_id": f"charge-{number}", "text": f"{TEXT} {number}", **data}
    return {"id": number, "project": 1, "data": shown, "annotations": list(annotations)}


def nested(depth: int) -> object:
    found: object = 1
    for _ in range(depth):
        found = [found]
    return found


GOOD = json.dumps([item(annotation())])

REFUSED = {
    "nothing": (b"", "the file is empty"),
    "white space": (b" \n\t ", "the file is empty"),
    "null": (b"null", "this is not JSON"),
    "a number": (b"17", "this is not JSON"),
    "a string": (b'"export"', "this is not JSON"),
    "CSV": (b"id,text\n1,x\n", "CSV and TSV are not read"),
    "an empty object": (b"{}", "the item has no `data`"),
    "a list of nothing": (b"[null]", "this is null"),
    "a list of lists": (b"[[]]", "this is a list"),
    "data is null": (b'[{"data": null, "annotations": []}]', "the item has no `data`"),
    "annotations are null": (b'[{"data": {}, "annotations": null}]', "no list of `annotations`"),
    "UTF-16": (GOOD.encode("utf-16"), "not UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "line 1, column 2"),
    "latin-1": (GOOD.replace("Moss", "Mössner").encode("latin-1"), "not UTF-8"),
    "truncated": (GOOD[:-9].encode(), "line 1, column"),
    "NaN": (GOOD.replace('"completed_by": 1', '"completed_by": NaN').encode(), "NaN"),
    "a number of 5,000 digits": (
        GOOD.replace('"completed_by": 1', f'"completed_by": {"9" * 5000}').encode(),
        "an integer of 5,000 digits is too long",
    ),
    "depth 100,000": (b"[" * 100_000, "nested too deeply"),
    "a key twice": (GOOD.replace('"id": 1,', '"id": 1, "id": 2,', 1).encode(), "'id' is given twice"),
    "gzip": (b"\x1f\x8b\x08\x00", "packed with gzip"),
    "zip": (b"PK\x03\x04", "packed with zip"),
    "binary": (bytes(range(256)), "line 1, column 1"),
}


@pytest.fixture
def pull(run, workspace, tmp_path):
    def call(content: bytes | str | list, *words: str):
        path = tmp_path / f"export-{next(_NUMBERS)}.json"
        text = json.dumps(content) if isinstance(content, list) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run("studio", "pull", "--file", path, "-w", workspace.path, *words)

    return call


@pytest.fixture
def kept(workspace):
    """All raw annotations that the workspace holds, by id."""

    def call() -> dict[str, dict]:
        with Store(workspace.path) as store:
            return {one.id: one.raw for one in store.annotations.all()}

    return call


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_export_is_one_clear_line_and_leaves_nothing(pull, kept, workspace, name):
    content, said = REFUSED[name]
    ran = pull(content)
    assert (ran.exit, ran.out) == (Exit.USAGE, "")
    [line, *more] = ran.err.splitlines()
    assert line.startswith("error[E_BAD_EXPORT]: ")
    assert said in line
    assert "packed" in line or "`curation convert FILE OUT` names all that is wrong" in line
    assert "Traceback" not in "".join(more)
    assert kept() == {}
    with Store(workspace.path) as store:
        assert len(store.articles) == 0


ODD = {
    "result is null": {"result": None},
    "result is an object": {"result": {}},
    "result of numbers": {"result": [1, 2, 3]},
    "result of nulls": {"result": [None]},
    "nobody": {"completed_by": None},
    "an annotator without bounds": {"completed_by": 10**400},
    "a negative annotator": {"completed_by": -1},
    "depth 100": {"result": nested(100)},
    "an endless number": {"lead_time": 10**400},
    "a lone surrogate": {"result": [{**STANCES[0], "value": {"choices": ["\ud800"]}}]},
    "a lone surrogate as a key": {"result": [{"\udfff": 1}]},
    "a value that is a list": {"result": [{**STANCES[0], "value": []}]},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_annotation_is_kept_and_named(pull, kept, name):
    odd, good = annotation(7, **ODD[name]), annotation(8, completed_by=2)
    ran = pull([item(odd, good)], "--json")
    assert ran.exit == Exit.FINDINGS
    assert (ran.json["annotations_new"], ran.json["undecodable"]) == (2, 1)
    [named] = ran.json["unreadable"]
    assert (named["line"], named["item"], named["json_pointer"]) == (1, 1, "/annotations/0")
    assert named["annotation"] == "ls-1-7"
    assert named["reason"].startswith("F_")
    assert kept() == {"ls-1-7": odd, "ls-1-8": good}


@pytest.mark.parametrize("strange", [None, 3, "text", [], True, 0.5])
def test_what_is_no_annotation_is_named_and_the_rest_kept(pull, kept, strange):
    told = item(strange, annotation(8))
    told["drafts"] = [strange]
    ran = pull(json.dumps([item(number=5), told], indent=1))
    assert ran.exit == Exit.FINDINGS
    lines = [line for line in ran.out.splitlines() if "unreadable: line" in line]
    assert len(lines) == 2
    assert ", item 1, /annotations/0, not kept: " in lines[0]
    assert ", item 1, /drafts/0, not kept: " in lines[1]
    assert list(kept()) == ["ls-1-8"]


def test_drafts_that_are_no_list_are_named(pull):
    ran = pull([{**item(annotation()), "drafts": {"id": 1}}], "--json")
    assert [(one["json_pointer"], one["reason"]) for one in ran.json["unreadable"]] == [
        ("/drafts", "an object where a list belongs")
    ]


def test_of_many_the_first_are_named_and_all_in_json(pull):
    many = [item(annotation(number, completed_by=None), number=number) for number in range(1, 31)]
    ran = pull(many)
    assert ran.out.count("  unreadable: line 1, item ") == 10
    assert "... and 20 more unreadable ones: --json names them all" in ran.out
    more = [item(annotation(number, completed_by=None), number=number) for number in range(31, 61)]
    assert len(pull(more, "--json").json["unreadable"]) == 30


@pytest.mark.parametrize("number", [10**30, -5, 2**63, "seven", None, 1.5, [1], True])
def test_odd_numbers_of_items_and_projects_do_no_harm(pull, kept, workspace, number):
    told = {**item(annotation(7)), "id": number, "project": number}
    assert pull([told]).exit == Exit.OK
    [raw] = kept().values()
    assert raw == annotation(7)
    assert workspace.validate().valid == 1


@pytest.mark.parametrize("content", ["[]", " [ ] ", "\ufeff[]"])
def test_an_empty_export_is_said_to_have_brought_nothing(pull, content):
    ran = pull(content)
    assert (ran.exit, ran.out) == (Exit.OK, "nothing to do: no annotation is new or has changed since the last pull\n")


def test_a_byte_order_mark_is_no_matter(pull, kept):
    assert pull("\ufeff" + GOOD).exit == Exit.OK
    assert list(kept()) == ["ls-1-1"]


def test_annotations_of_one_number_about_two_articles_are_kept_apart(pull, kept):
    one, other = annotation(7), annotation(7, lead_time=5.0)
    told = [item(one), {**item(other, number=2), "id": 1}]
    ran = pull(told)
    assert ran.exit == Exit.OK
    assert "1 annotation kept apart, with an id of their own" in ran.out
    assert kept() == {"ls-1-7": one, "ls-1-7-charge-2": other}
    again = pull(told, "--json").json
    assert (again["unchanged"], again["apart"]) == (2, [])
    # So of another file by hand, from who knows which server.
    third = annotation(7, lead_time=6.0)
    assert pull([item(third, number=3)], "--json").json["apart"] == ["ls-1-7-charge-3"]
    assert kept() == {"ls-1-7": one, "ls-1-7-charge-2": other, "ls-1-7-charge-3": third}


def test_an_item_that_stands_twice_is_a_later_version_of_itself(pull, kept):
    later = annotation(7, lead_time=5.0)
    ran = pull([item(annotation(7)), item(later)], "--json")
    assert (ran.json["annotations_new"], ran.json["annotations_changed"], ran.json["apart"]) == (1, 1, [])
    assert kept() == {"ls-1-7": later}


def test_unknown_articles_are_told_and_can_be_refused(pull, kept, workspace):
    told = [item(annotation(number), number=number) for number in range(1, 13)]
    refused = pull(told, "--known-only")
    assert refused.exit == Exit.OK
    assert "12 items left out, for the workspace lacks their articles: charge-1, charge-2" in refused.out
    assert (kept(), list(workspace.articles())) == ({}, [])
    taken = pull(told)
    assert "12 articles the workspace lacked and took in with the texts of their items: charge-1," in taken.out
    assert "charge-10 and 2 more" in taken.out
    assert len(kept()) == 12
    again = pull([*told, item(annotation(20), number=20)], "--known-only", "--json").json
    assert (again["unchanged"], again["left_out"], again["adopted"]) == (12, ["charge-20"], [])


def test_an_item_about_nothing_is_left_out_too_if_only_known_ones_are_wanted(pull):
    assert pull([{**item(annotation()), "data": {}}], "--known-only", "--json").json["left_out"] == ["item 1"]


def test_what_a_file_says_reaches_no_terminal_as_it_is(pull):
    lacking = {**item(annotation()), "data": {"article_id": "\x1b[31m\u202ered" + "x" * 5000}}
    for words in ((), ("--known-only",)):
        ran = pull([lacking], *words)
        assert "\\x1b[31m\\u202ered" in ran.out
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out


def test_known_only_is_about_files(run, workspace):
    ran = run("studio", "pull", "--known-only", "-w", workspace.path)
    assert ran.exit == Exit.USAGE
    assert ran.err.startswith("error[E_USAGE]: --known-only is about a file")


@pytest.mark.parametrize("text", ["\ud800 alone", "\x00\x00", " ", "\u202e turned", "a\r\nb"])
def test_odd_texts_are_articles_or_named(pull, workspace, text):
    ran = pull([item(annotation(), text=text)], "--json")
    assert ran.exit == (Exit.FINDINGS if text == " " else Exit.OK)
    assert len(ran.json["unreadable"]) + len(ran.json["adopted"]) == 1
    assert workspace.validate().checked == 1
