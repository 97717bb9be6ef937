"""`curation select --pool`: one selection whatever it runs on, and what does not go together."""

from __future__ import annotations

import json

import pytest

from curation.errors import CurationError, Exit


@pytest.fixture
def pool(tmp_path):
    """Two files of a pool with a copy, another outlet and a broken line."""
    rows = [
        {"id": f"p{number}", "body": f"Story number {number} of the harbour town and its levy.", "paper": "Courier"}
        for number in range(20)
    ]
    rows[7]["paper"] = "Herald"
    rows[9]["body"] = rows[3]["body"].upper()
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:10]), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[10:]) + "{\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("engine", ["stream", "daft"])
def test_a_pool_is_selected_into_a_file_that_can_be_ingested(run_process, workspace, pool, engine):
    out = pool / "selected.jsonl"
    asked = ("--size", 5, "--seed", 3, "--outlet", "Courier", "--map", "outlet=paper")
    ran = run_process("select", "--pool", pool / "*.jsonl", "--out", out, *asked, "--engine", engine, "--json")
    assert ran.exit == Exit.FINDINGS, ran.err
    told = ran.json
    assert (told["documents"], told["articles"], told["duplicates"]) == (21, 20, 1)
    assert told["refused"]["R_JSON"]["examples"][0][0] == "b.jsonl:11"
    assert (told["left_out"], told["pool"], told["selected"]) == ({"other outlet": 1}, 18, 5)
    ids = [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert ids == sorted(ids)
    done = run_process("ingest", out, "-w", workspace.path, "--json").json
    assert done["new"] == 5
    assert [one.id for one in workspace.articles()] == ids


def test_the_file_is_told_to_be_new_unchanged_or_another(run, workspace, pool):
    out = pool / "selected.txt"
    words = ("select", "--pool", pool / "*.jsonl", "--out", out, "-w", workspace.path)
    said = []
    for size in (5, 5, 4):
        said.append(run(*words, "--size", size).out.splitlines()[-1].partition(". Next")[0])
        assert len(out.read_text(encoding="utf-8").splitlines()) == size
    assert said == [
        f"written to {out}",
        f"{out} is unchanged: this was selected before",
        f"written to {out}, in the place of another file",
    ]


@pytest.mark.parametrize("engine", ["stream", "daft"])
def test_a_dry_run_of_a_pool_counts_and_writes_nothing(run_process, workspace, pool, engine):
    words = ("select", "--pool", pool / "*.jsonl", "--size", 5, "--engine", engine, "-w", workspace.path, "--json")
    out = pool / "selected.txt"
    out.write_text('{"id": "something else"}', encoding="utf-8")
    tried = run_process(*words, "--dry-run", "--out", out).json
    assert out.read_text(encoding="utf-8") == '{"id": "something else"}'
    assert sorted(one.name for one in pool.iterdir() if one.is_file()) == ["a.jsonl", "b.jsonl", "selected.txt"]
    assert list(pool.glob(".pool-*")) == []
    assert (tried["selected"], tried.pop("file")) == (5, "unwritten")
    done = run_process(*words, "--out", out).json
    assert done.pop("file") == "changed"
    assert tried == done


def test_neither_the_pool_nor_a_file_of_another_kind_is_replaced(run, workspace, pool):
    for out, status in ((workspace.path / "curation.toml", Exit.CONFLICT), (pool / "a.jsonl", Exit.USAGE)):
        before = out.read_bytes()
        ran = run("select", "--pool", pool / "a.jsonl", "--out", out, "-w", workspace.path)
        assert (ran.exit, ran.err.count("\n"), out.read_bytes() == before) == (status, 1, True)


def test_a_dry_run_of_a_pool_needs_no_file(run, workspace, pool, monkeypatch):
    monkeypatch.chdir(pool)
    before = sorted(pool.rglob("*"))
    ran = run("select", "--pool", "a.jsonl", "--dry-run", "-w", workspace.path)
    assert ran.out.endswith("\ndry run: nothing written\n")
    assert [one for one in sorted(pool.rglob("*")) if one not in before and workspace.path not in one.parents] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pool", "x.jsonl"), "--out selected.jsonl"),
        (("--pool", "x.jsonl", "--out", "y.jsonl", "--all"), "--pool goes with neither"),
        (("--pool", "x.jsonl", "--out", "y.jsonl", "--dry-run", "--plan", "p.csv"), "--pool goes with neither"),
        (("--pool", "x.jsonl", "--out", "y.jsonl", "--annotators", "3", "--overlap", "2"), "planned in the workspace"),
        (("--pool", "x.jsonl", "--out", "y.jsonl", "--ray", "127.0.0.1:1"), "only Daft runs on Ray"),
        (("--out", "y.jsonl"), "go with --pool"),
        (("--engine", "daft"), "go with --pool"),
    ],
)
def test_what_does_not_go_together_ends_in_one_line(run, workspace, words, told):
    ran = run("select", *words, "-w", workspace.path)
    assert ran.exit == Exit.USAGE
    assert ran.err.startswith("error[E_USAGE]: ")
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_only_a_dry_run_needs_no_file(workspace, pool):
    assert workspace.select_pool(pool / "a.jsonl", None, dry_run=True).file == "unwritten"
    with pytest.raises(CurationError) as raised:
        workspace.select_pool(pool / "a.jsonl", None)
    assert (raised.value.code, raised.value.fix) == ("E_USAGE", "name the file")


def test_a_pool_that_is_not_there(run, workspace, tmp_path):
    ran = run("select", "--pool", tmp_path / "none*.parquet", "--out", tmp_path / "y.jsonl", "-w", workspace.path)
    assert ran.exit == Exit.USAGE
    assert ran.err.startswith("error[E_NO_INPUT]: ")
