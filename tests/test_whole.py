"""A file that is written whole: the old one or the new one stands, and nothing beside it."""

from __future__ import annotations

import stat

import pytest

from curation.folders.whole import whole


def test_the_new_file_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    path = tmp_path / ("x" * 255)
    path.write_bytes(b"old")
    with whole(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"old")

    def stopped():
        with whole(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_else_reads_a_private_file_even_while_it_is_written(tmp_path):
    with whole(tmp_path / "token", private=True) as file:
        file.write(b"x")
        assert [stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()] == [0o600]
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
