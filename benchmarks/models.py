"""Annotator models beside crowd-kit's: the same results, the time they take, and how well they find a known truth.

`python -m benchmarks.models` measures, `python -m benchmarks.models --golden` writes the figures that the tests compare
with. Both need crowd-kit 1.4, which brings transformers along and is therefore no dependency.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from curation.adjudication import Fit, Votes, dawid_skene, mace

INSTALL = "crowd-kit is not installed: pip install crowd-kit==1.4.2 (in an environment of its own: 220 MB)"
GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "adjudication" / "golden"
GOAL = 8.0
EQUAL = 1e-6
COLUMNS = ["item", "annotator", "value"]

TABLE_1 = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212 "
    "1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111 "
    "1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111 "
    "2322222 1211111 2222222"
).split()
"""The table of Dawid and Skene (1979): 45 patients by 5 anaesthetists, of whom the first saw them three times."""


@dataclass(frozen=True, slots=True)
class Study:
    """Simulated votes and the truth behind them, which annotators find with known confusions."""

    frame: pd.DataFrame
    truth: pd.Series
    confusion: np.ndarray[Any, np.dtype[np.float64]]


def anaesthetists() -> pd.DataFrame:
    """The paper's table, one row a vote."""
    observers = "1112345"
    return pd.DataFrame(
        [
            (f"patient {number:02d}", f"observer {observer}", value)
            for number, row in enumerate(TABLE_1, start=1)
            for observer, value in zip(observers, row, strict=True)
        ],
        columns=COLUMNS,
    )


def study(items: int, annotators: int, votes: int, values: int = 4, seed: int = 0) -> Study:
    """Votes of so many of the `annotators` an item. They differ in accuracy, and two of them favour a value."""
    random = np.random.default_rng(seed)
    truth = random.choice(values, items, p=np.arange(values, 0, -1) / (values * (values + 1) / 2))
    confusion = np.empty((annotators, values, values))
    for number, accuracy in enumerate(np.linspace(0.9, 0.5, annotators)):
        others = np.ones(values)
        others[number % values] += 3.0 * (number % 3 == 1)
        for value in range(values):
            wrong = others * (np.arange(values) != value)
            confusion[number, value] = (1 - accuracy) * wrong / wrong.sum()
            confusion[number, value, value] = accuracy
    who = np.argsort(random.random((items, annotators)), axis=1)[:, :votes].reshape(-1)
    item = np.repeat(np.arange(items), votes)
    limits = confusion[who, truth[item]].cumsum(axis=1)
    said = (random.random((len(item), 1)) > limits).sum(axis=1).clip(max=values - 1)
    frame = pd.DataFrame(
        {"item": _named("item", item), "annotator": _named("annotator", who), "value": _named("value", said)}
    )
    return Study(frame, pd.Series(_named("value", truth), index=_named("item", np.arange(items))), confusion)


def _named(name: str, numbers: Any) -> list[str]:
    return [f"{name} {number:06d}" for number in numbers]


def theirs(frame: pd.DataFrame, model: Any) -> Any:
    """A model of crowd-kit fitted to the votes."""
    return model.fit(frame.set_axis(["task", "worker", "label"], axis=1))


def difference(fit: Fit, probabilities: pd.DataFrame) -> float:
    """The largest difference between posteriors, ours and crowd-kit's."""
    other = probabilities.loc[list(fit.votes.items), list(fit.votes.values)].to_numpy()
    return float(np.abs(other - fit.posteriors).max())


def pace(contestants: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, list[float]]:
    """CPU seconds of each in turn, after one round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            gc.collect()
            start = time.process_time()
            run()
            if number:
                taken[name].append(time.process_time() - start)
    return taken


def speed(kit: Any) -> bool:
    """Time Dawid-Skene on 100,000 items of 3 votes; whether it is fast enough and the results are equal."""
    one = study(100_000, annotators=3, votes=3)
    iterations = len(theirs(one.frame, kit.DawidSkene(100)).loss_history_)
    fits: dict[str, Any] = {}

    def ours() -> None:
        fits["ours"] = dawid_skene(Votes.from_frame(one.frame), max_iterations=iterations, tolerance=-np.inf)

    def converged() -> None:
        fits["converged"] = dawid_skene(Votes.from_frame(one.frame))

    def peer() -> None:
        fits["peer"] = theirs(one.frame, kit.DawidSkene(iterations, tol=-np.inf))

    taken = pace({"ours": ours, "converged": converged, "crowd-kit": peer})
    apart = difference(fits["ours"], fits["peer"].probas_)
    print(f"Dawid-Skene, 100,000 items x 3 votes, {iterations} iterations as crowd-kit's default stops:")
    for name, title in (("ours", "ours"), ("converged", f"ours, {fits['converged'].iterations} iterations")):
        ratio = statistics.median(slow / fast for slow, fast in zip(taken["crowd-kit"], taken[name], strict=True))
        print(f"  {title:24} {statistics.median(taken[name]):7.2f} CPU s, crowd-kit takes {ratio:.1f} times as long")
    print(f"  {'crowd-kit':24} {statistics.median(taken['crowd-kit']):7.2f} CPU s")
    print(f"  largest difference of a posterior: {apart:.1e}")
    same = statistics.median(slow / fast for slow, fast in zip(taken["crowd-kit"], taken["ours"], strict=True))
    return same >= GOAL and apart <= EQUAL


def recovery(kit: Any) -> bool:
    """How often the truth is found, by ours and by crowd-kit's on the same data; whether ours is as good."""
    print(
        "Truth found in simulations, and the mean error of a confusion; 7 annotators of accuracy 0.9 to 0.5, 4 values"
    )
    titles = " ".join(f"{title:>17}" for title in ("majority", "Dawid-Skene", "MACE", "confusion"))
    print(f"  {'items x votes':14} {titles}   (ours, crowd-kit; the majority of items without a tie)")
    good = True
    for items, votes in ((200, 5), (1_000, 3), (5_000, 3), (5_000, 5)):
        rows = np.array([_found(study(items, 7, votes, seed=seed), kit) for seed in range(3)])
        means = rows.mean(axis=0)
        shown = " ".join(f"{f'{ours:.4f}, {peer:.4f}':>17}" for ours, peer in means.reshape(-1, 2))
        print(f"  {f'{items:,} x {votes}':14} {shown}")
        good &= bool(means[0] == means[1] and means[2] >= means[3] - 0.002 and means[6] <= means[7] + 0.002)
    return good


