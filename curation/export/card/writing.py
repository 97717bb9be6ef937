"""Write the card into a dataset's folder: README.md, its pictures, and croissant.json."""

from __future__ import annotations

from pathlib import Path

from curation.export.card.croissant import write_croissant
from curation.export.card.facts import CardFacts
from curation.export.card.metadata import header
from curation.export.card.plots import FOLDER
from curation.export.card.template import Contents, fill


def write_card(folder: Path, facts: CardFacts) -> None:
    """Write README.md and what belongs to it into the folder that holds the tables. The same gives the same bytes.

    Raises `E_DEFINITION` for a placeholder in card.md that does not exist or a language without a code, `OSError`.
    """
    contents = Contents(facts, folder)
    (folder / "README.md").write_text(_card(contents), encoding="utf-8", newline="\n")
    write_croissant(folder, facts, contents.statistics)
    for plot in contents.plots:
        (folder / FOLDER).mkdir(exist_ok=True)
        (folder / FOLDER / f"{plot.name}.svg").write_text(plot.picture, encoding="utf-8", newline="\n")


def _card(contents: Contents) -> str:
    return f"---\n{header(contents.facts)}---\n\n{fill(contents).strip()}\n"
