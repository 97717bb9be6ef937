"""JSON values out of a stream, one after the other: read strictly, and never holding more than one of them."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Literal, NoReturn, Protocol

from curation.text import line_and_column

CHUNK = 1 << 20
"""Bytes that are read at once."""

_SPACE = " \t\r\n"
# An error nearer than this to the end of what was read may only mean that the rest is still to come.
_MARGIN = 32
_OUTSIDE = re.compile(r'["\[\]{},]')
_INSIDE = re.compile(r'["\\]')
_TOO_LONG = re.compile(r"Exceeds the limit .* value has (\d+) digits")
_NEXT_LINE = re.compile(r"\n(?=[ \t]*\{)")


class Readable(Protocol):
    """A binary stream; nothing but this is asked of it."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        ...


class BrokenJson(ValueError):
    """What is wrong with a value and where: line and column count from 1, columns in code points.

    `text` is what was passed over to read on, empty if nothing was; `too_large` if the value is beyond the limit.
    """

    def __init__(self, problem: str, line: int, column: int, *, too_large: bool = False) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.problem = problem
        self.line = line
        self.column = column
        self.too_large = too_large
        self.text = ""


class Found:
    """A value, and where it stood. Ask for the place and the text before the next value is read."""

    __slots__ = ("_end", "_start", "_stream", "value")

    def __init__(self, value: Any, stream: JsonStream, start: int, end: int) -> None:
        self.value = value
        self._stream = stream
        self._start = start
        self._end = end

    def place(self) -> tuple[int, int]:
        """Line and column of its first character, from 1."""
        return self._stream.place(self._start)

    def text(self) -> str:
        """The value as it is written."""
        return self._stream.text[self._start : self._end]


