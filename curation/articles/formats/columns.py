"""Other people's columns: which one holds which of our fields, and the article in a row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from curation.articles.dates import parse
from curation.articles.formats.decoding import fit, one_line, refuse_forbidden, seal
from curation.articles.languages import tag
from curation.articles.options import Options
from curation.articles.rejects import Refused, Unusable
from curation.articles.sources import Source, printable
from curation.articles.urls import canonical
from curation.errors import CurationError
from curation.records import Article, article_id

FIELDS: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "content", "body", "article", "article_text", "full_text", "fulltext", "maintext", "article_body",
        "articlebody",
        "inhalt", "volltext", "artikeltext", "contenu", "texte", "contenido", "texto",
    ),
    "id": ("article_id", "id", "uid", "uuid", "guid", "doc_id", "document_id"),
    "title": ("title", "headline", "titel", "überschrift", "schlagzeile", "titre", "título", "titulo", "titular"),
    "url": ("url", "link", "lien", "enlace"),
    "outlet": (
        "outlet", "source", "publisher", "newspaper", "domain", "quelle", "zeitung", "journal", "fuente", "periódico",
    ),
    "authors": ("authors", "author", "byline", "autor", "autoren", "autorin", "auteur", "auteurs", "autores", "autora"),
    "published_at": (
        "published_at", "date", "published", "publish_date", "publication_date", "date_published",
        "datum", "erscheinungsdatum", "date_de_publication", "fecha", "fecha_de_publicación",
    ),
    "lang": ("lang", "language", "sprache", "langue", "idioma"),
    "license": ("license", "licence", "lizenz", "licencia"),
}  # fmt: skip
"""Our fields, and the columns that are taken for them where no field map says otherwise, in order of preference.

English names go before German, French and Spanish ones.
"""

_SHOWN_COLUMNS = 20
_SHOWN_CHARACTERS = 60
_DEEPEST = 100
_KNOWN_SHAPES = 256
# No name of a column: where the text of a page that was fetched for a row is put.
_TEXT = "\0text"
_SAID = ("title", "url", "outlet", "authors", "published_at", "lang", "license")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds which field; None where none does. `rest` are the others, which go to `meta`."""

    text: str | None
    id: str | None
    title: str | None
    url: str | None
    outlet: str | None
    authors: str | None
    published_at: str | None
    lang: str | None
    license: str | None
    rest: tuple[str, ...]

    def article(self, row: Mapping[Any, Any], source: str, options: Options) -> Article:
        """The article in a row of JSON values.

        Raises `Refused` if its text is unfit, or anything in it holds a NUL or a lone surrogate.

        A date, address or language is brought into one form; what the source gave is kept in `Article.meta` where a
        date or address differs. Of a row that has an address and no text the page is fetched, if `options` can.
        """
        get = row.get
        try:
            sealed = seal(None if self.text is None else get(self.text), "the text", options)
        except Refused as refused:
            return self._fetched(row, source, options, refused)
        given_id = get(self.id)
        source_id = _word(given_id)
        if source_id is not None and not source_id.isascii():
            # An id is made from it, which a lone surrogate is not fit for.
            refuse_forbidden(source_id, "the id")
        meta = {name: _shallow(row[name]) for name in self.rest}
        doubts: dict[str, str] = {}
        published_at = (
            None if self.published_at is None else _date(get(self.published_at), self.published_at, meta, doubts)
        )
        steps = sealed.steps
        url = address = _word(get(self.url))
        if url is not None and (address := canonical(url)) != url:
            meta |= beside(meta, {"url_as_given": url})
            steps = (*steps, "url")
        lang = _word(get(self.lang))
        article = Article(
            # Ids that differ in their white space alone are two.
            article_id(given_id.strip() if source_id and type(given_id) is str else source_id, sealed.sha256),
            sealed.text,
            sealed.sha256,
            _word(get(self.title)),
            address,
            _word(get(self.outlet)),
            _authors(get(self.authors)),
            published_at,
            None if lang is None else tag(lang),
            _word(get(self.license)),
            source_id,
            source,
            meta,
            steps,
            {**sealed.notes, **doubts} if doubts else sealed.notes,
            raw=sealed.raw,
        )
        return fit(article)

    def _fetched(self, row: Mapping[Any, Any], source: str, options: Options, refused: Refused) -> Article:
        """The article in the page at the row's address, with what the row says of it. Raises `refused` without one."""
        url = canonical(_word(row.get(self.url)) or "")
        if refused.code not in ("R_NO_TEXT", "R_EMPTY") or not url.startswith(("http://", "https://")):
            raise refused
        if options.fetch is None:
            raise Refused(refused.code, f"{refused.reason}; --fetch gets the page at its address")
        from curation.articles.formats.pages import fetched_article

        page = fetched_article(url, source, options)
        own = replace(self, text=_TEXT).article({**row, _TEXT: page.text}, source, options)
        given = {name: getattr(own, name) or getattr(page, name) for name in _SAID}
        doubts = own.notes if own.published_at or not page.published_at else {}
        return replace(
            own,
            **given,
            sha256=page.sha256,
            meta={**own.meta, **beside(own.meta, page.meta)},
            steps=(*page.steps, *own.steps),
            notes={**page.notes, **doubts},
            raw=page.raw,
        )

    def found(self) -> dict[str, str]:
        """Our fields and the columns that hold them, without those that none holds."""
        columns = {field: getattr(self, field) for field in FIELDS}
        return {field: column for field, column in columns.items() if column is not None}


