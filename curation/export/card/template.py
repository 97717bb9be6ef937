"""Fill the export's own card.md: a template in which `$name` stands for what was counted or declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from string import Template

from curation.catalog import Export
from curation.errors import CurationError
from curation.export.card.placeholders import COMPOSED, PLACEHOLDERS, Contents, as_template

_AGREEMENT = {"agreement_table", "plots"}
_PLACEHOLDER = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)


def wants_agreement(export: Export) -> bool:
    """Whether an export publishes figures of agreement, as a config or on its card: otherwise none need be measured."""
    return "agreement" in export.configs or bool(_AGREEMENT & placeholders_of(export.card))


def wants_leakage(export: Export) -> bool:
    """Whether the card of an export says what leaks between splits: otherwise that need not be measured."""
    return "splits_proof" in placeholders_of(export.card)


def placeholders_of(template: str) -> set[str]:
    """The placeholders in a card's template."""
    return {found[1] or found[2] for found in _PLACEHOLDER.finditer(template) if found[1] or found[2]}


def fill(contents: Contents) -> str:
    """The card's text below its YAML. Raises `E_DEFINITION` for a placeholder in card.md that does not exist."""
    return filled(whole_template(contents), lambda name: PLACEHOLDERS[name](contents))


def whole_template(contents: Contents) -> str:
    """The template with those of `COMPOSED` in it. Raises `E_DEFINITION` for a placeholder that does not exist."""
    export = contents.facts.export
    known = dict.fromkeys([*PLACEHOLDERS, *COMPOSED])
    try:
        Template(export.card).substitute(known)
    except KeyError as error:
        problem = f"there is no placeholder ${error.args[0]}"
    except ValueError as error:
        problem = str(error)
    else:
        return partly_filled(export.card, COMPOSED, lambda name: COMPOSED[name](contents))
    raise CurationError(
        "E_DEFINITION",
        f"{export.folder / 'card.md'}: {problem}",
        fix=f"Use one of {', '.join(f'${name}' for name in known)}; $$ is a dollar sign.",
    )


def settled(contents: Contents, kept: Collection[str]) -> str:
    """The card as a template in which placeholders are left that are to be `kept`."""
    template = whole_template(contents)
    names = placeholders_of(template) - set(kept)
    return partly_filled(template, names, lambda name: as_template(PLACEHOLDERS[name](contents)))


def partly_filled(template: str, names: Collection[str], value: Callable[[str], str]) -> str:
    """A template with templates in the place of some of its placeholders."""

    def instead(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return value(name) if name in names else f"${{{name}}}" if name else found[0]

    return _PLACEHOLDER.sub(instead, template)


def filled(template: str, value: Callable[[str], str]) -> str:
    """A template with texts in the place of its placeholders; of one whose text is empty no line is left over."""
    values = {name: value(name) for name in placeholders_of(template)}
    for name in sorted(name for name, text in values.items() if not text):
        written = rf"\$(?:{name}|\{{{name}\}})[ \t]*$"
        template = re.sub(rf"^{written}\n*|[ \t]+{written}", "", template, flags=re.MULTILINE)
    return Template(template).substitute(values)
