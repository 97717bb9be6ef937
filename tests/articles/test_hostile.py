"""Input made to break a reader: always articles and listed refusals, soon, in little memory, and nothing elsewhere."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from curation.articles import REJECTS, Options, ingest, read
from curation.articles.formats.columns import FIELDS
from curation.articles.sources import KINDS
from curation.errors import CurationError
from curation.records import Article, Reject

MB = 1 << 20
HANG = 120
"""Seconds after which a run counts as hanging: many times what the slowest takes, on a machine that has more to do."""

RUN = """
import json, resource, sys
from curation import init
from curation.articles import ingest, Options
from curation.store import Store
from pathlib import Path
workspace = Path(sys.argv[1])
workspace.mkdir()
with Store(workspace) as store:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = ingest(store, sys.argv[2:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"new": result.new, "refused": [[r.source, r.code, r.reason] for r in result.rejects], "peak": peak}))
"""


@pytest.fixture
def ingested(tmp_path):
    """Ingest in a process of its own; gives what was refused, and the number of articles taken in.

    Nothing may be written but the workspace, and no more than 300 MB of memory used beyond that of the start.
    """

    def ingested(*sources, stdin=None) -> tuple[int, list[tuple[str, str, str]]]:
        before = set(tmp_path.rglob("*"))
        ran = subprocess.run(
            [sys.executable, "-c", RUN, str(tmp_path / "workspace"), *map(str, sources)],
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=HANG,
            cwd=tmp_path,
        )
        assert ran.returncode == 0, ran.stderr
        elsewhere = set(tmp_path.rglob("*")) - before
        assert all(path.is_relative_to(tmp_path / "workspace") for path in elsewhere)
        done = json.loads(ran.stdout)
        assert done["peak"] < 300 * 1024
        assert all(code in REJECTS for _, code, _ in done["refused"])
        return done["new"], done["refused"]

    return ingested


@functools.cache
def zeros(packing: str, size: int) -> bytes:
    """So many zeros, packed, without ever having them all."""
    pack = {
        "gz": lambda: zlib.compressobj(9, wbits=31),
        "xz": lzma.LZMACompressor,
        "bz2": bz2.BZ2Compressor,
        "zst": lambda: zstandard.ZstdCompressor().compressobj(),
    }[packing]()
    chunk = bytes(16 * MB)
    return b"".join(pack.compress(chunk) for _ in range(size // len(chunk))) + pack.flush()


@pytest.mark.parametrize("packing", ["gz", "xz", "bz2", "zst"])
def test_ten_gigabytes_of_zeros(write, ingested, packing):
    # Packed streams one behind the other are one file.
    bomb = zeros(packing, 160 * MB) * 64
    assert len(bomb) < 11 * MB
    names = [f"a.{kind}.{packing}" for kind in ("jsonl", "txt", "csv", "html", "md", "json", "parquet", "xlsx", "warc")]
    new, refused = ingested(*(write(name, bomb) for name in names))
    assert new == 0
    assert {code for _, code, _ in refused} <= {"R_BOMB", "R_TOO_LARGE", "R_ENCODING", "R_JSON", "R_TABLE", "R_WARC"}
    assert {name for name in names for source, _, _ in refused if source.startswith(name)} == set(names)


@pytest.mark.parametrize("name", ["a.warc.gz", "a.jsonl.gz", "a.csv.gz", "a.json.gz"])
def test_a_bomb_that_begins_as_it_should(write, ingested, name):
    begin = {
        "a.warc.gz": archived(1 << 30) + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
        "a.jsonl.gz": b'{"text": "first"}\n{"text": "',
        "a.csv.gz": b'text\nfirst\n"',
        "a.json.gz": b'[{"text": "first"}, {"text": "',
    }[name]
    pack = zlib.compressobj(1, wbits=31)
    chunk = b" " * (16 * MB)
    bomb = pack.compress(begin) + b"".join(pack.compress(chunk) for _ in range(30)) + pack.flush()
    new, refused = ingested(write(name, bomb))
    assert new == (name != "a.warc.gz")
    assert {code for _, code, _ in refused} <= {"R_BOMB", "R_TOO_LARGE", "R_JSON", "R_WARC"}
    assert refused


def test_a_parquet_file_with_one_gigantic_page(write, ingested):
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": [" " * (200 * MB)]}), out, compression="zstd", write_statistics=False)
    new, refused = ingested(write("a.parquet", out.getvalue()))
    assert (new, [(source, code) for source, code, _ in refused]) == (0, [("a.parquet", "R_BOMB")])


def test_a_zip_of_many_bombs(write, ingested):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"{number:03}.jsonl", b" " * (20 * MB))
        archive.writestr("000.txt", "the first")
    new, refused = ingested(write("a.zip", out.getvalue()))
    assert new == 1
    assert refused[-1][1] == "R_BOMB"
    assert "not read from here on" in refused[-1][2]


def test_a_zip_whose_members_share_their_bytes(write, ingested):
    """The list names one member many times: small on the disk, and without end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.jsonl", b" " * (20 * MB))
        for _ in range(2000):
            same = zipfile.ZipInfo("0.jsonl")
            first = archive.filelist[0]
            for field in ("CRC", "compress_size", "file_size", "header_offset", "compress_type", "flag_bits"):
                setattr(same, field, getattr(first, field))
            archive.filelist.append(same)
    _, refused = ingested(write("a.zip", out.getvalue()))
    assert refused[-1][1] == "R_BOMB"


