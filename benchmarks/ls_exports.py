"""Write exports as Label Studio writes them: news articles with actors, claims, stances and relations.

    python -m benchmarks.ls_exports --items 10000 export.json

An item has about 23 kB, 80 result rows and two or three annotators. It depends on its number alone, so that a small
export is the beginning of a large one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

INTERFACE = """<View>
  <Text name="article" value="$text"/>
  <Labels name="mention" toName="article"><Label value="Actor"/><Label value="Claim"/></Labels>
  <Choices name="actor_kind" toName="article" perRegion="true" whenTagName="mention" whenLabelValue="Actor">
    <Choice value="Government"/><Choice value="Business"/><Choice value="Civil society"/><Choice value="Expert"/>
  </Choices>
  <Choices name="polarity" toName="article" perRegion="true" whenTagName="mention" whenLabelValue="Claim">
    <Choice value="In favour"/><Choice value="Against"/><Choice value="Neutral"/>
  </Choices>
  <TextArea name="canonical" toName="article" perRegion="true" maxSubmissions="1"/>
  <Choices name="stance" toName="article" choice="single" required="true">
    <Choice value="In favour"/><Choice value="Against"/><Choice value="Neutral"/><Choice value="Unclear"/>
  </Choices>
  <Choices name="frames" toName="article" choice="multiple">
    <Choice value="Cost"/><Choice value="Fairness"/><Choice value="Climate"/><Choice value="Law"/>
  </Choices>
  <Rating name="certainty" toName="article" maxRating="5"/>
  <Relations><Relation value="makes"/><Relation value="supports"/><Relation value="opposes"/></Relations>
