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

from datasets import Dataset, load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

WINDOW = 2
OUTSIDE = "O"

Article = tuple[list[str], list[str]]


def articles(path: str, split: str, column: str) -> list[Article]:
    """The tokens and tags of each article of a split."""
    rows = load_dataset(path, "tokens", split=split)
    if "tokens" not in rows.column_names:
        sys.exit("the dataset has no texts: put them back with `curation rehydrate`")
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
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=10, class_weight="balanced", max_iter=1000))
    model.fit(seen, tags)
    return [list(model.predict([features(tokens, place) for place in range(len(tokens))])) for tokens in test]


def transformer(train: list[Article], test: list[list[str]], name: str) -> list[list[str]]:
    """Predict with a fine-tuned encoder. The first piece of each token carries its tag; what is cut off is outside."""
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
    )

    labels = sorted({OUTSIDE} | {tag for _, tags in train for tag in tags})
    number = {label: place for place, label in enumerate(labels)}
    tokenizer = AutoTokenizer.from_pretrained(name)

    def encoded(tokens: list[str], tags: list[str]) -> dict[str, list[int]]:
        pieces = tokenizer(tokens, is_split_into_words=True, truncation=True, max_length=512)
        places = first_pieces(pieces.word_ids())
        tagged = [number[tags[places[piece]]] if piece in places else -100 for piece in range(len(pieces["input_ids"]))]
        return {"input_ids": pieces["input_ids"], "attention_mask": pieces["attention_mask"], "labels": tagged}

    model = AutoModelForTokenClassification.from_pretrained(name, num_labels=len(labels))
    arguments = TrainingArguments("build/token-model", num_train_epochs=3, seed=38, report_to=[], save_strategy="no")
    learned = Dataset.from_list([encoded(*one) for one in train])
    padded = DataCollatorForTokenClassification(tokenizer)
    trainer = Trainer(model, arguments, train_dataset=learned, data_collator=padded)
    trainer.train()
    asked = Dataset.from_list([encoded(tokens, [OUTSIDE] * len(tokens)) for tokens in test])
    found = []
    for tokens, scored in zip(test, trainer.predict(asked).predictions, strict=True):
        words = tokenizer(tokens, is_split_into_words=True, truncation=True, max_length=512).word_ids()
        tags = [OUTSIDE] * len(tokens)
        for piece, word in first_pieces(words).items():
            tags[word] = labels[scored[piece].argmax()]
        found.append(tags)
    return found


def first_pieces(words: list[int | None]) -> dict[int, int]:
    """The place of each token's first piece, and which token it is of; `words` has the token of each piece."""
    return {piece: word for piece, word in enumerate(words) if word is not None and word not in words[:piece]}


def main() -> None:
    """Print macro-F1 over the tags of all test tokens."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dataset", help="a built dataset, or OWNER/NAME on the Hub")
    parser.add_argument("--label", default="actor", help="whose layer of tags is learned")
    parser.add_argument("--model", default="linear", help="linear, or the name of a pretrained encoder")
    asked = parser.parse_args()
    column = f"{asked.label}_tags"
    train, test = articles(asked.dataset, "train", column), articles(asked.dataset, "test", column)
    unseen = [tokens for tokens, _ in test]
    tagged = linear(train, unseen) if asked.model == "linear" else transformer(train, unseen, asked.model)
    predicted = [tag for tags in tagged for tag in tags]
    truth = [tag for _, tags in test for tag in tags]
    majority = Counter(tag for _, tags in train for tag in tags).most_common(1)[0][0]
    model = f1_score(truth, predicted, average="macro", zero_division=0)
    baseline = f1_score(truth, [majority] * len(truth), average="macro", zero_division=0)
    sys.stdout.write(f"{column}: macro-F1 {model:.3f}, majority {baseline:.3f} ({len(truth)} tokens)\n")


if __name__ == "__main__":
    main()
