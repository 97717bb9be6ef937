"""What `count_export` needs to know of an export: its items, their texts, and what is the same as what."""

from __future__ import annotations

import gzip
import hashlib
import json
from html.parser import HTMLParser


def read_export(path):
    """The items of an export."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = file.read()
    return json.loads(data) if data[:1] == b"[" else [json.loads(line) for line in data.splitlines()]


def same(one, other):
    """Whether two JSON values are the same; columns make no difference between 2 and 2.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def frozen(value):
    """A JSON value as one that can be counted."""
    return json.dumps(value, sort_keys=True)


def rendered(text):
    """What Label Studio stores of a marked text."""
    return text.replace("\r", "\\n").replace("\n", "\\n")


def name_of(by, username=None):
    """The name of somebody in the tables: the id, or else the beginning of a hash of the address."""
    who = by.get("id") if isinstance(by, dict) else by
    address = by.get("email") if isinstance(by, dict) else by if username is not None or isinstance(by, str) else None
    behind = username.rpartition(", ")[2] if isinstance(username, str) and ", " in username else ""
    if type(who) is int or behind.isdecimal():
        return str(who if type(who) is int else int(behind))
    return hashlib.sha256(address.encode()).hexdigest()[:16] if isinstance(address, str) and "@" in address else None


def strings_in(value):
    """Every string that stands anywhere in a value."""
    waiting, found = [value], []
    while waiting:
        one = waiting.pop()
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        found += [one] if isinstance(one, str) else []
    return found


class Page(HTMLParser):
    """Gathers the text of a page."""

    def __init__(self, source):
        super().__init__()
        self.text = ""
        self.feed(source)
        self.close()

    def handle_data(self, data):
        self.text += data


def squeezed(text):
    """A text without white space."""
    return "".join(text.split())


def shown_by(data):
    """The texts that each of the data may have been shown as, without white space: as it is, as a page, as turns."""
    found = []
    for value in data.values() if isinstance(data, dict) else ():
        texts = {squeezed(one) for one in strings_in(value)} | {squeezed(Page(one).text) for one in strings_in(value)}
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            for key in {key for one in value for key in one}:
                texts.add(squeezed("".join(str(one.get(key, "")) for one in value)))
        found.append(texts)
    return found


def is_text(value):
    """Whether a value may be shown: a text, or a list of turns."""
    turns = isinstance(value, list) and value and all(isinstance(one, dict) and one for one in value)
    return turns or isinstance(value, str)
