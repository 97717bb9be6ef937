"""An interface's XML, read without what could harm: no DTD, no entities."""

from __future__ import annotations

from xml.etree import ElementTree

from curation.errors import CurationError

FILE = "interface.xml"


def parse_xml(xml: str, file: str = FILE) -> ElementTree.Element:
    """The root of an interface. Raises `E_DEFINITION` if it is not well-formed, or declares a DTD or entities."""
    try:
        parser = ElementTree.XMLParser(target=_Builder())
        parser.feed(xml)
        return parser.close()
    except DoctypeRefused as error:
        raise CurationError("E_DEFINITION", f"{file} {error}; none is read", fix="remove <!DOCTYPE>") from None
    except (ElementTree.ParseError, ValueError) as error:
        raise CurationError("E_DEFINITION", f"{file}: {error}", fix="make it well-formed XML") from None


class DoctypeRefused(Exception):
    """An interface declares a DTD."""


class NoDoctype:
    """Refuses the declaration under which entities could be defined."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise DoctypeRefused(f"declares a DTD ({name})")


class _Builder(NoDoctype, ElementTree.TreeBuilder):
    pass
