"""Addresses of web pages in one form each, so that the same page has the same address whoever linked to it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}
"""The schemes of web addresses, and the port that each has if none is named."""

# Nothing in it can be written in another way.
_PLAIN = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*/[A-Za-z0-9/_~.-]*", re.ASCII)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+", re.ASCII)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
# What may stand unescaped in a path or query beside escapes: RFC 3986, 3.3 and 3.4; the rest is escaped.
_UNSAFE = re.compile(rb"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]|%(?![0-9A-Fa-f]{2})")
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|srsltid|li_fat_id|mc_cid"
    r"|mc_eid|mkt_tok|_hsenc|_hsmi|__hstc|__hssc|__hsfp|hsctatracking|oly_enc_id|oly_anon_id|vero_id|_ga|_gl|ref_src"
    r"|__twitter_impression|s_cid|at_medium|at_campaign|at_custom\d",
    re.IGNORECASE | re.ASCII,
)


def canonical(url: str) -> str:
    """The one form of a web address; what is no http or https address comes back as it is. Idempotent.

    The normalisation of RFC 3986, section 6.2.2 and 6.2.3: scheme and host in lower case, the host in ASCII (IDNA), no
    default port, no dot segments, escapes in upper case and only where they are needed. The fragment and parameters
    that only say where a reader came from (`utm_source`, `fbclid`, ...) are left out; the others keep their order.
    """
    if _PLAIN.fullmatch(url) and "/." not in url:
        return url
    written = url.strip()
    if not _SCHEME.match(written):
        return url
    try:
        parts = urlsplit(written)
        authority = _authority(parts)
    except ValueError:
        return url
    if authority is None:
        return url
    path = _without_dots(_escaped(parts.path)) or "/"
    query = "&".join(
        pair for pair in _escaped(parts.query).split("&") if not _TRACKING.fullmatch(pair.partition("=")[0])
    )
    return f"{parts.scheme}://{authority}{path}" + (f"?{query}" if query else "")


def _authority(parts: SplitResult) -> str | None:
    """User, host and port; None if there is no host that could be looked up. Raises `ValueError` for a bad port."""
    name, port = parts.hostname, parts.port
    if not name:
        return None
    host = _ascii(name)
    if host is None:
        return None
    user, at, _ = parts.netloc.rpartition("@")
    shown = "" if port is None or port == PORTS[parts.scheme] else f":{port}"
    return f"{_escaped(user)}{at}{host}{shown}"


def _ascii(name: str) -> str | None:
    if ":" in name:
        return f"[{name}]"
    if name.isascii():
        return name if _HOST.fullmatch(name) else None
    import idna

    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return None


def _escaped(part: str) -> str:
    """A part of an address in ASCII, each octet escaped only if it has to be."""
    octets = _UNSAFE.sub(lambda unsafe: b"%%%02X" % unsafe.group()[0], part.encode("utf-8", "surrogatepass"))
    return _ESCAPED.sub(_needed, octets).decode("ascii")


def _needed(escape: re.Match[bytes]) -> bytes:
    octet = int(escape[1], 16)
    return bytes([octet]) if octet in _UNRESERVED else b"%%%02X" % octet


def _without_dots(path: str) -> str:
    """`path` without `.` and `..`: RFC 3986, section 5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
