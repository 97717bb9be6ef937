"""What a workspace does with findings: make them, list them, write them as a page, send them back to annotators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.records import Finding, Progress
    from curation.reports import Digest, Marked, Selection
    from curation.store import Store
    from curation.studio.counting import Fixed
    from curation.studio.flags import FlagResult
    from curation.validation import ValidationReport

_NAMED = 8
_NOTHING_TO_MEND = frozenset(
    {"F_ANNOTATION_SUPERSEDED", "F_OFFSET_CONVERTED", "F_OFFSET_UNIT", "F_TAG_CONVERTED", "F_TEXT_WHITESPACE"}
)


class WithFindings(Opened):
    """Judging annotations, and the findings of the last validation, one after the other, however many there are."""

    def validate(self, *, task: str | None = None, progress: Progress | None = None) -> ValidationReport:
        """Judge every submitted annotation; what has errors is quarantined until it is mended."""
        from curation import validation
        from curation.studio.intake import redecode
        from curation.studio.misplaced import Misplaced
        from curation.studio.screens import keep_versions

        chosen = self.task(task)
        with self._writing() as store:
            with store.transaction():
                keep_versions(store, chosen)
            redecode(store, chosen, self.schemas)
            misplaced = Misplaced(store, chosen)
            return validation.validate(store, chosen, self.schemas, beside=misplaced.of, progress=progress)

    def fix_offsets(self, choice: str = "auto", *, task: str | None = None) -> list[Fixed]:
        """Decide in which unit each project's offsets count, and read its annotations in code points from then on.

        `auto` decides where all evidence says the same, a unit of `curation.units.UNITS` where some annotations fit it,
        `none` takes all decisions back. What was pulled stays as it is. Raises `E_USAGE` for another choice.
        """
        from curation.studio.counting import CHOICES, fix
        from curation.studio.intake import redecode

        if choice not in CHOICES:
            raise CurationError("E_USAGE", f"{choice!r} is no unit of offsets", fix=f"one of: {', '.join(CHOICES)}")
        chosen = self.task(task)
        with self._writing() as store:
            redecode(store, chosen, self.schemas)
            with store.transaction():
                return fix(store, chosen, self.schemas, choice)

    def require_chosen(self, selection: Selection, *, task: str | None = None) -> None:
        """Raise `E_NOT_FOUND` where a selection names an annotator or an article of whom there is no annotation.

        Nobody is to believe that there is nothing to mend because a name was misspelt.
        """
        chosen = self.task(task)
        with self._reading() as store:
            if selection.annotator is not None:
                people = dict.fromkeys([name for name, _ in store.ledger.annotators()])
                people |= dict.fromkeys(store.annotations.by_annotator(chosen.name))
                require_known("annotator", selection.annotator, list(people))
            if selection.article is not None and store.articles.get(selection.article) is None:
                annotated = store.annotations.by_article(chosen.name)
                require_known("article", selection.article, [one[0].article_id or "" for one in annotated])

    def is_pushed(self, *, task: str | None = None) -> bool:
        """Whether the task has a project in Label Studio that this workspace knows, so that items can be flagged."""
        chosen = self.task(task)
        with self._reading() as store:
            return any(project.task == chosen.name for project in store.ledger.projects())

    def findings(self, *, task: str | None = None) -> list[Finding]:
        """The findings of the last validation."""
        with self._reading() as store:
            return store.annotations.findings(self.task(task).name)

    @contextmanager
    def each_finding(
        self, *, task: str | None = None, selection: Selection | None = None
    ) -> Iterator[Iterator[Finding]]:
        """What `findings` lists, as far as it is selected, one at a time while the context lasts."""
        with self._reading() as store:
            yield _selected(store, self.task(task).name, selection)

    def digest(self, *, task: str | None = None, selection: Selection | None = None, limit: int = 3) -> Digest[Finding]:
        """The findings of the last validation counted, with the first `limit` of each code."""
        from curation.reports import digest

        with self.each_finding(task=task, selection=selection) as findings:
            return digest(findings, lambda found: found, limit=limit)

    def write_report(
        self, path: Path, *, task: str | None = None, selection: Selection | None = None, summary: str = ""
    ) -> None:
        """Write the findings of the last validation as one HTML page, with the marked text around each.

        It holds stretches of the articles' texts and the annotators' pseudonyms. The page appears whole or not at all.
        """
        from curation.reports import write_html

        chosen = self.task(task)
        with self._reading() as store:
            write_html(
                path,
                _selected(store, chosen.name, selection),
                _text_of(store),
                _marked_in(store),
                title=f"Findings in the annotations of {chosen.name}",
                summary=summary,
                chosen=str(selection or ""),
                more="`curation validate --json` has all of them.",
            )

    def flag(
        self,
        *,
        task: str | None = None,
        codes: Collection[str] = (),
        warnings: bool = False,
        clear: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> FlagResult:
        """Let exactly the items in Label Studio be flagged whose annotations have findings, as pulled last.

        Flagged are errors, with `warnings` those as well, or the findings of `codes` alone; but unless a code is named,
        nothing that nobody needs to mend. `clear` takes all flags away. What is not validated yet is validated first.
        Raises `E_NOT_FOUND` for a code that there is not.
        """
        from curation.studio.flags import flag
        from curation.workspace.codes import finding_codes

        chosen, named = self.task(task), finding_codes(codes)
        if not clear:
            self.validate(task=task)

        def wanted(found: Finding) -> bool:
            if named:
                return found.code in named
            return found.code not in _NOTHING_TO_MEND and (warnings or found.severity == "error")

        with self._reading() as store, self._client() as client:
            findings = () if clear else filter(wanted, store.annotations.each_finding(chosen.name))
            return flag(store, chosen, client, findings, dry_run=dry_run, progress=progress)


def require_known(kind: str, name: str, known: Sequence[str]) -> None:
    """Raise `E_NOT_FOUND` for a name that is not known; the fix tells those that are like it, in capitals or not."""
    if name in known:
        return
    spelt = {one.casefold(): one for one in known if one}
    near = list(spelt.values())
    if len(near) > _NAMED:
        near = [spelt[one] for one in get_close_matches(name.casefold(), spelt, n=_NAMED)]
    there = f"one of: {', '.join(near)}" if near else f"leave the {kind} out"
    raise CurationError("E_NOT_FOUND", f"there is no annotation with the {kind} {name!r}", fix=there)


def _selected(store: Store, task: str, selection: Selection | None) -> Iterator[Finding]:
    findings = store.annotations.each_finding(task)
    return selection.of(findings) if selection is not None else findings


def _text_of(store: Store) -> Callable[[str], str | None]:
    @lru_cache(maxsize=4)
    def text_of(article_id: str) -> str | None:
        article = store.articles.get(article_id)
        return article.text if article else None

    return text_of


def _marked_in(store: Store) -> Callable[[str], Marked | None]:
    """What annotations mark: their records' mentions, then what of the raw annotation is no mention of the record."""
    from curation.reports import Mark, Marked
    from curation.studio.marks import raw_spans

    @lru_cache(maxsize=4)
    def marked_in(annotation_id: str) -> Marked | None:
        stored = store.annotations.get(annotation_id)
        article = store.articles.get(stored.article_id) if stored and stored.article_id else None
        if stored is None or article is None:
            return None
        part = stored.context.get("part") or {}
        if part.get("whole_sha256", stored.context.get("sha256")) != article.sha256:
            # The offsets count another text than the one that is shown.
            return None
        of_record = Marked.of(stored.record) if stored.record else Marked()
        known = {mark.id for mark in of_record.marks}
        shift = int(part.get("start", 0))
        besides = (
            Mark(mark_id, label, start + shift, end + shift)
            for mark_id, label, start, end in raw_spans(stored.raw)
            if mark_id not in known
        )
        return Marked((*of_record.marks, *besides), of_record.arrows)

    return marked_in