class JsonStream:
    """The JSON in a binary stream of UTF-8, with or without a byte order mark; it need not be seekable.

    NaN and keys given twice are refused, with `finite` also numbers beyond a float's range. A value of more than
    `limit` characters is refused. Bytes that are no UTF-8 raise `BrokenJson`; with `keep_bytes` they are carried along
    as lone surrogates (PEP 383), so that a caller can refuse the value that holds them.
    """

    def __init__(
        self, file: Readable, *, limit: int | None = None, finite: bool = False, keep_bytes: bool = False
    ) -> None:
        self.text = ""
        self._file = file
        self._limit = limit
        self._decoder = json.JSONDecoder(
            parse_constant=_refuse_constant, object_pairs_hook=_unique, parse_float=_finite if finite else None
        )
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape" if keep_bytes else "strict")
        self._at = 0
        self._read = 0
        self._ended = False
        self._lines = 0
        self._columns = 0

    def peek(self) -> str | None:
        """The next character that is no white space, not taken; None at the end of the file."""
        while True:
            while self._at < len(self.text):
                if self.text[self._at] not in _SPACE:
                    return self.text[self._at]
                self._at += 1
            if not self._grow():
                return None

    def take(self, expected: str, otherwise: str) -> None:
        """Take the next character. Raises `BrokenJson`, which says `otherwise`, if it is not the expected one."""
        if self.peek() != expected:
            self.fail("the file ends too early" if self.peek() is None else otherwise)
        self._at += 1

    def opens_objects(self) -> bool:
        """Whether an array begins here whose first element is an object. Takes nothing."""
        if self.peek() != "[":
            return False
        behind = 1
        while True:
            while self._at + behind < len(self.text):
                if self.text[self._at + behind] not in _SPACE:
                    return self.text[self._at + behind] == "{"
                behind += 1
            if not self._grow():
                return False

    def value(self) -> Found:
        """The value that begins here. Raises `BrokenJson` with its place, and stays in front of it."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, self._at)
            except json.JSONDecodeError as error:
                self._require_room(len(self.text))
                if not self._is_cut(error) or not self._grow():
                    self.fail(f"{error.msg}{self._began(error.pos)}", error.pos)
            except (ValueError, RecursionError) as error:
                self.fail("nested too deeply" if isinstance(error, RecursionError) else _said(error))
            else:
                self._require_room(end)
                break
        start, self._at = self._at, end
        return Found(value, self, start, end)

    def values(self) -> Iterator[Found]:
        """The elements of the array that begins here, which then ends the file; else values one after the other.

        Raises `BrokenJson` for what is wrong, and reads nothing behind it.
        """
        return (found for found in self._all(read_on=False) if isinstance(found, Found))

    def each(self) -> Iterator[Found | BrokenJson]:
        """Like `values`, but what is wrong comes in its place, and reading goes on behind it.

        That is where its brackets close; outside of an array the next line that begins an object.
        """
        return self._all(read_on=True)

    def elements(self) -> Iterator[Found | BrokenJson]:
        """The elements of the array that begins here as `each` gives them; what follows the array is left."""
        return self._elements(read_on=True)

    def skip(self, closing: str) -> str:
        """Pass over the element that begins here up to a comma or `closing`, by its brackets and quotation marks alone.

        Holds none of it; returns its text, of one beyond the limit only the beginning.
        """
        passed = _Passed(self._limit)
        depth, quoted = 0, False
        while True:
            token = (_INSIDE if quoted else _OUTSIDE).search(self.text, self._at)
            if token is None or (token.group() == "\\" and token.end() == len(self.text)):
                if not self._pass(passed, len(self.text) if token is None else token.start()):
                    return passed.text()
                continue
            character, end = token.group(), token.end()
            if quoted:
                quoted = character != '"'
                end += character == "\\"
            elif depth == 0 and character in ("," + closing):
                passed.add(self.text[self._at : token.start()])
                self._at = token.start()
                return passed.text()
            else:
                quoted = character == '"'
                depth = max(depth + (character in "[{") - (character in "]}"), 0)
            passed.add(self.text[self._at : end])
            self._at = end

    def skip_lines(self) -> str:
        """Pass over everything up to the next line that begins an object; returns it as `skip` does."""
        passed = _Passed(self._limit)
        while (found := _NEXT_LINE.search(self.text, self._at)) is None:
            # What follows a line break may still have to be read.
            last = self.text.rfind("\n", self._at)
            blank = last >= 0 and not self.text[last:].strip(_SPACE)
            if not self._pass(passed, last if blank else len(self.text)):
                return passed.text()
        passed.add(self.text[self._at : found.end()])
        self._at = found.end()
        return passed.text()

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        """Raise `BrokenJson` for the place where reading stands."""
        raise BrokenJson(problem, *self.place(self._at if at is None else at))

    def place(self, at: int | None = None) -> tuple[int, int]:
        """Line and column, from 1, of an index into `text`; by default of where reading stands."""
        line, column = line_and_column(self.text, self._at if at is None else at)
        return self._lines + line, column + (self._columns if line == 1 else 0)

    def _all(self, *, read_on: bool) -> Iterator[Found | BrokenJson]:
        if self.peek() != "[":
            while self.peek() is not None:
                yield self._next("line") if read_on else self.value()
            return
        yield from self._elements(read_on=read_on)
        if self.peek() is not None:
            yield self._failed("there is more after the end of the array", read_on)

    def _elements(self, *, read_on: bool) -> Iterator[Found | BrokenJson]:
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self._next("element") if read_on else self.value()
            while (follows := self.peek()) not in (",", "]"):
                problem = "the file ends within the array" if follows is None else "a comma or ] is missing"
                yield self._failed(problem, read_on)
                if follows is None:
                    return
            self._at += 1
            if follows == "]":
                return

    def _next(self, resume: Literal["element", "line"]) -> Found | BrokenJson:
        try:
            return self.value()
        except BrokenJson as error:
            error.text = self.skip("]") if resume == "element" else self.skip_lines()
            return error

    def _failed(self, problem: str, read_on: bool) -> BrokenJson:
        error = BrokenJson(problem, *self.place())
        if not read_on:
            raise error
        error.text = self.skip("]")
        return error

    def _require_room(self, end: int) -> None:
        if self._limit is not None and end - self._at > self._limit:
            problem = f"the value has more than {self._limit} characters"
            raise BrokenJson(problem, *self.place(), too_large=True)

    def _began(self, at: int) -> str:
        """Where the item began, if that is another line: a cut line is only noticed in one that follows."""
        if "\n" not in self.text[self._at : at]:
            return ""
        return f", in the item that begins in line {self._lines + line_and_column(self.text, self._at)[0]}"

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the error may vanish with more text."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self.text) - _MARGIN

    def _pass(self, passed: _Passed, at: int) -> bool:
        """Go to `at` and read on; False at the end of the file, where all the rest is passed over."""
        passed.add(self.text[self._at : at])
        self._at = at
        if self._grow():
            return True
        passed.add(self.text[at:])
        self._at = len(self.text)
        return False

    def _grow(self) -> bool:
        """Forget what was taken and read on; False at the end of the file."""
        if self._ended:
            return False
        self._drop()
        # As much again as there is, so that a long item is parsed a few times only.
        wanted = len(self.text) if self._limit is None else min(len(self.text), self._limit - len(self.text) + 1)
        chunk = self._file.read(max(CHUNK, wanted))
        self._ended = not chunk
        try:
            self.text += self._utf8.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            # What the decoder held back of the last chunk stands before this one.
            at = self._read + len(chunk) - len(error.object) + error.start
            self.fail(f"not UTF-8 near byte {max(at, 0)}", len(self.text))
        self._read += len(chunk)
        return True

    def _drop(self) -> None:
        line, column = line_and_column(self.text, self._at)
        self._columns = column - 1 + (self._columns if line == 1 else 0)
        self._lines += line - 1
        self.text = self.text[self._at :]
        self._at = 0


class _Passed:
    """The text that was passed over, up to a limit."""

    def __init__(self, limit: int | None) -> None:
        self._room = math.inf if limit is None else limit
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        if self._room > 0 and text:
            self._parts.append(text if len(text) <= self._room else text[: int(self._room)])
            self._room -= len(text)

    def text(self) -> str:
        return "".join(self._parts)


def _said(error: ValueError) -> str:
    """What is wrong, without the advice to programmers that Python gives."""
    long = _TOO_LONG.search(str(error))
    return f"an integer of {int(long[1]):,} digits is too long to be read" if long else str(error)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return document
