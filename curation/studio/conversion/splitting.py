"""Where the items of an export begin: guessed and proved where its JSON is sound, else found by brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from curation.studio.conversion.strict import Fault, decoded, read

BLOCK = 500_000
"""Bytes that are split at once: few enough to stay in the processor's cache, enough to make the rest cheap."""

LIMIT = 16_000_000
"""An item whose brackets are not closed within so many bytes is cut where the next one seems to begin."""

# What an item begins with: its first key, and a second one behind it or in it, which nested objects seldom share.
_HEAD = re.compile(
    rb'\{\s*"((?:[^"\\]|\\.)*)"\s*:\s*(?:(?:[-+.0-9a-zA-Z]+|"(?:[^"\\]|\\.)*")\s*,\s*"((?:[^"\\]|\\.)*)"\s*:'
    rb'|\{\s*"((?:[^"\\]|\\.)*)"\s*:)?'
)
_HEAD_BYTES = 65_536
_SEEN = 256
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)
_NEXT_LINE = re.compile(rb"(?<=\n)\{")
_BARE = re.compile(rb'[^,\[\]{}"\s]++')
_GAP = re.compile(rb"[ \t\r\n]*+")
_COMMA = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
_SPACE = b" \t\r\n"
_LIST = msgspec.json.Decoder(list[msgspec.Raw]).decode
_LINES = msgspec.json.Decoder(msgspec.Raw).decode_lines
_ONE = msgspec.json.Decoder(msgspec.Raw).decode
_UNSOUND = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(slots=True)
class Block:
    """Some items, as bytes, that follow each other in a file; `first` is the number, from 0, of the first of them.

    `faults` are what is wrong between the items; what is wrong within one is for its reader to find.
    """

    items: list[msgspec.Raw]
    first: int
    faults: list[Fault]
    _window: bytes = b""
    _byte: int = 0
    _line: int = 1
    _places: list[tuple[int, int]] = field(default_factory=list)

    def place(self, index: int) -> tuple[int, int]:
        """The line, from 1, and the byte, from 0, at which `items[index]` begins."""
        if not self._places:
            at, line = 0, self._line
            for item in self.items:
                raw = bytes(item)
                start = self._window.index(raw, at)
                line += self._window.count(b"\n", at, start)
                self._places.append((line, self._byte + start))
                at = start + len(raw)
                line += raw.count(b"\n")
        return self._places[index]


@dataclass(slots=True)
class Stretch:
    """Bytes in a list of items that nobody has split yet; at `at` an item begins, which has the number `first`, from 0.

    Whoever can read an item without being told where it ends, and finds it sound, may `take` it.
    """

    data: bytes
    at: int
    first: int
    taken: int = 0

    def take(self, end: int) -> int | None:
        """Take an item that ends there; where the next one begins, None if that is not sure."""
        self.at = end
        self.taken += 1
        between = _COMMA.match(self.data, end)
        return None if between is None else between.end()


