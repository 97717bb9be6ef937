"""A pool in object storage is read as one on disk. The storage is a stand-in on loopback: what S3 has for reading."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from curation.articles.selection.pool import select_pool
from curation.errors import CurationError


class _Storage(ThreadingHTTPServer):
    folder: Path


class _Answer(BaseHTTPRequestHandler):
    """Whole objects, ranges of bytes, and lists of a prefix; no signature is checked."""

    protocol_version = "HTTP/1.1"
    server: _Storage

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = parse_qs(address.query)
        bucket, _, key = unquote(address.path).lstrip("/").partition("/")
        object_ = self.server.folder / bucket / key
        if "list-type" in asked:
            self._send(200, self._listed(bucket, asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]))
        elif not key or not object_.is_file():
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._send_object(object_.read_bytes())

    def _listed(self, bucket: str, prefix: str, delimiter: str) -> bytes:
        root = self.server.folder / bucket
        keys = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        contents, folders = [], []
        for key in keys:
            if not key.startswith(prefix):
                continue
            below, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders.append(f"<CommonPrefixes><Prefix>{prefix}{below}/</Prefix></CommonPrefixes>")
            else:
                size = (root / key).stat().st_size
                contents.append(f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>")
        inner = "".join([*contents, *dict.fromkeys(folders)])
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{inner}</ListBucketResult>".encode()

    def _send_object(self, data: bytes) -> None:
        wanted = self.headers.get("Range")
        if not wanted:
            self._send(200, data)
            return
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        first, last = int(start), min(int(end or len(data)), len(data) - 1)
        self._send(206, data[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(data)}"})

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


@pytest.fixture
def bucket(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder that is the bucket `news`."""
    server = _Storage(("127.0.0.1", 0), _Answer)
    server.folder = tmp_path
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    for name, value in (("ACCESS_KEY_ID", "some"), ("SECRET_ACCESS_KEY", "body"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    folder = tmp_path / "news"
    (folder / "2020" / "may").mkdir(parents=True)
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_pool_in_object_storage(bucket, tmp_path):
    from pyarrow import Table, parquet

    for place, month in enumerate(("may/a", "may/b", "june")):
        rows = [{"id": f"{place}-{row}", "text": f"Article {row} of {month}: " + "x " * 5000} for row in range(300)]
        parquet.write_table(Table.from_pylist(rows), bucket / "2020" / f"{month}.parquet")
    (bucket / "2020" / "july.jsonl").write_text('{"id": "j", "text": "Of July."}\n{"text": ""}\nnone\n')
    (bucket / "2020" / "README.md").write_text("No article.")
    (bucket / "2020" / "picture.png").write_bytes(b"\x89PNG")
    here = select_pool(bucket / "2020", tmp_path / "here", engine="daft")
    there = select_pool("s3://news/2020/", tmp_path / "there", engine="daft")
    assert there == here
    assert here.articles == 901
    assert [one.examples[0][0] for one in there.refused.values()] == ["july.jsonl:2", "july.jsonl:3"]
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()
    some = select_pool(["s3://news/2020/may/*.parquet", "s3://news/2020/july.jsonl"], tmp_path / "some", engine="daft")
    assert some.articles == 601


@pytest.mark.parametrize("name", ["s3://news/absent.jsonl", "s3://news/absent/", "s3://news/*.parquet"])
def test_what_is_not_there_ends_in_one_line(bucket, tmp_path, name):
    with pytest.raises(CurationError) as raised:
        select_pool(name, tmp_path / "out", engine="daft")
    assert raised.value.code == "E_NO_INPUT"
    assert name in raised.value.message


@pytest.mark.parametrize("engine", ["daft", "stream"])
@pytest.mark.parametrize("scheme", ["http", "https", "file", "ftp", "S3", "gopher"])
def test_only_object_storage_is_asked(tmp_path, scheme, engine):
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    name = f"{scheme}://127.0.0.1:{server.server_port}/news.jsonl"
    try:
        with pytest.raises(CurationError) as raised:
            select_pool(name, tmp_path / "out", engine=engine)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (raised.value.code, asked) == ("E_USAGE", [])
    assert name in raised.value.message
    assert "s3://" in raised.value.fix
