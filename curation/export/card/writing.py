"""Write the card into a dataset's folder: README.md, its pictures, and croissant.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation.export.card.croissant import write_croissant
from curation.export.card.declared import not_stated
from curation.export.card.facts import CardFacts
from curation.export.card.metadata import header
from curation.export.card.placeholders import Contents
from curation.export.card.plots import FOLDER
from curation.export.card.refilling import unfilled
from curation.export.card.template import fill

TEXTLESS = """> [!NOTE]
> This dataset comes without the texts of its articles, and without the columns that would hold their words.
> `curation rehydrate DATASET --articles DIR` puts them back for whoever has the articles; what is said below of
> `text` and of the words of mentions and claims holds from then on.

"""
"""What a card without texts begins with."""


class Card:
    """The card of the tables in a folder. They are counted once, however often it is written."""

    def __init__(self, folder: Path, facts: CardFacts) -> None:
        self._folder = folder
        self._contents = Contents(facts, folder)

    def not_stated(self) -> tuple[str, ...]:
        """The topics of `[about]` of which the card can say nothing."""
        return not_stated(self._contents.facts.export, self._contents.known)

    def unfilled(self) -> dict[str, Any]:
        """What the card of a copy with texts is made of; see `refilling`."""
        return unfilled(self._contents)

    def write(self, version: str | None = None, changelog: str | None = None) -> str:
        """Write README.md and what belongs to it, as of a release, and return the text. The same gives the same bytes.

        Raises `E_DEFINITION` for a placeholder in card.md that does not exist or a language without a code, `OSError`.
        """
        self._contents = self._contents.released(version, changelog)
        contents = self._contents
        note = TEXTLESS if contents.facts.export.text == "offsets" else ""
        text = f"---\n{header(contents.facts)}---\n\n{note}{fill(contents).strip()}\n"
        _write(self._folder / "README.md", text)
        write_croissant(self._folder, contents.facts, contents.statistics, contents.checksums)
        for plot in contents.plots:
            (self._folder / FOLDER).mkdir(exist_ok=True)
            _write(self._folder / FOLDER / f"{plot.name}.svg", plot.picture)
        return text


def write_card(folder: Path, facts: CardFacts) -> None:
    """Write the card once, as of the release that `facts` name."""
    Card(folder, facts).write(facts.version, facts.changelog)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