def find_columns(columns: Iterable[str], field_map: Mapping[str, str]) -> Columns:
    """Assign `columns` to our fields: as `field_map` says, else by their usual names.

    A field that is mapped to a column that is not there is found by its usual names; one mapped to "" has no column.
    """
    there = list(columns)
    mapped = {field: column or None for field, column in field_map.items() if column in there or not column}
    free = {_plain(column): column for column in reversed(there) if column not in mapped.values()}
    found = {
        field: mapped[field] if field in mapped else next((free[name] for name in names if name in free), None)
        for field, names in FIELDS.items()
    }
    taken = set(found.values())
    return Columns(**found, rest=tuple(column for column in there if column not in taken))


def require_columns(columns: Sequence[str], options: Options, *, named: bool = False) -> Columns:
    """Like `find_columns`, for what has to have a text: raises `Unusable` if no column holds it.

    No text is needed where there are addresses, and their pages can be fetched. Of a table that was `named` itself
    every column that is mapped has to be there: it may be misspelt.
    """
    for field, column in options.field_map.items() if named else ():
        if column and column not in columns:
            fix = f"--map {field}=COLUMN, or correct [ingest.map] in curation.toml if it stands there"
            raise _missing(f"no column {column!r} for {field}", fix, columns)
    found = find_columns(columns, options.field_map)
    if found.text is None and not (options.fetch is not None and found.url is not None):
        fix = "--map text=COLUMN"
        if found.url is not None:
            fix += f", or --fetch to get the pages at the addresses in {_shown(found.url)}"
        raise _missing("no column holds the text", fix, columns)
    return found


def _missing(what: str, fix: str, columns: Sequence[str]) -> Unusable:
    shown = [_shown(column) for column in columns[:_SHOWN_COLUMNS]]
    if len(columns) > _SHOWN_COLUMNS:
        shown.append("...")
    there = f"there are: {', '.join(shown)}" if shown else "there is none at all"
    return Unusable("R_NO_COLUMN", "E_MISSING_COLUMN", f"{what}; {there}", fix)


def _shown(column: str) -> str:
    """A column's name, which may be anything, also something of several lines."""
    return printable(" ".join(column.split()))[:_SHOWN_CHARACTERS] or "''"


