"""What a format is: its name, what it is for, what it needs of a dataset, its options, and what writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from curation.errors import CurationError
from curation.export.reading import Dataset

Options = Mapping[str, str]
"""A value for every option of a format."""

Losses = Counter[str]
"""What of the dataset the format could not hold, each as a phrase, and how often. A phrase holds no text of others."""

Write = Callable[[Dataset, Path, Options], Losses]
"""Writes a dataset into an empty folder, in the order of its rows and with bounded memory, and says what was lost."""


def _nothing(_: Options) -> Mapping[str, tuple[str, ...]]:
    return {}


def _no_header(_: Dataset) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a format leaves to who writes it. `values` are all that it takes; empty where the dataset tells."""

    name: str
    help: str
    default: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name. `needs` gives for options the configs that it is made from, and their columns with the texts.

    `loses` says what never gets into it. `extra` is the extra that has the library `library`, where it needs one.
    `files` says which files there are, `reading` how they are read back; `header` is what the README begins with.
    """

    name: str
    title: str
    purpose: str
    write: Write
    files: str
    reading: str
    loses: str
    needs: Callable[[Options], Mapping[str, tuple[str, ...]]] = _nothing
    header: Callable[[Dataset], str] = _no_header
    options: tuple[Option, ...] = ()
    extra: str | None = None
    library: str | None = None

    def chosen(self, given: Options) -> dict[str, str]:
        """The value of every option. Raises `E_USAGE` for an option or a value that there is not."""
        known = {option.name: option for option in self.options}
        for name, value in given.items():
            if name not in known:
                message = f"{self.name} has no option {name!r}"
                raise CurationError("E_USAGE", message, fix=_one_of(known) if known else "it has none: leave it out")
            values = known[name].values
            if values and value not in values:
                raise CurationError("E_USAGE", f"{name} cannot be {value!r}", fix=_one_of(values))
        return {name: given.get(name, option.default) for name, option in known.items()}


def _one_of(names: Mapping[str, Option] | tuple[str, ...]) -> str:
    return f"one of: {', '.join(names)}"
