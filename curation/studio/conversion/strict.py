"""The JSON of one item, strictly and savingly: what is no JSON is named with its place, and all else of it is kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from curation.findings import finding
from curation.records import Finding

MAX_DEPTH = 200
"""What is nested deeper is kept as the text that it is."""

MAX_FAULTS = 1000
"""Faults that are named of one item; what follows is counted."""

_END = rb"(?=[\s,:\[\]{}\"]|\Z)"
_TOKEN = re.compile(
    rb"[ \t\n\r]*+(?:"
    rb"(?P<mark>[{}\[\]:,])"
    rb'|"(?P<string>(?:[^"\\]++|\\.)*+)"'
    rb"|(?P<integer>-?(?:0|[1-9][0-9]*+))" + _END
    + rb"|(?P<float>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)" + _END
    + rb"|(?P<word>true|false|null)" + _END + rb'|(?P<cut>".*+)'
    rb"|(?P<junk>[^\s,:\[\]{}\"]++|[^ \t\n\r])"
    rb")",
    re.DOTALL,
)  # fmt: skip
_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SPACED = re.compile(rb'"[ \t\r\n]+:')
_CONTROL = re.compile("[\x00-\x1f]")
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {b"true": True, b"false": False, b"null": None}
_CONSTANT = re.compile(rb"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_CLOSES = {"{": "}", "[": "]"}
_DECODE = msgspec.json.Decoder().decode
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the JSON of a file: a code, the problem, and where: line from 1, byte of the file from 0.

    `raw` is what could not be kept as it stands; None if nothing was lost.
    """

    code: str
    problem: str
    line: int
    byte: int
    raw: str | None = None

    def finding(self) -> Finding:
        """The finding that tells of it."""
        return finding(self.code, f"line {self.line}, byte {self.byte}: {self.problem}")


@dataclass(frozen=True, slots=True)
class Strict:
    """The value that was read, as far as it could be read, and what was wrong with it."""

    value: Any
    faults: tuple[Fault, ...] = ()


def read(raw: bytes, line: int = 1, byte: int = 0) -> Strict:
    """The JSON value in `raw`, which begins in this line and at this byte of its file. Raises nothing.

    NaN and infinities become null, numbers that no reader takes and what is nested too deeply become text, lone
    surrogates and bytes that are no UTF-8 become U+FFFD. Of a key given twice the last value stays.
    """
    value = _quick(raw)
    if value is not _MISSING:
        return Strict(value)
    reader = _Reader(raw, line, byte)
    return Strict(reader.run(), tuple(reader.faults))


def _quick(raw: bytes) -> Any:
    """The value of sound JSON in a fast way; `_MISSING` where it is not sound or that would take longer to prove."""
    if b"\\u0022" in raw:
        return _MISSING
    try:
        value = _DECODE(raw)
        # A key that was given twice is there once in what is written again.
        if _keys(raw) != _keys(msgspec.json.encode(value)):
            return _MISSING
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return _MISSING
    return _MISSING if _too_deep(value) else value


def _keys(raw: bytes) -> int:
    """How many keys JSON has, and what looks like one in its strings."""
    return raw.count(b'":') + len(_SPACED.findall(raw))


def decoded(raw: bytes) -> str:
    """Bytes of a file as text for people: what is no UTF-8 is shown escaped."""
    return raw.decode("utf-8", "backslashreplace")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


@dataclass(slots=True)
class _Open:
    """A container that is not closed yet: its key in waiting, and what has to come next."""

    mark: str
    value: dict[str, Any] | list[Any]
    key: Any = _MISSING
    needs: str = "first"


