"""Web archives as warcio writes them: pages become articles, all else is counted, damage costs one record."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from curation.articles import Options, read
from curation.articles.formats import packing, warc, warc_records
from curation.records import Article, Reject

STORY = "<p>" + "</p><p>".join(
    f"The council of Zürich met for the {n}th time and decided nothing. " * 3 for n in range(4)
)
PAGE = (
    "<html lang=de><head><title>Council</title></head>"
    f"<body><article><h1>Council</h1>{STORY}</p></article></body></html>"
)


def put(writer, record):
    """Write a record, and close what warcio leaves open."""
    writer.write_record(record)
    record.raw_stream.close()


def http(writer, url, body, status="200 OK", kind="response", **headers):
    """Write a record with an HTTP response."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    record = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(body),
        http_headers=StatusAndHeaders(status, fields, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": "2024-05-06T07:08:09Z"},
    )
    put(writer, record)


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def packed(request):
    """Whether each record is packed."""
    return request.param


@pytest.fixture
def archive(packed, write):
    """Writes an archive and reads it: what was found, what was told, the file."""

    def call(fill, change=lambda data: data, **options):
        out = io.BytesIO()
        fill(WARCWriter(out, gzip=packed))
        told = {}
        path = write("crawl.warc.gz" if packed else "crawl.warc", change(out.getvalue()))
        return list(read([path], Options(on_passed=told.__setitem__, **options))), told.get(path.name, {}), path

    return call


def gzip_again(data: bytes, old: bytes, new: bytes) -> bytes:
    """An archive of one record with other bytes in it."""
    whole = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    changed = whole.replace(old, new)
    return gzip.compress(changed) if data is not whole else changed


def pages(*numbers, **headers):
    def fill(writer):
        for number in numbers:
            body = PAGE.replace("Zürich", f"Zürich {number}").encode()
            http(writer, f"https://news.example/{number}", body, Content_Type="text/html; charset=utf-8", **headers)

    return fill


def test_a_page_is_an_article_with_its_address_and_its_place(archive):
    found, told, path = archive(pages(1, 2))
    assert told == {}
    assert [one.url for one in found] == ["https://news.example/1", "https://news.example/2"]
    assert "Zürich 1 met for the 3th time" in found[0].text
    assert found[0].title == "Council"
    assert found[0].published_at is None
    assert found[0].meta["captured_at"] == "2024-05-06T07:08:09Z"
    data = path.read_bytes()
    for one in found:
        offset = int(one.source.removeprefix(path.name + "@"))
        begins = data[offset:]
        begins = zlib.decompressobj(31).decompress(begins) if path.suffix == ".gz" else begins
        assert begins.startswith(b"WARC/1.")
        assert one.url.encode() in begins[:500]


def test_all_else_is_counted_by_what_it_is(archive):
    def fill(writer):
        put(writer, writer.create_warcinfo_record("crawl.warc", {"software": "x"}))
        for number in range(3):
            http(writer, f"https://news.example/{number}.png", b"\x89PNG", Content_Type="image/png")
        http(writer, "https://news.example/gone", PAGE.encode(), "404 Not Found", Content_Type="text/html")
        http(writer, "https://news.example/none", b"x")
        pages(1)(writer)
        record = writer.create_revisit_record(
            "https://news.example/1",
            "sha1:B6QJ6BNJ3R4B23XXMRKZKHLPGJY2VE4O",
            "https://news.example/1",
            "2024-01-01T00:00:00Z",
        )
        put(writer, record)
        http(writer, "https://news.example/1", b"", "GET / HTTP/1.1", kind="request")

    found, told, _ = archive(fill)
    assert [one.url for one in found] == ["https://news.example/1"]
    assert told == {
        "of content type image/png": 3,
        "of record type warcinfo": 1,
        "with HTTP status 404": 1,
        "of content type none": 1,
        "of record type revisit": 1,
        "of record type request": 1,
    }


def chunked(body: bytes, size: int = 100) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def squeezed(body: bytes, bits: int) -> bytes:
    packing = zlib.compressobj(wbits=bits)
    return packing.compress(body) + packing.flush()


def brotli(body: bytes) -> bytes:
    return pytest.importorskip("brotli").compress(body)


