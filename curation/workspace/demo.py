"""The main job from end to end, with sample articles and annotators, on a real Label Studio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from curation.catalog import WORKSPACE_FILE
from curation.catalog.documents import read_documents
from curation.errors import CurationError
from curation.records import Annotation, Finding, Progress, annotation_from_json
from curation.workspace import Workspace, init

TASK = "news-stance"
"""The task that is played, and the export that is built."""

_SHOWN = 12
_MARKER = ".demo"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo did and found. `loaded` are the rows that `datasets` read back, by config and split.

    `gold` counts the articles of which it is known what holds, by method, and `disputed` those that adjudicators have
    to decide, at `bench_url`.
    """

    workspace: Path
    ingested: Mapping[str, int]
    pushed: Mapping[str, int]
    submitted: int
    pulled: Mapping[str, int]
    valid: int
    quarantined: int
    findings: tuple[Finding, ...]
    gold: Mapping[str, int]
    disputed: int
    loaded: Mapping[str, Mapping[str, int]]
    dataset: Path
    url: str
    bench_url: str
    log_in: tuple[tuple[str, str], ...]
    keep: bool

    def lines(self, program: str = "curation") -> list[str]:
        """The result as text for a terminal; `program` is how the command is called there."""
        return [
            "",
            f"workspace   {self.workspace}",
            f"ingested    {_counts(self.ingested)}",
            f"pushed      {_counts(self.pushed)}",
            f"annotators  {len(self.log_in)} signed up, {self.submitted or 'no new'} annotations submitted",
            f"pulled      {_counts(self.pulled)}",
            f"validated   {self.valid} valid, {self.quarantined} quarantined",
            *_finding_lines(self.findings),
            f"decided     {_counts(self.gold)}; {self.disputed} articles put before adjudicators",
            "",
            "dataset     loaded by `datasets` in a fresh process, rows by config and split:",
            *(f"  {config:<12} {_counts(splits)}" for config, splits in self.loaded.items()),
            f"  in {self.dataset}",
            "",
            *self._screen_lines(f"-w {self.workspace}", program),
        ]

    def _screen_lines(self, workspace: str, program: str) -> list[str]:
        email, password = self.log_in[0]
        start = [] if self.keep else [f"screen      start it with: {program} studio serve {workspace}"]
        return [
            *start,
            f"annotate    {self.url}",
            f"log in as   {email}   password {password}",
            "            press Label All Tasks; mark with a (actor) and c (claim); the codebook is under Instructions",
            f"then        {program} studio pull {workspace} && {program} validate {workspace}",
            f"adjudicate  {self.bench_url}",
            "            open an article, take one of the versions in its tabs, mend it, submit; in earnest, let",
            "            those decide who have not annotated it",
            f"then        {program} adjudicate pull {workspace}",
            *([f"stop with   {program} studio stop {workspace}"] if self.keep else []),
        ]


def run(
    folder: Path,
    *,
    keep: bool = False,
    say: Callable[[str], None] = lambda message: None,
    progress: Callable[[str], AbstractContextManager[Progress | None]],
) -> DemoResult:
    """Run the demo in `folder`, which becomes a workspace; a second run finds nothing left to do.

    `say` is told what comes next; `progress` gives a bar for a long step. With `keep` the server stays up.
    """
    from curation.export import load_check
    from curation.studio.installation import is_installed

    if not (folder / _MARKER).is_file():
        if (folder / WORKSPACE_FILE).is_file():
            message = f"{folder} is a workspace of yours; the demo would add its sample articles to it"
            raise CurationError("E_EXISTS", message, fix="name another folder: curation demo DIR")
        init(folder, sample=True)
        (folder / _MARKER).touch()
    study = Workspace(folder, own_server=True)
    sample = study.root.folder("tasks") / TASK / "sample"
    say("1/7  reading the sample articles")
    ingested = study.ingest([sample / "articles"])
    say("2/7  starting Label Studio" + ("" if is_installed() else " (it is installed first, which takes some minutes)"))
    with progress("Starting Label Studio") as bar:
        server = study.serve(progress=bar)
    try:
        say(f"3/7  sending the articles to {server.url}")
        with progress("Sending articles") as bar:
            pushed = study.push(task=TASK, progress=bar)
        say("4/7  three annotators sign up and submit")
        with progress("Annotating") as bar:
            rehearsal = study.rehearse(list(_records(sample / "annotations.jsonl", study)), progress=bar)
        say("5/7  fetching what they did")
        with progress("Fetching annotations") as bar:
            pulled = study.pull(task=TASK, progress=bar)
        say("6/7  validating, deciding what the rules settle, and putting the rest before adjudicators")
        with progress("Validating") as bar:
            report = study.validate(task=TASK, progress=bar)
        with progress("Putting up articles") as bar:
            # The sample's mistakes stay unmended: nothing is to wait for them.
            submitted = study.put_before_adjudicators(task=TASK, pending=True, progress=bar)
    finally:
        if not keep:
            study.stop_server()
    say("7/7  building the dataset and loading it with `datasets` in a fresh process")
    with progress("Building") as bar:
        built = study.build(TASK, progress=bar)
    return DemoResult(
        workspace=study.path,
        ingested={"new": ingested.new, "known": ingested.same, "refused": ingested.n_rejects},
        pushed={"sent": pushed.sent, "already there": pushed.already_there},
        submitted=rehearsal.submitted,
        pulled={
            "new": pulled.annotations_new,
            "changed": pulled.annotations_changed,
            "unchanged": pulled.unchanged,
        },
        valid=report.valid,
        quarantined=report.quarantined,
        findings=tuple(report.findings),
        gold=dict(sorted(submitted.result.gold.items())),
        disputed=submitted.result.undecided,
        loaded=load_check(built.path),
        dataset=built.path,
        url=pushed.url,
        bench_url=submitted.sent.push.url,
        log_in=tuple((account.email, account.password) for account in rehearsal.accounts),
        keep=keep,
    )


def _records(path: Path, study: Workspace) -> Iterator[Annotation]:
    for place, document in read_documents(path):
        problems = study.schemas.problems("annotation", document)
        if problems:
            raise CurationError("E_DEFINITION", f"{place}: {problems[0]}")
        yield replace(annotation_from_json(document), task=TASK)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing to do"


def _finding_lines(findings: tuple[Finding, ...]) -> list[str]:
    codes = Counter(found.code for found in findings)
    lines = [
        f"  {found.severity:<7} {found.code:<22} {found.article_id} · {found.annotator}: {found.message}"
        for found in findings[:_SHOWN]
    ]
    if len(findings) > _SHOWN:
        lines.append(f"  ... and {len(findings) - _SHOWN} more: {_counts(codes)}")
    return lines
