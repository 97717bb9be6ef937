"""What every page has to be: legible in either scheme, as wide as its window, and at twice the size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

LEAST_CONTRAST = 4.5


def reads_well(page: Page, picture: Path, width: int, scheme: str, *, texts: int) -> None:
    """Contrast, width and ground of a page in a window of that width; more than so many texts must be measured."""
    page.screenshot(path=picture, full_page=True)
    measured: list[dict[str, Any]] = page.evaluate("() => window.measure.contrasts()")
    assert len(measured) > texts, "next to nothing was measured"
    assert [(text["ratio"], text["text"]) for text in measured if text["ratio"] < LEAST_CONTRAST] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(ground) < 200) == (scheme == "dark")


def can_be_read_at_twice_the_size(page: Page, picture: Path) -> None:
    """Zooming to 200% halves the width that the page has, to 640 here; letters of twice the size ask for the same."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
