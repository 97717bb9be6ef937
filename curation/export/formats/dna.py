"""The event list of Discourse Network Analyzer (Leifeld), as its own export writes it: a statement a line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from curation.errors import CurationError
from curation.export.formats.csv import cell, line
from curation.export.formats.format import Format, Losses, Option, Options
from curation.export.formats.statements import CONCEPT, SIGNS, Actors, Event, Source, actors_of, sources
from curation.export.naming import HOLDER
from curation.export.reading import Dataset

HEAD = ("statement ID", "time", "document ID", "document title", "author", "source", "section", "type", "text")
"""The columns that DNA 3 writes for any type of statement; the variables of the type follow."""

PERSON = "person"
SEPARATOR = ";"

VARIABLES = ("person", "organization", "concept", "agreement", "annotator", "article", "wikidata")
"""DNA's four variables of its type `DNA Statement`, and what else is known."""


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`statements.csv`: an event for each annotator, statement and concept, articles in the order of the dataset."""
    losses = Losses()
    persons = _persons(dataset, options["persons"])
    actors = actors_of(dataset, options)
    number = 0
    with (folder / "statements.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(line([*HEAD, *VARIABLES], SEPARATOR))
        for document, source in enumerate(sources(dataset, options, losses), start=1):
            losses["article without a date, which DNA's time series leave out"] += source.time is None
            for event in source.events:
                if event.stance not in SIGNS:
                    losses["statement whose stance is neither for nor against, which DNA's agreement cannot say"] += 1
                    continue
                number += 1
                given = [*_document(number, document, source, event), *_variables(event, source, actors, persons)]
                file.write(line([cell(_plain(value), losses, SEPARATOR) for value in given], SEPARATOR))
    return losses


def _persons(dataset: Dataset, chosen: str) -> list[str]:
    """The types of actors that are persons. Raises `E_USAGE` for one that the codebook does not have."""
    wanted = chosen.split(",")
    features = dataset.features("statements")
    columns = [one for one in features if one.startswith(HOLDER) and one.endswith("_type")]
    types = [getattr(features[one], "feature", features[one]) for one in columns]
    names = list(dict.fromkeys(name for one in types for name in getattr(one, "names", ())))
    unknown = [one for one in wanted if one not in names]
    if unknown and chosen != PERSON and all(hasattr(one, "names") for one in types):
        message = f"persons cannot be {unknown[0]!r}: actors of the dataset have no such type"
        fix = f"one or more of these, divided by commas: {', '.join(names)}" if names else "leave it out"
        raise CurationError("E_USAGE", message, fix=fix)
    return wanted


def _document(number: int, document: int, source: Source, event: Event) -> list[str | int | None]:
    authors = ", ".join(source.authors)
    return [number, _time(source.time), document, source.title or "", authors, source.outlet or "", "", "", event.text]


def _time(published_at: str | None) -> str | None:
    """A time in ISO 8601 as DNA writes it, in UTC as everywhere; a month or a year stays as it is."""
    try:
        moment = datetime.fromisoformat(published_at or "")
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat(" ", "seconds")
    except (ValueError, OverflowError):
        return published_at


def _variables(event: Event, source: Source, actors: Actors, persons: list[str]) -> list[str | int | None]:
    is_person = event.kind in persons
    name, item = event.name, event.item
    if name:
        key = actors.key(name, item)
        name, item = actors.label(key), actors.item(key)
    own: list[str | int | None] = [name if is_person else "", "" if is_person else name, event.concept]
    return [*own, int(SIGNS[event.stance] > 0), event.annotator, source.id, item or ""]


def _plain(value: str | int | None) -> str | int | None:
    """A text as DNA writes it: on one line, without what divides its columns."""
    return " ".join(value.split()).replace(";", ",").replace('"', "'") or None if isinstance(value, str) else value


DNA = Format(
    name="dna",
    title="Event list of Discourse Network Analyzer",
    purpose="R scripts for DNA's event lists: relational event models, networks, time series",
    write=write,
    needs=lambda _: {"statements": ("claim_text", "holder_text")},
    files=(
        "`statements.csv` in UTF-8 with `;` between columns: those that DNA 3 exports as an event list "
        "(`statement ID` to `text`), then the variables `person`, `organization`, `concept` and `agreement` "
        "(1 in favor, 0 against), then `annotator`, `article` (its id; DNA's are numbers) and `wikidata`. A "
        "claim with several topics is a statement on each. Every annotator's statements are there: choose "
        "one, or count them as you mean to."
    ),
    reading=(
        '`read.csv2("statements.csv")` in R, `pandas.read_csv(path, sep=";")`. As in DNA\'s own export, `;` in '
        "a text is `,` and `\"` is `'`. An apostrophe stands before what a spreadsheet would take for a "
        "formula (see the format csv, with semicolons). DNA itself opens databases only."
    ),
    loses=(
        "Stances other than for and against, claims without a holder, offsets, fields of claims other than "
        "the concept. DNA has no annotators: its networks would count a statement once for each."
    ),
    options=(
        CONCEPT,
        Option("persons", "the types of actors that are persons, divided by commas; others are organizations", PERSON),
    ),
)
"""The format."""
