"""The model hub: which files of a repository make a model, and what it refuses."""

import pytest

from assistants.errors import InvalidInput
from assistants.models.files import hub
from assistants.models.files.catalog import Hub
from assistants.models.files.downloads import SourceFailed, Unreachable
from assistants.models.files.hub import chosen, entry_from, look
from tests.models.stand_ins import MODEL, REVISION, TOKEN, Mirror, digest

PARTS = Hub(repo="someone/parts")


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a-Q8_0.gguf", "a-Q4_K_M.gguf", "a-Q4_0.gguf", "README.md"], "a-Q4_K_M.gguf"),
        (["a-q8_0.gguf", "a-f16.gguf"], "a-q8_0.gguf"),
        (["a-Q4_K_M-00001-of-00002.gguf", "a-Q8_0.gguf"], "a-Q8_0.gguf"),
        (["mmproj-a-Q4_K_M.gguf", "sub/a-IQ2.gguf"], "sub/a-IQ2.gguf"),
    ],
)
def test_of_many_gguf_files_one_is_chosen(names: list[str], wanted: str) -> None:
    assert chosen("a/b", names) == [wanted]


def test_a_model_in_safetensors_comes_with_its_tokenizer_and_without_code_pickle_or_copies() -> None:
    wanted = {
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "merges.txt", "vocab.json",
        "chat_template.jinja", "model.safetensors.index.json", "1_Pooling/config.json",
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    }  # fmt: skip
    others = {
        "README.md", "modeling_llama.py", "pytorch_model.bin", "consolidated.safetensors", "onnx/model.onnx",
        "original/model.safetensors", "training_args.bin",
    }  # fmt: skip
    assert set(chosen("a/b", [*wanted, *others])) == wanted


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["config.json", "pytorch_model.bin"], "pickle files only"),
        (["config.json", "model.ckpt"], "pickle files only"),
        (["model.safetensors"], "neither a GGUF file nor safetensors with a config.json"),
        (["README.md"], "neither a GGUF file"),
        ([], "neither a GGUF file"),
    ],
)
def test_a_repository_without_a_model_is_one_sentence(names: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        chosen("a/b", names)


def test_what_the_hub_says_becomes_a_record(mirror: Mirror) -> None:
    mirror.repos["someone/llm"] = {"x-Q4_K_M.gguf": MODEL, "x-Q8_0.gguf": MODEL, "README.md": b"#"}
    mirror.cards["someone/llm"] = {"license": "mit", "language": ["en", "zh", "multilingual"]}
    where = Hub(repo="someone/llm")
    entry = entry_from(where, look(where))
    assert (entry.title, entry.kind, entry.license, entry.languages) == ("x-Q4_K_M", "chat", "mit", ("en", "zh"))
    assert entry.hub.revision == REVISION
    assert [(file.name, file.size, file.sha256) for file in entry.files] == [
        ("x-Q4_K_M.gguf", len(MODEL), digest(MODEL))
    ]
    assert entry_from(where, look(where), "x-Q8_0.gguf").files[0].name == "x-Q8_0.gguf"
    for file, said in [("y.gguf", "has no file y.gguf"), ("README.md", "is not a GGUF file")]:
        with pytest.raises(InvalidInput, match=said):
            entry_from(where, look(where), file)


def test_a_sentence_transformer_is_known_by_its_modules(mirror: Mirror) -> None:
    entry = entry_from(PARTS, look(PARTS))
    assert (entry.kind, entry.title) == ("embed", "parts")
    assert len(entry.files) == len(mirror.repos["someone/parts"])


def test_names_that_lead_elsewhere_are_never_taken(mirror: Mirror) -> None:
    mirror.repos["someone/trap"] = dict.fromkeys(["../x-Q4_K_M.gguf", "/y.gguf", "a\\b.gguf", ".lock.gguf"], MODEL)
    where = Hub(repo="someone/trap")
    with pytest.raises(InvalidInput):
        entry_from(where, look(where))


def test_a_gated_repository_is_said_and_opens_with_a_token(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.gated.add("api/models")
    with pytest.raises(SourceFailed, match="someone/parts is given only to those who have accepted its terms"):
        look(PARTS)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert look(PARTS)["commit"] == REVISION


def test_a_repository_that_is_not_there_is_said(mirror: Mirror) -> None:
    with pytest.raises(SourceFailed, match="The model hub has no nobody/nothing"):
        look(Hub(repo="nobody/nothing"))


def test_a_hub_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "HUB_SECONDS", 0.01)
    with pytest.raises(Unreachable, match=r"The model hub \(huggingface\.co\) can't be reached"):
        look(PARTS)
