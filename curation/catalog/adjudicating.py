"""What adjudicators see: an annotator's screen and codebook, with the open questions above the text."""

from __future__ import annotations

from xml.parsers import expat

SUFFIX = ".adjudication"
"""Behind a task's name, the name of the same task as adjudicators have it. No folder of a task is called so."""

QUESTIONS = "open_questions"
"""Under which an item's data hold what an adjudicator has to decide."""

_BOX = (
    "<Style>"
    ".open-questions { max-height: 14em; margin-bottom: 8px; padding: 4px 12px; overflow-y: auto;"
    " border-left: 3px solid; }"
    " .open-questions h4 { margin: 0 !important; font-size: 15px; font-weight: 400; line-height: 1.5;"
    " white-space: pre-line; overflow-wrap: anywhere; unicode-bidi: plaintext; }"
    "</Style>"
    f'<View className="open-questions"><Header size="5" value="${QUESTIONS}"/></View>'
)

_INTRODUCTION = """\
# Adjudication

Annotators differ on this article. Above its text stand the questions that are open; all else is settled.

- Click on an article in the project's list to open it. (Label All Tasks shows the same, but not the versions.)
- Your screen begins with **what is agreed**: all that is settled, and nothing that is open.
- Each **version** in the tabs on top holds that and one answer to every open question. If one is right, or nearly so,
  make it your own by **Duplicate Annotation** in the menu of its tab; else add to what is agreed.
- Mend what is wrong, and submit. What you submit stands in the place of all annotations of this article.

"""


def with_questions(interface: str) -> str:
    """An interface with the open questions on top; all else of it stays as it is written."""
    start = _after_root(interface)
    return interface if start is None else f"{interface[:start]}{_BOX}{interface[start:]}"


def with_introduction(codebook: str) -> str:
    """A codebook that first tells adjudicators what to do."""
    return _INTRODUCTION + codebook


def _after_root(xml: str) -> int | None:
    """Where in `xml` the opening tag of its root ends; None if it is no XML or has nothing inside."""
    starts: list[int] = []
    parser = expat.ParserCreate()
    document = xml.encode()

    def opened(*_: object) -> None:
        starts.append(parser.CurrentByteIndex)

    parser.StartElementHandler = opened
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        return None
    quote, offset = b"", starts[0]
    while quote or document[offset : offset + 1] != b">":
        character = document[offset : offset + 1]
        if quote:
            quote = b"" if character == quote else quote
        elif character in (b'"', b"'"):
            quote = character
        offset += 1
    return None if document[offset - 1 : offset] == b"/" else len(document[: offset + 1].decode())
