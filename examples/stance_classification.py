"""Train a classifier of an article's stance towards each target, and compare it with the majority baseline.

    python examples/stance_classification.py build/news-stance
    python examples/stance_classification.py build/news-stance --model distilbert-base-multilingual-cased --epochs 5

The first argument is a built dataset, or OWNER/NAME on the Hugging Face Hub. Labels are soft: annotators who disagree
each count for their share in training; a test article counts if it is known what holds. There is a model for each
target: a logistic regression of the article's words (extra `train`), or a pretrained encoder that is fine-tuned (extra
`transformers`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from datasets import Dataset, load_dataset
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline


def loaded(path: str, config: str, split: str | None = None) -> Any:
    """A config of the dataset, or one split of it."""
    try:
        return load_dataset(path, config, split=split)
    except (OSError, ValueError) as error:  # no such dataset, config or split
        sys.exit(f"{path}: {error}")


def examples(path: str, split: str, texts: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The articles of a split by target: text, label and the share of votes of each label."""
    found: dict[str, list[dict[str, Any]]] = {}
    stance = loaded(path, "stance", split)
    name, article = stance.features["label"].int2str, stance.features["scope"].str2int("article")
    for row in stance:
        if row["scope"] != article or row["article_id"] not in texts:
            continue
        if row["label"] is None and split != "train":
            continue  # nobody knows what is right
        shares = {name(vote["label"]): vote["share"] for vote in row["soft"]}
        label = name(row["label"]) if row["label"] is not None else max(sorted(shares), key=lambda one: shares[one])
        found.setdefault(row["target"], []).append({"text": texts[row["article_id"]], "label": label, "shares": shares})
    return found


def texts_of(path: str) -> dict[str, str]:
    """The texts of all articles, by id."""
    parts = list(loaded(path, "annotations").values())
    if "text" not in parts[0].column_names:
        sys.exit("the dataset has no texts: put them back with `curation rehydrate`")
    return {row["article_id"]: row["text"] for part in parts for row in part.select_columns(["article_id", "text"])}


def linear(train: list[dict[str, Any]], test: list[str]) -> list[str]:
    """Predict with a logistic regression of words; an article counts once for each label, by its share of votes."""
    votes = [(one["text"], label, share) for one in train for label, share in one["shares"].items() if share]
    texts, labels, shares = zip(*votes, strict=True)
    if len(set(labels)) == 1:
        return [labels[0]] * len(test)
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        LogisticRegression(C=10, class_weight="balanced", max_iter=1000),
    )
    model.fit(texts, labels, logisticregression__sample_weight=shares)
    return list(model.predict(test))


def transformer(train: list[dict[str, Any]], test: list[str], name: str, training: dict[str, Any]) -> list[str]:
    """Predict with a fine-tuned encoder; each label is learned by its share of votes (binary cross-entropy)."""
    try:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments
    except ImportError as error:
        sys.exit(f"{error}: pip install 'curation[transformers]'")

    labels = sorted({label for one in train for label in one["shares"]})
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForSequenceClassification.from_pretrained(
            name, num_labels=len(labels), problem_type="multi_label_classification"
        )
    except (OSError, ValueError) as error:  # no such model, or none that can be read
        sys.exit(f"{name}: {str(error).splitlines()[0]}")

    def encoded(texts: list[str]) -> dict[str, Any]:
        return dict(tokenizer(texts, truncation=True, max_length=512, padding=True))

    soft = [[one["shares"].get(label, 0.0) for label in labels] for one in train]
    arguments = TrainingArguments("build/stance-model", seed=38, report_to=[], save_strategy="no", **training)
    learned = Dataset.from_dict({**encoded([one["text"] for one in train]), "labels": soft})
    trainer = Trainer(model, arguments, train_dataset=learned)
    trainer.train()
    logits = trainer.predict(Dataset.from_dict(encoded(test))).predictions
    return [labels[place] for place in logits.argmax(axis=1)]


def scores(path: str, model: str, training: dict[str, Any]) -> Iterator[tuple[str, int, float, float]]:
    """For each target the number of test articles, and macro-F1 of the model and of the majority class of train."""
    texts = texts_of(path)
    train, test = examples(path, "train", texts), examples(path, "test", texts)
    if not train.keys() & test.keys():
        sys.exit("no target has articles with a label in both train and test")
    for target in sorted(train.keys() & test.keys()):
        truth = [one["label"] for one in test[target]]
        asked = [one["text"] for one in test[target]]
        if model == "linear":
            predicted = linear(train[target], asked)
        else:
            predicted = transformer(train[target], asked, model, training)
        majority = Counter(one["label"] for one in train[target]).most_common(1)[0][0]
        baseline = f1_score(truth, [majority] * len(truth), average="macro", zero_division=0)
        yield target, len(truth), f1_score(truth, predicted, average="macro", zero_division=0), baseline


def main() -> None:
    """Print a line for each target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dataset", help="a built dataset, or OWNER/NAME on the Hub")
    parser.add_argument("--model", default="linear", help="linear, or the name of a pretrained encoder")
    parser.add_argument("--epochs", type=float, default=3, help="how often the encoder sees each article")
    parser.add_argument("--learning-rate", type=float, default=5e-5, help="how far the encoder goes in each step")
    asked = parser.parse_args()
    training = {"num_train_epochs": asked.epochs, "learning_rate": asked.learning_rate}
    for target, articles, model, baseline in scores(asked.dataset, asked.model, training):
        sys.stdout.write(f"{target}: macro-F1 {model:.3f}, majority {baseline:.3f} ({articles} articles)\n")


if __name__ == "__main__":
    main()
