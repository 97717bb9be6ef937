"""The pictures of a dataset's card in a real browser: every word in its place, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curation.export.card.svg import Bar, Whisker, bars, columns, whiskers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LONG = "What everybody says of everything that anybody has ever said about the congestion charge"
PICTURES = {
    "bars": bars(
        LONG,
        "x",
        [
            LONG,
            Bar(LONG, "1,234,567 (100%)", (0.5, 0.3, 0.2)),
            Bar("سقف الإيجار", "0", (0.0,)),
            Bar("家賃の上限" * 9, "7", (1.0,)),
        ],
        ["a", LONG] * 3,
    ),
    "whiskers": whiskers("Agreement", "x", [Whisker(LONG, 0.5, -0.4, 0.75), Whisker("<b>&", 1.0, None, None)]),
    "columns": columns("Articles", "x", [(f"2025-{month:02}", month % 5) for month in range(1, 13)]),
}

_OUTSIDE = """() => {
  const frame = document.documentElement.getBoundingClientRect();
  return [...document.querySelectorAll('text, rect, line, circle')]
    .filter(one => !one.classList.contains('ground'))
    .map(one => [one.textContent || one.tagName, one.getBoundingClientRect()])
    .filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
    .map(([name]) => name);
}"""
_OVERLAPPING = """() => {
  const texts = [...document.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
  return texts.flatMap(([name, a], n) => texts.slice(n + 1)
    .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
    .map(([other]) => [name, other]));
}"""
# WCAG 2.2, relative luminance and contrast ratio.
_CONTRAST = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9]+/g).map(Number).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.querySelector('.ground')).fill);
  return Math.min(...[...document.querySelectorAll('text')].map(one => light(getComputedStyle(one).fill))
    .map(ink => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)));
}"""


@pytest.fixture
def open_file(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a file in a window; nothing is fetched from elsewhere."""
    foreign: list[str] = []
    with ExitStack() as windows:

        def opened(path: Path, width: int, **options: Any) -> Page:
            context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
            windows.callback(context.close)
            page = context.new_page()
            page.on("request", lambda request: request.url.startswith("file:") or foreign.append(request.url))
            page.goto(path.as_uri())
            return page

        yield opened
        assert foreign == []


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_is_in_its_place(name: str, scheme: Any, open_file: Callable[..., Page], tmp_path: Path) -> None:
    path = tmp_path / f"{name}.svg"
    path.write_text(PICTURES[name], encoding="utf-8")
    page = open_file(path, 480, color_scheme=scheme)
    assert page.evaluate(_OUTSIDE) == []
    assert page.evaluate(_OVERLAPPING) == []
    assert page.evaluate(_CONTRAST) >= 4.5


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_phone_and_is_read_aloud(width: int, open_file: Callable[..., Page], tmp_path: Path) -> None:
    for name, picture in PICTURES.items():
        (tmp_path / f"{name}.svg").write_text(picture, encoding="utf-8")
    card = tmp_path / "card.html"
    images = "".join(f'<img src="{name}.svg" alt="{name}" style="max-width:100%">' for name in PICTURES)
    card.write_text(f'<!doctype html><meta name="viewport" content="width=device-width">{images}', encoding="utf-8")
    page = open_file(card, width)
    sizes = page.evaluate("() => [...document.images].map(one => [one.complete && one.naturalWidth, one.clientWidth])")
    assert [natural for natural, _ in sizes] == [480] * 3
    # Words of 13 units are still more than 9 pixels high.
    assert all(shown <= width and shown * 13 / 480 > 9 for _, shown in sizes)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