def _found(one: Study, kit: Any) -> list[float]:
    votes = Votes.from_frame(one.frame)
    truth = one.truth.loc[list(votes.items)].to_numpy()
    values = np.array(votes.values)
    shares = votes.shares()
    clear = np.isclose(shares, shares.max(axis=1, keepdims=True)).sum(axis=1) == 1
    every = np.ones(len(truth), dtype=bool)
    fit, competence = dawid_skene(votes), mace(votes)
    peers = [theirs(one.frame, model) for model in (kit.MajorityVote(), kit.DawidSkene(100), kit.MACE(1, 50))]
    ours = [(shares, clear), (fit.posteriors, every), (competence.posteriors, every)]
    scores: list[float] = []
    for (chances, counted), peer in zip(ours, peers, strict=True):
        theirs_found = peer.labels_.loc[list(votes.items)].to_numpy()
        both = values[chances.argmax(axis=1)], theirs_found
        scores += [float((found == truth)[counted].mean()) for found in both]
    other = _errors(peers[1].errors_, votes)
    return [*scores, *(float(np.abs(each - one.confusion).mean()) for each in (fit.confusion, other))]


def _errors(errors: pd.DataFrame, votes: Votes) -> Any:
    """crowd-kit's confusions as ours: annotators by truth by answer, 0 for an answer that was never given."""
    given = errors.reindex(pd.MultiIndex.from_product([votes.annotators, votes.values])).fillna(0.0)
    shape = (len(votes.annotators), len(votes.values), len(votes.values))
    return given[list(votes.values)].to_numpy().reshape(shape).transpose(0, 2, 1)


def write_golden(kit: Any, version: str) -> None:
    """Write what crowd-kit says of three small tables, for tests that run without it."""
    gaps = study(60, annotators=6, votes=3, values=3, seed=5).frame
    # crowd-kit's MACE mixes up annotators and values that do not first appear in sorted order: let them do so.
    names = [sorted(gaps[column].unique()) for column in COLUMNS[1:]]
    first = pd.DataFrame(
        [(f"first {place}", names[0][place % 6], names[1][place % 3]) for place in range(6)], columns=COLUMNS
    )
    in_order = pd.concat([first, gaps], ignore_index=True)
    _write("anaesthetists", anaesthetists(), kit.DawidSkene(200, tol=-np.inf), version, iterations=200)
    _write("gaps", gaps, kit.DawidSkene(25, tol=-np.inf), version, iterations=25)
    _write("competence", in_order, kit.MACE(1, 500), version)


def _write(name: str, frame: pd.DataFrame, model: Any, version: str, iterations: int | None = None) -> None:
    fitted = theirs(frame, model)
    document: dict[str, Any] = {
        "made": f"crowd-kit {version}, {type(model).__name__}, by python -m benchmarks.models --golden",
        "iterations": iterations,
        "votes": frame.to_numpy().tolist(),
        "posteriors": {str(item): row.to_dict() for item, row in fitted.probas_.iterrows()},
    }
    if iterations is not None:
        document["priors"] = fitted.priors_.to_dict()
        document["errors"] = [[*map(str, key), row.to_dict()] for key, row in fitted.errors_.iterrows()]
    else:
        document["competence"] = dict(zip(frame["annotator"].unique(), fitted.spamming_.tolist(), strict=True))
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / f"{name}.json").write_text(json.dumps(document, indent=None) + "\n", encoding="utf-8")
    print(f"{name}.json is written")


def main() -> int:
    """Compare; exit status 1 if a goal is missed, or could not be measured."""
    try:
        import crowdkit
        from crowdkit import aggregation
    except ImportError:
        print(f"goals not measured: {INSTALL}")
        return 1
    if "--golden" in sys.argv[1:]:
        write_golden(aggregation, crowdkit.__version__)
        return 0
    met = [recovery(aggregation), speed(aggregation)]
    print("goals met" if all(met) else "goals missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