class Splitter:
    """Splits what `read` gives. The items are the same whatever number of bytes it gives at a time.

    `ahead` may take sound items from a list before they are split; no block has these.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        *,
        size: int = BLOCK,
        byte: int = 0,
        ahead: Callable[[Stretch], None] | None = None,
    ) -> None:
        self._read = read
        self._ahead = ahead
        self._size = size
        self._buffer = b""
        self._at = 0
        self._ended = False
        self._byte = byte
        self._line = 1
        self._listed = False
        self._closed = False
        # Where an item seems to begin: as the file's first one does, and as those that are read now do.
        self._begins: re.Pattern[bytes] | None = None
        self._guessed: re.Pattern[bytes] | None = None
        self._wants_comma = False
        self._faults: list[Fault] = []
        self._cut = False

    def blocks(self) -> Iterator[Block]:
        """All items, in order."""
        first = 0
        self._open()
        while self._between():
            if len(self._buffer) - self._at < self._size:
                self._grow()
            taken = self._take_ahead(first)
            first += taken
            if taken:
                continue
            block = self._guess(first) or self._walk(first)
            first += len(block.items)
            yield block
        if self._listed and not self._closed and not self._cut:
            self._fault("F_JSON_CUT", "the file ends within the list of items")
        if self._faults:
            yield Block([], first, self._faults)

    def _take_ahead(self, first: int) -> int:
        """How many items are taken before they are split. What is wrong before them is told first."""
        if self._ahead is None or not self._listed or self._faults:
            return 0
        stretch = Stretch(self._buffer, self._at, first)
        self._ahead(stretch)
        self._at = stretch.at
        self._wants_comma = stretch.taken > 0
        return stretch.taken

    def peek(self) -> bytes:
        """What stands first in the file, behind white space; nothing is taken."""
        while self._skip_space() and len(self._buffer) - self._at < _SEEN and self._grow():
            pass
        return self._buffer[self._at : self._at + _SEEN]

    def _open(self) -> None:
        self._skip_space()
        if self._buffer[self._at : self._at + 1] == b"[":
            self._listed = True
            self._at += 1
        self._begins = self._guessed = self._learn() if self._listed else _NEXT_LINE

    def _learn(self) -> re.Pattern[bytes] | None:
        """How items begin, by the one that begins here or the next."""
        while len(self._buffer) - self._at < _HEAD_BYTES and self._grow():
            pass
        found = _HEAD.search(self._buffer, self._at, self._at + _HEAD_BYTES)
        if found is None:
            return None
        key, second, inner = found.groups()
        pattern = rb'\{\s*"' + re.escape(key) + rb'"\s*:\s*'
        if second is not None:
            pattern += rb'(?:[-+.0-9a-zA-Z]+|"(?:[^"\\]|\\.)*")\s*,\s*"' + re.escape(second) + rb'"'
        elif inner is not None:
            pattern += rb'\{\s*"' + re.escape(inner) + rb'"'
        return re.compile(pattern)

    def _between(self) -> bool:
        """Pass over what stands between two items; False at the end of the file."""
        comma = False
        while self._skip_space():
            mark = self._buffer[self._at : self._at + 1]
            if self._closed:
                self._fault("F_JSON_SYNTAX", "there is more behind the end of the list of items")
                self._closed = False
                if mark == b"[":
                    self._at += 1
                    continue
            if mark not in b",]}":
                if self._wants_comma and self._listed and not comma:
                    self._fault("F_JSON_SYNTAX", "a comma is missing between items")
                self._wants_comma = False
                return True
            if mark == b"," and not comma and self._wants_comma and self._listed:
                comma = True
            elif mark == b"]" and self._listed:
                if comma:
                    self._fault("F_JSON_SYNTAX", "a comma too many between items")
                self._closed, self._wants_comma, comma = True, False, False
            else:
                problem = "a comma too many between items" if mark == b"," else f"{mark.decode()} closes nothing"
                self._fault("F_JSON_SYNTAX", problem, raw=mark)
            self._at += 1
        return False

    def _guess(self, first: int) -> Block | None:
        """The items up to the last place where one seems to begin, if they are sound JSON: then the guess was right."""
        start = self._at
        if self._ended:
            cut = end = len(self._buffer)
        elif (found := self._last()) is not None:
            cut = found
            end = self._before(found)
        else:
            return None
        try:
            if not self._listed:
                window, offset = self._buffer[start:cut], 0
                items = _LINES(window)
                if any(memoryview(item)[0] != 0x7B for item in items):
                    return None
            else:
                inside = memoryview(self._buffer)[start:end]
                window, offset = b"".join((b"[", inside, b"" if self._ended else b"]")), 1
                items = _LIST(window)
        except _UNSOUND:
            return None
        self._closed = self._listed and self._ended
        block = Block(items, first, self._take_faults(), window, self._byte + start - offset, self._line_at(start))
        self._at = cut
        self._wants_comma = False
        return block

    def _last(self) -> int | None:
        """The last place in what was read where an item seems to begin."""
        if self._guessed is None:
            return None
        high, step = len(self._buffer), self._size // 16 + 1024
        while high > self._at:
            low = max(self._at + 1, high - step)
            last = None
            for found in self._guessed.finditer(self._buffer, low):
                last = found.start()
            if last is not None:
                return last
            if low == self._at + 1:
                return None
            high, step = low, step * 4
        return None

    def _before(self, cut: int) -> int:
        """Where what stands before `cut` ends, without the comma and white space between."""
        end = cut
        while end > self._at and self._buffer[end - 1] in _SPACE:
            end -= 1
        if end > self._at and self._buffer[end - 1] == 0x2C:
            end -= 1
        return end

    def _walk(self, first: int) -> Block:
        """The items that begin in a block's bytes, one by one. Of unsound JSON these are what looks like items."""
        items: list[msgspec.Raw] = []
        places: list[tuple[int, int]] = []
        stop = self._byte + self._at + self._size
        while not items or (self._byte + self._at < stop and self._between()):
            length = self._length()
            line = self._line_at(self._at)
            items.append(msgspec.Raw(self._buffer[self._at : self._at + length].rstrip(_SPACE)))
            places.append((line, self._byte + self._at))
            self._at += length
            self._wants_comma = True
        if self._listed and self._buffer[self._at : self._at + 1] == b"{":
            self._guessed = self._learn()
        return Block(items, first, self._take_faults(), _places=places)

    def _length(self) -> int:
        """How many bytes the item that begins here has, or what stands in the place of one."""
        if self._buffer[self._at] not in b'{["':
            return self._bare()
        length = self._proved() or self._balanced()
        begins = self._begins
        found = begins.search(self._buffer, self._at + 1, self._at + length) if begins is not None else None
        if found is None or _closed(self._buffer[self._at : self._at + length]):
            return length
        return self._before(found.start()) - self._at

    def _proved(self) -> int | None:
        """The length up to the next place where an item seems to begin, if that is one whole value."""
        found = self._begins.search(self._buffer, self._at + 1) if self._begins is not None else None
        if found is None:
            return None
        length = self._before(found.start()) - self._at
        return length if _sound(self._buffer[self._at : self._at + length]) else None

    def _balanced(self) -> int:
        """The length up to where the brackets close; beyond the limit up to where the next item seems to begin."""
        depth = seen = 0
        while True:
            base = self._at
            for token in _TOKEN.finditer(self._buffer, base + seen):
                mark = token.group()
                if mark == b'"':
                    seen = token.start() - base
                    break
                depth += mark in (b"{", b"[")
                depth -= mark in (b"}", b"]")
                seen = token.end() - base
                if depth == 0:
                    return self._shorter(seen) or seen
            else:
                seen = len(self._buffer) - base
            shorter = self._shorter(len(self._buffer) - base)
            if shorter is not None:
                return shorter
            if not self._grow():
                found = self._begins.search(self._buffer, self._at + 1) if self._begins is not None else None
                self._cut = found is None
                return (len(self._buffer) if found is None else self._before(found.start())) - self._at

    def _shorter(self, length: int) -> int | None:
        """Where the next item seems to begin within `length`, if that is beyond the limit."""
        if length <= LIMIT or self._begins is None:
            return None
        found = self._begins.search(self._buffer, self._at + 1, self._at + length)
        return None if found is None else self._before(found.start()) - self._at

    def _bare(self) -> int:
        """The length of what is no object, no array and no text."""
        while True:
            found = _BARE.match(self._buffer, self._at)
            end = self._at + 1 if found is None else found.end()
            if end < len(self._buffer) or not self._grow():
                return end - self._at

    def _skip_space(self) -> bool:
        """Pass over white space; False at the end of the file."""
        while True:
            found = _GAP.match(self._buffer, self._at)
            self._at = found.end() if found is not None else self._at
            if self._at < len(self._buffer):
                return True
            if not self._grow():
                return False

    def _grow(self) -> bool:
        """Forget what was taken and read on, as much again as there is; False at the end of the file."""
        if self._ended:
            return False
        self._line = self._line_at(self._at)
        self._byte += self._at
        rest = self._buffer[self._at :]
        self._at = 0
        chunk = self._read(max(self._size, len(rest)))
        self._ended = not chunk
        self._buffer = rest + chunk
        return not self._ended

    def _line_at(self, at: int) -> int:
        # Counting looks at each byte, and most exports are on one line.
        return self._line + (self._buffer.count(b"\n", 0, at) if self._buffer.find(b"\n", 0, at) >= 0 else 0)

    def _fault(self, code: str, problem: str, raw: bytes | None = None) -> None:
        text = None if raw is None else decoded(raw)
        self._faults.append(Fault(code, problem, self._line_at(self._at), self._byte + self._at, text))

    def _take_faults(self) -> list[Fault]:
        faults, self._faults = self._faults, []
        return faults


def _closed(raw: bytes) -> bool:
    """Whether all brackets and texts of a value are closed where they should be, whatever else is wrong in it."""
    return _sound(raw) or not any(fault.code in ("F_JSON_CUT", "F_JSON_SYNTAX") for fault in read(raw).faults)


def _sound(raw: bytes) -> bool:
    try:
        _ONE(raw)
    except _UNSOUND:
        return False
    return True