def test_a_zip_that_holds_itself_ends(write, ingested):
    inner = b"text"
    name = "a.txt"
    for level in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(name, inner)
        inner, name = out.getvalue(), f"{level}.zip"
    _, refused = ingested(write("a.zip", inner))
    assert [code for _, code, _ in refused] == ["R_PACKED"]


@pytest.fixture(scope="module")
def gigabyte(tmp_path_factory) -> Path:
    """Packed JSON Lines with a line of 1 GB between two others."""
    # Not too regular: what packs very well is taken for a bomb.
    part = b"".join(b"%x " % (n * n * 2654435761 % 997) for n in range(300_000))[:MB]
    parts = [b'{"text": "first"}\n{"text": "', *[part] * 1024, b'"}\n{"text": "last"}\n']
    packed = {part: gzip.compress(part, 1) for part in set(parts)}
    path = tmp_path_factory.mktemp("long") / "long.jsonl.gz"
    path.write_bytes(b"".join(packed[part] for part in parts))
    return path


def test_a_line_of_a_gigabyte(gigabyte, ingested):
    new, refused = ingested(gigabyte)
    assert new == 2
    assert [(source, code) for source, code, _ in refused] == [("long.jsonl.gz:2", "R_TOO_LARGE")]


def test_a_line_of_a_gigabyte_on_standard_input(ingested):
    script = (
        'import sys\nout = sys.stdout.buffer\nout.write(b\'{"text": "first"}\\n{"text": "\')\n'
        'for _ in range(1024): out.write(b\'long \' * 209716)\nout.write(b\'"}\\n{"text": "last"}\\n\')'
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        new, refused = ingested("-", stdin=writer.stdout)
    assert new == 2
    assert [(source, code) for source, code, _ in refused] == [("stdin:2", "R_TOO_LARGE")]


def test_a_cell_of_a_gigabyte(ingested):
    script = (
        "import sys\nprint('title,text\\na,first\\nb,\"')\nfor _ in range(1024): sys.stdout.write('long ' * 209716)"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as writer:
        new, refused = ingested("-", stdin=writer.stdout)
        writer.stdout.close()
    assert (new, [(source, code) for source, code, _ in refused]) == (1, [("stdin:3", "R_TOO_LARGE")])


DEEP = 5000


NESTED = {
    "a.jsonl": b'{"text": "a", "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "b.jsonl": b'{"text": "a", "x": ' + b'{"x":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "c.jsonl": b"[" * DEEP,
    "d.json": b'[{"text": "a", "x": ' + b"[" * DEEP + b"]" * DEEP + b"}]",
    "e.json": b'{"x":' * DEEP + b'{"text": "a"}' + b"}" * DEEP,
    "f.html": b"<p>first</p>" + b"<div>" * DEEP + b"<p>A text far down. </p>" + b"</div>" * DEEP,
    "g.html": b"<b>" * DEEP + b"A text far down.",
    "h.html": b"<table><tr><td>" * DEEP + b"A text far down.",
    "i.md": b"---\ntitle: " + b"[" * DEEP + b"\n---\ntext",
    "j.md": b"---\na: " + b"{a: " * DEEP + b"\n---\ntext",
    "k.jsonl": b'{"text": "a", "x": NaN}',
    "l.jsonl": b'{"text": "a", "x": -Infinity, "text": "b"}',
    "m.jsonl": b'{"text": "a", "text": "b"}',
    "n.json": b'[{"text": "a", "x": NaN}]',
    "o.json": b'{"text": "a", "x": 1' + b"0" * 5000 + b"}",
}
"""Files that are nested deeply, or hold what is no JSON."""


def test_depth_and_what_is_no_json_end_as_one_refusal_each(write, ingested):
    new, refused = ingested(*(write(name, raw) for name, raw in NESTED.items()))
    # A page may be kept, if it is kept whole: the extractor that gives the text up must not cut it.
    assert new == 0
    assert [source.split(":")[0] for source, _, _ in refused] == [*NESTED]


def page(**said: object) -> bytes:
    declared = {"@type": "NewsArticle", "headline": "Hall to close", "datePublished": "2026-03-02", **said}
    return (
        f'<html><head><script type="application/ld+json">{json.dumps(declared)}</script></head><body><article>'
        + "<p>The council of Brenton will close the hall in spring, the mayor said on Monday.</p>" * 8
        + "</article></body></html>"
    ).encode()


@pytest.mark.parametrize("code", [0, 0xD800, 0xDCFF])
@pytest.mark.parametrize("field", [*FIELDS, "note", "a \x00\ud800 name"])
@pytest.mark.parametrize("name", ["a.json", "b.json", "c.jsonl", "d.md"])
def test_a_forbidden_character_in_any_field(write, store, name, field, code):
    row = {"text": "A text.", field: f"1{chr(code)}"}
    written = {
        "a.json": json.dumps([row]),
        "b.json": json.dumps({"data": [row]}),
        "c.jsonl": json.dumps(row),
        # A string of JSON is one of YAML too.
        "d.md": f"---\nabout: {{}}\n{json.dumps(field)}: {json.dumps(row[field])}\n---\nA text.",
    }[name]
    if name == "d.md" and field == "text":
        return
    path = write(name, written.encode())
    assert ingest(store, [path]).new == 0
    (refused,) = read([path])
    assert refused.code == "R_FORBIDDEN_CHARACTER"
    assert refused.raw == written.encode() if name == "d.md" else json.loads(refused.raw) == row
    assert refused.reason.isprintable()


def test_a_forbidden_character_within_a_value(write, store):
    rows = [{"text": "A text.", "x": [{"y": ["\ud800"]}]}, {"text": "Another.", "x": "\\u0000", "n": 1 << 70}]
    path = write("a.json", json.dumps(rows))
    assert ingest(store, [path]).new == 1
    refused, other = read([path])
    assert (refused.code, refused.reason) == (
        "R_FORBIDDEN_CHARACTER", "lone surrogate U+D800 at offset 0 of the column 'x' (line 1, column 1)",
    )  # fmt: skip
    assert other.meta == {"x": "\\u0000", "n": 1 << 70}


def test_a_byte_that_is_no_text_in_an_array_beside_others(write, store):
    whole = b'{"a": 1, "data": [{"text": "A text.", "title": "\xff"}, {"text": "Another."}]}'
    path = write("a.json", whole)
    assert ingest(store, [path]).new == 1
    refused, _ = read([path])
    assert (refused.source, refused.code) == ("a.json:1", "R_FORBIDDEN_CHARACTER")
    assert b'"\\udcff"' in refused.raw


@pytest.mark.parametrize("character", ["\0", "\ud800"])
@pytest.mark.parametrize(
    "said",
    [
        lambda name: {"author": {"name": name}},
        lambda name: {"publisher": {"name": name}},
        lambda name: {"headline": f"The hall is to close {name}"},
        lambda name: {"datePublished": f"2026-13-02 {name}"},
    ],
)
def test_a_forbidden_character_that_a_page_hides_in_an_escape(write, store, said, character):
    raw = page(**said(f"Ann{character}a"))
    path = write("a.html", raw)
    new = ingest(store, [path]).new
    (found,) = read([path])
    if isinstance(found, Reject):
        assert (new, found.code, found.raw) == (0, "R_FORBIDDEN_CHARACTER", raw)
    else:
        assert all(fit not in json.dumps(found.meta, default=str) for fit in ("\\u0000", "\\ud800"))


def test_columns_of_unfit_names_can_be_told(write, store, run, workspace):
    path = write("a.json", json.dumps([{"\ud800": "a"}]))
    ran = run("ingest", path, "--workspace", workspace.path)
    assert ran.exit == 2
    assert "E_MISSING_COLUMN" in ran.err
    result = ingest(store, [path.parent])
    assert [reject.code for reject in result.rejects] == ["R_NO_COLUMN"]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.md", "---\n" + "# " * 5000 + "!\n---\ntext"),
        ("b.md", "---\n" + "#\n " * 5000 + "!\n---\ntext"),
        ("c.md", "---\na" + " " * 500_000 + "\n---\ntext"),
        ("d.md", "# a" + " #" * 500_000 + "!"),
        ("e.csv", ",".join(f"column {number}" for number in range(100_000)) + "\n"),
        ("f.tsv", "text\t" + "\t".join(f"c{number}" for number in range(100_000)) + "\na\n"),
    ],
)  # fmt: skip
def test_what_a_pattern_could_try_in_many_ways(write, ingested, name, raw):
    new, refused = ingested(write(name, raw).parent)
    assert new + len(refused) == 1


IDS = [
    "../up", "..", "/etc/passwd", "CON", "con", "nul.txt", "a" * 300, "ID-1", "id-1", "Id-1", "a\nb", "a b", "é", ".",
    "-", "a/b", "a\\b", "x\u202ey", "0" * 81, "😀",
]  # fmt: skip


def test_ids_become_no_paths_and_stay_apart(write, store, tmp_path):
    path = write("ids.jsonl", [{"id": name, "text": f"Article {number}."} for number, name in enumerate(IDS)])
    before = set(tmp_path.rglob("*"))
    result = ingest(store, [path])
    assert (result.new, result.rejects) == (len(IDS), ())
    articles = list(store.articles)
    assert {article.source_id for article in articles} == {" ".join(name.split()) for name in IDS}
    assert len({article.id for article in articles}) == len(IDS)
    assert all(article.id.isascii() and len(article.id) <= 80 and "/" not in article.id for article in articles)
    assert all(path.parent.name == "workspace" for path in set(tmp_path.rglob("*")) - before)


def archived(size: int) -> bytes:
    """What stands in a web archive above a page of so many bytes."""
    return (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a\r\n"
        "WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {size}\r\n\r\n"
    ).encode()


def valid(kind: str) -> bytes:
    """A file of a kind as it should be."""
    rows = [{"id": f"n{number}", "text": f"Article {number}: naïve “text”."} for number in range(20)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if kind == ".parquet":
        out = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist(rows), out, write_page_checksum=True)
        return out.getvalue()
    comma = "\t" if kind == ".tsv" else ","
    table = "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n' for row in rows)
    page = "<html><head><title>T</title></head><body><article>" + "<p>A naïve “text” of an article.</p>" * 20
    record = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page.encode()
    return {
        ".warc": (archived(len(record)) + record + b"\r\n\r\n") * 3,
        ".txt": rows[0]["text"].encode(),
        ".md": f"---\ntitle: T\nauthor: [A, B]\n---\n# H\n\n{rows[0]['text']}".encode(),
        ".json": json.dumps(rows).encode(),
        ".csv": table.encode(),
        ".tsv": table.replace(",", comma).encode(),
        ".html": page.encode(),
        ".htm": page.encode(),
    }.get(kind, lines)


PACK = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": functools.partial(lzma.compress, preset=0),
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}


@st.composite
def broken(draw, whole: bytes) -> bytes:
    """A file that is cut off, has other bytes in it, or is anything at all."""
    how = draw(st.sampled_from(["cut", "flip", "insert", "any"]))
    if how == "any":
        return draw(st.binary(min_size=1, max_size=100))
    place = draw(st.integers(0, len(whole) - 1))
    if how == "cut":
        return whole[: max(1, place)]
    junk = draw(st.binary(min_size=1, max_size=8))
    return whole[:place] + junk + whole[place + (len(junk) if how == "flip" else 0) :]


# Unpacking and reading know nothing of each other: the packing is drawn, and every kind meets each some forty times.
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=200)
@given(data=st.data())
def test_a_broken_file_is_articles_and_refusals(tmp_path_factory, kind, data):
    whole = valid(kind)
    packing = data.draw(st.sampled_from([*PACK]))
    if packing and data.draw(st.booleans()):
        raw = PACK[packing](data.draw(broken(whole)))
    else:
        raw = data.draw(broken(PACK[packing](whole)))
    folder = tmp_path_factory.getbasetemp() / "broken"
    folder.mkdir(exist_ok=True)
    path = folder / f"a{kind}{packing}"
    path.write_bytes(raw)
    try:
        for named in ([folder], [path]):
            skipped: list[str] = []
            documents = list(read(named, Options(on_skipped=skipped.append)))
            assert not skipped
            for document in documents:
                assert document.source.startswith(path.name)
                if isinstance(document, Reject):
                    assert document.code in REJECTS
                    assert "\n" not in document.reason
                else:
                    assert isinstance(document, Article)
                    assert document.text.strip()
    except CurationError as error:
        # Only of what was named itself, which may be no table of articles any more.
        assert named == [path] and error.code in ("E_MISSING_COLUMN", "E_NO_INPUT")  # noqa: PT017, PT018
    finally:
        path.unlink()
    assert not list(folder.iterdir())
