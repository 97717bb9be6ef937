"""What stands above a Markdown text: YAML between two lines of dashes."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from curation.articles.rejects import Refused

_BLOCK = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
# Behind blank lines and comments a key. Nothing in it is tried twice.
_KEY = re.compile(r"(?:[^\S\n]*+(?:#.*+)?\n)*+[^\S\n]*+[\"']?\w[\w .-]*+[\"']?\s*+:(?:\s|$)")
_LARGEST = 64 * 1024
_NOTHING = ("", "~", "null", "Null", "NULL")


class _Loader(yaml.BaseLoader):
    """Every value as it is written, so that the language `no` is not false; no key twice, no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node. Aliases could make a small text gigantic."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="there is an alias in it", problem_mark=self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping, each key of which stands in it once."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            # What is no string is no key either, which is told below.
            if isinstance(name, str):
                if name in seen:
                    raise yaml.MarkedYAMLError(problem="a key stands in it twice", problem_mark=key.start_mark)
                seen.add(name)
        return super().construct_mapping(node, deep)


def split(text: str) -> tuple[dict[str, Any], str]:
    """The metadata above a text, and the text. What is no mapping is part of the text, such as a rule of dashes.

    Raises `Refused` for what looks like metadata and cannot be read.
    """
    block = _BLOCK.match(text)
    if block is None or not _KEY.match(block.group(1)):
        return {}, text
    if len(block.group(1)) > _LARGEST:
        raise Refused("R_FRONT_MATTER", f"the metadata above the text have more than {_LARGEST} characters")
    try:
        values = yaml.load(block.group(1), _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 2}, column {mark.column + 1}" if mark else ""
        raise Refused("R_FRONT_MATTER", f"the metadata above the text: {error.problem}{place}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Refused("R_FRONT_MATTER", f"the metadata above the text: {type(error).__name__}") from None
    if not isinstance(values, dict):
        return {}, text
    row = {str(key): None if value in _NOTHING else value for key, value in values.items()}
    return row, text[block.end() :]
