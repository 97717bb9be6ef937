"""Make `figures_of_irrcac.json`: random tables of ratings, and what irrCAC 0.4.4 says of them.

    cd tests/agreement
    uv run --no-project --python 3.11 --with irrcac==0.4.4 figures_of_irrcac.py > figures_of_irrcac.json

irrCAC takes scipy 1.12 alone, which other libraries of the tests do not work with; so its figures are kept here.
A row is an item, with a character for each annotator: a value, or a dot where there is none.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
from irrCAC.raw import CAC

DIGITS = 14


def drawn(random):
    """A table with missing values, rare ones, and few items or many."""
    shape = random.integers(1, 15), random.integers(2, 7)
    n_values = random.integers(2, 6)
    often = random.dirichlet(np.full(n_values, 0.7))
    right = random.random()
    truth = random.choice(n_values, (shape[0], 1), p=often)
    table = np.where(random.random(shape) < right, truth, random.choice(n_values, shape, p=often)).astype(float)
    table[random.random(shape) < random.choice([0, 0.1, 0.4])] = np.nan
    return table


def told(table):
    """What irrCAC says, and a table that says it; None where all that was given twice is one value, or nothing."""
    sizes = (~np.isnan(table)).sum(axis=1)
    if len(np.unique(table[sizes >= 2][~np.isnan(table[sizes >= 2])])) < 2:
        return None
    found = {"table": ["".join("." if np.isnan(cell) else str(int(cell)) for cell in row) for row in table]}
    for name in ("gwet", "fleiss", "krippendorff"):
        try:
            one = getattr(CAC(pd.DataFrame(table), digits=DIGITS), name)()["est"]
        except ZeroDivisionError:  # of the variance of one item
            continue
        found[name] = float(one["coefficient_value"])
        if name == "gwet":
            found["agreement"] = float(one["pa"])
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    random = np.random.default_rng(20261130)
    found = [one for one in (told(drawn(random)) for _ in range(130)) if one is not None]
    sys.stdout.write("[\n" + ",\n".join(json.dumps(one) for one in found) + "\n]\n")
