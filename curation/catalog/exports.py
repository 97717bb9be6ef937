"""Exports: what gets published. One folder each, with export.toml and card.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from curation.catalog.root import Root, read_toml
from curation.catalog.schemas import Schemas
from curation.errors import CurationError

GroupedBy = Literal["outlet", "actor", "topic", "time"]
"""What may never stand in two splits; by time, the articles of a split are older than those of the next one."""


@dataclass(frozen=True, slots=True)
class Export:
    """A dataset as its folder declares it. `splits` maps a split to its share of the articles; shares sum to 1.

    `by` is what else than copies of a text never stands in two splits; with `stratify` each split gets its share of
    every stance. `text` says whether texts are published, or hashes and offsets alone. `about` is what only people
    know, by topic, for the card.
    """

    name: str
    title: str
    task: str
    folder: Path
    configs: tuple[str, ...]
    splits: Mapping[str, float]
    seed: str
    license: str
    languages: tuple[str, ...]
    by: tuple[GroupedBy, ...] = ()
    stratify: bool = True
    text: Literal["full", "offsets"] = "full"
    about: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def card(self) -> str:
        """The card's template, as written."""
        try:
            return (self.folder / "card.md").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CurationError("E_DEFINITION", f"{self.folder / 'card.md'}: {error}") from None


def list_exports(root: Root) -> list[str]:
    """The names of the exports in `root`, sorted."""
    return sorted(path.parent.name for path in root.folder("exports").glob("*/export.toml"))


def load_export(root: Root, name: str) -> Export:
    """The export `name`. Raises `E_NOT_FOUND`, or `E_DEFINITION` if its export.toml is not valid."""
    names = list_exports(root)
    if name not in names:
        raise CurationError(
            "E_NOT_FOUND",
            f"no export {name!r} in {root.folder('exports')}",
            fix=f"one of: {', '.join(names)}",
        )
    folder = root.folder("exports") / name
    document = read_toml(folder / "export.toml")
    Schemas(root.folder("schemas")).require("export", document, str(folder / "export.toml"))
    shares = sum(document["splits"].values())
    if abs(shares - 1) > 1e-9:
        raise CurationError(
            "E_DEFINITION", f"{folder / 'export.toml'}: /splits: the shares sum to {shares:.10g}, not 1"
        )
    return Export(
        name=document["name"],
        title=document["title"],
        task=document["task"],
        folder=folder,
        configs=tuple(document["configs"]),
        splits=document["splits"],
        seed=document["seed"],
        license=document["license"],
        languages=tuple(document["languages"]),
        by=tuple(document.get("split", {}).get("by", ())),
        stratify=document.get("split", {}).get("stratify", True),
        text=document.get("text", "full"),
        about={
            topic: said if isinstance(said, str) else tuple(said) for topic, said in document.get("about", {}).items()
        },
    )
