"""Classifiers in their process: a tiny BERT is fine-tuned, opened as anybody's would be, and guesses."""

from pathlib import Path

import numpy as np
import pytest

from assistants.engines.classifier import learn_head, open_classifier, trainer, tune
from assistants.errors import GenerationFailed, ModelUnavailable
from assistants.models import files
from assistants.models.installing import linked

TEXTS = ["red apple", "red rose", "red car", "red wine", "blue sky", "blue sea", "blue eyes", "blue jeans"]
TARGETS = [0, 0, 0, 0, 1, 1, 1, 1]
WORDS = sorted({word for text in TEXTS for word in text.split()})


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of 32 numbers that knows the words above."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]), encoding="utf-8")
    size = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "initializer_range": 0.2,
    }
    with torch.random.fork_rng():
        # Not every beginning learns in so few steps.
        torch.manual_seed(3)
        BertModel(BertConfig(vocab_size=5 + len(WORDS), max_position_embeddings=16, **size)).save_pretrained(folder)
    BertTokenizer(str(vocabulary)).save_pretrained(folder)
    return folder


def test_an_encoder_is_told_from_what_writes(encoder: Path, tmp_path: Path) -> None:
    assert files.is_encoder(encoder)
    assert linked(str(encoder)).kind == "classify"
    assert not files.is_encoder(tmp_path)
    (tmp_path / "config.json").write_text('{"architectures": "LlamaForCausalLM"}', encoding="utf-8")
    assert not files.is_encoder(tmp_path)


def test_a_bert_is_tuned_into_a_classifier_that_any_program_can_open(encoder: Path, tmp_path: Path) -> None:
    with trainer(encoder) as worker:
        assert worker.facts == {"labels": []}
        *steps, last = (event for event in tune(worker, TEXTS, TARGETS, ["warm", "cold"], tmp_path / "tuned") if event)
    assert [step["done"] for step in steps] == list(range(1, steps[-1]["total"] + 1))
    assert len(last["held"]) == len(last["held_out"]) == 2
    assert files.is_encoder(tmp_path / "tuned")
    model = open_classifier("colours", tmp_path / "tuned")
    assert model.labels == ("warm", "cold")
    shares = np.array(model.classify(["red sea", "blue rose", *TEXTS]))
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-3)
    learned = [place for place in range(len(TEXTS)) if place not in last["held"]]
    assert shares[2:][learned].argmax(axis=1).tolist() == [TARGETS[place] for place in learned]
    model.close()
    with pytest.raises(ModelUnavailable, match="is closed"):
        model.classify(["red"])


def test_heads_are_learned_of_two_labels_and_of_more() -> None:
    rows = np.eye(6, 50, dtype=np.float32)
    rows[:, 6:9] = np.repeat(np.eye(3), 2, axis=0)
    with trainer() as worker:
        for count in (2, 3):
            *_, head = learn_head(worker, rows[: 2 * count], [0, 0, 1, 1, 2, 2][: 2 * count])
            assert len(head["bias"]) == count
            assert np.array(head["held_out"]).argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2][: 2 * count]
        with pytest.raises(GenerationFailed, match="broke off"):
            list(learn_head(worker, rows[:2], [0, 1]))


def test_a_folder_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="does not load"):
        open_classifier("nothing", tmp_path)
