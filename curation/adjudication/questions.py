"""The open questions of an article in words, for the people who decide them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curation.adjudication.decisions import Share
from curation.adjudication.merged import Merged, Ruling
from curation.adjudication.rivals import Version
from curation.adjudication.rules import Rules
from curation.records import Mention
from curation.reports.wording import shortened
from curation.text import counted, visible

_QUOTED = 80
_NOTHING = "nothing"
_WITHOUT = "without it"


@dataclass(frozen=True, slots=True)
class Question:
    """One open question: what it is about, and the answers that were given, with who gave each.

    An answer of None is that there is nothing.
    """

    about: str
    answers: tuple[tuple[str | None, tuple[str, ...]], ...]

    def told(self, *, named: bool) -> str:
        """The question as a line; `named` says who gave which answer, else only how many did."""
        said = (
            f"{_NOTHING if answer is None else answer} ({', '.join(who) if named else len(who)})"
            for answer, who in self.answers
        )
        return f"{self.about}: {' | '.join(said)}"


def questions(merged: Merged, versions: Sequence[Version], rules: Rules) -> list[Question]:
    """What is open in an article, in the order of its text. `versions` are those of `rivals.versions`.

    What annotators wrote, and words of the article, stand in quotation marks, shortened and in one line.

    A relation that waits for one of its ends is no question of its own.
    """
    there = {one.id: one for version in versions for one in version.merged.mentions}
    there |= {one.id: one for one in merged.mentions}
    asked = [ruling for ruling in merged.conflicts if ruling.decision.why != "undecided end"]
    asked.sort(key=lambda ruling: _place(ruling, there))
    return [Question(_about(ruling, there), tuple(_answers(ruling, versions, rules))) for ruling in asked]


def told(asked: Sequence[Question], *, named: bool, before: Sequence[str] = ()) -> str:
    """Questions as the text that stands above an article, behind the lines that come `before`."""
    lines = [f"{number}. {one.told(named=named)}" for number, one in enumerate(asked, start=1)]
    return "\n".join([*before, counted(len(asked), "open question"), *lines])


def _place(ruling: Ruling, there: Mapping[str, Mention]) -> tuple[int, int]:
    places = [there[name].start for name in ruling.about if name in there]
    return (0, min(places)) if places else (1, 0)


def _about(ruling: Ruling, there: Mapping[str, Mention]) -> str:
    kind, *names = ruling.key
    if kind == "choice":
        return f"the article's {names[0]}"
    marked = " and ".join(_quoted(there[name].text) for name in ruling.about if name in there)
    if kind == "mention":
        return f"{names[0]} {marked}, whether it is one"
    if kind == "boundaries":
        return f"{names[0]} {marked}, where it begins and ends"
    if kind == "attribute":
        return f"{names[0]} {marked}, its {names[1]}"
    return f"{marked}, how they relate"


def _answers(ruling: Ruling, versions: Sequence[Version], rules: Rules) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    rivals = set(ruling.decision.undecided)
    silent = set(ruling.decision.annotators)
    for share in ruling.decision.shares:
        if not rivals or share.value in rivals or share.value is None:
            silent.difference_update(share.annotators)
            yield _answer(ruling, share, versions, rules), share.annotators
    if silent:
        # Of several values that may stand together, they gave others.
        yield _WITHOUT, tuple(sorted(silent))


def _answer(ruling: Ruling, share: Share, versions: Sequence[Version], rules: Rules) -> str | None:
    if ruling.key[0] == "mention":
        return "yes" if share.value is not None else "no"
    if ruling.key[0] == "boundaries":
        own = (version.merged for version in versions if not {*share.annotators}.isdisjoint(version.annotators))
        drawn = (one.text for merged in own for one in merged.mentions if one.id in ruling.about)
        return next(map(_quoted, drawn), share.value)
    listed = share.value is None or ruling.key[0] == "relation" or share.value in rules.rule(ruling.key).values
    return share.value if listed else _quoted(share.value or "")


def _quoted(text: str) -> str:
    said = shortened(visible(" ".join(text.split())), _QUOTED)
    # Words of a script that runs from right to left would turn what stands behind them.
    return f"“{said}”" if said.isascii() else f"“\u2068{said}\u2069”"
