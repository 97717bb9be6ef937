"""Selecting from a pool: the streaming engine, Daft embedded, and Daft on a Ray cluster select the same articles."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import curation
from curation.articles import Options
from curation.articles.duplicates import confirming
from curation.articles.reading import documents
from curation.articles.selection import Filters, Request
from curation.articles.selection.pool import buckets, engine, output, reading, rows, select_pool, units
from curation.articles.selection.pool.files import find_files
from curation.articles.selection.pool.identities import Identity, settle
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import own_id

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = ("uid", "body", "headline", "newspaper", "date", "topic")
ASKED = Request(
    size=120,
    by=("outlet", "topic"),
    minimum=1,
    seed=5,
    filters=Filters(since="2019-03", languages=(), shortest=400, without=("forbidden",)),
)
SCRIPT = """
import json, sys
from dataclasses import asdict
from curation.articles.selection import Filters, Request
from curation.articles.selection.pool import engine, reading, select_pool
from curation.errors import CurationError
asked = json.loads(sys.argv[1])
engine._PATIENCE = asked.pop("patience", engine._PATIENCE)
reading._LARGE = asked.pop("large", reading._LARGE)
reading._LOAD = asked.pop("load", reading._LOAD)
request = asked.pop("request")
request = Request(**{**request, "by": tuple(request["by"]), "filters": Filters(**request["filters"])})
try:
    print(json.dumps(asdict(select_pool(**asked, request=request, engine="daft"))))
except CurationError as error:
    sys.exit(f"{int(error.exit)} {error}")
