"""Exports of other people's projects, converted and held against their raw JSON by an independent script."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import curation

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = ROOT.parent / "shared" / "corpora" / "ls_exports"
COUNT = "tests.studio.conversion.count_export"

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the corpora are not there: no folder {EXPORTS}")

# File, and how many spans, relations and findings about stored texts there are.
FIGURES = {
    "leoka_team_01.json.gz": {"spans": 3260, "texts": 38},
    "leoka_team_02.json.gz": {"spans": 3273, "texts": 0},
    "karanheera_relations.json": {"spans": 239, "relations": 152, "relation labels": 153, "texts": 0},
    "lue01_zh_spans.json": {"spans": 514, "texts": 0},
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The report, folder and findings of each export, converted once."""
    made = {}

    def call(name):
        if name not in made:
            out = tmp_path_factory.mktemp("converted") / "out"
            report = curation.convert(EXPORTS / name, out)
            findings = [json.loads(line) for line in (out / "findings.jsonl").read_text("utf-8").splitlines()]
            made[name] = report, out, findings
        return made[name]

    return call


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_lost(converted, name):
    report, out, _ = converted(name)
    run = subprocess.run(
        [sys.executable, "-m", COUNT, str(EXPORTS / name), str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    counts = json.loads(run.stdout)["counts"]
    for fact, number in FIGURES[name].items():
        if fact != "texts":
            assert counts[fact] == number, fact
    assert report.tables.get("mentions", 0) == counts["spans"]
    assert report.tables.get("relations", 0) == counts["relations"]
    assert report.items == counts["items"]
    assert report.unread == 0


@pytest.mark.parametrize("name", FIGURES)
def test_stored_texts_that_differ_are_named(converted, name):
    _, _, findings = converted(name)
    about_texts = [one for one in findings if one["code"] in ("F_TEXT_MISMATCH", "F_TEXT_WHITESPACE")]
    assert len(about_texts) == FIGURES[name]["texts"]
    for one in about_texts:
        assert one["severity"] == ("warning" if one["code"] == "F_TEXT_WHITESPACE" else "error")
    assert not any(one["code"].startswith("F_JSON") for one in findings)


def test_texts_that_differ_are_shown_to_differ(converted):
    messages = [one["message"] for one in converted("leoka_team_01.json.gz")[2] if one["code"].startswith("F_TEXT")]
    pairs = [re.fullmatch("[^“]*the text has (“.*”) there, Label Studio stored (“.*”)", one) for one in messages]
    assert len(pairs) == 38
    for pair in pairs:
        assert pair is not None
        assert pair[1] != pair[2]


# What stands at a finding's place, below its row.
PLACES = {"F_SPAN_EDGES": "/value", "F_SPAN_DUPLICATE": "", "F_TEXT_MISMATCH": "/value/text",
          "F_TEXT_WHITESPACE": "/value/text"}  # fmt: skip
NAMED = re.compile(r"(?P<labels>[^“(]*?)(?: “(?P<text>.*)”)? \((?P<start>\d+)–(?P<end>\d+)\): ", re.DOTALL)


@pytest.mark.parametrize("name", FIGURES)
def test_every_pointer_leads_to_what_its_message_names(converted, name):
    data = (EXPORTS / name).read_bytes()
    items = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)
    for one in converted(name)[2]:
        place = re.fullmatch(r"/(\d+)/annotations/(\d+)/result/(\d+)(.*)", one["json_pointer"])
        assert place is not None, one
        item = items[int(place[1])]
        annotation = item["annotations"][int(place[2])]
        row = annotation["result"][int(place[3])]
        value, said = row["value"], NAMED.match(one["message"])
        assert said is not None, one
        assert place[4] == PLACES[one["code"]]
        assert (one["article_id"], one["annotation"]) == (str(item["id"]), str(annotation["id"]))
        assert one["region"] == row["id"]
        assert (said["labels"], int(said["start"]), int(said["end"])) == (
            ", ".join(map(str, value["labels"])),
            value["start"],
            value["end"],
        )
        marked = " ".join(item["data"]["text"][value["start"] : value["end"]].split()) or "␣"
        assert said["text"] is None or said["text"] == marked or marked.startswith(said["text"].removesuffix("…"))


def test_a_whole_annotation_is_read_of_people_with_names(converted):
    report, out, _ = converted("leoka_team_01.json.gz")
    given = [json.loads(line) for line in (out / "annotators.jsonl").read_text("utf-8").splitlines()]
    assert len({one["annotator"] for one in given}) == report.annotators > 1
    emails = [one["given"].get("email") or one["given"]["user"] for one in given]
    assert all("@" in email for email in emails)
    assert len(emails) > report.annotators, "drafts name people in another way"
    for path in out.rglob("*.parquet"):
        assert not any(email.encode() in path.read_bytes() for email in emails)


def test_findings_are_spread_over_codes_as_the_report_says(converted):
    for name in FIGURES:
        report, _, findings = converted(name)
        assert Counter(one["code"] for one in findings) == report.findings
