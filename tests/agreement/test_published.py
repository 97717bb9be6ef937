"""The worked examples of Krippendorff and of Mathet: what they publish comes out to the digits that they print.

The papers are named at each example. Data and figures of the books are those that other programs are tested with:
DKPro Statistics (2004, 1980, 1995 and Hayes and Krippendorff 2007) and quallmer (2019); the units of Alex, Paul and
Suzan are those that the authors' program of gamma comes with, as pygamma-agreement has them.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from curation.agreement import Bootstrap, Ratings, agreement, by_label, measured
from curation.agreement.spans import Dissimilarity, MarkedArticle, Unit, unitizing_alphas
from curation.agreement.spans.continua import Continua
from curation.agreement.spans.gamma import disorder

POINTS = Bootstrap(resamples=0)
NAN = math.nan


def rated(*annotators: str | list[float], level: str = "nominal") -> Ratings:
    """Ratings, a row for each annotator; in a row of letters a point is a missing value."""
    rows = [[None if value == "." else value for value in one] if isinstance(one, str) else one for one in annotators]
    return Ratings.from_matrix(np.array(rows, dtype=object).T, level=level)


def counted(table: list[list[int]]) -> Ratings:
    """The ratings of two annotators, from how often each pair of values was given."""
    pairs = [("abc"[one], "abc"[other]) for one in range(3) for other in range(3) for _ in range(table[one][other])]
    return Ratings.from_matrix(np.array(pairs))


def value(measure: str, ratings: Ratings) -> float:
    found = {one.measure: one.value for one in agreement(ratings, bootstrap=POINTS)}
    return found[measure]


# Alpha

FOUR_OBSERVERS = (
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_four_observers(level, published):
    """Krippendorff 2011, part C; 2004, p. 230; 2019, section 12.3.1: missing values, every level."""
    found = measured("krippendorff_alpha", rated(*FOUR_OBSERVERS, level=level), bootstrap=POINTS)
    assert found.value == pytest.approx(published, abs=5e-4)
    assert (found.n_items, found.n_annotators, found.n_values) == (11, 4, 40)


@pytest.mark.parametrize(
    ("annotators", "published"),
    [
        pytest.param(["0100000010", "1110010000"], 0.095, id="2011, part A, and 2004, p. 224: binary"),
        pytest.param(["aabbdcccedda", "babbbccceddd"], 0.692, id="2011, part B: nominal"),
        pytest.param(["aabbbbbccccc", "abbbbbcccccc"], 0.734, id="2004, p. 227: nominal"),
        pytest.param(["010110001111", "010100001101", "011001001000"], 0.234, id="2019, 12.3.4.1: three observers"),
        pytest.param(["aacccccbbbbd", "acccccbbbbbd"], 0.76, id="2019, 12.3.4.4: Mary and Dave"),
        pytest.param(
            ["001111111100001111110000", "000011110000000110000000"], 0.329, id="1995, p. 57: Bertha and Bill, cut up"
        ),
    ],
)
def test_alpha_of_names(annotators, published):
    digits = len(str(published)) - 2
    assert value("krippendorff_alpha", rated(*annotators)) == pytest.approx(published, abs=0.6 * 10**-digits)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.642), ("interval", 0.547), ("ratio", 0.483)])
def test_three_observers_of_nine_units(level, published):
    """Krippendorff 1980, p. 139."""
    annotators = [1, 1, 2, 4, 1, 2, 1, 3, 2], [1, 2, 2, 4, 4, 2, 2, 3, 2], [1, 2, 2, 4, 4, 2, 3, 3, 2]
    ratings = rated(*annotators, level=level)
    assert value("krippendorff_alpha", ratings) == pytest.approx(published, abs=6e-4)
    if level == "nominal":
        assert value("percent_agreement", ratings) == pytest.approx(0.741, abs=6e-4)
        found = by_label(ratings, ["krippendorff_alpha"], bootstrap=POINTS)
        assert [one.value for one in found] == pytest.approx([0.381, 0.711, 0.717, 0.764], abs=6e-4)


def test_forty_units_of_five_observers():
    """Hayes and Krippendorff 2007, p. 84: ordinal, each observer rated a part."""
    told = (
        "112.2 1101. 2333. .00.0 000.0 000.0 102.1 1.20. 222.2 2111. .100. 0000. 1222. 33223 111.1 111.1 212.2 1233."
        " 1101. 000.0 0011. 00.00 2333. 0000. 12.22 0111. 00010 1212. 1122. 112.2 110.0 2121. 22.22 3222. 222.2 223.2"
        " 222.2 22.12 2222. 111.1"
    )
    units = told.split()
    ratings = rated(*map("".join, zip(*units, strict=True)), level="ordinal")
    assert len(units) == 40
    assert value("krippendorff_alpha", ratings) == pytest.approx(0.7598, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [([[12, 9, 9], [9, 14, 9], [9, 9, 20]], 0.186), ([[12, 18, 18], [0, 14, 18], [0, 0, 20]], 0.258)],
)
def test_two_tables_of_the_same_agreement(table, kappa):
    """Krippendorff 2004, p. 246: kappa rises where two annotators use values unlike often."""
    ratings = counted(table)
    assert value("percent_agreement", ratings) == pytest.approx(0.46)
    assert value("cohen_kappa", ratings) == pytest.approx(kappa, abs=6e-4)


# Units in a text

ALEX_PAUL_SUZAN = {
    "Alex": ["1 2 9", "2 11 17", "5 24 30", "6 32 36", "6 36 44", "7 44 60"],
    "Paul": ["1 2 9", "3 11 17", "5 19 25", "6 32 44"],
    "Suzan": ["1 2 9", "4 11 17", "5 21 27", "6 32 36", "6 36 40", "6 40 44"],
}
UNITS = {
    who: [Unit.at(int(start), int(end), label) for label, start, end in map(str.split, told)]
    for who, told in ALEX_PAUL_SUZAN.items()
}


def test_the_unitizing_family():
    """Krippendorff et al. 2016; 2019, figure 12.11 and sections 12.6.3 to 12.6.6.

    Its cu_alpha decides how eq. 10 is read: with the squares of what any of the others marked it would be 0.726.
    """
    found = {name: sums.point for name, sums in unitizing_alphas([MarkedArticle("a", "x" * 60, UNITS)]).items()}
    assert found["u_alpha"] == pytest.approx(0.510, abs=5e-4)
    assert found["|u_alpha"] == pytest.approx(0.413, abs=5e-4)
    assert found["cu_alpha"] == pytest.approx(0.724, abs=5e-4)
    by_value = {name[1]: one for name, one in found.items() if name.startswith("(")}
    assert by_value == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 1, "6": 1, "7": None}


def test_gamma_of_the_same_units():
    """The disorder of its best alignment that pygamma-agreement is tested with: 0.96, with alpha 3 and beta 1."""
    assert disorder(Continua.of(UNITS), Dissimilarity(alpha=3))[0] == pytest.approx(0.96, abs=5e-3)


def test_positional_dissimilarities():
    """Mathet et al. 2015, figure 10; and figure 20: the scale does not matter."""
    stretches = {"a": (4, 14), "b": (40, 44), "c": (20, 25), "d": (14, 24), "e": (20, 30)}
    start, end = np.array(list(stretches.values()), dtype=float).T
    zeros = np.zeros(len(start), dtype=np.int64)
    units = Continua(start, end, zeros, zeros, zeros, 1)
    pairs = {"ab": 22.2, "aa": 0, "ac": 3.2, "ad": 1, "ec": 0.11, "cd": 0.22}
    ones, others = (np.array([list(stretches).index(pair[at]) for pair in pairs]) for at in (0, 1))
    found = Dissimilarity()(units, ones, others)
    assert found == pytest.approx(list(pairs.values()), abs=0.05)
    assert Dissimilarity(alpha=2, empty=3)(units, ones, others) == pytest.approx(6 * found)
    wider = Continua(3 * start, 3 * end, zeros, zeros, zeros, 1)
    assert Dissimilarity()(wider, ones, others) == pytest.approx(found)