</View>
"""

_KINDS = ("Government", "Business", "Civil society", "Expert")
_POLARITIES = ("In favour", "Against", "Neutral")
_STANCES = (*_POLARITIES, "Unclear")
_FRAMES = ("Cost", "Fairness", "Climate", "Law")
_RELATIONS = ("makes", "supports", "opposes")
_PARAGRAPH = 60
_ACROSS = 0.002
_SPECIAL = "Zürich Málaga Łódź naïve „Abgabe“ Île-de-France Київ 東京 Μάνος résumé 🌧️ 🚜".split()


class Exporter:
    """Writes items of an export."""

    def __init__(self, seed: int = 20261125) -> None:
        self._seed = seed
        dice = random.Random(seed)
        syllables = [one + two for one in "bdfghklmnprstvz" for two in ("a", "e", "i", "o", "u", "an", "er", "is")]
        self._words = sorted({"".join(dice.choices(syllables, k=1 + n % 3)) for n in range(8_000)})
        dice.shuffle(self._words)
        self._words[40::700] = _SPECIAL[: len(self._words[40::700])]
        self._weights = [1 / (rank + 4) for rank in range(len(self._words))]

    def item(self, number: int) -> dict[str, Any]:
        """The item with this number, from 0."""
        dice = random.Random(f"{self._seed}:{number}")
        text, words = self._text(dice)
        people = dice.sample(range(1, 15), dice.choices((0, 1, 2, 3), (1, 5, 45, 49))[0])
        spans = self._spans(dice, len(words))
        item_id = 50_000 + number
        annotations = [
            self._annotation(dice, item_id, 200_000 + number * 4 + place, person, text, words, spans)
            for place, person in enumerate(people)
        ]
        cancelled = sum(one["was_cancelled"] for one in annotations)
        return {
            "id": item_id,
            "annotations": annotations,
            "file_upload": "8d1f7a20-articles.json",
            "drafts": [],
            "predictions": [],
            "data": {
                "article_id": f"n{number:07d}",
                "title": text[:60],
                "text": text,
                "outlet": dice.choice(("Courier", "Tageblatt", "Le Matin", "Večer")),
                "url": f"https://news.example/{number}",
                "published_at": f"2026-0{dice.randint(1, 9)}-{dice.randint(10, 28)}",
                "lang": "en",
            },
            "meta": {},
            "created_at": "2026-03-02T09:00:00.120000Z",
            "updated_at": "2026-04-02T09:00:00.310000Z",
            "allow_skip": True,
            "inner_id": number + 1,
            "total_annotations": len(annotations) - cancelled,
            "cancelled_annotations": cancelled,
            "total_predictions": 0,
            "comment_count": 0,
            "unresolved_comment_count": 0,
            "last_comment_updated_at": None,
            "project": 3,
            "updated_by": 1,
            "comment_authors": [],
        }

    def _text(self, dice: random.Random) -> tuple[str, list[tuple[int, int]]]:
        """An article of some 700 words, and where each of them stands."""
        drawn = dice.choices(self._words, self._weights, k=dice.randint(560, 860))
        parts: list[str] = []
        places = []
        at = 0
        for count, word in enumerate(drawn, 1):
            places.append((at, at + len(word)))
            inside = ".\n\n" if count % _PARAGRAPH == 0 else ". " if count % 15 == 0 else " "
            between = "." if count == len(drawn) else inside
            parts += (word, between)
            at += len(word) + len(between)
        return "".join(parts), places

    def _spans(self, dice: random.Random, words: int) -> list[tuple[int, int, str]]:
        spans = []
        for _ in range(max(2, round(dice.gauss(10, 3)))):
            label = "Actor" if dice.random() < 0.5 else "Claim"
            length = dice.randint(1, 3) if label == "Actor" else dice.randint(6, 16)
            first = dice.randrange(words - length)
            if dice.random() > _ACROSS:
                first -= max(0, first % _PARAGRAPH + length - _PARAGRAPH)
            spans.append((first, first + length - 1, label))
        return sorted(set(spans))

    def _annotation(
        self,
        dice: random.Random,
        item: int,
        number: int,
        person: int,
        text: str,
        words: list[tuple[int, int]],
        spans: list[tuple[int, int, str]],
    ) -> dict[str, Any]:
        skipped = dice.random() < 0.02
        result = [] if skipped else list(self._result(dice, text, words, spans))
        day, hour, minute = dice.randint(10, 28), dice.randint(10, 18), dice.randint(10, 59)
        at = f"2026-0{dice.randint(3, 9)}-{day}T{hour}:{minute}:07.412000Z"
        return {
            "id": number,
            "completed_by": person,
            "result": result,
            "was_cancelled": skipped,
            "ground_truth": dice.random() < 0.01,
            "created_at": at,
            "updated_at": at,
            "draft_created_at": at if dice.random() < 0.5 else None,
            "lead_time": round(dice.lognormvariate(5, 0.8), 3),
            "prediction": {},
            "result_count": len(result),
            "unique_id": f"{dice.getrandbits(32):08x}-7c11-4d0e-9b55-{dice.getrandbits(48):012x}",
            "import_id": None,
            "last_action": None,
            "bulk_created": False,
            "task": item,
            "project": 3,
            "updated_by": person,
            "parent_prediction": None,
            "parent_annotation": None,
            "last_created_by": None,
        }

    def _result(
        self, dice: random.Random, text: str, words: list[tuple[int, int]], spans: list[tuple[int, int, str]]
    ) -> Iterator[dict[str, Any]]:
        regions = []
        marked = set()
        for first, last, label in spans:
            if dice.random() < 0.08:
                continue
            if dice.random() < 0.2 and first % _PARAGRAPH:
                first -= 1
            start, end = words[first][0], words[last][1]
            if (start, end, label) in marked:
                continue
            marked.add((start, end, label))
            region = f"{dice.getrandbits(50):010x}"[:10]
            if region in regions:
                continue
            regions.append(region)
            there = {"start": start, "end": end, "text": text[start:end].replace("\n", "\\n")}
            kind, values = ("actor_kind", _KINDS) if label == "Actor" else ("polarity", _POLARITIES)
            yield _row(region, "mention", "labels", {**there, "labels": [label]})
            yield _row(region, kind, "choices", {**there, "choices": [dice.choice(values)]})
            yield _row(region, "canonical", "textarea", {**there, "text": [text[start:end][:40].title()]})
        yield _row(f"{dice.getrandbits(40):010x}", "stance", "choices", {"choices": [dice.choice(_STANCES)]})
        frames = dice.sample(_FRAMES, dice.randint(1, 3))
        yield _row(f"{dice.getrandbits(40):010x}", "frames", "choices", {"choices": frames})
        if dice.random() < 0.6:
            yield _row(f"{dice.getrandbits(40):010x}", "certainty", "rating", {"rating": dice.randint(1, 5)})
        drawn = range(dice.randint(3, 7) if len(regions) > 2 else 0)
        pairs = {tuple(sorted(dice.sample(regions, 2))) for _ in drawn}
        for source, target in sorted(pairs):
            direction = dice.choice(("right", "right", "left", "bi"))
            labels = [dice.choice(_RELATIONS)]
            yield {"from_id": source, "to_id": target, "type": "relation", "direction": direction, "labels": labels}


def _row(region: str, control: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"value": value, "id": region, "from_name": control, "to_name": "article", "type": kind, "origin": "manual"}


def write(path: Path, items: int) -> None:
    """Write an export as Label Studio does: a list on one line."""
    exporter = Exporter()
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number in range(items):
            file.write(("," if number else "") + json.dumps(exporter.item(number), ensure_ascii=False))
        file.write("]")


def main() -> int:
    """Write one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--items", type=int, default=10_000, help="how many items (default: 10000)")
    options = parser.parse_args()
    write(options.out, options.items)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