"""


def _raylets():
    spec = importlib.util.spec_from_file_location("raylets", ROOT / "benchmarks" / "raylets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _articles(number: int) -> list[dict[str, str | None]]:
    """Articles with planted copies, ids that stand twice or nowhere, and texts that are none."""
    rng = random.Random(11)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyzäöé", k=rng.randint(3, 10))) for _ in range(5000)]
    rows: list[dict[str, str | None]] = []
    for place in range(number):
        text = " ".join(rng.choices(words, k=rng.randint(40, 220)))
        if rows and place % 10 == 1:
            text = f" {rng.choice(rows)['body']}\r\n".upper().replace(" ", "  ", 5)
        elif rows and place % 10 in (2, 3):
            edited = str(rng.choice(rows)["body"]).split()
            for _ in range(1 + len(edited) // 40):
                edited[rng.randrange(len(edited))] = rng.choice(words)
            text = " ".join(edited)
        elif place % 50 == 7:
            text += " forbidden"
        date = f"20{rng.randint(18, 22)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        values = (f"art-{place}", text, text[:30], rng.choice(("Day", "Night", None)), date, rng.choice("xyz"))
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    for row in rows[5::23]:
        row["uid"] = None
    for row in rows[3::31]:
        row["date"] = None
    rows += [dict(row) for row in rows[::67]]
    rows += [{**row, "body": f"{row['body']} altered"} for row in rows[4:number:71]]
    rows += [{**row, "newspaper": "Other"} for row in rows[5:number:46]]
    rows += [{**row, "uid": f"bad-{place}", "body": "\0" if place % 3 else " "} for place, row in enumerate(rows[::97])]
    rng.shuffle(rows)
    # An article that another pool gave the id that this one makes up for a text published elsewhere.
    first = next(row for row in rows if row["newspaper"] == "Other" and row["uid"] is None)
    return [*rows, {**first, "newspaper": "Third"}]


def _write(folder: Path, rows: list[dict[str, str | None]]) -> None:
    folder.mkdir()
    for shard in range(4):
        part = rows[shard::4]
        if shard % 2:
            lines = [json.dumps(row) for row in part]
            lines[20:20] = ['{"body": "cut', '{"uid": "no-text"}', "", '{"body": 7}']
            (folder / f"{shard}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        else:
            schema = pa.schema({name: pa.string() for name in COLUMNS})
            parquet.write_table(pa.Table.from_pylist(part, schema), folder / f"{shard}.parquet", row_group_size=100)


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pool") / "news"
    _write(folder, _articles(1200))
    (folder / "notes.xyz").write_text("no article")
    return folder


@pytest.fixture(scope="module")
def streamed(pool):
    out = pool.parent / "stream.jsonl"
    return select_pool(pool, out, request=ASKED), out.read_bytes()


def _records(data: bytes) -> list[dict]:
    return [json.loads(line) for line in data.splitlines()]


def test_embedded_daft_selects_the_same_bytes(pool, streamed, tmp_path):
    told: dict[str, dict] = {"stream": {}, "daft": {}}
    skipped: dict[str, list] = {"stream": [], "daft": []}
    for name in ("stream", "daft"):
        options = Options(
            on_columns=lambda place, columns, name=name: told[name].update({place: columns.found()}),
            on_skipped=skipped[name].append,
        )
        result = select_pool(pool, tmp_path / name, request=ASKED, options=options, engine=name)
        assert result == streamed[0]
        assert (tmp_path / name).read_bytes() == streamed[1]
    assert told["stream"] == told["daft"]
    assert len(told["daft"]) == 4
    assert skipped["stream"] == skipped["daft"] == ["notes.xyz"]


def test_processes_select_the_same_bytes(pool, streamed, tmp_path):
    out = tmp_path / "out"
    ran = _run(
        {"sources": str(pool), "out": str(out), "request": asdict(ASKED), "large": 0, "load": 0}, dict(os.environ)
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == json.loads(json.dumps(asdict(streamed[0])))
    assert out.read_bytes() == streamed[1]


@pytest.mark.cluster
def test_a_ray_cluster_of_two_selects_the_same_bytes(pool, streamed, tmp_path):
    raylets = _raylets()
    asked = {"sources": str(pool / "[0-9].*"), "out": str(tmp_path / "ray.jsonl"), "request": asdict(ASKED), "load": 0}
    with raylets.two_raylets() as address:
        alone = {**os.environ, **raylets.ENVIRONMENT}
        ran = _run({**asked, "ray": address}, alone)
        refused = _run({**asked, "ray": address}, {**alone, "RAY_AUTH_TOKEN": "f" * 64})
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == json.loads(json.dumps(asdict(streamed[0])))
    assert (tmp_path / "ray.jsonl").read_bytes() == streamed[1]
    assert refused.stderr.startswith("4 error[E_CLUSTER_DOWN]")
    assert "token" in refused.stderr


def _run(asked: dict, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT, json.dumps(asked)]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_what_is_selected_is_what_a_workspace_selects(pool, streamed, workspace, tmp_path):
    workspace.ingest(pool)
    chosen = workspace.select(ASKED)
    ids = sorted(one.article_id for one in chosen.assigned)
    other = curation.init(tmp_path / "other")
    selected = tmp_path / "selected.jsonl"
    selected.write_bytes(streamed[1])
    read = other.ingest(selected)
    assert read.new == len(ids)
    assert not read.rejects
    assert not read.duplicates
    with workspace._reading() as one, other._reading() as two:
        for article_id in ids:
            here, there = one.articles.get(article_id), two.articles.get(article_id)
            assert there is not None
            same = ("text", "title", "url", "outlet", "authors", "published_at", "license")
            assert [getattr(here, name) for name in same] == [getattr(there, name) for name in same]
            about = {"pool_source": here.source, **({"pool_notes": here.notes} if here.notes else {})}
            assert there.meta == {**here.meta, **about}
            assert there.steps == tuple(step for step in here.steps if step != "language")
            assert one.articles.raw(article_id) == two.articles.raw(article_id)


def test_filters_strata_and_copies(streamed):
    result, data = streamed
    records = _records(data)
    assert len(records) == result.selected == ASKED.size
    assert [record["id"] for record in records] == sorted({record["id"] for record in records})
    for record in records:
        assert record["published_at"] >= "2019-03"
        assert len(record["text"].strip()) >= 400
        assert "forbidden" not in record["text"]
    assert sum(share.sample for share in result.strata["topic"]) == ASKED.size
    assert sum(share.pool for share in result.strata["topic"]) == result.pool
    assert all(share.sample for shares in result.strata.values() for share in shares)
    folded = [" ".join(record["text"].casefold().split()) for record in records]
    assert len(set(folded)) == len(folded)


def test_counts_add_up(pool, streamed):
    result = streamed[0]
    refused = sum(one.count for one in result.refused.values())
    assert result.documents == result.articles + result.repeated + refused
    assert result.articles == result.pool + result.copies + sum(result.left_out.values())
    assert set(result.refused) == {"R_EMPTY", "R_FORBIDDEN_CHARACTER", "R_ID_TAKEN", "R_JSON", "R_NO_TEXT"}
    assert result.refused["R_JSON"].count == 2
    assert result.refused["R_JSON"].examples[0] == ("1.jsonl:21", "the line is cut off")


@pytest.mark.parametrize("name", ["stream", "daft"])
def test_a_larger_sample_holds_the_smaller(pool, tmp_path, name):
    samples = []
    for size in (30, 60, None):
        select_pool(pool, tmp_path / "out", request=Request(size=size, by=("outlet",)), engine=name)
        samples.append(set((tmp_path / "out").read_bytes().splitlines()))
    assert samples[0] < samples[1] < samples[2]


def test_keeping_duplicates_keeps_every_article(pool, tmp_path):
    request = Request(keep_duplicates=True)
    results = [select_pool(pool, tmp_path / name, request=request, engine=name) for name in ("stream", "daft")]
    assert results[0] == results[1]
    assert results[0].selected == results[0].articles
    assert results[0].duplicates > results[0].clusters > 0


@pytest.mark.parametrize("name", ["stream", "daft"])
def test_bad_input_ends_in_one_line(tmp_path, name):
    table = tmp_path / "numbers.csv"
    table.write_text("a,b\n1,2\n")
    out = tmp_path / "out"
    for sources, code, words in (
        (table, "E_MISSING_COLUMN", "numbers.csv: no column holds the text"),
        (tmp_path / "*.parquet", "E_NO_INPUT", "matches no file"),
        (tmp_path / "absent.jsonl", "E_NO_INPUT", "does not exist"),
        ("-", "E_USAGE", "standard input"),
    ):
        with pytest.raises(CurationError, match=words) as raised:
            select_pool(sources, out, engine=name)
        assert raised.value.code == code
    (tmp_path / "one.jsonl").write_text('{"text": "A text."}\n')
    with pytest.raises(CurationError, match="no article has a 'topic'"):
        select_pool(tmp_path / "one.jsonl", out, request=Request(by=("topic",)), engine=name)
    with pytest.raises(CurationError, match="is no folder"):
        select_pool(tmp_path / "one.jsonl", tmp_path / "absent" / "out", engine=name)
    assert not out.exists()


def test_addresses_and_ray_need_daft(tmp_path, monkeypatch):
    with pytest.raises(CurationError, match="--engine daft") as raised:
        select_pool("s3://bucket/news/", tmp_path / "out")
    assert raised.value.code == "E_USAGE"
    with pytest.raises(CurationError, match="only Daft runs on Ray"):
        select_pool("news", tmp_path / "out", ray="127.0.0.1:6379")
    for missing, ray, extra in (("daft", None, "pool"), ("ray", "127.0.0.1:6379", "ray")):
        monkeypatch.setattr(engine, "find_spec", lambda name, missing=missing: None if name == missing else name)
        with pytest.raises(CurationError) as raised:
            select_pool("news", tmp_path / "out", engine="daft", ray=ray)
        assert raised.value.code == "E_EXTRA_MISSING"
        assert f"curation[{extra}]" in raised.value.fix


@pytest.mark.parametrize("listens", [False, True])
def test_an_address_without_a_cluster_ends_in_one_line(tmp_path, listens):
    (tmp_path / "one.jsonl").write_text('{"text": "A text."}\n')
    asked = {"sources": str(tmp_path / "one.jsonl"), "out": str(tmp_path / "out"), "request": asdict(Request())}
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if listens:
            server.listen()
        ran = _run({**asked, "ray": f"127.0.0.1:{server.getsockname()[1]}", "patience": 5}, dict(os.environ))
    assert ran.stderr.startswith("4 error[E_CLUSTER_DOWN]"), ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_an_address_that_is_none(tmp_path):
    with pytest.raises(CurationError, match="is no address of a Ray cluster"):
        engine._require_answer("cluster")


def _raising(error: Exception):
    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


@pytest.mark.parametrize("error", [ConnectionResetError("by accident"), pa.ArrowInvalid("by accident")])
def test_what_fails_in_a_worker_ends_in_one_line(pool, tmp_path, monkeypatch, error):
    monkeypatch.setattr(rows, "survey", _raising(error))
    with pytest.raises(CurationError, match="by accident") as raised:
        select_pool(pool, tmp_path / "out", engine="daft")
    assert raised.value.code == "E_CLUSTER_FAILED"


def test_a_fault_of_ours_is_not_put_on_the_cluster(pool, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(rows, "documents", _raising(ZeroDivisionError("by accident")))
        with pytest.raises(CurationError, match=r"0\.parquet: ZeroDivisionError: by accident \(") as raised:
            select_pool(pool, tmp_path / "out", engine="daft")
    assert raised.value.code == "E_BUG"
    for place in ("candidates", "alike_in", "records"):
        with monkeypatch.context() as patched:
            patched.setattr(rows, place, _raising(ZeroDivisionError("by accident")))
            with pytest.raises(ZeroDivisionError):
                select_pool(pool, tmp_path / "out", engine="daft")


def test_errors_of_a_worker_are_judged_by_what_it_raised():
    from ray.exceptions import RayError, RayTaskError

    wrapped = RayTaskError("survey", "a traceback", ZeroDivisionError("by accident")).as_instanceof_cause()
    for error, code in ((wrapped, None), (RayError("gone"), "E_CLUSTER_FAILED"), (KeyError("ours"), None)):
        with pytest.raises(Exception) as raised, engine.failures():  # noqa: PT011 whatever it is
            raise error
        assert getattr(raised.value, "code", None) == code


def test_sorting_on_disk_makes_the_same_file(tmp_path, monkeypatch):
    lines = [b"%d\t{%d}\n" % (number, number) for number in random.Random(1).sample(range(10, 1000), 300)]
    at_once = output.write(lines, tmp_path / "at-once")
    monkeypatch.setattr(output, "_HELD", 100)
    assert output.write(lines, tmp_path / "in-runs") == at_once
    assert (tmp_path / "in-runs").read_bytes() == (tmp_path / "at-once").read_bytes()
    assert (tmp_path / "at-once").read_bytes() == b"".join(one.partition(b"\t")[2] for one in sorted(lines))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["at-once", "in-runs"]


def _members(*texts: tuple[int, int, int]) -> buckets.Members:
    bucket, key, near = np.array(texts, np.int64).reshape(-1, 3).T
    return buckets.Members(bucket.astype(np.uint64), key, near.astype(np.uint64), np.zeros(len(key), np.uint64))


def test_pairs_of_a_bucket_are_bounded_as_in_a_workspace():
    members = _members((7, 10, 5), (7, 20, 3), (9, 5, 0), (7, 30, 9), (9, 6, 0), (7, 40, 1)).sorted()
    every = {(10, 20), (10, 30), (10, 40), (20, 30), (20, 40), (30, 40), (5, 6)}
    assert set(map(tuple, buckets.pairs(members, 100).tolist())) == every
    # In the order of the hashes the keys are 40, 20, 10, 30: whoever stands side by side is compared.
    assert set(map(tuple, buckets.pairs(members, 3).tolist())) == {(20, 40), (10, 20), (10, 30), (5, 6)}
    assert [keys.tolist() for keys in buckets.large(members, 5)] == [[40, 20, 10, 30]]
    assert not len(buckets.pairs(_members(), 3))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 99), st.integers(0, 3)), unique_by=lambda text: text[:2]),
    st.integers(1, 12),
)
def test_pairs_are_those_of_every_bucket_by_itself(texts, at_most):
    expected = set()
    for bucket in {text[0] for text in texts}:
        keys = [key for _, key in sorted((near, key) for own, key, near in texts if own == bucket)]
        found: list[tuple[int, int]] = []
        for step in range(1, len(keys)):
            if len(found) < at_most:
                found += [(min(pair), max(pair)) for pair in zip(keys, keys[step:], strict=False)]
        expected |= set(found)
    assert list(map(tuple, buckets.pairs(_members(*texts).sorted(), at_most).tolist())) == sorted(expected)


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 20)))
def test_what_stands_twice(values, others):
    twice = buckets.twice(np.array(values, np.uint64))
    assert twice.tolist() == sorted(value for value, count in Counter(values).items() if count > 1)
    assert buckets.within(np.array(others, np.uint64), twice).tolist() == [other in twice for other in others]


def _cut(folder: Path, size: int, monkeypatch) -> list[Source]:
    monkeypatch.setattr(units, "_UNIT", size)
    monkeypatch.setattr(reading, "_LOAD", size)
    return units.cut(find_files([str(folder)], Options()), Options())


@pytest.mark.parametrize("size", [1_000, 20_000, 70_000])
def test_parts_of_files_are_read_as_the_files_are(pool, monkeypatch, size):
    options = Options()
    whole = {source.name: list(documents(source, options)) for source in find_files([str(pool)], options)}
    parts: dict[str, list] = {name: [] for name in whole}
    found = _cut(pool, size, monkeypatch)
    for part in found:
        parts[part.name] += documents(part, options)
    assert parts == whole
    counts = Counter(part.name for part in found)
    assert all(counts[f"{number}.jsonl"] > 300_000 // 2 // size for number in (1, 3))
    assert all(counts[f"{number}.parquet"] > 1 for number in (0, 2))


def test_large_files_in_parts_select_the_same_bytes(pool, streamed, tmp_path, monkeypatch):
    assert len(_cut(pool, 30_000, monkeypatch)) > 15
    columns: list[str] = []
    options = Options(on_columns=lambda place, _: columns.append(place))
    assert select_pool(pool, tmp_path / "out", request=ASKED, options=options, engine="daft") == streamed[0]
    assert (tmp_path / "out").read_bytes() == streamed[1]
    assert columns == ["0.parquet", "1.jsonl", "2.parquet", "3.jsonl"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_small_files_are_read_by_one_worker_large_ones_alone(tmp_path, monkeypatch):
    for number, size in enumerate((10, 50, 900, 10, 10, 10, 10, 10)):
        (tmp_path / f"{number}.txt").write_text("x" * size)
    monkeypatch.setattr(reading, "_LOAD", 100)
    monkeypatch.setattr(reading, "_LOAD_FILES", 3)
    files = reading.Files(_cut(tmp_path, 100, monkeypatch), None, tmp_path)
    assert list(files._loads(range(8))) == [[0, 1], [2], [3, 4, 5], [6, 7]]
    assert list(files._loads([])) == []


def test_what_is_found_is_written_in_groups(monkeypatch):
    monkeypatch.setattr(rows, "_GROUP", 5)
    monkeypatch.setattr(rows, "_GROUP_BYTES", 1_000)
    texts = [*["a"] * 7, "b" * 2_000, "c"]
    tables = [pa.table({"text": [text][:number]}) for text in texts for number in (1, 0)]
    assert [table["text"].to_pylist() for table in rows._gathered(tables)] == [texts[:5], texts[5:8], texts[8:]]


def test_one_file_is_shared_by_all_workers(pool, tmp_path, monkeypatch):
    table = pa.concat_tables(parquet.read_table(pool / f"{number}.parquet") for number in (0, 2))
    (tmp_path / "lines").mkdir()
    (tmp_path / "groups").mkdir()
    parquet.write_table(table, tmp_path / "groups" / "news.parquet", row_group_size=50)
    lines = [json.dumps(row, ensure_ascii=False) for row in table.to_pylist()]
    (tmp_path / "lines" / "news.jsonl").write_text("\n\n".join(lines), encoding="utf-8")
    for folder in ("lines", "groups"):
        results = []
        for name, size in (("stream", 0), ("daft", 10**9), ("daft", 20_000)):
            assert (len(_cut(tmp_path / folder, size, monkeypatch)) > 5) is (size == 20_000) or not size
            out = tmp_path / f"{name}-{size}"
            results.append((select_pool(tmp_path / folder, out, request=ASKED, engine=name), out.read_bytes()))
        assert results[0] == results[1] == results[2]


def _damaged(folder: Path, groups: list[list[dict[str, str]]]) -> None:
    """A Parquet file whose second row group cannot be read."""
    path = folder / "news.parquet"
    with parquet.ParquetWriter(path, pa.schema({"text": pa.string()}), compression="none") as file:
        for group in groups:
            file.write_table(pa.Table.from_pylist(group))
    found = parquet.ParquetFile(path).metadata.row_group(1).column(0)
    start = found.dictionary_page_offset or found.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + found.total_compressed_size] = b"\xff" * found.total_compressed_size
    path.write_bytes(data)


def test_what_stands_behind_damage_is_read_by_no_engine(tmp_path, monkeypatch):
    folder = tmp_path / "pool"
    folder.mkdir()
    dice = random.Random(3)
    _damaged(folder, [[{"text": f"{dice.random()} " * 2000} for _ in range(10)] for _ in range(4)])
    (folder / "other.jsonl").write_text('{"text": "An article behind it."}\n')
    results = [select_pool(folder, tmp_path / "stream")]
    assert len(_cut(folder, 100_000, monkeypatch)) > 3
    results.append(select_pool(folder, tmp_path / "daft", engine="daft"))
    assert results[0] == results[1]
    assert results[0].refused["R_TABLE"].count == 1
    assert results[0].articles == 11


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'[\n{"text": "a"},\n{"text": "b"}\n]\n', id="array"),
        pytest.param('{"text": "é"}\n{"text": "ü"}\n'.encode("utf-16"), id="utf-16"),
        pytest.param('{"text": "Er läuft über die Straße."}\n{"text": "Schön."}\n'.encode("cp1252"), id="cp1252"),
        pytest.param(b'{"a": 1}\n{"text": "b"}\n', id="no text in the first object"),
        pytest.param(b"no JSON\nnor this\n", id="no object"),
    ],
)
def test_files_that_are_read_as_a_whole(tmp_path, monkeypatch, data):
    (tmp_path / "one.jsonl").write_bytes(data)
    assert [unit.part for unit in _cut(tmp_path, 10, monkeypatch)] == [None]


@given(
    lines=st.lists(st.sampled_from(["", " ", "x", "{}", '{"text": "a"}', '{"text": "' + "b" * 40 + '"}'])),
    end=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_are_counted_across_parts(tmp_path, monkeypatch, lines, end):
    data = "\n".join(['{"text": "first"}', *lines]) + "\n" * end
    source = tmp_path / "one.jsonl"
    source.write_text(data)
    whole = list(documents(find_files([str(source)], Options())[0], Options()))
    parts = _cut(source, 25, monkeypatch)
    assert [document for part in parts for document in documents(part, Options())] == whole


def test_a_long_article_takes_no_id_of_another(tmp_path):
    paragraphs = [f"{place} " + "x" * 2000 for place in range(30)]
    rows = [{"id": "X", "text": "\n\n".join(paragraphs)}, {"id": "X.part-1", "text": "An article of its own."}]
    source = tmp_path / "news.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    results = [select_pool(source, tmp_path / name, engine=name) for name in ("stream", "daft")]
    assert results[0] == results[1]
    for name in ("stream", "daft"):
        assert [row["id"] for row in _records((tmp_path / name).read_bytes())] == ["X", "X.part-1"]


@pytest.mark.parametrize("threshold", [0.49, 7.0, float("nan")])
def test_a_threshold_out_of_range(tmp_path, threshold):
    with pytest.raises(CurationError, match=r"from 0\.5 to 1") as raised:
        select_pool(tmp_path, tmp_path / "out", threshold=threshold)
    assert raised.value.code == "E_USAGE"


def test_documents_of_one_id_are_told_apart():
    first = Identity(1, "a1", None, "A", "here")
    settled = settle(
        [
            Identity(5, "x", "x", "C", "here"),
            Identity(3, "x", "x", "B", "here"),
            Identity(4, "x", "x", "B", "there"),
            Identity(2, "a1", None, "A", "there"),
            first,
            Identity(6, "a1", None, "A", "there"),
        ]
    )
    assert settled.renamed == {2: own_id("A", "there")}
    assert settled.repeated == [4, 6]
    assert settled.taken == [5]


def test_a_crowd_is_told_by_every_engine(tmp_path, monkeypatch):
    dice = random.Random(4)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4000)]
    common = " ".join(dice.choices(words, k=40))
    with (tmp_path / "pool.jsonl").open("w", encoding="utf-8") as file:
        for number in range(60):
            text = f"{common} {' '.join(dice.choices(words, k=40))}"
            file.write(json.dumps({"id": f"n{number}", "text": text}) + "\n")
    monkeypatch.setattr(confirming, "PAIRS", 60)
    told = [
        select_pool(tmp_path / "pool.jsonl", tmp_path / f"{one}.jsonl", request=Request(size=5), engine=one)
        for one in ("stream", "daft")
    ]
    assert told[0] == told[1]
    assert told[0].crowded > 0
    monkeypatch.undo()
    assert select_pool(tmp_path / "pool.jsonl", tmp_path / "all.jsonl", request=Request(size=5)).crowded == 0
