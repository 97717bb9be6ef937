"""The card of a dataset whose texts were put back: of the columns and rows that are there now."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.export.account import Account
from curation.export.card.croissant import FILE as CROISSANT
from curation.export.card.croissant import rewrite_croissant
from curation.export.card.facts import Built
from curation.export.card.metadata import as_yaml, config_of, info_of, parts_of
from curation.export.card.placeholders import Contents
from curation.export.card.plots import FOLDER as PLOTS
from curation.export.card.plots import ORDER, Plot, plots_section
from curation.export.card.refilling import DAGGER, contents_of, is_known, refill
from curation.export.card.writing import TEXTLESS
from curation.export.tables import Written
from curation.folders.card import inert, shown, size_category
from curation.text import counted

if TYPE_CHECKING:
    from curation.export.reading import Dataset
    from curation.export.rehydrating import Missing

ABOUT_PUBLISHED = "What stands below is about the published dataset: figures, columns and checksums."
"""What a copy's card says where it could not be filled anew."""

_CARD = "README.md"
_SHOWN = 20
_WHY = {"absent": "no such text was there", "differs": "the text that was there has another hash"}
_TITLE = re.compile(r'<title id="title">(.*?)</title>')


def write_card(
    dataset: Dataset,
    folder: Path,
    written: Mapping[str, Mapping[str, tuple[int, int]]],
    account: Account,
    missing: Sequence[Missing],
    untitled: Sequence[str],
) -> None:
    """Write README.md, its pictures and croissant.json beside the tables in `folder`.

    `written` has the rows and bytes of each split. Raises `E_EXPORT_UNREADABLE` for a published card without a header.
    """
    metadata, body = _published(dataset)
    built = {config: _built(dataset, folder, config, splits) for config, splits in written.items()}
    default = next((one["config_name"] for one in metadata["configs"] if one.get("default")), None)
    first = default if default in built else next(iter(built))
    metadata["size_categories"] = [size_category(built[first].rows)]
    metadata["configs"] = [config_of(name, one, is_default=name == first) for name, one in built.items()]
    metadata["dataset_info"] = [info_of(name, one) for name, one in built.items()]
    contents = contents_of(dataset.facts, built, account, folder)
    gone = [config for config in dataset.configs if config not in built]
    said = _said(account.articles, missing, untitled, gone, inert)
    card = dataset.facts.get("card")
    if card is not None and is_known(card):
        drawn = _plots(dataset, contents, is_part=bool(missing))
        instead = {"texts": _texts(account.articles, missing), "plots": plots_section(drawn)}
        body = refill(card, contents, instead, is_part=bool(missing))
        marked = f"Figures with {DAGGER} are those of the published dataset; all others were counted in this copy."
        note = [*said, marked] if missing else said
        for plot in drawn:
            (folder / PLOTS).mkdir(exist_ok=True)
            (folder / PLOTS / f"{plot.name}.svg").write_text(plot.picture, encoding="utf-8", newline="\n")
    else:
        body = body.replace(TEXTLESS, "")
        note = [*said, ABOUT_PUBLISHED]
        if (dataset.folder / PLOTS).is_dir():
            shutil.copytree(dataset.folder / PLOTS, folder / PLOTS)
    quoted = "\n".join(f"> {line}" for line in ("[!NOTE]", *note))
    text = f"---\n{as_yaml(metadata)}---\n\n{quoted}\n\n{body.strip()}\n"
    (folder / _CARD).write_text(text, encoding="utf-8", newline="\n")
    if (dataset.folder / CROISSANT).is_file():
        described = " ".join(_said(account.articles, missing, untitled, gone, shown))
        try:
            rewrite_croissant(dataset.folder, folder, built, contents.statistics, described, is_part=bool(missing))
        except ValueError as error:
            raise CurationError("E_EXPORT_UNREADABLE", f"{dataset.folder / CROISSANT}: {error}") from None


def _published(dataset: Dataset) -> tuple[dict[str, Any], str]:
    try:
        metadata, body = parts_of((dataset.folder / _CARD).read_text(encoding="utf-8"))
        if not all(isinstance(one, dict) and "config_name" in one for one in metadata["configs"]):
            raise ValueError("its configs have no names")
    except (KeyError, TypeError, ValueError) as error:
        raise CurationError("E_EXPORT_UNREADABLE", f"{dataset.folder / _CARD} has no header: {error}") from None
    return metadata, body


def _built(dataset: Dataset, folder: Path, config: str, splits: Mapping[str, tuple[int, int]]) -> Built:
    from datasets import Features

    paths = {split: list(_paths(dataset, folder, config, split)) for split in splits}
    stored = sum((folder / path).stat().st_size for of in paths.values() for path in of)
    features = Features._from_yaml_list(dataset.facts["columns"][config])
    return Built(features, {split: Written(*counts) for split, counts in splits.items()}, paths, stored)


def _paths(dataset: Dataset, folder: Path, config: str, split: str) -> Iterator[str]:
    """The files of a split that were written."""
    for file in dataset.files(config, split):
        if (folder / config / file.name).is_file():
            yield f"{config}/{file.name}"


def _said(
    restored: int,
    missing: Sequence[Missing],
    untitled: Sequence[str],
    gone: Sequence[str],
    written: Callable[[str], str],
) -> list[str]:
    """What was put back and what was not, in sentences; `gone` are configs, and `written` is how ids stand in them."""
    told = [
        "This is a copy of a dataset that is published without the texts of its articles; `curation rehydrate` put them"
        " back."
    ]
    if missing:
        listed = _listed([f"{written(one.article_id)} ({_WHY[one.reason]})" for one in missing])
        told.append(
            f"{restored:,} of {counted(restored + len(missing), 'article')} have their texts again. Rows about the"
            f" other {len(missing):,} are left out: {listed}."
        )
    else:
        told.append(f"Of {counted(restored, 'article')} no text is missing.")
    if gone:
        told.append(f"Without a row, and therefore not here: the config{'s' * (len(gone) > 1)} {', '.join(gone)}.")
    if untitled:
        listed = _listed([written(one) for one in untitled])
        told.append(
            f"{counted(len(untitled), 'title')} {'is' if len(untitled) == 1 else 'are'} null, as no title that was"
            f" there has the published hash: {listed}."
        )
    return told


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - _SHOWN:,} more, which manifest.json names"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _texts(restored: int, missing: Sequence[Missing]) -> str:
    which = f"those of {restored:,} of {counted(restored + len(missing), 'article')}" if missing else "all of them"
    return (
        f"Texts are not published. Into this copy `curation rehydrate` put {which} from articles that"
        " its maker had: what may be done with them is up to who holds the rights in them."
    )


def _plots(dataset: Dataset, contents: Contents, *, is_part: bool) -> list[Plot]:
    """The pictures of what is counted in this copy, and the published one of agreement."""
    drawn = {plot.name: plot for plot in contents.plots}
    published = dataset.folder / PLOTS / "agreement.svg"
    if published.is_file():
        picture = published.read_text(encoding="utf-8")
        found = _TITLE.search(picture)
        plot = Plot("agreement", unescape(found[1]) if found else "Agreement", picture)
        drawn[plot.name] = replace(plot, title=f"{plot.title}, in the published dataset") if is_part else plot
    return [drawn[name] for name in ORDER if name in drawn]
