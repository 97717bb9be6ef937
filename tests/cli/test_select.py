"""`curation select` from the shell."""

from __future__ import annotations

import csv
import json

import pytest

import curation


@pytest.fixture
def study(workspace, tmp_path, monkeypatch) -> curation.Workspace:
    """A workspace with 60 articles, which is the current folder."""
    source = tmp_path / "articles.jsonl"
    rows = [
        {
            "id": f"a{number}",
            "text": f"Story {number} is about {' '.join(f'thing{number}x{word}' for word in range(40))}.",
            "outlet": ["Herald", "Post", f"Small {number}"][number % 3],
            "date": f"20{number % 3 + 18}-05-0{number % 9 + 1}",
            "lang": "en",
            "topic": "rent",
        }
        for number in range(60)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    workspace.ingest(source)
    monkeypatch.chdir(workspace.path)
    return workspace


def test_a_sample_is_shown_beside_its_pool_and_written(study, run):
    shown = run("select", "--size", 12, "--by", "outlet", "--seed", 7, "--since", "2019", "--dry-run")
    assert shown.exit == 0
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["60", "articles,", "20", "left", "out"] in lines
    assert ["too", "early:", "20"] in lines
    assert "12 of the other 40 are drawn (seed 7)" in shown.out
    assert [line[:3] for line in lines if line[:1] == ["Post"]] == [["Post", "20", "50.0%"]]
    # Twenty small outlets beside a large one: eleven are shown by name, the others folded.
    assert any(line[:2] == ["(9", "others)"] for line in lines)
    assert "dry run: nothing written" in shown.out
    assert run("status", "--json").json["selected"] is None

    done = run("select", "--size", 12, "--by", "outlet", "--seed", 7, "--since", "2019")
    assert "12 articles chosen: 12 new, 0 no longer. Next: curation studio push" in done.out
    assert run("status", "--json").json["selected"] == 12
    assert "chosen with: size 12, by outlet, seed 7, since 2019" in run("status").out
    assert "nothing to do" in run("select", "--size", 12, "--by", "outlet", "--seed", 7, "--since", "2019").out


def test_json_holds_everything(study, run):
    found = run("select", "-n", 10, "--by", "topic", "--annotators", "anna, ben,cleo", "--overlap", 2,
                "--calibration", 4, "--json").json  # fmt: skip
    assert found["sample"]["articles"] == 10
    assert found["strata"]["topic"] == [{"value": "rent", "pool": 60, "sample": 10}]
    assert [one["calibration"] for one in found["assigned"]] == [True] * 4 + [False] * 6
    assert found["assigned"][0]["annotators"] == ["anna", "ben", "cleo"]
    assert found["workload"] == {"articles": {"anna": 8, "ben": 8, "cleo": 8}, "least_shared": 6, "most_shared": 6}


def test_the_plan_as_a_table_that_no_spreadsheet_runs(study, run, tmp_path):
    path = tmp_path / "plan.csv"
    done = run("select", "-n", 6, "--annotators", "=cmd|' /C calc'!A1,ben", "--overlap", 1, "--calibration", 1,
               "--plan", path)  # fmt: skip
    assert f"plan written to {path}" in done.out
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["calibration"] for row in rows] == ["yes", *["no"] * 5]
    assert [row["article_id"] for row in rows] == [one.article_id for one in _chosen(study)]
    assert rows[0]["annotators"] == "'=cmd|' /C calc'!A1; ben"
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


def _chosen(study):
    with study._reading() as store:
        return store.selection.chosen()


def test_all_undoes_a_choice(study, run):
    run("select", "--size", 5)
    assert "the choice of 5 articles is undone" in run("select", "--all").out
    run("select", "--size", 1)
    assert "the choice of 1 article is undone" in run("select", "--all").out
    assert "nothing to do" in run("select", "--all").out
    assert _chosen(study) == []


def test_more_than_there_is_is_no_error(study, run):
    done = run("select", "--size", 500)
    assert done.exit == 0
    assert "that is all there are: fewer than the 500 asked for" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--by", "desk"), "no article has a 'desk'. Fix: sample by one of: outlet, month, year, lang, license, topic"),
        (("--since", "yesterday"), "'yesterday' is no date"),
        (("--since", "2021", "--until", "2020"), "no date is since 2021 and until 2020"),
        (("--keyword", "zebra"), "nothing is left of 60 articles (60 no keyword)"),
        (("--annotators", "5"), "how many of them get an article (overlap)"),
        (("--annotators", "2", "--overlap", "3"), "an overlap of 3 needs as many annotators; there are 2"),
        (("--annotators", "0", "--overlap", "3"), "--annotators is 0"),
        (("--annotators", "a,,b", "--overlap", "1"), "annotators need names that differ"),
        (("--calibration", "3"), "a calibration set goes to all annotators"),
        (("--plan", "x.csv"), "there is no plan to write"),
        (("--size", "0"), "0 is not in the range"),
    ],
)
def test_mistakes_end_in_one_line(study, run, arguments, says):
    ended = run("select", *arguments)
    assert ended.exit == 2
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
    assert says in ended.err


def test_a_plan_that_cannot_be_written_is_an_error_in_one_line(study, run, tmp_path):
    ended = run("select", "-n", 3, "--annotators", 2, "--overlap", 1, "--plan", tmp_path / "missing" / "plan.csv")
    assert ended.exit == 8
    assert "plan.csv: No such file or directory" in ended.err


def test_a_plan_takes_the_place_of_a_plan_alone(study, run, tmp_path):
    words = ("select", "-n", 3, "--annotators", 2, "--overlap", 1, "--plan")
    for _ in range(2):
        assert run(*words, tmp_path / "plan.csv").exit == 0
    mine = tmp_path / "mine.csv"
    mine.write_text("name,address\n", encoding="utf-8")
    ended = run(*words, mine)
    assert (ended.exit, ended.out, ended.err.count("\n")) == (5, "", 1)
    assert mine.read_text(encoding="utf-8") == "name,address\n"


def test_what_was_asked_for_and_cannot_be_had_is_told(study, run):
    shown = run("select", "-n", 8, "--by", "outlet", "--minimum", 3, "--outlet", "herald", "--outlet", "Small 2",
                "--outlet", "Gazette", "--language", "en", "--annotators", 2, "--overlap", 1, "--calibration", 9,
                "--dry-run")  # fmt: skip
    assert shown.exit == 0
    assert "  not 3 of every stratum (--minimum): Small 2 1\n" in shown.out
    assert "  no article has the outlet 'Gazette'\n" in shown.out
    assert "only 8 of the 9 articles asked for with --calibration" in shown.out
    assert "  8 articles for each of 2 annotators\n  8 articles that any two of them share\n" in shown.out
    plain = run("select", "-n", 8, "--outlet", "herald", "--annotators", 2, "--overlap", 2, "--calibration", 8)
    assert not [said for said in ("--minimum", "no article has", "asked for with") if said in plain.out]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_nothing_left_is_an_error_that_names_what_matches_nothing(study, run, dry):
    ended = run("select", "--outlet", "Gazette", "--language", "de", *dry)
    assert ended.exit == 2
    assert "nothing is left of 60 articles (60 other outlet, no article has the outlet 'Gazette'" in ended.err
    assert "no article has the language 'de'" in ended.err
