"""Shingles against sets of words in Python, sketches against the theory of bands, candidates against datasketch."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
import xxhash
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from curation.articles.duplicates import sketches
from curation.articles.duplicates.sketches import BANDS, sketch
from curation.shingles import jaccard, shingles

UNSPACED = (
    "CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "IDEOGRAPHIC",
)  # fmt: skip


def words(text: str) -> list[str]:
    """Character by character, by the names that Unicode gives: slow, and nothing like a regular expression."""
    found, open_word = [], False
    for character in text.casefold():
        if unicodedata.category(character)[0] in "PSZ" or unicodedata.category(character) in ("Cc", "Cf"):
            open_word = False
        elif unicodedata.name(character, "").startswith(UNSPACED):
            found.append(character)
            open_word = False
        elif open_word:
            found[-1] += character
        else:
            found.append(character)
            open_word = True
    return found


def triples(text: str) -> set[tuple[str, ...]]:
    found = words(text) or [" ".join(text.casefold().split())]
    return {tuple(found[start : start + 3]) for start in range(max(1, len(found) - 2))}


alphabets = [
    "abcdABCßİ .,'’-—\n\t\u00a0\u00ad09", "дежЖ ́.", "हिन्दीभाषा ।", "ไทย กำ๏", "中文，。々〇 ", "かなカナ・ー ｶﾅ",
    "አማርኛ፡።", "العربية،ـ َ", "한국어 ", "ខ្មែរ។ ", "မြန်မာ၊ ",
]  # fmt: skip
texts = st.one_of(*(st.text(alphabet, max_size=40) for alphabet in alphabets))
sentences = st.lists(st.sampled_from(["to", "be", "or", "not", "that", "is", "a", "question"]), max_size=12).map(
    " ".join
)


@given(texts | sentences)
def test_a_text_has_as_many_shingles_as_it_has_rows_of_three_words(text):
    found = shingles(text)
    assert len(found) == len(triples(text))
    assert np.all(found[1:] > found[:-1])


@given(texts | sentences, texts | sentences)
def test_jaccard_is_that_of_the_sets(one, other):
    ours = jaccard(shingles(one), shingles(other))
    left, right = triples(one), triples(other)
    assert ours == len(left & right) / len(left | right)
    assert ours == jaccard(shingles(other), shingles(one))
    assert 0 <= ours <= 1


@given(st.text(max_size=30))
def test_any_text_whatever_has_a_shingle_and_a_sketch(text):
    assert len(shingles(text)) >= 1
    assert sketch([text]).bands.shape == (1, BANDS)


def test_lone_surrogates_and_endless_words_are_texts_too():
    assert len(shingles("a \ud800 b")) == 1
    assert len(shingles("x" * 1_000_000)) == 1


@pytest.mark.parametrize("length", [5, 2**15 - 5, 2**15, 2**15 + 5, 200_000])
def test_a_word_has_one_hash_wherever_it_stands(length):
    """The hash of `a b c` is the same at both ends of a text of any length."""
    filler = " ".join(f"w{number}" for number in range(length))[:length]
    assert shingles("a b c")[0] in shingles(f"a b c {filler}")
    assert shingles("a b c")[0] in shingles(f"{filler} a b c")


@given(st.lists(sentences, min_size=1, max_size=4))
def test_a_sketch_does_not_depend_on_case_white_space_or_company(several):
    together = sketch(several)
    for place, text in enumerate(several):
        alone = sketch(["\n " + text.upper().replace(" ", " \u3000\r\n") + "\t"])
        assert alone.folded == [together.folded[place]]
        assert alone.bands.tolist() == [together.bands[place].tolist()]


def test_the_folded_hash_tells_apart_what_differs_in_more():
    different = ["a b", "ab", "a, b", "a-b", "b a", "", "á b"]
    assert len(set(sketch(different).folded)) == len(different)


def test_minima_are_those_of_every_permutation_however_long_the_text():
    text = " ".join(f"w{number}" for number in range(3000))
    mine = sketches._minima(shingles(text), np.empty(128 * 1024, np.uint32))
    short = [int(value) >> 32 for value in shingles(text)]
    for number in (0, 1, 127):
        factor = xxhash.xxh32_intdigest(f"a{number}".encode()) | 1
        offset = xxhash.xxh32_intdigest(f"b{number}".encode())
        assert mine[number] == min((factor * value + offset) % 2**32 for value in short)


def test_sketches_are_the_same_on_every_machine():
    script = (
        "from curation.articles.duplicates.sketches import sketch\n"
        "from curation.shingles import shingles\n"
        "text = 'Über den Fluss, 東京 and back — हिन्दी'\n"
        "print(sketch([text]).folded[0].hex(), sketch([text]).bands[0, [0, 31]].tolist(), shingles(text)[:2].tolist())"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
        assert ran.stdout.strip() == GOLDEN, ran.stderr


GOLDEN = (
    "f7870393941e09476878bacfcbad736f [6927460935163179298, 1016086733194730078] "
    "[1547317516152138801, 2231349800125944364]"
)


def edited(dice: random.Random, of: list[str], changes: int) -> list[str]:
    """Another text, with `changes` of its words put in the place of others."""
    copy = list(of)
    for place in dice.sample(range(len(of)), changes):
        copy[place] = f"x{dice.randrange(10**9)}"
    return copy


@pytest.mark.parametrize("length", [20, 60, 200, 800])
def test_bands_meet_as_often_as_theory_says(length):
    """1 - (1 - s^4)^32 for a pair of similarity s; the sum over many pairs within five standard deviations."""
    dice = random.Random(length)
    met, expected, variance = 0, 0.0, 0.0
    for _ in range(400):
        one = [f"w{dice.randrange(10**9)}" for _ in range(length)]
        other = edited(dice, one, dice.randrange(1, max(2, length // 4)))
        pair = [" ".join(one), " ".join(other)]
        similarity = jaccard(*map(shingles, pair))
        bands = sketch(pair).bands
        chance = 1 - (1 - similarity**4) ** 32
        met += bool((bands[0] == bands[1]).any())
        expected += chance
        variance += chance * (1 - chance)
        if similarity >= 0.75:
            assert (bands[0] == bands[1]).any()
    assert abs(met - expected) <= 5 * variance**0.5


@pytest.mark.parametrize("length", [20, 200])
def test_datasketch_finds_nothing_that_we_miss(length):
    dice = random.Random(7 * length)
    documents = []
    for _ in range(150):
        one = [f"w{dice.randrange(10**9)}" for _ in range(length)]
        documents += [" ".join(one), " ".join(edited(dice, one, dice.randrange(0, max(2, length // 8))))]
    found = list(map(shingles, documents))
    lsh = MinHashLSH(num_perm=128, params=(32, 4))
    theirs = set()
    for place, values in enumerate(found):
        minhash = MinHash(128, scheme="affine32", hashfunc=int)
        minhash.update_batch((values >> np.uint64(32)).tolist())
        theirs |= {(other, place) for other in lsh.query(minhash) if jaccard(found[other], values) >= 0.7}
        lsh.insert(place, minhash)
    bands = sketch(documents).bands
    assert len(theirs) > 50
    assert all((bands[one] == bands[other]).any() for one, other in theirs)
