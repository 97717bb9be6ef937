"""Every code that the program prints, by family: what it means, what it looks like, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from curation.errors import CurationError

REMADE_BY = "curation explain --all --markdown"

_NEAR = 5
_ACRONYMS = frozenset({"HTML", "JSON", "WARC"})


@dataclass(frozen=True, slots=True)
class Code:
    """A code and what is documented of it.

    `kind` says what it is: an error or a warning in an annotation, a refusal, a note, a failure of the program with
    its exit status. `wrong` and `right` are there for findings: the same place with the fault and mended.
    """

    code: str
    family: str
    kind: str
    title: str
    explanation: str
    fix: str
    wrong: str | None = None
    right: str | None = None


def codes() -> Iterator[Code]:
    """All codes, by family."""
    from curation.articles import NOTES, REJECTS
    from curation.errors import ERRORS
    from curation.findings import FAMILIES

    for family, kinds in FAMILIES.items():
        for code, found in kinds.items():
            yield Code(
                code, family, found.severity, found.title, found.explanation, found.fix, found.wrong, found.right
            )
    for family, about in (("Refused documents", REJECTS), ("Doubts about an article", NOTES)):
        kind = "refusal" if about is REJECTS else "note"
        for code, other in about.items():
            yield Code(code, family, kind, _words(code), other.explanation, other.fix)
    for code, error in ERRORS.items():
        kind = f"exit status {int(error.exit)}"
        yield Code(code, "Failures of a command", kind, _words(code), error.explanation, error.fix)


def explain(code: str) -> Code:
    """What is documented of a code, in capital letters or not. Raises `E_NOT_FOUND`, which names those like it."""
    known = {one.code: one for one in codes()}
    wanted = _spelt(code)
    if wanted in known:
        return known[wanted]
    fix = " ".join([*_question(wanted, known), "`curation explain` lists all codes"])
    raise CurationError("E_NOT_FOUND", f"there is no code {code!r}", fix=fix)


def finding_codes(written: Iterable[str]) -> tuple[str, ...]:
    """Codes of findings, in capital letters or not, as they are spelt. Raises `E_NOT_FOUND`, which names those like it.

    Nobody is to believe that there is nothing to mend because a code was misspelt.
    """
    from curation.findings import FINDINGS

    spelt = tuple(map(_spelt, written))
    for code in spelt:
        if code not in FINDINGS:
            fix = " ".join(_question(code, FINDINGS)) or "`curation validate` names the codes that occur"
            raise CurationError("E_NOT_FOUND", f"no finding has the code {code!r}", fix=fix)
    return spelt


def _spelt(code: str) -> str:
    return code.strip().upper().replace(" ", "_").replace("-", "_")


def _question(wanted: str, known: Iterable[str]) -> list[str]:
    """Asks for the codes that may be meant: those that hold what was written, else those that are spelt like it."""
    known = list(known)
    holding = [code for code in known if len(wanted) > 2 and wanted in code]
    near = (holding or get_close_matches(wanted, known, n=_NEAR))[:_NEAR]
    return [f"{' or '.join(near)}?"] if near else []


def markdown() -> str:
    """All codes as a page of documentation."""
    lines = [
        "# Codes",
        "",
        "Every code that `curation` prints: what is found in annotations, why documents are refused, what is doubtful",
        "about articles, and how commands fail. An *error* quarantines an annotation, a *warning* does not.",
        "",
        f"Made by `{REMADE_BY}`; `curation explain CODE` shows one.",
    ]
    family = ""
    for one in codes():
        if one.family != family:
            family = one.family
            lines += ["", f"## {family}"]
        lines += ["", f"### {one.code}", "", f"**{one.title}** ({one.kind}). {_escaped(one.explanation)}", ""]
        lines += [f"- Wrong: {_code(one.wrong)}"] if one.wrong else []
        lines += [f"- Right: {_code(one.right)}"] if one.right else []
        lines.append(f"- Fix: {_escaped(one.fix)}")
    return "\n".join(lines) + "\n"


def _words(code: str) -> str:
    first, *others = (word if word in _ACRONYMS else word.lower() for word in code.split("_")[1:])
    return " ".join([first[0].upper() + first[1:], *others])


def _escaped(text: str) -> str:
    """A sentence as Markdown: what is in backticks stays code, all else shows as it is written."""
    pieces = text.split("`")
    for place in range(0, len(pieces), 2):
        pieces[place] = "".join(f"\\{one}" if one in "*_<>[]" else one for one in pieces[place])
    return "`".join(pieces)


def _code(text: str) -> str:
    line = " ".join(text.split())
    return f"`` {line} ``" if "`" in line else f"`{line}`"
