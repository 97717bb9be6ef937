"""What every page shares: its head, the policy that nothing is fetched or run by it, and how it is written."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from curation import __version__
from curation.errors import CurationError
from curation.folders.whole import require_replaceable, whole
from curation.reports.markup import markup

_BEGINNING = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="curation '
)
"""By which an earlier page is known."""


def page_place(path: Path, kind: str = "a page of findings") -> Path:
    """Where a page is written: what a link leads to, and never in the place of a device, a folder or another file.

    Raises `E_USAGE` where no page can be, `E_DISK` if there is no folder for it, `E_EXISTS` if the file that is there
    is no such page; `kind` names it there.
    """
    place = path.resolve()
    if path.name in ("", "-") or (place.exists() and not place.is_file()):
        name = str(path) if path.name else ""
        raise CurationError("E_USAGE", f"{name!r} is no file that a page can be written to", fix="--html report.html")
    if not place.parent.is_dir():
        fix = f"mkdir -p {shlex.quote(str(place.parent))}, or name a file in another folder"
        raise CurationError("E_DISK", f"the page {path} cannot be written: there is no folder {place.parent}", fix=fix)
    require_replaceable(place, _BEGINNING.encode(), kind)
    return place


def write_framed(path: Path, place: Path, parts: Iterable[str]) -> None:
    """Write a page to `place`, whole or not at all; messages name it `path`. Raises `E_DISK` where it cannot be."""
    try:
        with whole(place) as out:
            out.writelines(part.encode("utf-8") for part in parts)
    except OSError as error:
        raise CurationError("E_DISK", f"the page {path} cannot be written: {error.strerror}") from error


def framed(title: str, body: Iterable[str], *, style: str = "", script: str = "") -> Iterator[str]:
    """A page around its body: the look that all pages share, then `style`; `script`, if there is one, at its end.

    The policy lets these very texts apply and nothing else: no other script, no style attribute, no network.
    """
    styles = files("curation.reports").joinpath("style.css").read_text("utf-8") + style
    allowed = f" script-src '{_hash(script)}';" if script else ""
    policy = f"default-src 'none'; style-src '{_hash(styles)}';{allowed} base-uri 'none'; form-action 'none'"
    yield (
        f'{_BEGINNING}{markup(__version__)}">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{markup(title)}</title>\n<style>{styles}</style>\n</head>\n<body>\n"
    )
    yield from body
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"<footer>Written by curation {markup(__version__)} on {now}.</footer>\n"
    yield f"<script>{script}</script>\n" if script else ""
    yield "</body>\n</html>\n"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
