"""What splits have in common, counted by hand on a small dataset."""

from __future__ import annotations

from curation.export.splitting import Closest, Member, Overlap, Period, leakage

MEMBERS = [
    Member("a", "a", "The Wire", "2026-01-01", ("Ida Vance", "Bo"), ("transport",)),
    Member("b", "b", "Post", "2026-01-05T10:00:00Z", ("Bo",)),
    Member("c", "c", "the  wire", "2026-01-05", ("ida vance", "Cy"), ("housing",)),
    Member("d", "d", None, None, (), ("housing", "transport")),
    Member("e", "e", "Gazette", "2026-02", ("Dee",)),
    Member("f", "f", "Post", "2026-03-09", ("Cy",)),
    Member("left out", "f", "Post", "2026-03-09", ("Bo",)),
]
SPLITS = {"a": "train", "b": "train", "c": "validation", "d": "validation", "e": "test", "f": "test"}
TEXTS = {
    "a": "one two three four five",
    "b": "unlike all the others here",
    "c": "one two three four six",
    "d": "something else",
    "e": "one two three seven",
    "f": "something  ELSE",
}


def test_overlaps_of_each_two_splits_are_counted():
    found = leakage(MEMBERS, SPLITS, ["train", "validation", "test"], TEXTS.__getitem__)
    assert found.overlaps == (
        Overlap("outlet", "validation", "train", values=1, shared=1, articles=1, touched=1),
        Overlap("outlet", "test", "train", values=2, shared=1, articles=2, touched=1),
        Overlap("outlet", "test", "validation", values=2, shared=0, articles=2, touched=0),
        Overlap("actor", "validation", "train", values=2, shared=1, articles=1, touched=1),
        Overlap("actor", "test", "train", values=2, shared=0, articles=2, touched=0),
        Overlap("actor", "test", "validation", values=2, shared=1, articles=2, touched=1),
        Overlap("topic", "validation", "train", values=2, shared=1, articles=2, touched=1),
        Overlap("topic", "test", "train", values=0, shared=0, articles=0, touched=0),
        Overlap("topic", "test", "validation", values=0, shared=0, articles=0, touched=0),
        Overlap("day", "validation", "train", values=1, shared=1, articles=1, touched=1),
        Overlap("day", "test", "train", values=1, shared=0, articles=1, touched=0),
        Overlap("day", "test", "validation", values=1, shared=0, articles=1, touched=0),
    )
    assert found.periods == (
        Period("train", 2, 2, "2026-01-01", "2026-01-05"),
        Period("validation", 2, 1, "2026-01-05", "2026-01-05"),
        Period("test", 2, 1, "2026-03-09", "2026-03-09"),
    )
    assert found.closest == (
        Closest("train", "validation", 2 / 4, "a", "c"),
        Closest("train", "test", 1 / 4, "a", "e"),
        Closest("validation", "test", 1.0, "d", "f"),
    )


def test_what_nothing_is_known_of_is_left_out():
    members = [Member("a", "a"), Member("b", "b")]
    found = leakage(members, {"a": "train", "b": "test"}, ["train", "validation", "test"], TEXTS.__getitem__)
    assert found.overlaps == ()
    assert found.periods == (Period("train", 1, 0, None, None), Period("test", 1, 0, None, None))
    assert found.closest == (Closest("train", "test", 0.0, None, None),)


def test_of_nothing_there_is_nothing():
    found = leakage([], {}, ["train", "test"], TEXTS.__getitem__)
    assert (found.closest, found.overlaps, found.periods) == ((), (), ())
