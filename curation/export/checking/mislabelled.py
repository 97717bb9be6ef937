"""Labels that are likely wrong: those that a model which has not seen them finds unlikely.

Confident learning (Northcutt, Jiang and Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset Labels) on
the probabilities of a linear model of words, each article judged by a model that was trained on the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.export.checking.problems import WARNING, Problem, listed
from curation.export.checking.survey import label_columns
from curation.text import counted

if TYPE_CHECKING:
    from curation.export.reading import Dataset

_FOLDS = 5
_SEED = 38


def label_errors(dataset: Dataset) -> Iterator[Problem]:
    """Likely label errors in each class column of gold, most likely first. Raises `E_EXTRA_MISSING`."""
    _require_extra()
    if "gold" not in dataset.configs or "text" not in dataset.schema("gold").names:
        return
    columns = list(label_columns(dataset, "gold"))
    rows = list(dataset.rows("gold", columns=["article_id", "text", *columns]))
    for column in columns:
        labelled = [row for row in rows if row[column] is not None and row["text"]]
        often = {name for name, count in Counter(row[column] for row in labelled).items() if count >= _FOLDS}
        chosen = [row for row in labelled if row[column] in often]
        if len(often) > 1:
            yield from _found(column, chosen, sorted(often))


def _found(column: str, rows: Sequence[dict[str, Any]], classes: Sequence[str]) -> Iterator[Problem]:
    import numpy as np
    from cleanlab.filter import find_label_issues

    number = {name: place for place, name in enumerate(classes)}
    labels = np.array([number[row[column]] for row in rows])
    likely = _probabilities([row["text"] for row in rows], labels)
    ranked = find_label_issues(labels, likely, return_indices_ranked_by="self_confidence", n_jobs=1)
    if not len(ranked):
        return
    named = [f"{rows[one]['article_id']} ({rows[one][column]}, {classes[likely[one].argmax()]}?)" for one in ranked]
    message = f"{counted(len(ranked), 'label')} that a model of words finds unlikely: {listed(named)}"
    articles = tuple(rows[one]["article_id"] for one in ranked)
    fix = "read them: the first of them are wrong more often than not"
    yield Problem("label-error", WARNING, f"gold/{column}", message, fix, articles)


def _probabilities(texts: Sequence[str], labels: Any) -> Any:
    """Out-of-sample probabilities of each class, one row a text."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2),
        LogisticRegression(C=10.0, class_weight="balanced", max_iter=1_000),
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    return cross_val_predict(model, texts, labels, cv=folds, method="predict_proba")


def _require_extra() -> None:
    try:
        import cleanlab  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        message = f"{error.name} is not installed"
        raise CurationError("E_EXTRA_MISSING", message, fix="pip install 'curation[label-errors]'") from None
