"""What is read of what was named: standard input, odd files, and folders of any size."""

from __future__ import annotations

import gzip
import io
import os
import socket
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from curation.articles import Options, read
from curation.articles.sources import KINDS, find_sources, kind_of
from curation.errors import CurationError
from curation.records import Article, Reject


def kept(documents) -> list[str]:
    return [document.text for document in documents if isinstance(document, Article)]


@pytest.fixture
def stdin(monkeypatch):
    """Standard input with these bytes in it."""

    def stdin(raw: bytes) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return "-"

    return stdin


def table() -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": ["one", "two"]}), out)
    return out.getvalue()


LINES = b'{"text": "one"}\n{"text": "two"}\n'
PAGE = (
    b"<!doctype html><html><body><article><p>"
    + b"A long sentence about the rent cap in town. " * 20
    + b"</p></article>"
)


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (LINES, ["one", "two"]),
        (b"\xef\xbb\xbf" + LINES, ["one", "two"]),
        (LINES.decode().encode("utf-16"), ["one", "two"]),
        (b'[{"text": "one"}, {"text": "two"}]', ["one", "two"]),
        (b'{\n "text": "one"\n}', ["one"]),
        (b"title,text\nA,one\nB,two\n", ["one", "two"]),
        (b"title;text\nA;one\n", ["one"]),
        (b"title\ttext\nA\tone, two\n", ["one, two"]),
        (b"One text, of two sentences.", ["One text, of two sentences."]),
        (gzip.compress(LINES, mtime=0), ["one", "two"]),
        (table(), ["one", "two"]),
        (gzip.compress(table(), mtime=0), ["one", "two"]),
    ],
)
def test_standard_input_is_told_by_its_first_bytes(stdin, raw, texts):
    documents = list(read([stdin(raw)]))
    assert kept(documents) == texts
    assert all(document.source.startswith("stdin") for document in documents)


def test_a_page_on_standard_input(stdin):
    (article,) = read([stdin(PAGE)])
    assert "rent cap" in article.text
    assert article.source == "stdin"


@pytest.mark.parametrize(("kind", "texts"), [("txt", ["text\none, two"]), ("csv", ["one"]), (".TSV", ["one, two"])])
def test_what_standard_input_holds_can_be_told(stdin, kind, texts):
    raw = b"text\none\n" if kind == "csv" else b"text\none, two\n"
    assert kept(read([stdin(raw)], Options(kind=kind))) == texts
    assert kept(read([stdin(gzip.compress(raw))], Options(kind=kind))) == texts


def test_a_kind_that_does_not_exist_is_said_at_once(stdin):
    with pytest.raises(CurationError, match="'pdf' is not a kind of file") as raised:
        read([stdin(LINES)], Options(kind="pdf"))
    assert raised.value.code == "E_USAGE"


def test_a_file_of_another_name_is_read_if_its_kind_is_told(write):
    path = write("export.dump", LINES)
    with pytest.raises(CurationError, match="not a kind of file"):
        read([path])
    assert kept(read([path], Options(kind="jsonl"))) == ["one", "two"]


def test_nothing_on_standard_input(stdin):
    with pytest.raises(CurationError, match="stdin: it is empty") as raised:
        list(read([stdin(b"")]))
    assert raised.value.code == "E_NO_INPUT"


def test_a_tar_archive_on_standard_input_is_refused(stdin):
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    (reject,) = read([stdin(gzip.compress(out.getvalue()))])
    assert (reject.source, reject.code) == ("stdin", "R_PACKED")
    assert "tar archive" in reject.reason


def test_a_refused_table_on_standard_input_keeps_its_beginning(stdin):
    (reject,) = read([stdin(b"PAR1" + bytes(100))])
    assert (reject.code, reject.raw[:4]) == ("R_TABLE", b"PAR1")


def test_a_long_pipe_streams(write):
    script = 'import sys\nfor n in range(200_000): sys.stdout.write(\'{"text": "Article %d"}\\n\' % n)'
    reader = "import sys; from curation.articles import read; print(sum(1 for _ in read(['-'])))"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        ran = subprocess.run(
            [sys.executable, "-c", reader], stdin=writer.stdout, capture_output=True, text=True, check=True
        )
    assert ran.stdout.strip() == "200000"


@pytest.mark.parametrize("name", ["pipe.txt", "socket.txt"])
def test_what_is_no_regular_file_is_never_opened(write, folder, name, monkeypatch):
    write("a.txt", "one")
    if name == "pipe.txt":
        os.mkfifo(folder / name)
    else:
        monkeypatch.chdir(folder)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
    skipped: list[str] = []
    assert kept(read([folder], Options(on_skipped=skipped.append))) == ["one"]
    assert skipped == [name]
    with pytest.raises(CurationError, match="is no regular file") as raised:
        read([folder / name])
    assert raised.value.code == "E_NO_INPUT"


def test_a_device_is_never_opened():
    with pytest.raises(CurationError, match="is no regular file"):
        read(["/dev/zero"], Options(kind="txt"))


def test_a_folder_with_the_name_of_a_file_is_a_folder(write, folder):
    write("a.jsonl/b.txt", "one")
    write("c.zip/d.txt", "two")
    assert [article.source for article in read([folder])] == ["a.jsonl/b.txt", "c.zip/d.txt"]


