"""Open articles go to adjudicators and come back as gold, and are open again when annotations change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

import curation
from curation.adjudication.rivals import AGREED
from curation.catalog.adjudicating import QUESTIONS
from curation.errors import CurationError
from curation.records import Annotation, Gold, Mention, Relation
from curation.store import Store
from curation.studio.client import Client
from curation.studio.disputes import STATE, TAB
from curation.studio.encode import encode
from tests.studio.test_nothing_to_do import READS

pytestmark = pytest.mark.server

STANCES = {"stance_congestion_charge": "not_addressed", "stance_rent_cap": "neutral"}


class Bench:
    """A study of four articles on the server, two who annotate them, and the way to what everyone made."""

    def __init__(self, study: curation.Workspace, client: Client, people: list[Client]) -> None:
        self.study, self.client, self.people = study, client, people
        self.task = study.task()
        self.theirs = self.task.for_adjudicators()
        study.push(overlap=2)
        with Store(study.path) as store:
            self.articles = {one.id: one.text for one in store.articles.to_annotate()}
        self.annotated = self.items(self.task.name)

    def project(self, task: str) -> int:
        with Store(self.study.path) as store:
            (found,) = [one for one in store.ledger.projects() if one.task == task]
        return found.project_id

    def items(self, task: str) -> dict[str, int]:
        return {one.article_id: one.ls_task_id for one in self.client.find_tasks(self.project(task), self.articles)}

    def record(self, article_id: str, kind: str = "factual", **choices: str) -> Annotation:
        """An annotation with one actor and one claim."""
        text = self.articles[article_id]
        actor, claim = text.index("The mayor"), text.index("left")
        return Annotation(
            "", article_id, "0" * 64, "news-stance", "1", "",
            mentions=(
                Mention("a1", "Actor", actor, actor + 9, "The mayor", {"type": "person"}),
                Mention("c1", "Claim", claim, claim + 4, "left", {"kind": kind, "quotation": "none"}),
            ),
            relations=(Relation("a1", "c1", "supports"),),
            choices={**STANCES, **choices},
        )  # fmt: skip

    def annotate(self, who: int, record: Annotation) -> int:
        item = self.annotated[record.article_id]
        return self.people[who].annotate(item, encode(record, self.task), lead_time=300.0)

    def change(self, article_id: str, kind: str) -> str:
        """Let the first who annotated an article call its claim otherwise; returns the pseudonym."""
        with Store(self.study.path) as store:
            own = next(one for one in store.annotations.all(task=self.task.name) if one.article_id == article_id)
        (who,) = [one for one in self.people if one.whoami()["id"] == own.raw["completed_by"]]
        who.change_annotation(own.raw["id"], result=encode(self.record(article_id, kind), self.task), lead_time=400.0)
        assert own.annotator is not None
        return own.annotator

    def take(self, article_id: str, maker: str, lead_time: float = 60.0) -> int:
        """Submit what a maker suggests to adjudicators, as the administrator."""
        item = self.items(self.theirs.name)[article_id]
        (found,) = [one for one in self.client.suggestions_of(item) if one["model_version"] == maker]
        rows = [{**row, "origin": "prediction"} for row in found["result"]]
        return self.client.annotate(item, rows, lead_time=lead_time)

    def refresh(self) -> None:
        self.study.pull()
        self.study.validate()

    def gold(self) -> dict[str, Gold]:
        with Store(self.study.path) as store:
            return {one.annotation.article_id: one for one in store.gold.all(self.task.name)}

    def there(self) -> dict[str, Any]:
        """What adjudicators have of each article: its data, and the suggestions by maker."""
        project = self.project(self.theirs.name)
        return {
            name: (
                self.client.item_data(project, item),
                sorted((one["model_version"], str(one["result"])) for one in self.client.suggestions_of(item)),
            )
            for name, item in self.items(self.theirs.name).items()
        }

    def kind(self, article_id: str) -> Any:
        (claim,) = [one for one in self.gold()[article_id].annotation.mentions if one.label == "Claim"]
        return claim.attributes["kind"]


@pytest.fixture
def bench(study, client, people, proxy, monkeypatch) -> Bench:
    """On the first article the two differ in the claim's kind, on the second in a stance; on the others they agree.

    The study's requests go through the proxy.
    """
    monkeypatch.setenv("LABEL_STUDIO_URL", proxy.url)
    made = Bench(study, client, people)
    first, second, *others = made.articles
    for who, kind in enumerate(("factual", "demand")):
        made.annotate(who, made.record(first, kind))
    for who, stance in enumerate(("favor", "against")):
        made.annotate(who, made.record(second, stance_rent_cap=stance))
    for article_id in others:
        for who in (0, 1):
            made.annotate(who, made.record(article_id))
    made.refresh()
    return made


def test_what_is_open_goes_there_and_comes_back_as_gold(bench):
    first, second, *others = bench.articles
    found = bench.study.adjudicate()
    assert (found.articles, found.whole, found.undecided, dict(found.gold)) == (4, 2, 2, {"unanimous": 2})
    submitted = bench.study.put_before_adjudicators()
    assert (submitted.sent.push.sent, submitted.sent.push.suggested) == (2, 6)
    found = bench.study.adjudicate()
    assert (found.waiting, found.undecided, found.changed) == (2, 2, 0)
    there = bench.there()
    assert there.keys() == {first, second}
    data, suggestions = there[first]
    assert [maker for maker, _ in suggestions] == ["version 1", "version 2", AGREED]
    assert data[QUESTIONS] == "1 open question\n1. Claim “left”, its kind: factual (1) | demand (1)"
    assert ["factual" in said or "demand" in said for _, said in suggestions] == [True, True, False]
    assert bench.client.project(bench.project(bench.theirs.name))["model_version"] == AGREED
    assert bench.client.project(bench.project(bench.theirs.name))["maximum_annotations"] == 1

    versions = dict(suggestions)
    chosen = next(maker for maker in versions if "demand" in versions[maker])
    number = bench.take(first, chosen)
    result = bench.study.decisions()
    assert (result.made, result.unfounded) == (1, ())
    assert dict(result.result.gold) == {"adjudicated": 1, "unanimous": 2}
    gold = bench.gold()
    assert gold.keys() == {first, *others}
    decided = gold[first]
    assert bench.kind(first) == "demand"
    assert decided.method == "adjudicated"
    assert decided.annotation.task == "news-stance"
    assert decided.decided_by == decided.annotation.annotator
    assert decided.decided_by not in {one.annotator for one in decided.origins}
    assert decided.decided_at
    with Store(bench.study.path) as store:
        current = {one.id: one.revision for one in store.annotations.all(task="news-stance") if one.article_id == first}
        stored = store.annotations.get(decided.annotation.id)
    assert {one.annotation: one.revision for one in decided.origins} == current
    assert stored is not None
    assert stored.raw["id"] == number
    kinds = next(one for one in decided.rulings if one["key"] == ["attribute", "Claim", "kind"])
    assert [(share["value"], share["share"]) for share in kinds["shares"]] == [("factual", 0.5), ("demand", 0.5)]
    # What annotators said is theirs: adjudicators' work is none of it.
    status = bench.study.status()
    assert (status.annotations, status.gold, status.outdated) == ({"valid": 8}, {"adjudicated": 1, "unanimous": 2}, 0)
    assert bench.study.findings(task=bench.theirs.name) == []
    built = bench.study.build("news-stance")
    assert sum(built.configs["gold"].values()) == 3
    assert sum(built.configs["annotations"].values()) == 8


def test_a_second_run_does_nothing(bench, proxy):
    bench.study.put_before_adjudicators()
    bench.take(next(iter(bench.articles)), "version 1")
    bench.study.decisions()
    before = bench.there()
    proxy.requests.clear()
    again = bench.study.put_before_adjudicators()
    result = bench.study.decisions()
    assert (again.sent.push.sent, again.sent.renewed, again.sent.closed, again.result.changed) == (0, (), (), 0)
    assert (result.made, result.result.changed, result.pull.nothing_new) == (0, 0, True)
    assert bench.there() == before
    assert [line for line in proxy.requests if not line.startswith(READS)] == []


def test_a_decision_is_open_again_when_an_annotation_of_it_changes(bench):
    first, second, *_ = bench.articles
    bench.study.put_before_adjudicators()
    number = bench.take(first, "version 1")
    bench.study.decisions()
    was = bench.kind(first)
    annotator = bench.change(first, "causal")
    bench.refresh()

    status = bench.study.status()
    assert (status.outdated, status.next) == (1, "curation adjudicate")
    found = bench.study.adjudicate()
    assert bench.study.status().outdated == 0
    (reopened,) = found.reopened
    assert (reopened.article_id, reopened.is_settled) == (first, False)
    assert reopened.changes == (f"{annotator}'s annotation changed",)
    assert first not in bench.gold()
    assert (found.undecided, found.waiting) == (2, 1)
    # The old decision, fetched again, decides nothing.
    assert bench.study.decisions().made == 0
    assert first not in bench.gold()

    untouched = bench.there()[second]
    sent = bench.study.put_before_adjudicators().sent
    assert (sent.renewed, sent.push.sent) == ((first,), 0)
    data, suggestions = bench.there()[first]
    assert data[QUESTIONS].startswith("Decided before, and open again: annotations changed.")
    assert data[STATE].startswith("reopened ")
    assert any("causal" in said for _, said in suggestions)
    assert not any(was in said and "causal" in said for _, said in suggestions)
    assert bench.there()[second] == untouched
    tabs = bench.client.tabs(bench.project(bench.theirs.name))
    assert TAB in [tab["data"]["title"] for tab in tabs]
    assert bench.study.put_before_adjudicators().sent.renewed == ()

    # Whoever presses Update with the same answer has decided anew.
    bench.client.change_annotation(number, lead_time=90.0)
    result = bench.study.decisions()
    assert (result.made, result.result.reopened) == (1, [])
    assert bench.kind(first) == was
    assert set(bench.gold()[first].origins) != set()


def test_what_the_rules_settle_meanwhile_is_closed(bench):
    _, second, *_ = bench.articles
    bench.study.put_before_adjudicators()
    with Store(bench.study.path) as store:
        own = [one for one in store.annotations.all(task="news-stance") if one.article_id == second]
    for one in own:
        bench.client.change_annotation(
            one.raw["id"], result=encode(bench.record(second, stance_rent_cap="favor"), bench.task)
        )
    bench.refresh()
    submitted = bench.study.put_before_adjudicators()
    assert submitted.sent.closed == (second,)
    assert bench.there()[second][0][STATE] == "settled"
    assert bench.gold()[second].method == "unanimous"
    assert bench.study.put_before_adjudicators().sent.closed == ()


def test_a_new_project_has_decisions_of_its_own(bench):
    """Also where annotations have changed since the old one was filled."""
    first, *_ = bench.articles
    bench.study.put_before_adjudicators()
    bench.change(first, "causal")
    bench.refresh()
    bench.study.put_before_adjudicators(new_project=True)
    assert "causal (1)" in bench.there()[first][0][QUESTIONS]
    bench.take(first, "version 1")
    result = bench.study.decisions()
    assert (result.made, result.unfounded, result.result.reopened) == (1, (), [])
    assert bench.gold()[first].method == "adjudicated"


def test_an_item_that_was_deleted_comes_back_and_is_decided(bench):
    first, *_ = bench.articles
    bench.study.put_before_adjudicators()
    bench.change(first, "causal")
    bench.refresh()
    bench.client.delete("tasks", bench.items(bench.theirs.name)[first])
    assert bench.study.put_before_adjudicators().sent.push.sent == 1
    bench.take(first, "version 1")
    assert bench.study.decisions().made == 1
    assert bench.gold()[first].method == "adjudicated"


def test_a_decision_that_is_taken_back_is_named(bench):
    first, *_ = bench.articles
    bench.study.put_before_adjudicators()
    number = bench.take(first, "version 1")
    bench.study.decisions()
    bench.client.delete("annotations", number)
    result = bench.study.decisions()
    [one] = result.unfounded
    assert (one.article_id, "deleted" in one.reason) == (first, True)
    assert first not in bench.gold()


def test_where_nothing_is_agreed_screens_begin_with_nothing(bench):
    first, *_ = bench.articles
    other = replace(
        bench.record(first), mentions=(), relations=(), choices=dict.fromkeys(STANCES, "favor")
    )  # fmt: skip
    with Store(bench.study.path) as store:
        own = next(one for one in store.annotations.all(task="news-stance") if one.article_id == first)
    (who,) = [one for one in bench.people if one.whoami()["id"] == own.raw["completed_by"]]
    who.change_annotation(own.raw["id"], result=encode(other, bench.task), lead_time=500.0)
    bench.refresh()
    bench.study.put_before_adjudicators()
    suggestions = dict(bench.there()[first][1])
    assert suggestions.keys() == {"version 1", "version 2", AGREED}
    assert suggestions[AGREED] == "[]"


def test_what_decides_nothing_is_named(bench):
    first, second, *_ = bench.articles
    bench.study.put_before_adjudicators()
    items = bench.items(bench.theirs.name)
    bench.client.annotate(items[first], encode(replace(bench.record(first), choices={}), bench.task))
    result = bench.study.decisions()
    assert [one.article_id for one in result.unfounded] == [first]
    assert "errors" in result.unfounded[0].reason
    # Two people who decide differently leave it open.
    bench.take(second, "version 1")
    item = items[second]
    other = next(one for one in bench.client.suggestions_of(item) if one["model_version"] == "version 2")
    bench.people[0].annotate(item, other["result"])
    result = bench.study.decisions()
    assert result.result.contested == [second]
    assert second not in bench.gold()
    assert second not in bench.study.put_before_adjudicators().sent.closed


def test_names_are_shown_on_request_alone(bench):
    names = set(bench.study.adjudicate().annotators)
    bench.study.put_before_adjudicators()
    assert not any(name in str(bench.there()) for name in names)
    dry = bench.study.put_before_adjudicators(named=True, dry_run=True)
    assert len(dry.sent.renewed) == 2
    assert not any(name in str(bench.there()) for name in names)
    assert bench.study.put_before_adjudicators(named=True).sent.renewed == dry.sent.renewed
    assert all(name in str(bench.there()) for name in names)


def test_on_the_command_line(bench, run):
    done = run("adjudicate", "push")
    assert done.exit == 0, done.err
    assert "2 articles sent" in done.out
    bench.take(next(iter(bench.articles)), "version 1")
    done = run("adjudicate", "pull")
    assert done.exit == 0, done.err
    assert "1 new decision" in done.out
    assert "gold for 3 articles (1 by adjudicators, 2 unanimous)" in done.out
    assert run("adjudicate", "pull", "--json").json["made"] == 0
    done = run("adjudicate", "--json", "pull")
    assert (done.exit, "E_USAGE" in done.out) == (2, True)


def test_before_anything_was_put_up_there_is_nothing_to_fetch(study, run):
    done = run("adjudicate", "pull")
    assert done.exit == 3
    assert "Fix: curation adjudicate push\n" in done.err


FAULTS = [("reset", True), ("502", True), ("429, Retry-After", False), ("twice", True)]


@pytest.mark.parametrize(("fault", "deliver"), FAULTS)
def test_whatever_breaks_the_next_run_converges(bench, proxy, fault, deliver):
    """While articles are put up for the first time, and while one of them is renewed."""

    def push_with_faults(*places: tuple[str, set[int]]) -> None:
        for place, nth in places:
            proxy.fail(place, nth, fault, deliver=deliver)
            with suppress(CurationError):
                bench.study.put_before_adjudicators()
        proxy.fail("nothing", {1}, fault)
        bench.study.put_before_adjudicators()

    first, *_ = bench.articles
    push_with_faults(("POST /api/projects/", {1, 2}), ("/import", {1, 2}), ("PATCH /api/projects/", {1, 2}))
    there = bench.there()
    assert len(list(bench.client.find_tasks(bench.project(bench.theirs.name), bench.articles))) == len(there) == 2
    for data, suggestions in there.values():
        assert [maker for maker, _ in suggestions] == ["version 1", "version 2", AGREED]
        assert data[STATE].startswith("open ")

    bench.change(first, "causal")
    bench.refresh()
    with Store(bench.study.path) as store:
        noted = len(store.gold.disputes("news-stance", first))
    push_with_faults(("/api/predictions", {1, 3, 4}), ("PATCH /api/tasks/", {1, 2}))
    data, suggestions = bench.there()[first]
    assert [maker for maker, _ in suggestions] == ["version 1", "version 2", AGREED]
    assert sum("causal" in said for _, said in suggestions) == 1
    assert "causal (1)" in data[QUESTIONS]
    assert bench.study.put_before_adjudicators().sent.renewed == ()
    with Store(bench.study.path) as store:
        assert len(store.gold.disputes("news-stance", first)) == noted + 1
