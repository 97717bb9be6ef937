"""Text files, Markdown and folders of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import REJECTS, read
from curation.articles.options import Options
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import Article, Reject
from curation.text import content_hash, normalise


def only(sources, **options) -> Article | Reject:
    (document,) = read(sources, **options)
    return document


def test_a_text_file_is_normalised_once_before_it_is_hashed(write):
    article = only([write("a.txt", b"\xef\xbb\xbf  Cafe\xcc\x81\r\n\r\nclosed.\r ")])
    assert article.text == "Café\n\nclosed."
    assert article.sha256 == content_hash("Café\n\nclosed.")
    assert article.id == "a" + article.sha256[:16]
    assert (article.title, article.source_id, article.source, article.meta) == (None, None, "a.txt", {})


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Rent cap passes\n\nTenants cheered.", "Rent cap passes"),
        ("By a reporter\n\n#  Rent “cap” passes ##\n\n# Second", "Rent “cap” passes"),
        ("## Only a section\n\n#hashtag", None),
        ("No heading", None),
        ("# # #\n\n# The title # 1 # #", "The title # 1"),
    ],
)
def test_markdown_takes_its_title_from_the_first_heading_and_keeps_it_in_the_text(write, text, title):
    article = only([write("a.md", text)])
    assert (article.title, article.text) == (title, text)


def test_headings_mean_nothing_in_plain_text(write):
    assert only([write("a.txt", "# one")]).title is None


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        (b"good \xff bad", "R_ENCODING", "byte 0xff at offset 5"),
        (b"\xef\xbb\xbfgood \xe9t\xe9", "R_ENCODING", "byte 0xe9 at offset 8"),
        (b"lone \xed\xa0\x80", "R_ENCODING", "offset 5"),
        ("Title".encode("utf-16") + b"x", "R_ENCODING", "byte 0x78 at offset 12 is not UTF-16-LE"),
        ("Title, déjà vu".encode() + b" caf\xe9", "R_ENCODING", "byte 0xe9 at offset 20 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "R_ENCODING", "byte 0x89 at offset 0"),
        (b"one\ntwo \0three", "R_FORBIDDEN_CHARACTER", "NUL at offset 8 of the text (line 2, column 5)"),
        (b" \r\n\t\xc2\xa0", "R_EMPTY", "white space only"),
    ],
)
def test_refused_with_its_place_and_its_bytes(write, raw, code, place):
    reject = only([write("a.txt", raw)])
    assert (reject.source, reject.code, reject.raw) == ("a.txt", code, raw)
    assert place in reject.reason
    assert code in REJECTS


@given(raw=st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_an_article_or_a_refusal(tmp_path_factory, raw):
    from curation.articles.formats.documents import read_document

    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(raw)
    (document,) = read_document(Source(path, "any.txt", "text"), Options())
    if isinstance(document, Article):
        encoding = document.raw.encoding if "N_ENCODING" in document.notes else "utf-8-sig"
        assert document.text == normalise(raw.decode(encoding))
        assert document.text
        assert "\0" not in document.text
    else:
        assert document.code in REJECTS
        assert document.raw == raw


def test_a_file_too_large_is_refused_and_not_loaded(write, monkeypatch):
    from curation.articles.formats import documents

    monkeypatch.setattr(documents, "LIMIT", 100)
    assert isinstance(only([write("a.txt", b"x" * 100)]), Article)
    assert only([write("b.txt", b"x" * 101)]).code == "R_TOO_LARGE"


def test_a_folder_is_read_sorted_and_what_is_no_article_is_told(write, folder):
    for name in ("b.txt", "a.md", "c/d/e.txt", "c/a.HTM.txt", ".hidden.txt", ".git/x.txt", "README.md", "z.pdf"):
        write(name, name)
    skipped: list[str] = []
    sources = [article.source for article in read([folder], Options(on_skipped=skipped.append))]
    assert sources == ["a.md", "b.txt", "c/a.HTM.txt", "c/d/e.txt"]
    assert skipped == ["README.md", "z.pdf"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(write):
    assert only([write("README.md", "text")]).text == "text"


def test_the_same_source_named_twice_is_read_once(write):
    path = write("a.txt", "text")
    assert len(list(read([path, path, str(path)]))) == 1


def test_sources_never_name_the_machine(write, folder, tmp_path):
    write("sub/a.txt", "one")
    write("wire.jsonl", [{"text": "two"}])
    for document in read([folder, folder / "wire.jsonl", folder / "sub"]):
        assert str(tmp_path) not in document.source


def test_a_name_that_is_not_utf8(folder):
    name = os.fsencode(folder) + b"/caf\xe9.txt"
    with open(name, "wb") as file:  # noqa: PTH123
        file.write(b"text")
    assert only([folder]).source == "caf\ufffd.txt"


def test_an_unreadable_file_costs_nothing_but_itself(write, folder, monkeypatch):
    from curation.articles.formats import documents

    write("a.txt", "one")
    write("b.txt", "two")
    whole = documents.whole

    def refuse(path, limit):
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return whole(path, limit)

    monkeypatch.setattr(documents, "whole", refuse)
    first, second = read([folder])
    assert (first.code, first.reason) == ("R_UNREADABLE", "Permission denied")
    assert second.text == "two"


def test_a_folder_that_cannot_be_listed_is_skipped(write, folder, monkeypatch):
    write("a/x.txt", "one")
    write("b/y.txt", "two")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    skipped: list[str] = []
    assert [article.text for article in read([folder], Options(on_skipped=skipped.append))] == ["two"]
    assert skipped == ["a/"]


def test_importing_what_reads_loads_no_heavy_library():
    heavy = "{'pyarrow', 'trafilatura', 'lxml', 'sqlite3', 'csv', 'datasets', 'pandas'}"
    script = f"import sys; from curation.articles import read; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_link_to_nowhere_is_skipped(write, folder):
    write("a.txt", "one")
    (folder / "b.txt").symlink_to(folder / "gone.txt")
    skipped: list[str] = []
    assert len(list(read([folder], Options(on_skipped=skipped.append)))) == 1
    assert skipped == ["b.txt (a link that leads nowhere)"]


def test_a_link_that_goes_round_in_circles_ends(write, folder):
    write("a.txt", "one")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert len(list(read([folder]))) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.txt", None, "does not exist"),
        ("empty.txt", b"", "is empty"),
        ("paper.pdf", b"%PDF", "not a kind of file"),
        ("only/picture.png", b"\x89PNG", "only picture.png"),
    ],
)
def test_nothing_to_read_is_said_at_once(write, folder, name, content, message):
    if content is not None:
        write(name, content)
    source = folder / name.split("/")[0]
    with pytest.raises(CurationError, match=message) as raised:
        read([source])
    assert raised.value.code == "E_NO_INPUT"
    assert "\n" not in str(raised.value)


def test_an_empty_folder_and_no_source_at_all(folder):
    for sources in ([folder], []):
        with pytest.raises(CurationError) as raised:
            read(sources)
        assert raised.value.code == "E_NO_INPUT"


def test_an_empty_file_in_a_folder_is_refused_and_the_others_kept(write, folder):
    write("a.txt", b"")
    write("b.txt", "text")
    first, second = read([folder])
    assert (first.code, first.raw) == ("R_EMPTY", b"")
    assert second.text == "text"
