"""What gzip and zlib packed, unpacked in memory as far as a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from curation.articles.rejects import Refused

GZIP = 31
"""The window bits of zlib's decompressor that say gzip."""

_MAGIC = b"\x1f\x8b"


def inflated(chunks: Iterable[bytes], limit: int, wbits: int = GZIP) -> bytes:
    """The content of a packed stream that comes in `chunks`; of gzip, all members behind each other.

    What follows a member and is none is left alone, as browsers do. Raises `Refused` (`R_TOO_LARGE`) as soon as there
    are more than `limit` bytes, `EOFError` if the stream ends too early, `zlib.error` if it is damaged.
    """
    member = zlib.decompressobj(wbits)
    content = bytearray()
    left = b""
    for chunk in chunks:
        left += chunk
        while left:
            if member.eof:
                if wbits != GZIP or not left.startswith(_MAGIC[: len(left)]):
                    return bytes(content)
                if len(left) < len(_MAGIC):
                    break
                member = zlib.decompressobj(wbits)
            content += member.decompress(left, limit + 1 - len(content))
            if len(content) > limit:
                raise Refused("R_TOO_LARGE", f"its content unpacks to more than {limit} bytes")
            left = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise EOFError
    return bytes(content)