class Shapes:
    """The columns of the objects of one source, which may have different keys; each set of keys is looked at once.

    The first object has to have a column for the text (`require_columns`); it is not `first` in the later parts of a
    file. `passed` is what `tell` tells beside, in counts.
    """

    def __init__(self, source: Source, options: Options) -> None:
        self.passed: dict[str, int] = {}
        self._source = source
        self._options = options
        self._known: dict[tuple[str, ...], Columns] = {}
        self._first = source.part is None or source.part.first
        self._rows = 0
        self._unseen = {field: column for field, column in options.field_map.items() if column}

    def columns(self, row: Mapping[str, Any]) -> Columns:
        """The columns of an object. Raises `Unusable` if the first one lacks a text."""
        self._rows += 1
        keys = tuple(row)
        found = self._known.get(keys)
        if found is None:
            options = self._options
            if self._known or not self._first:
                found = find_columns(keys, options.field_map)
            else:
                found = require_columns(keys, options)
                options.on_columns(self._source.name, found)
            if self._unseen:
                self._unseen = {field: column for field, column in self._unseen.items() if column not in row}
            if len(self._known) < _KNOWN_SHAPES:
                self._known[keys] = found
        return found

    def tell(self) -> None:
        """At the end: which column of the field map no object of a source that was named had. It may be misspelt."""
        source = self._source
        if self._rows and not source.in_folder and source.part is None:
            for field, column in self._unseen.items():
                self.passed[f"rows, none of which has the column {column!r} that is mapped to {field}"] = self._rows
        if self.passed:
            self._options.on_passed(source.name, self.passed)


def refuse_twice(names: Sequence[str], where: str) -> None:
    """Raise `Refused` if two columns of a table have the same name."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        shown = [printable(name) for name in twice[:_SHOWN_COLUMNS]]
        raise Refused("R_TABLE", f"{where} names a column twice: {', '.join(shown)}")


def checked_map(field_map: Mapping[str, str] | None) -> dict[str, str]:
    """`field_map` with `article_id` as another name of `id`; an empty column says that a field has none.

    Raises `E_USAGE` for a field that does not exist.
    """
    checked = {"id" if field == "article_id" else field: column for field, column in (field_map or {}).items()}
    unknown = [field for field in checked if field not in FIELDS]
    if unknown:
        raise CurationError(
            "E_USAGE", f"an article has no field {unknown[0]!r}", fix=f"map one of: {', '.join(sorted(FIELDS))}"
        )
    return checked


def beside(meta: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """`ours`, with another name for what would stand in the place of a column: an underscore behind it."""
    renamed = {}
    for name, value in ours.items():
        while name in meta or name in renamed:
            name += "_"
        renamed[name] = value
    return renamed


def plain_value(value: Any) -> Any:
    """A table's value as JSON: dates in ISO 8601, NaN as null, what JSON does not have as its string."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(member) for member in value]
    return str(value)


@lru_cache(maxsize=1024)
def _plain(column: str) -> str:
    # Some systems write an accent as a character of its own.
    return normalize("NFC", column).strip().casefold().replace(" ", "_").replace("-", "_")


def _word(value: Any) -> str | None:
    """A short text on one line (`one_line`), numbers as they are written; None if there is nothing."""
    if type(value) is not str:
        if value is None:
            return None
        value = _written(value)
    return one_line(value) or None


def _written(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        # Tables turn a column of whole numbers into floats where one is missing.
        return str(int(value))
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    if isinstance(value, list | dict):
        import json

        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _date(value: Any, column: str, meta: dict[str, Any], doubts: dict[str, str]) -> str | None:
    """The date in a cell; what is written there goes to `meta` where it is another."""
    given = _word(value)
    if given is None:
        doubts["N_DATE_MISSING"] = f"nothing stands in the column {column}"
        return None
    found, note = parse(given)
    if note is not None:
        doubts["N_DATE"] = note
    if found != given:
        meta[column] = given
    return found


def _authors(value: Any) -> tuple[str, ...]:
    """The authors in a list, or in one string that separates them by semicolons. Commas stay: "Moss, Elena"."""
    if value is None:
        return ()
    several = value if isinstance(value, list) else value.split(";") if isinstance(value, str) else [value]
    words = [_word(author) for author in several]
    return tuple([word for word in words if word])


def _shallow(value: Any) -> Any:
    """`value`, unless it is nested so deeply that later steps could not write it."""
    if type(value) in (dict, list) and _depth(value) > _DEEPEST:
        raise Refused("R_JSON", f"a value is nested more than {_DEEPEST} levels deep")
    return value


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        members = (member.values() if isinstance(member, dict) else member for member in level)
        level = [inner for outer in members for inner in outer if isinstance(inner, dict | list)]
    return depth