def test_links_in_circles_are_told(write, folder):
    write("a.txt", "one")
    (folder / "b.txt").symlink_to(folder / "c.txt")
    (folder / "c.txt").symlink_to(folder / "b.txt")
    skipped: list[str] = []
    assert kept(read([folder], Options(on_skipped=skipped.append))) == ["one"]
    assert skipped == ["b.txt (a link that leads nowhere)", "c.txt (a link that leads nowhere)"]
    with pytest.raises(CurationError, match="does not exist"):
        read([folder / "b.txt"])


def test_why_a_file_is_not_read_is_told_where_its_kind_is_not_all(write, folder, tmp_path):
    write("a.txt", "one")
    write("~$news.xlsx", "locked")
    write("b.tar.gz", "x")
    write("plain.gz", "x")
    write("c.pdf", "x")
    (tmp_path / "elsewhere").mkdir()
    (folder / "d").symlink_to(tmp_path / "elsewhere")
    (folder / "e.txt").symlink_to(tmp_path / "gone.txt")
    (folder / "f.txt").symlink_to(folder / "a.txt")
    skipped: list[str] = []
    documents = list(read([folder], Options(on_skipped=skipped.append)))
    assert [article.source for article in documents] == ["a.txt", "f.txt"]
    assert skipped == [
        "b.tar.gz (tar is not read: unpack it)",
        "c.pdf",
        "d (a link to a folder: name that folder)",
        "e.txt (a link that leads nowhere)",
        "plain.gz (it may hold anything: if that is text, name it plain.txt.gz)",
    ]
    (folder / "a.txt").unlink()
    (folder / "f.txt").unlink()
    with pytest.raises(CurationError, match=r"holds no file that can be read, only b\.tar\.gz \(tar is not read"):
        read([folder])


def test_a_workspace_in_a_folder_is_not_read_as_articles(write, folder):
    from curation.catalog import init_root

    home = folder / "study"
    init_root(home)
    write("study/news/a.txt", "one")
    write("study/news/tasks/b.txt", "two")
    write("study/build/data.jsonl", [{"text": "built"}])
    write("study/curation.db-wal", "x")
    write("study/curation.lock", "")
    write("study/.studio/c.txt", "server")
    write("tasks/d.txt", "three")
    for named in (folder, home):
        skipped: list[str] = []
        texts = kept(read([named], Options(on_skipped=skipped.append)))
        assert texts == ["one", "two", *(["three"] if named == folder else [])]
        (told,) = skipped
        assert told.endswith("curation.toml (a workspace: its own files and folders are not read)")
    assert kept(read([home / "build"])) == ["built"]


@pytest.mark.parametrize("named", ["ftp://example.org/a.html", "FTP://example.org/a", "s3://bucket/a.txt"])
def test_only_pages_of_the_web_are_fetched(named):
    with pytest.raises(CurationError, match="only http and https are fetched") as raised:
        read([named])
    assert raised.value.code == "E_NO_INPUT"


@pytest.mark.parametrize("start", ["file://", "FILE:"])
def test_the_address_of_a_file_is_not_said_to_be_on_the_network(write, start):
    with pytest.raises(CurationError, match="is named by its path alone, without file:") as raised:
        read([f"{start}{write('a.txt', 'It is here.')}"])
    assert raised.value.code == "E_NO_INPUT"
    assert "network" not in str(raised.value)


def test_a_file_that_vanishes_is_refused_and_the_others_read(write, folder):
    for name in ("a.txt", "b.txt", "c.txt"):
        write(name, name)
    documents = read([folder])
    first = next(documents)
    (folder / "b.txt").unlink()
    second, third = documents
    assert (first.text, third.text) == ("a.txt", "c.txt")
    assert isinstance(second, Reject)
    assert (second.source, second.code) == ("b.txt", "R_UNREADABLE")


def test_a_file_that_fails_while_it_is_read_is_refused_and_what_came_before_kept(write, monkeypatch):
    from curation.articles import sources

    left: list[bytes | OSError] = [b'{"text": "one"}\n' * 3, OSError(5, "Input/output error")]

    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, into):
            chunk = left.pop(0)
            if isinstance(chunk, OSError):
                raise chunk
            into[: len(chunk)] = chunk
            return len(chunk)

    monkeypatch.setattr(sources.Source, "open", lambda source: io.BufferedReader(Failing()))
    documents = list(read([write("a.jsonl", LINES)]))
    assert kept(documents) == ["one"] * 3
    assert (documents[-1].code, documents[-1].reason) == ("R_UNREADABLE", "Input/output error")


def test_a_folder_is_walked_as_it_is_read(folder, monkeypatch):
    for number in range(100):
        (folder / f"{number:03}").mkdir()
        (folder / f"{number:03}" / "a.txt").write_text("one", encoding="utf-8")
    scandir, listed = os.scandir, []
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    documents = read([folder])
    listed.clear()
    next(documents)
    assert len(listed) <= 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"), ("A.JSONL.GZ", "gzip"), ("a.gz", None), ("a.tar.gz", None), ("a.zip", "zip"),
        ("a.zip.gz", "gzip"), ("gz", None), (".gz", None), ("a", None), ("a.parquet.zst", "zstd"), ("a.jsonl.xz", "xz"),
    ],
)  # fmt: skip
def test_the_kind_that_a_name_promises(name, kind):
    assert kind_of(name) == kind


def test_every_kind_has_a_reader():
    from curation.articles.reading import READERS

    assert set(KINDS.values()) <= set(READERS)


def test_a_source_that_was_named_is_there_before_anything_is_read(write):
    with pytest.raises(CurationError, match="does not exist"):
        find_sources([write("a.txt", "x"), "gone.txt"], print)