@dataclass(slots=True)
class _Reader:
    raw: bytes
    line: int
    byte: int
    faults: list[Fault] = field(default_factory=list)
    at: int = 0
    _top: Any = _MISSING
    _open: list[_Open] = field(default_factory=list)
    _counted: tuple[int, int] = (0, 0)

    def run(self) -> Any:
        """Read everything; the value as far as there is one, else None."""
        while (token := _TOKEN.match(self.raw, self.at)) is not None:
            kind = token.lastgroup or "junk"
            start, self.at = token.start(kind) - (kind == "string"), token.end()
            if kind == "mark":
                self._mark(token["mark"].decode(), start)
            elif kind == "cut":
                self._fault("F_JSON_CUT", "a text is not closed before the item ends", start, self.raw[start:])
                if self._open:
                    self._open[-1].needs = "comma"
            else:
                self._scalar(kind, token[kind], start)
        if self._open and not (self.faults and self.faults[-1].code == "F_JSON_CUT"):
            name = "an object" if self._open[-1].mark == "{" else "an array"
            self._fault("F_JSON_CUT", f"{name} is not closed before the item ends", len(self.raw))
        elif self._top is _MISSING:
            self._fault("F_JSON_SYNTAX", "there is no JSON value", 0, self.raw)
        return None if self._top is _MISSING else self._top

    def _mark(self, mark: str, start: int) -> None:
        if mark in "{[":
            self._opens(mark, start)
        elif mark in "}]":
            self._closes(mark, start)
        elif not self._open:
            self._syntax(f"{mark} stands outside of an object", start, mark)
        elif mark == ":":
            self._colon(start)
        elif self._open[-1].needs == "comma":
            self._open[-1].needs = "next"
        else:
            self._no_value(start, "a comma too many")
            self._open[-1].needs = "next"

    def _opens(self, mark: str, start: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            text = self._nested(start)
            self._fault("F_JSON_DEPTH", f"nested more than {MAX_DEPTH} deep; kept as text", start)
            self._take(text, start)
            return
        value: dict[str, Any] | list[Any] = {} if mark == "{" else []
        if self._take(value, start):
            self._open.append(_Open(mark, value))

    def _closes(self, mark: str, start: int) -> None:
        if not any(_CLOSES[one.mark] == mark for one in self._open):
            self._syntax(f"{mark} closes nothing", start, mark)
            return
        while _CLOSES[self._open[-1].mark] != mark:
            closed = self._open.pop()
            self._syntax(f"{_CLOSES[closed.mark]} is missing", start)
        if self._open[-1].needs == "next":
            self._syntax("a comma too many", start)
        self._no_value(start, "")
        self._open.pop()
        if self._open:
            self._open[-1].needs = "comma"

    def _colon(self, start: int) -> None:
        top = self._open[-1]
        if top.mark == "{" and top.needs == "colon":
            top.needs = "value"
        else:
            self._syntax("a colon where none belongs", start, ":")

    def _no_value(self, start: int, otherwise: str) -> None:
        """The key in waiting, if there is one, gets null."""
        top = self._open[-1]
        if top.mark == "{" and top.needs in ("colon", "value"):
            self._syntax(f"the key {top.key!r} has no value", start)
            self._put(None, start)
        elif otherwise:
            self._syntax(otherwise, start, ",")

    def _scalar(self, kind: str, text: bytes, start: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.mark == "{" and top.needs != "value":
            self._key(kind, text, start)
            return
        self._take(self._value(kind, text, start), start)

    def _key(self, kind: str, text: bytes, start: int) -> None:
        top = self._open[-1]
        if top.needs == "colon":
            self._syntax("a colon is missing", start)
            top.needs = "value"
            self._take(self._value(kind, text, start), start)
            return
        if top.needs == "comma":
            self._syntax("a comma is missing", start)
        if kind == "string":
            top.key = self._string(text, start + 1)
        else:
            top.key = decoded(text).strip("'")
            self._syntax(f"the key {top.key!r} is not in double quotation marks", start)
        top.needs = "colon"

    def _take(self, value: Any, start: int) -> bool:
        """Put a value where it belongs; False if there is no place for it."""
        if not self._open:
            if self._top is _MISSING:
                self._top = value
            else:
                self._syntax("there is more behind the end of the item", start, decoded(self.raw[start:]))
                self.at = len(self.raw)
                return False
            return True
        top = self._open[-1]
        if top.mark == "[":
            if top.needs == "comma":
                self._syntax("a comma is missing", start)
            self._put(value, start)
        elif top.needs == "value":
            self._put(value, start)
        elif top.needs == "colon":
            self._syntax("a colon is missing", start)
            self._put(value, start)
        else:
            # An object or an array where a key belongs: under the empty key nothing is lost.
            self._syntax("a value has no key", start)
            top.key = ""
            self._put(value, start)
        return True

    def _put(self, value: Any, start: int) -> None:
        top = self._open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            if top.key in top.value:
                earlier = json.dumps(top.value[top.key], ensure_ascii=False)
                self._fault(
                    "F_JSON_DUPLICATE_KEY", f"the key {top.key!r} is given twice; the last one stays", start,
                    f"{json.dumps(top.key, ensure_ascii=False)}: {earlier}",
                )  # fmt: skip
            top.value[top.key] = value
        top.needs = "comma"

    def _value(self, kind: str, text: bytes, start: int) -> Any:
        match kind:
            case "string":
                return self._string(text, start + 1)
            case "word":
                return _WORDS[text]
            case "integer":
                try:
                    return int(text)
                except ValueError:
                    self._fault("F_JSON_NUMBER", f"an integer of {len(text)} characters; kept as text", start)
                    return text.decode()
            case "float":
                number = float(text)
                if number in (float("inf"), float("-inf")):
                    self._fault("F_JSON_NUMBER", f"{text[:40].decode()} is out of range; kept as text", start)
                    return text.decode()
                return number
        if _CONSTANT.fullmatch(text):
            self._fault("F_JSON_NUMBER", f"{decoded(text)} is not JSON; null stands for it", start, decoded(text))
        else:
            self._syntax(f"{decoded(text)[:40]!r} is not JSON; null stands for it", start, decoded(text))
        return None

    def _string(self, text: bytes, start: int) -> str:
        try:
            string = text.decode()
        except UnicodeDecodeError as error:
            string = text.decode("utf-8", "replace")
            self._fault(
                "F_JSON_UTF8", "a byte that is no UTF-8; U+FFFD stands for it", start + error.start, decoded(text)
            )
        if (control := _CONTROL.search(string)) is not None:
            name = f"U+{ord(control.group()):04X}"
            self._syntax(
                f"{name} stands in a text and is not escaped; kept", start + len(string[: control.start()].encode())
            )
        return self._unescaped(string, start, text) if "\\" in string else string

    def _unescaped(self, string: str, start: int, text: bytes) -> str:
        lone: list[str] = []
        wrong: list[str] = []

        def one(match: re.Match[str]) -> str:
            escape = match.group(1)
            if escape[0] == "u" and len(escape) > 1:
                return _units(escape, lone)
            if escape not in _ESCAPED:
                wrong.append(match.group())
                return match.group()
            return _ESCAPED[escape]

        result = _ESCAPE.sub(one, string)
        if lone:
            self._fault(
                "F_JSON_SURROGATE", f"half a character, {lone[0]}; U+FFFD stands for it",
                start + max(text.find(lone[0].encode()), 0), decoded(text),
            )  # fmt: skip
        if wrong:
            self._syntax(f"{wrong[0]} escapes nothing; kept as it stands", start + max(text.find(wrong[0].encode()), 0))
        return result

    def _nested(self, start: int) -> str:
        """Pass over the container that begins here; its text."""
        depth = 0
        for token in _BRACKET.finditer(self.raw, start):
            mark = token.group()
            depth += mark in (b"[", b"{")
            depth -= mark in (b"]", b"}")
            if depth == 0:
                self.at = token.end()
                return decoded(self.raw[start : self.at])
        self.at = len(self.raw)
        return decoded(self.raw[start:])

    def _syntax(self, problem: str, start: int, raw: str | None = None) -> None:
        self._fault("F_JSON_SYNTAX", problem, start, raw)

    def _fault(self, code: str, problem: str, start: int, raw: bytes | str | None = None) -> None:
        if len(self.faults) >= MAX_FAULTS:
            last = self.faults[-1]
            self.faults[-1] = replace(last, problem="there is more that is no JSON in this item", raw=decoded(self.raw))
            return
        at, lines = self._counted
        lines += self.raw.count(b"\n", at, start) if start >= at else -self.raw.count(b"\n", start, at)
        self._counted = start, lines
        raw = decoded(raw) if isinstance(raw, bytes) else raw
        self.faults.append(Fault(code, problem, self.line + lines, self.byte + start, raw))


def _units(escape: str, lone: list[str]) -> str:
    """A `uXXXX`, or a pair that makes one character. Half of one goes to `lone`."""
    first = int(escape[1:5], 16)
    if len(escape) > 5:
        return chr(0x10000 + ((first - 0xD800) << 10) + (int(escape[7:], 16) - 0xDC00))
    if 0xD800 <= first < 0xE000:
        lone.append("\\" + escape)
        return "\ufffd"
    return chr(first)
