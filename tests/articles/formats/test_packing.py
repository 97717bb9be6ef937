"""Packed files: read as what is in them, refused where they end, and never more of them than is sound."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from curation.articles import REJECTS, Options, read
from curation.articles.formats import packing
from curation.articles.sources import find_sources
from curation.errors import CurationError
from curation.records import Article, Reject

PACK = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "zst": zstandard.compress}
ROWS = b"".join(b'{"id": "n%d", "text": "Article %d, %d."}\n' % (n, n, n * 7919 % 1000) for n in range(3000))


def kept(documents) -> list[str]:
    return [document.text for document in documents if isinstance(document, Article)]


def refused(documents) -> list[tuple[str, str]]:
    return [(document.source, document.code) for document in documents if isinstance(document, Reject)]


def zipped(members, method=zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def table(*texts) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": texts}), out)
    return out.getvalue()


KINDS = {
    "a.txt": (b"one", ["one"]),
    "a.md": (b"---\ntitle: T\n---\none", ["one"]),
    "a.jsonl": (b'{"text": "one"}\n{"text": "two"}\n', ["one", "two"]),
    "a.csv": (b"text,n\none,1\ntwo,2\n", ["one", "two"]),
    "a.tsv": (b"text\tn\none, more\t1\n", ["one, more"]),
    "a.parquet": (table("one", "two"), ["one", "two"]),
}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_is_read_packed(write, name, packing):
    content, texts = KINDS[name]
    documents = list(read([write(f"{name}.{packing}", PACK[packing](content))]))
    assert kept(documents) == texts
    assert all(document.source.startswith(f"{name}.{packing}") for document in documents)


@pytest.mark.parametrize("packing", PACK)
def test_streams_one_after_the_other_are_one_file(write, packing):
    pack = PACK[packing]
    path = write(f"a.jsonl.{packing}", pack(ROWS[:1000]) + pack(b"") + pack(ROWS[1000:]))
    assert len(kept(read([path]))) == 3000


@pytest.mark.parametrize("packing", ["gz", "xz", "bz2"])
def test_zeros_behind_the_last_stream_are_padding(write, packing):
    assert len(kept(read([write(f"a.jsonl.{packing}", PACK[packing](ROWS) + bytes(40_000))]))) == 3000


@pytest.mark.parametrize("packing", PACK)
def test_what_follows_and_is_no_stream_is_refused_and_all_before_it_kept(write, packing):
    documents = list(read([write(f"a.jsonl.{packing}", PACK[packing](ROWS) + b"rubbish")]))
    assert len(kept(documents)) == 3000 or (packing == "zst" and len(kept(documents)) > 2980)
    assert refused(documents) == [(f"a.jsonl.{packing}", "R_PACKED")]


def unpacked_before(packed: bytes, packing: str) -> bytes:
    """What the decompressors give of a stream that is cut off."""
    return {
        "gz": lambda: __import__("zlib").decompressobj(31),
        "xz": lzma.LZMADecompressor,
        "bz2": bz2.BZ2Decompressor,
        "zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
    }[packing]().decompress(packed)


@pytest.mark.parametrize("packing", PACK)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_stream_that_is_cut_off_says_so_and_keeps_every_line_before(tmp_path_factory, packing, cut):
    packed = PACK[packing](ROWS)
    packed = packed[: max(1, int(len(packed) * cut))]
    path = tmp_path_factory.getbasetemp() / f"cut.jsonl.{packing}"
    path.write_bytes(packed)
    documents = list(read([path]))
    before = unpacked_before(packed, packing)
    lines = before.count(b"\n")
    if packing == "zst":
        # Of the last KiB nothing may come out.
        assert lines - 40 < len(kept(documents)) <= lines
    else:
        assert len(kept(documents)) == lines
    (reject,) = [document for document in documents if isinstance(document, Reject)]
    assert (reject.source, reject.code) == (path.name, "R_PACKED")
    assert f"it is cut off: at byte {len(packed)} of the packed file" in reject.reason
    assert reject.raw == b"" if not before else ROWS.find(reject.raw) >= 0


@pytest.mark.parametrize("packing", PACK)
def test_a_text_that_is_cut_off_is_no_article(write, packing):
    packed = PACK[packing](ROWS)
    assert refused(read([write(f"a.txt.{packing}", packed[:-9])])) == [(f"a.txt.{packing}", "R_PACKED")]
    assert refused(read([write(f"a.csv.{packing}", PACK[packing](b"text\n" + ROWS)[:-9])]))[-1][1] == "R_PACKED"


@pytest.mark.parametrize("packing", ["gz", "xz"])
def test_a_flipped_bit_is_found(write, packing):
    packed = bytearray(PACK[packing](ROWS))
    packed[len(packed) // 2] ^= 1
    documents = list(read([write(f"a.jsonl.{packing}", bytes(packed))]))
    assert refused(documents)[-1] == (f"a.jsonl.{packing}", "R_PACKED")


def test_a_file_in_a_packing_that_names_nothing_is_told_from_its_content(write):
    assert kept(read([write("dump.gz", gzip.compress(KINDS["a.csv"][0]))])) == ["one", "two"]
    assert kept(read([write("dump.zst", zstandard.compress(KINDS["a.parquet"][0]))])) == ["one", "two"]


def test_in_a_folder_a_packing_that_names_nothing_is_told_as_skipped(write, folder):
    write("a.txt", "one")
    for name in ("backup.gz", "b.tar.gz", "c.tgz", "d.tar"):
        write(name, gzip.compress(b"text"))
    skipped: list[str] = []
    assert kept(read([folder], Options(on_skipped=skipped.append))) == ["one"]
    tar = "(tar is not read: unpack it)"
    backup = "backup.gz (it may hold anything: if that is text, name it backup.txt.gz)"
    assert skipped == [f"b.tar.gz {tar}", backup, f"c.tgz {tar}", f"d.tar {tar}"]


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.tar.zst"])
def test_a_tar_archive_is_named_as_what_it_is(write, name):
    with pytest.raises(CurationError, match="is a tar archive; unpack it") as raised:
        read([write(name, b"x")])
    assert raised.value.code == "E_NO_INPUT"


def test_a_packed_table_without_a_text_is_an_error_if_it_was_named(write, folder):
    path = write("a.csv.gz", gzip.compress(b"note\nx\n"))
    with pytest.raises(CurationError, match=r"a\.csv\.gz: no column holds the text"):
        list(read([path]))
    assert refused(read([folder])) == [("a.csv.gz", "R_NO_COLUMN")]


def test_a_zip_file_is_read_like_a_folder(write):
    content = zipped(
        [
            ("b/wire.jsonl.gz", gzip.compress(KINDS["a.jsonl"][0])),
            ("b/", b""),
            ("a/x.txt", b"three"),
            ("a/y.csv", b"note\nno text\n"),
            ("table.parquet", table("four")),
            ("__MACOSX/._x.txt", b"x"),
            ("README.md", b"x"),
            ("picture.png", b"x"),
            ("more.zip", zipped([("in/a.txt", b"five")])),
            ("z.txt", b""),
        ]
    )
    skipped: list[str] = []
    documents = list(read([write("p.zip", content)], Options(on_skipped=skipped.append)))
    assert [(document.text, document.source) for document in documents if isinstance(document, Article)] == [
        ("three", "p.zip/a/x.txt"),
        ("one", "p.zip/b/wire.jsonl.gz:1"),
        ("two", "p.zip/b/wire.jsonl.gz:2"),
        ("five", "p.zip/more.zip/in/a.txt"),
        ("four", "p.zip/table.parquet:1"),
    ]
    assert refused(documents) == [("p.zip/a/y.csv", "R_NO_COLUMN"), ("p.zip/z.txt", "R_EMPTY")]
    assert skipped == ["p.zip/README.md", "p.zip/picture.png"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_in_a_zip_file_are_only_names(write, tmp_path):
    names = [
        "../up.txt",
        "/etc/root.txt",
        "C:\\x.txt",
        "CON.txt",
        "same.txt",
        "same.txt",
        "a\nb.txt",
        "x" * 300 + ".txt",
    ]
    before = sorted(tmp_path.rglob("*"))
    path = write("n.zip", zipped([(name, f"text {number}") for number, name in enumerate(names)]))
    documents = list(read([path]))
    assert len(kept(documents)) == len(names)
    assert len({document.source for document in documents}) == len(names)
    assert all(document.source.startswith("n.zip/") and document.source.isprintable() for document in documents)
    assert sorted(set(tmp_path.rglob("*")) - set(before)) == [path]


def test_a_name_in_a_zip_file_that_is_not_utf8(write):
    content = zipped([("cafe.txt", b"text")]).replace(b"cafe", b"caf\x82")
    assert [article.source for article in read([write("n.zip", content)])] == ["n.zip/café.txt"]


def test_encrypted_and_unknown_members_are_refused_one_by_one(write):
    content = bytearray(zipped([("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three"), ("d.txt", b"four")]))
    places = [place for place in range(len(content)) if content[place : place + 4] == b"PK\1\2"]
    content[places[0] + 8] |= 1
    content[places[1] + 10] = 99
    content[places[2] + 16] ^= 1
    documents = list(read([write("a.zip", bytes(content))]))
    assert kept(documents) == ["four"]
    assert refused(documents) == [("a.zip/a.txt", "R_PACKED"), ("a.zip/b.txt", "R_PACKED"), ("a.zip/c.txt", "R_PACKED")]
    reasons = [document.reason for document in documents if isinstance(document, Reject)]
    assert reasons[0] == "it is encrypted"
    assert "method 99" in reasons[1]
    assert "CRC" in reasons[2]


def test_a_zip_file_that_is_cut_off_is_refused_with_where_it_ends(write):
    content = zipped([("a.txt", b"one")])
    (reject,) = read([write("a.zip", content[:-5])])
    assert (reject.source, reject.code) == ("a.zip", "R_PACKED")
    assert f"up to byte {len(content) - 5}" in reject.reason


def test_packed_files_in_packed_files_in_packed_files_are_refused(write):
    deep = zipped([("c.zip", zipped([("b.zip", zipped([("a.txt", b"one")]))])), ("z.txt", b"two")])
    documents = list(read([write("d.zip", deep)]))
    assert kept(documents) == ["two"]
    assert refused(documents) == [("d.zip/c.zip/b.zip", "R_PACKED")]


@pytest.fixture
def small(monkeypatch):
    """Budgets and chunks that a test can exceed."""
    monkeypatch.setattr(packing, "_FREE", 100_000)


@pytest.mark.parametrize("packing", PACK)
def test_what_unpacks_to_far_too_much_is_refused_and_all_before_it_kept(write, small, packing):
    bomb = PACK[packing](b'{"text": "one"}\n' + b" " * 50_000_000)
    documents = list(read([write(f"a.jsonl.{packing}", bomb)]))
    assert kept(documents) == ["one"]
    assert refused(documents) == [(f"a.jsonl.{packing}", "R_BOMB")]


def test_a_packed_file_of_any_size_is_read_as_long_as_it_is_news(write, small):
    assert len(kept(read([write("a.jsonl.gz", gzip.compress(ROWS * 20))]))) == 60_000


def test_a_zip_file_of_many_members_has_one_budget(write, small):
    members = [(f"{number:03}.txt", b"x" * 60_000) for number in range(100)]
    documents = list(read([write("a.zip", zipped(members))]))
    assert 0 < len(kept(documents)) < 50
    assert [code for _, code in refused(documents)] == ["R_BOMB"] * len(refused(documents))
    assert re.search(r"far too much, \d+ bytes from \d+: it was not read from here on", documents[-1].reason)


def test_a_bomb_in_a_packed_member_counts_by_what_lies_on_the_disk(write, small):
    bomb = gzip.compress(gzip.compress(b" " * 100_000_000))
    documents = list(read([write("a.zip", zipped([("a.jsonl.gz", gzip.decompress(bomb)), ("b.txt", b"two")]))]))
    assert ("a.zip/a.jsonl.gz", "R_BOMB") in refused(documents)


def test_a_list_of_members_that_would_fill_memory_is_refused(write, monkeypatch):
    monkeypatch.setattr(packing, "_DIRECTORY", 1000)
    (reject,) = read([write("a.zip", zipped([(f"{number}.txt", b"x") for number in range(100)]))])
    assert (reject.source, reject.code) == ("a.zip", "R_TOO_LARGE")


@pytest.mark.parametrize(
    "suffix", [".jsonl.gz", ".jsonl.xz", ".jsonl.bz2", ".jsonl.zst", ".zip", ".txt.gz", ".csv.zst"]
)
@given(raw=st.binary(max_size=200), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4))
def test_any_bytes_are_articles_or_refusals(tmp_path_factory, suffix, raw, flips):
    if flips:
        pack = PACK.get(suffix.rpartition(".")[2]) or (
            lambda rows: zipped([("a.jsonl", rows), ("b.csv", b"text\nx\n")])
        )
        mutated = bytearray(pack(ROWS[:500]))
        for place, byte in flips:
            mutated[min(int(place * len(mutated)), len(mutated) - 1)] = byte
        raw = bytes(mutated)
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(raw)
    try:
        documents = list(read([path]))
    except CurationError:
        return
    for document in documents:
        assert document.source.startswith(path.name)
        assert isinstance(document, Article) or (document.code in REJECTS and "\n" not in document.reason)


def test_a_source_is_seekable_where_it_has_to_be(write):
    from curation.articles.formats.packing import unpack

    (source,) = find_sources([write("a.parquet.gz", gzip.compress(b"0123456789"))], print)
    (inner,) = unpack(source, Options())
    with inner.seekable() as stream:
        assert stream.seek(-3, 2) == 7
        assert stream.read() == b"789"
    with inner.open() as again:
        assert again.read() == b"0123456789"
