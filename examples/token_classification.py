"""Train a tagger of the words that name actors (or claims), and compare it with the majority baseline.

    python examples/token_classification.py build/news-stance
    python examples/token_classification.py build/news-stance --label claim

The first argument is a built dataset, or OWNER/NAME on the Hugging Face Hub; the config `tokens` has one row an
article. The model is a logistic regression of each token, its neighbours and its shape (extra `train`), or with
`--model distilbert-base-multilingual-cased` a pretrained encoder that is fine-tuned (extra `transformers`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import Any

from datasets import Dataset, load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

WINDOW = 2
OUTSIDE = "O"
IGNORED = -100

Article = tuple[list[str], list[str]]


def tokens_of(path: str, split: str) -> Dataset:
    """The rows of a split."""
    try:
        rows = load_dataset(path, "tokens", split=split)
    except (OSError, ValueError) as error:  # no such dataset, config or split
        sys.exit(f"{path}: {error}")
    if "tokens" not in rows.column_names:
        sys.exit("the dataset has no texts: put them back with `curation rehydrate`")
    return rows


def column_of(rows: Dataset, label: str | None) -> str:
    """The column with the tags of a label, by default of the first one."""
    labels = [name.removesuffix("_tags") for name in rows.column_names if name.endswith("_tags")]
    if label is not None and label not in labels:
        sys.exit(f"the dataset has no label {label!r}, but these: {', '.join(labels)}")
    return f"{label or labels[0]}_tags"


def articles(rows: Dataset, column: str) -> list[Article]:
    """The tokens and tags of each article."""
    name = rows.features[column].feature.int2str
    return [(row["tokens"], [name(tag) for tag in row[column]]) for row in rows]


def features(tokens: list[str], place: int) -> dict[str, float | str]:
    """What is seen of a token: itself, its ending, how it is written, and the tokens around it."""
    token = tokens[place]
    seen: dict[str, float | str] = {
        "ending": token[-3:].lower(),
        "title": float(token.istitle()),
        "upper": float(token.isupper()),
    }
    for step in range(-WINDOW, WINDOW + 1):
        there = place + step
        seen[f"word{step:+d}"] = tokens[there].lower() if 0 <= there < len(tokens) else "_"
    return seen


def linear(train: list[Article], test: list[list[str]]) -> list[list[str]]:
    """Predict the tag of each token with a logistic regression."""
    seen = [features(tokens, place) for tokens, _ in train for place in range(len(tokens))]
    tags = [tag for _, tagged in train for tag in tagged]
    if len(set(tags)) == 1:
        return [tags[:1] * len(tokens) for tokens in test]
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=10, class_weight="balanced", max_iter=1000))
    model.fit(seen, tags)
    return [list(model.predict([features(tokens, place) for place in range(len(tokens))])) for tokens in test]


def transformer(train: list[Article], test: list[list[str]], name: str, training: dict[str, Any]) -> list[list[str]]:
    """Predict with a fine-tuned encoder. The first piece of each token carries its tag; what is cut off is outside."""
    try:
        from transformers import (
            AutoModelForTokenClassification,
            AutoTokenizer,
            DataCollatorForTokenClassification,
            Trainer,
            TrainingArguments,
        )
    except ImportError as error:
        sys.exit(f"{error}: pip install 'curation[transformers]'")

    labels = sorted({OUTSIDE} | {tag for _, tags in train for tag in tags})
    number = {label: place for place, label in enumerate(labels)}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForTokenClassification.from_pretrained(name, id2label=dict(enumerate(labels)), label2id=number)
    except (OSError, ValueError) as error:  # no such model, or none that can be read
        sys.exit(f"{name}: {str(error).splitlines()[0]}")

    def pieces_of(tokens: list[str]) -> Any:
        return tokenizer(tokens, is_split_into_words=True, truncation=True, max_length=512)

    def encoded(tokens: list[str], tags: list[str]) -> dict[str, list[int]]:
        pieces = pieces_of(tokens)
        known = {name: pieces[name] for name in ("input_ids", "attention_mask")}
        return {**known, "labels": labels_of_pieces(pieces.word_ids(), [number[tag] for tag in tags])}

    arguments = TrainingArguments("build/token-model", seed=38, report_to=[], save_strategy="no", **training)
    learned = Dataset.from_list([encoded(*one) for one in train])
    padded = DataCollatorForTokenClassification(tokenizer)
    trainer = Trainer(model, arguments, train_dataset=learned, data_collator=padded)
    trainer.train()
    asked = Dataset.from_list([encoded(tokens, [OUTSIDE] * len(tokens)) for tokens in test])
    scored = trainer.predict(asked).predictions.argmax(axis=2)
    return [
        tags_of_tokens(pieces_of(tokens).word_ids(), [labels[one] for one in row], len(tokens))
        for tokens, row in zip(test, scored, strict=True)
    ]


def labels_of_pieces(words: list[int | None], tags: list[int]) -> list[int]:
    """The class of each piece; `words` has the token that it is of. Only a token's first one counts in the loss."""
    first = first_pieces(words)
    return [tags[first[piece]] if piece in first else IGNORED for piece in range(len(words))]


def tags_of_tokens(words: list[int | None], tagged: list[str], length: int) -> list[str]:
    """The tag of each token, from those of the pieces: that of its first one; a token that was cut off is outside."""
    tags = [OUTSIDE] * length
    for piece, word in first_pieces(words).items():
        tags[word] = tagged[piece]
    return tags


def first_pieces(words: list[int | None]) -> dict[int, int]:
    """The place of each token's first piece, and which token it is of."""
    return {piece: word for piece, word in enumerate(words) if word is not None and word not in words[:piece]}


def main() -> None:
    """Print macro-F1 over the tags of all test tokens."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dataset", help="a built dataset, or OWNER/NAME on the Hub")
    parser.add_argument("--label", help="whose layer of tags is learned; by default the first label's")
    parser.add_argument("--model", default="linear", help="linear, or the name of a pretrained encoder")
    parser.add_argument("--epochs", type=float, default=3, help="how often the encoder sees each article")
    parser.add_argument("--learning-rate", type=float, default=5e-5, help="how far the encoder goes in each step")
    asked = parser.parse_args()
    train_rows, test_rows = tokens_of(asked.dataset, "train"), tokens_of(asked.dataset, "test")
    column = column_of(train_rows, asked.label)
    train, test = articles(train_rows, column), articles(test_rows, column)
    unseen = [tokens for tokens, _ in test]
    training = {"num_train_epochs": asked.epochs, "learning_rate": asked.learning_rate}
    tagged = linear(train, unseen) if asked.model == "linear" else transformer(train, unseen, asked.model, training)
    predicted = [tag for tags in tagged for tag in tags]
    truth = [tag for _, tags in test for tag in tags]
    majority = Counter(tag for _, tags in train for tag in tags).most_common(1)[0][0]
    model = f1_score(truth, predicted, average="macro", zero_division=0)
    baseline = f1_score(truth, [majority] * len(truth), average="macro", zero_division=0)
    sys.stdout.write(f"{column}: macro-F1 {model:.3f}, majority {baseline:.3f} ({len(truth)} tokens)\n")


if __name__ == "__main__":
    main()
