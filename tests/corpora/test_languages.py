"""News in sixteen African languages, and pages in nine: the language is right wherever it is known, else none."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from curation.articles.languages import identify, tag

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
NEWS = CORPORA / "masakhanews"
PAGES = CORPORA / "newspaper4k_html" / "pages.tar.xz"
LANGUAGES = (
    "amh",
    "eng",
    "fra",
    "hau",
    "ibo",
    "lin",
    "lug",
    "orm",
    "pcm",
    "run",
    "sna",
    "som",
    "swa",
    "tir",
    "xho",
    "yor",
)
UNKNOWN = {"run", "tir"}

pytestmark = pytest.mark.skipif(not NEWS.is_dir(), reason=f"the corpora are not there: no folder {NEWS}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_news_in_sixteen_languages(language, record_property):
    with gzip.open(NEWS / f"{language}_dev.jsonl.gz", "rt", encoding="utf-8") as file:
        found = Counter(identify(json.loads(line)["text"]) for line in file)
    expected = None if language in UNKNOWN else tag(language)
    share = found[expected] / found.total()
    record_property("share", share)
    print(f"{language}: {share:.1%} of {found.total()} are {expected}; {dict(found)}")  # noqa: T201
    assert share >= 0.95


def test_pages_in_nine_languages():
    expected = {"chinese": "zh", "japanese": "ja", "thai": "th", "arabic": "ar", "burmese": "my", "spanish": "es"}
    with tarfile.open(PAGES) as archive:
        texts = {
            Path(member.name).stem: archive.extractfile(member).read().decode()
            for member in archive
            if member.name.startswith("np4k/txt/")
        }
    assert len(texts) == 23
    wrong = {
        name: found
        for name, text in texts.items()
        if (found := identify(text)) != (expected | {"latvian": "lv"}).get(name.partition("_")[0], "en")
    }
    assert not wrong