CODINGS = {
    "chunked": (chunked, {"Transfer_Encoding": "chunked"}),
    "gzip": (gzip.compress, {"Content_Encoding": "gzip"}),
    "gzip, chunked": (
        lambda body: chunked(gzip.compress(body)),
        {"Content_Encoding": "gzip", "Transfer_Encoding": "chunked"},
    ),
    "gzip of two members": (
        lambda body: gzip.compress(body[:999]) + gzip.compress(body[999:]),
        {"Content_Encoding": "gzip"},
    ),
    "deflate": (lambda body: squeezed(body, 15), {"Content_Encoding": "deflate"}),
    "raw deflate": (lambda body: squeezed(body, -15), {"Content_Encoding": "deflate"}),
    "brotli": (brotli, {"Content_Encoding": "br"}),
    "gzip that was unpacked": (bytes, {"Content_Encoding": "gzip"}),
    "chunks that were joined": (bytes, {"Transfer_Encoding": "chunked"}),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_the_content_is_unpacked(coding, archive):
    pack, headers = CODINGS[coding]

    def fill(writer):
        http(writer, "https://news.example/1", pack(PAGE.encode()), Content_Type="text/html; charset=utf-8", **headers)

    [found], _, _ = archive(fill)
    assert "The council of Zürich met for the 3th time" in found.text


@pytest.mark.parametrize("coding", ["chunked", "gzip", "gzip, chunked", "deflate", "brotli"])
def test_content_that_is_not_whole_is_refused(coding, archive):
    pack, headers = CODINGS[coding]

    def fill(writer):
        http(writer, "https://news.example/1", pack(PAGE.encode())[:-60], Content_Type="text/html", **headers)
        pages(2)(writer)

    [refused, found], _, _ = archive(fill)
    assert (refused.code, found.url) == ("R_WARC", "https://news.example/2")
    assert refused.raw.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("charset", ["bogus", "undefined", "base64", "rot13", "idna", "unicode_escape", "utf-99"])
def test_charsets_that_are_none_of_a_text(archive, charset):
    def fill(writer):
        http(writer, "https://news.example/1", "Café – one.".encode(), Content_Type=f"text/plain; charset={charset}")
        http(writer, "https://news.example/2", PAGE.encode(), Content_Type=f"text/html; charset={charset}")

    [text, article], _, _ = archive(fill)
    assert text.text == "Café – one."
    assert "The council of Zürich met" in article.text


def test_a_header_with_a_nul(archive):
    def fill(writer):
        http(writer, "https://news.example/1", PAGE.encode(), Content_Type="text/html")

    [refused], _, _ = archive(fill, lambda data: gzip_again(data, b"07:08:09Z", b"07:08:0\0Z"))
    assert refused.code == "R_FORBIDDEN_CHARACTER"


def test_texts_and_resources_are_read_too(archive):
    def fill(writer):
        http(
            writer,
            "https://news.example/a.txt",
            "Caf\xe9".encode("latin-1"),
            Content_Type="text/plain; charset=iso-8859-1",
        )
        for kind in ("resource", "conversion"):
            payload = io.BytesIO(f"A plain text, {kind}: Zürich.".encode())
            record = writer.create_warc_record(
                f"https://news.example/{kind}", kind, payload=payload, warc_content_type="text/plain"
            )
            put(writer, record)

    found, told, _ = archive(fill)
    assert [one.text for one in found] == [
        "Café",
        "A plain text, resource: Zürich.",
        "A plain text, conversion: Zürich.",
    ]
    assert found[1].url == "https://news.example/resource"
    assert told == {}


def test_a_page_without_an_article_is_refused_by_itself(archive):
    def fill(writer):
        http(writer, "https://news.example/1", b"<html><body></body></html>", Content_Type="text/html")
        pages(2)(writer)

    [refused, found], _, _ = archive(fill)
    assert refused.code.startswith(("R_HTML", "R_EMPTY"))
    assert found.url == "https://news.example/2"


def test_content_that_is_not_what_its_digest_says_is_refused(archive, packed):
    def change(data: bytes) -> bytes:
        plain = gzip.decompress(data) if packed else data
        changed = plain.replace(b"decided nothing", b"decided somethin", 1).replace(b"for the 0th", b"for a 0th", 1)
        assert len(changed) == len(plain) - 1
        changed = changed.replace(b"<title>Council", b"<title>Councils", 1)
        return gzip.compress(changed) if packed else changed

    [refused, found], _, _ = archive(pages(1, 2), change)
    assert refused.code == "R_WARC"
    assert refused.reason == "its content has not the sha1 digest that its header declares"
    assert isinstance(found, Article)


@pytest.mark.parametrize("cut", [5, 100, 400])
def test_a_file_that_is_cut_off_is_told_and_read_up_to_there(cut, archive):
    found, _, path = archive(pages(1, 2, 3), lambda data: data[:-cut])
    assert [one.url for one in found[:2]] == ["https://news.example/1", "https://news.example/2"]
    # Where only the end of the packing is missing, the page is whole and read, and the end is told.
    *_, last = found
    assert (last.code, last.source.partition("@")[0]) == ("R_WARC", path.name)
    assert "ends" in last.reason


def test_a_damaged_record_costs_nothing_but_itself(archive, packed):
    def break_packed(data: bytes) -> bytes:
        second = [found.start() for found in re.finditer(b"\x1f\x8b\x08", data)][1]
        return data[: second + 200] + b"\xff" * 40 + data[second + 240 :]

    def break_plain(data: bytes) -> bytes:
        begins = [found.start() for found in re.finditer(b"WARC/1\\.", data)][1]
        return data[:begins] + data[begins:].replace(b"Content-Length: ", b"Content-Length: x", 1)

    found, _, path = archive(pages(1, 2, 3), break_packed if packed else break_plain)
    urls = [one.url for one in found if isinstance(one, Article)]
    assert urls == ["https://news.example/1", "https://news.example/3"]
    refused = [one for one in found if isinstance(one, Reject)]
    assert refused
    assert {one.code for one in refused} == {"R_WARC"}
    assert all(re.fullmatch(rf"{re.escape(path.name)}@\d+(\+\d+)?", one.source) for one in refused)


@pytest.mark.parametrize("more", [4, 1000, 10**14])
@pytest.mark.parametrize("bad", [0, 1, 3])
def test_a_length_that_is_too_large_swallows_no_other_record(write, packed, more, bad):
    parts = []
    for number in range(5):
        out = io.BytesIO()
        pages(number)(WARCWriter(out, gzip=False))
        length = re.search(rb"^Content-Length: (\d+)", out.getvalue(), re.MULTILINE)
        wrong = b"Content-Length: %d" % (int(length[1]) + more)
        parts.append(out.getvalue() if number != bad else out.getvalue().replace(length[0], wrong, 1))
    data = [gzip.compress(part) if packed else part for part in parts]
    path = write("a.warc.gz" if packed else "a.warc", b"".join(data))
    found = list(read([path]))
    urls = [one.url for one in found if isinstance(one, Article)]
    assert urls == [f"https://news.example/{number}" for number in range(5) if number != bad]
    [refused] = [one for one in found if isinstance(one, Reject)]
    assert (refused.code, refused.source) == ("R_WARC", f"{path.name}@{len(b''.join(data[:bad]))}")
    assert refused.reason.endswith(f"reading goes on at {len(b''.join(data[: bad + 1]))}")
    assert refused.raw.startswith(b"WARC/1.")
    assert f"https://news.example/{bad}".encode() in refused.raw


def test_in_a_stream_what_a_wrong_length_swallowed_is_told(write):
    out = io.BytesIO()
    pages(0, 1, 2)(WARCWriter(out, gzip=False))
    data = out.getvalue()
    length = re.search(rb"^Content-Length: (\d+)", data, re.MULTILINE)
    changed = data.replace(length[0], b"Content-Length: %d" % (int(length[1]) + 1000), 1)
    found = list(read([write("a.warc.xz", lzma.compress(changed))]))
    refused, last = found
    assert last.url == "https://news.example/2"
    third = [one.start() for one in re.finditer(rb"^WARC/1", changed, re.MULTILINE)][2]
    assert refused.reason == f"its length is wrong; reading goes on at {third}"
    assert refused.raw.startswith(b"WARC/1.")


def test_a_file_in_which_every_length_is_wrong_is_not_read_without_end(write, monkeypatch):
    record = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 900000\r\n\r\nx\r\n\r\n"
    path = write("a.warc", record * 200)
    taken = []
    original = warc_records._Bytes._go_back

    def go_back(self):
        before = self._again
        original(self)
        taken.append(self._again - before)

    monkeypatch.setattr(warc_records._Bytes, "_go_back", go_back)
    found = list(read([path]))
    assert {one.code for one in found} == {"R_WARC"}
    assert 0 < sum(taken) <= warc_records._AGAIN * path.stat().st_size


def test_several_records_in_one_member_are_read_with_their_place_in_it(write):
    out = io.BytesIO()
    pages(1, 2)(WARCWriter(out, gzip=False))
    found = list(read([write("one.warc.gz", gzip.compress(out.getvalue(), mtime=0))]))
    second = out.getvalue().index(b"WARC/1.", 10)
    assert [one.source for one in found] == ["one.warc.gz@0", f"one.warc.gz@0+{second}"]


def test_what_is_too_large_is_refused_without_being_held(archive, monkeypatch):
    monkeypatch.setattr(warc, "LIMIT", 100_000)

    def fill(writer):
        http(writer, "https://news.example/1", PAGE.encode() + b" " * 300_000, Content_Type="text/html")
        http(
            writer,
            "https://news.example/2",
            gzip.compress(b" " * 300_000, mtime=0),
            Content_Type="text/html",
            Content_Encoding="gzip",
        )
        http(writer, "https://news.example/3.mp4", b"x" * 300_000, Content_Type="video/mp4")
        pages(4)(writer)

    found, told, _ = archive(fill)
    assert [getattr(one, "code", None) for one in found] == ["R_TOO_LARGE", "R_TOO_LARGE", None]
    assert told == {"of content type video/mp4": 1}


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\n\r\n", b"\r\n\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_records_that_end_with_other_line_ends(write, end, pack):
    """Also the last one without any, as where a copy ends too early."""
    texts = [f"The text number {n}, – and so on.".encode() for n in range(4)]
    records = [
        b"WARC/1.0\nWARC-Type: conversion\nContent-Type: text/plain\nContent-Length: %d\n\n" % len(text) + text
        for text in texts
    ]
    for last in (end, end[: end.index(b"\n") + 1], b""):
        whole = b"".join(pack(record + (last if record is records[-1] else end)) for record in records)
        found = list(read([write("a.warc", whole)]))
        assert [getattr(one, "text", one) for one in found] == [text.decode() for text in texts]


def test_a_bomb_is_refused(write, monkeypatch):
    monkeypatch.setattr(packing, "_FREE", 1 << 20)
    bomb = gzip.compress(b"WARC/1.0\r\nWARC-Type: x\r\nContent-Length: 90000000\r\n\r\n" + b"\0" * 30_000_000)
    [refused] = list(read([write("bomb.warc.gz", bomb)]))
    assert (refused.code, refused.reason) == ("R_WARC", "it unpacks to far more than its size")


WHOLE = io.BytesIO()
pages(1, 2)(WARCWriter(WHOLE, gzip=True))
PLAIN = io.BytesIO()
pages(1, 2)(WARCWriter(PLAIN, gzip=False))


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.integers(0, 5000), st.binary(min_size=1, max_size=20))
def test_no_damage_crashes_it_or_is_silent(tmp_path_factory, packed, at, noise):
    whole = (WHOLE if packed else PLAIN).getvalue()
    at %= len(whole)
    data = whole[:at] + noise + whole[at + len(noise) :]
    path = tmp_path_factory.mktemp("noise") / ("x.warc.gz" if packed else "x.warc")
    path.write_bytes(data)
    told = {}
    found = list(read([path], Options(on_passed=told.__setitem__)))
    articles = [one for one in found if isinstance(one, Article)]
    assert len(articles) == 2 or told or any(isinstance(one, Reject) for one in found)


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "x.warc"
    path.write_bytes(b"WARC/1.0\r\n" + data)
    assert list(read([path]))
