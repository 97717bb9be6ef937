"""The examples with an encoder: a small one, made here and not trained yet, in the place of one from the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.export.reading import Dataset
from tests.examples.test_examples import run, scores

pytest.importorskip("torch", reason="the extra `transformers` weighs gigabytes: `make test-transformers` runs this")

TRAINING = ("--epochs", 30, "--learning-rate", 1e-3)


@pytest.fixture(scope="module")
def encoder(learnable: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two thin layers with random weights, and word pieces of the dataset's texts."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator([row["text"] for row in Dataset(learnable).rows("annotations", "train")], vocab_size=600)
    tokenizer = BertTokenizerFast(tokenizer_object=pieces._tokenizer, model_max_length=128)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(38)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        max_position_embeddings=128,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


def test_stance_is_learned(learnable, encoder, tmp_path):
    found = scores("stance_classification.py", learnable, "--model", encoder, *TRAINING, cache=tmp_path)
    model, majority, _ = found["congestion charge"]
    assert model > majority + 0.25


@pytest.mark.parametrize("label", ["actor", "claim"])
def test_tokens_are_learned(learnable, encoder, tmp_path, label):
    arguments = (learnable, "--label", label, "--model", encoder, *TRAINING)
    (found,) = scores("token_classification.py", *arguments, cache=tmp_path).values()
    model, majority, tokens = found
    assert model > majority + 0.25
    assert tokens == sum(len(row["tokens"]) for row in Dataset(learnable).rows("tokens", "test"))


@pytest.mark.parametrize("script", ["stance_classification.py", "token_classification.py"])
def test_a_model_that_is_not_there_is_named(learnable, tmp_path, script):
    ran = run(script, learnable, "--model", "nobody/nothing", cache=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1].startswith("nobody/nothing: ")
    assert "Traceback" not in ran.stderr
