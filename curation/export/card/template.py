"""Fill the export's own card.md: a template in which `$name` stands for what was counted or declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from string import Template

from curation.errors import CurationError
from curation.export.card.placeholders import COMPOSED, PLACEHOLDERS, Contents, as_template
from curation.export.measured import PLACEHOLDER, placeholders_of


def fill(contents: Contents) -> str:
    """The card's text below its YAML. Raises `E_DEFINITION` for a placeholder in card.md that does not exist."""
    return filled(whole_template(contents), lambda name: PLACEHOLDERS[name](contents))


def whole_template(contents: Contents, kept: Collection[str] = ()) -> str:
    """The template with those of `COMPOSED` in it but for those to be `kept`.

    Raises `E_DEFINITION` for a placeholder that does not exist.
    """
    export = contents.facts.export
    known = dict.fromkeys([*PLACEHOLDERS, *COMPOSED])
    try:
        Template(export.card).substitute(known)
    except KeyError as error:
        problem = f"there is no placeholder ${error.args[0]}"
    except ValueError as error:
        problem = str(error)
    else:
        return partly_filled(export.card, COMPOSED.keys() - set(kept), lambda name: COMPOSED[name](contents))
    raise CurationError(
        "E_DEFINITION",
        f"{export.folder / 'card.md'}: {problem}",
        fix=f"Use one of {', '.join(f'${name}' for name in known)}; $$ is a dollar sign.",
    )


def settled(contents: Contents, kept: Collection[str]) -> str:
    """The card as a template in which placeholders are left that are to be `kept`."""
    template = whole_template(contents, kept)
    names = placeholders_of(template) - set(kept)
    return partly_filled(template, names, lambda name: as_template(PLACEHOLDERS[name](contents)))


def partly_filled(template: str, names: Collection[str], value: Callable[[str], str]) -> str:
    """A template with templates in the place of some of its placeholders."""

    def instead(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return value(name) if name in names else f"${{{name}}}" if name else found[0]

    return PLACEHOLDER.sub(instead, template)


def filled(template: str, value: Callable[[str], str]) -> str:
    """A template with texts in the place of its placeholders; of one whose text is empty no line is left over."""
    values = {name: value(name) for name in placeholders_of(template)}
    for name in sorted(name for name, text in values.items() if not text):
        written = rf"\$(?:{name}|\{{{name}\}})[ \t]*$"
        template = re.sub(rf"^{written}\n*|[ \t]+{written}", "", template, flags=re.MULTILINE)
    return Template(template).substitute(values)
