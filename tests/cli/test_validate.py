"""`validate` shows what there is to mend: chosen, counted, as text, as JSON and as a page."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import curation
from curation.errors import CurationError
from curation.store import Project, Store
from curation.workspace.findings import require_known

TEXT = "Mayor Ada Lund said on Monday that the tunnel charge works.\n\nThe guild of carters called it a tax on trade."
ANNOTATORS = (4, 5, 6)


def span(start: int, end: int, name: str, label: str = "Actor", **value: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label], **value}
    return {"id": name, "from_name": "span", "to_name": "text", "type": "labels", "origin": "manual", "value": value}


def relation(source: str, target: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": "right"}


def item(number: int, control: str) -> dict[str, Any]:
    """An item on which everybody marked the mayor with a space too many and left an arrow without a label."""
    rows = [span(6, 15, "lund"), span(66, 83, "guild"), relation("lund", "guild")]
    for row in rows[:2]:
        row["from_name"] = control
    annotations = [
        {"id": 100 * number + user, "completed_by": user, "was_cancelled": False, "result": rows} for user in ANNOTATORS
    ]
    return {
        "id": number,
        "project": 1,
        "data": {"article_id": f"charge-{number}", "text": TEXT},
        "annotations": annotations,
    }


def annotated(folder: Path) -> curation.Workspace:
    """Four articles, each annotated by three people with the same mistakes."""
    workspace = curation.init(folder)
    source = workspace.path / "articles.jsonl"
    lines = [json.dumps({"id": f"charge-{number}", "text": TEXT + f"\n\nPart {number}."}) for number in range(1, 5)]
    source.write_text("\n".join(lines), encoding="utf-8")
    workspace.ingest([source], keep_duplicates=True)
    control = workspace.task().span_control
    items = [item(number, control) for number in range(1, 5)]
    for one in items:
        one["data"]["text"] = TEXT + f"\n\nPart {one['id']}."
    export = workspace.path / "export.json"
    export.write_text(json.dumps(items), encoding="utf-8")
    workspace.pull_file(export)
    return workspace


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> curation.Workspace:
    return annotated(tmp_path_factory.mktemp("validate") / "study")


def test_kinds_come_with_their_first_places_and_the_last_line_sums_up(run, study):
    ran = run("validate", "-w", study.path)
    assert ran.exit == 1
    lines = ran.out.splitlines()
    head = next(line for line in lines if "F_RELATION_UNLABELLED" in line)
    assert head == "error    F_RELATION_UNLABELLED  A relation without a label"
    start = lines.index(head)
    assert lines[start + 1].strip() == "12 findings · 12 annotations · 4 articles · 3 annotators"
    part = lines[start : lines.index("", start)]
    assert part[-1].strip() == "... and 9 more: curation validate --code F_RELATION_UNLABELLED --all"
    assert lines[-1].startswith("0 valid, 12 quarantined")
    assert lines[-2].startswith("To mend where it was annotated, as `curation validate --html report.html` shows it")
    assert lines[-3].startswith("By annotator: annotator-01 ")
    assert "F_SPAN_EDGES" in ran.out
    severities = [line.split()[0] for line in lines if line.startswith(("error ", "warning "))]
    assert severities == sorted(severities)


def test_a_workspace_that_pushed_its_task_is_pointed_to_the_flags(run, tmp_path):
    study = annotated(tmp_path / "study")
    with Store(study.path) as store, store.transaction():
        store.ledger.bind(Project("https://labels.example.org", "another", 3, "", "", "1"))
    assert "studio flag" not in run("validate", "-w", study.path).out
    with Store(study.path) as store, store.transaction():
        store.ledger.bind(Project("https://labels.example.org", "news-stance", 4, "", "", "1"))
    ran = run("validate", "-w", study.path)
    assert ran.out.splitlines()[-2].startswith("To mend in Label Studio, where `curation studio flag` marks the items")


def test_findings_are_chosen(run, study):
    chosen = ("--code", "f_span_edges", "--annotator", "annotator-02", "--article", "charge-3", "--all")
    ran = run("validate", "-w", study.path, *chosen)
    places = [line for line in ran.out.splitlines() if line.startswith("  - ")]
    assert places == ["  - charge-3 · annotator-02 · lund"]
    assert "1 finding as chosen" in ran.out
    assert ran.exit == 1, "what is not shown is wrong all the same"
    assert "error  " not in run("validate", "-w", study.path, "--severity", "Warning").out
    without = ("--annotator", "annotator-02", "--code", "F_HASTE")
    assert run("validate", "-w", study.path, *without).out.splitlines()[0].startswith("0 findings")


def test_a_name_in_other_capitals_is_told_with_the_one_that_is_meant():
    known = [*(f"paper-{number}" for number in range(20)), "Rent-Cap-02"]
    with pytest.raises(CurationError) as caught:
        require_known("article", "RENT-CAP-02", known)
    assert caught.value.fix.startswith("one of: Rent-Cap-02")


@pytest.mark.parametrize(
    ("option", "near"), [("--annotator", "annotator-01, annotator-02"), ("--article", "charge-1, c")]
)
def test_a_name_of_nobody_is_no_clean_report(run, study, option, near):
    ran = run("validate", "-w", study.path, option, "charge-9")
    assert (ran.exit, ran.out) == (3, "")
    assert ran.err.startswith("error[E_NOT_FOUND]: there is no annotation with the ")
    assert f"one of: {near}" in ran.err


def test_all_lists_every_place(run, study):
    report = run("validate", "-w", study.path, "--json").json
    ran = run("validate", "-w", study.path, "--all")
    assert sum(line.startswith("  - ") for line in ran.out.splitlines()) == len(report["findings"])
    assert "more:" not in ran.out


def test_json_holds_everything(run, study):
    report = run("validate", "-w", study.path, "--json").json
    assert [report[name] for name in ("valid", "quarantined", "skipped", "drafts")] == [0, 12, 0, 0]
    codes = [one["code"] for one in report["findings"]]
    assert report["by_code"] == {code: codes.count(code) for code in sorted(set(codes))}
    kinds = {kind["code"]: kind for kind in report["kinds"]}
    assert {code: kind["findings"] for code, kind in kinds.items()} == report["by_code"]
    unlabelled = kinds["F_RELATION_UNLABELLED"]
    assert (unlabelled["title"], unlabelled["severity"]) == ("A relation without a label", "error")
    assert (unlabelled["annotations"], unlabelled["articles"], unlabelled["annotators"]) == (12, 4, 3)
    errors = sum(one["severity"] == "error" for one in report["findings"])
    assert sum(one["errors"] for one in report["by_annotator"].values()) == errors
    assert set(report["findings"][0]) >= {"code", "severity", "message", "fix", "article_id", "annotation", "annotator"}
    chosen = run("validate", "-w", study.path, "--json", "--code", "F_SPAN_EDGES").json
    assert list(chosen["by_code"]) == ["F_SPAN_EDGES"]
    assert chosen["quarantined"] == 12


def test_a_page_shows_the_marked_texts(run, study, tmp_path):
    page = tmp_path / "report.html"
    ran = run("validate", "-w", study.path, "--html", page, "--severity", "error")
    assert str(page) in ran.out
    text = page.read_text(encoding="utf-8")
    assert "<mark>Ada Lund</mark>" in text.replace('<span class="odd" dir="ltr" title="U+0020 SPACE">␣</span>', "")
    assert "F_SPAN_EDGES" not in text
    assert "0 valid, 12 quarantined." in text
    assert run("validate", "-w", study.path, "--html", page, "--json").json["html"] == str(page)
    missing = run("validate", "-w", study.path, "--html", tmp_path / "no" / "report.html")
    assert missing.err.startswith("error[E_DISK]")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("gone/report.html", 8, "there is no folder"),
        ("", 2, "is no file"),
        ("-", 2, "is no file"),
        ("{}", 2, "directory"),
        ("pipe", 2, "is no file"),
    ],
)
def test_a_page_is_written_to_files_alone(run, study, tmp_path, monkeypatch, name, status, said):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    ran = run("validate", "-w", study.path, "--html", name.format(tmp_path))
    assert (ran.exit, said in ran.err, "BUG" in ran.err) == (status, True, False)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_page_takes_the_place_of_a_page_alone(run, study, tmp_path):
    store = study.path / "curation.db"
    before = store.read_bytes()
    ran = run("validate", "-w", study.path, "--html", store)
    assert ran.err.startswith(f"error[E_EXISTS]: {store} is there already and is not a page of findings. Fix: ")
    assert (ran.exit, store.read_bytes() == before) == (5, True)
    page = tmp_path / "report.html"
    page.touch()
    for _ in range(2):
        assert run("validate", "-w", study.path, "--html", page).exit == 1
    assert "</html>" in page.read_text(encoding="utf-8")


def test_a_page_of_chosen_findings_says_so(run, study, tmp_path):
    page = tmp_path / "report.html"
    run("validate", "-w", study.path, "--html", page, "--code", "F_SPAN_EDGES", "--article", "charge-3")
    assert "On this page are findings of F_SPAN_EDGES in article charge-3 alone." in page.read_text(encoding="utf-8")
    run("validate", "-w", study.path, "--html", page, "--code", "F_HASTE", "--severity", "error")
    written = page.read_text(encoding="utf-8")
    assert "On this page are errors of F_HASTE alone." in written
    assert "No findings.</p>" in written
    assert "Of all annotations 0 valid, 12 quarantined." in written


def test_a_link_to_a_page_stays_a_link(run, study, tmp_path):
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    run("validate", "-w", study.path, "--html", tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_marks_of_another_text_are_not_shown_in_this_one(tmp_path):
    """The offsets of annotations count the text that was annotated."""
    study = annotated(tmp_path / "study")
    source = study.path / "articles.jsonl"
    documents = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    documents[1]["text"] = "An entirely different text, which came later. " * 3
    source.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    assert study.ingest([source], update=True, keep_duplicates=True).updated == 1
    study.validate()
    page = tmp_path / "report.html"
    study.write_report(page)
    text = page.read_text(encoding="utf-8")
    changed = text.partition('id="F_TEXT_CHANGED"')[2].partition("</section>")[0]
    assert "An entirely different text" in changed
    assert "<mark>" not in changed


def test_a_code_that_there_is_not(run, study):
    ran = run("validate", "-w", study.path, "--code", "F_SPAN_EDGE")
    assert ran.err.startswith("error[E_NOT_FOUND]: no finding has the code 'F_SPAN_EDGE'. Fix: F_SPAN_EDGES")
    with pytest.raises(curation.CurationError, match="F_SPAN_EDGE") as caught:
        study.flag(codes=["F_SPAN_EDGE"])
    assert caught.value.code == "E_NOT_FOUND"


def test_flags_are_taken_away_as_a_whole(run, study):
    assert run("studio", "flag", "-w", study.path, "--clear", "--warnings").err.startswith("error[E_USAGE]")
    assert run("studio", "flag", "-w", study.path, "--code", "X").err.startswith("error[E_NOT_FOUND]")


def test_quiet_says_nothing(run, study):
    ran = run("validate", "-w", study.path, "-q")
    assert (ran.out, ran.err, ran.exit) == ("", "", 1)


def on_a_terminal(folder: Path, columns: int, **environment: str) -> str:
    """What a terminal of so many columns is given."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-m", "curation", "validate", "-w", str(folder), "--severity", "error"],
        stdout=theirs, stderr=subprocess.DEVNULL, env={**kept, "TERM": "xterm", **environment},
    ) as running:  # fmt: skip
        os.close(theirs)
        said = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:
                break
            if not part:
                break
            said += part
        running.wait(60)
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_unless_it_wants_none(study):
    coloured, plain = on_a_terminal(study.path, 90), on_a_terminal(study.path, 90, NO_COLOR="1")
    assert "\x1b[31m" in coloured
    assert "\x1b" not in plain
    assert "F_RELATION_UNLABELLED" in plain


def test_a_narrow_terminal_is_kept_within(study):
    lines = on_a_terminal(study.path, 44, NO_COLOR="1").splitlines()
    found = [line for line in lines if "F_RELATION_UNLABELLED" not in line and not line.startswith(("0 valid", "By "))]
    assert len(found) > 10
    assert max(map(len, found)) <= 44
