"""Models written for other programs: what is in the files, by their own libraries, and what is refused."""

import json
from pathlib import Path
from typing import Any

import gguf
import jinja2
import numpy as np
import pytest
import safetensors.numpy
import tokenizers

from ftwidgets.engine import NANO, LoraParams, LoraSettings, Model, generate
from ftwidgets.errors import ModelError
from ftwidgets.models import add
from ftwidgets.models.export import export_model, exported_format, how_to_use
from ftwidgets.models.gguf import GgufLlama, tokenizer_files
from tests.models.checkpoints import hugging_face_weights, write_folder

CHATS = [
    [{"role": "user", "content": "hello wo 12"}],
    [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "a\nb"}, {"role": "assistant", "content": "ß"}],
]


@pytest.fixture(params=["llama", "qwen2", "untied"])
def tuned(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Model, Path]:
    """A tiny random model with a random adapter, and the folder of its base."""
    architecture = "qwen2" if request.param == "qwen2" else "llama"
    weights = hugging_face_weights(architecture, tied=request.param != "untied")
    folder = add(write_folder(tmp_path / "published", weights, architecture), name="tiny", folder=tmp_path / "models").folder
    assert folder is not None
    model = Model.load(folder, base="tiny", context=64).trainable(LoraSettings(4, 8), seed=1)
    rng = np.random.default_rng(2)
    model.params.flat[:] = rng.normal(0, 0.1, model.params.flat.shape)
    return model, folder


def merged(model: Model) -> dict[str, np.ndarray]:
    """The weights with the adapter added: W + alpha / rank * B @ A, by its definition."""
    params = model.params
    assert isinstance(params, LoraParams)
    weights = {name: weight.copy() for name, weight in params.base.widened().named.items()}
    for name in weights:
        lora = name.removesuffix(".weight")
        if f"{lora}.lora_A.weight" in params.named:
            weights[name] += 8 / 4 * params.named[f"{lora}.lora_B.weight"] @ params.named[f"{lora}.lora_A.weight"]
    return weights


def render(config: dict[str, Any], messages: list[dict[str, str]]) -> str:
    """What transformers makes of a chat with this template."""
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(config["chat_template"])
    return template.render(messages=messages, add_generation_prompt=True)


def test_a_merged_folder(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """One folder in float16 whose weights are those of base and adapter together; loaded again, it answers the same."""
    model, base_folder = tuned
    folder = export_model(model, tmp_path / "out", name="ft:tiny:x::1", base_folder=base_folder)
    found = safetensors.numpy.load_file(folder / "model.safetensors")
    expected = merged(model)
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        assert found[name].dtype == np.float16
        np.testing.assert_allclose(found[name], weight, atol=1e-3)
    config = json.loads((folder / "config.json").read_text())
    assert (config["max_position_embeddings"], config["eos_token_id"], config["torch_dtype"]) == (4096, 2, "float16")
    again = Model.load(folder)
    prompt = model.tokenizer.encode_prompt(CHATS[0])
    texts = ["".join(piece.text for piece in generate(m, prompt, max_tokens=8, temperature=0.0)) for m in (model, again)]
    assert texts[0] == texts[1]


def test_the_chat_template_is_what_the_model_was_tuned_with(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """Rendered and encoded by the library tokenizers, a chat has the tokens that the engine makes of it."""
    model, base_folder = tuned
    for form in ("huggingface", "adapter"):
        folder = export_model(model, tmp_path / form, name="m", base_folder=base_folder, format=form)
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        config = json.loads((folder / "tokenizer_config.json").read_text())
        for chat in CHATS:
            assert tokenizer.encode(render(config, chat), add_special_tokens=False).ids == model.tokenizer.encode_prompt(chat)


def test_an_adapter(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """PEFT's two files with its names for every projection, float16, and where the base model is."""
    model, base_folder = tuned
    folder = export_model(model, tmp_path / "out", name="m", base_folder=base_folder, format="adapter")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"]) == ("LORA", 4, 8)
    assert config["base_model_name_or_path"] == str(base_folder)
    projections = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert set(config["target_modules"]) == projections
    found = safetensors.numpy.load_file(folder / "adapter_model.safetensors")
    assert isinstance(model.params, LoraParams)
    assert {f"base_model.model.{name}" for name in model.params.named} == set(found)
    assert "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" in found
    assert len(found) == 2 * 7 * 2
    for name, weight in model.params.named.items():
        np.testing.assert_array_equal(found[f"base_model.model.{name}"], weight.astype(np.float16))


def test_a_known_base_is_named_as_on_the_hub(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """Whoever gets the adapter of SmolLM2 can load it: the config names the repository, not a folder of this computer."""
    model, base_folder = tuned
    model.base = "smollm2-135m"
    folder = export_model(model, tmp_path / "out", name="m", base_folder=base_folder, format="adapter")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert str(tmp_path) not in (folder / "README.md").read_text()


def test_a_gguf_file_reads_back_equal(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """By llama.cpp's own reader: matrices in float16, vectors in float32; by ours: the same weights, shape and tokens."""
    model, base_folder = tuned
    folder = export_model(model, tmp_path / "out", name="ft:tiny:x::1", base_folder=base_folder, format="gguf")
    path = folder / "ft-tiny-x-1.gguf"
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    assert {tensor.tensor_type.name for tensor in tensors.values() if len(tensor.shape) == 2} == {"F16"}
    assert {tensor.tensor_type.name for tensor in tensors.values() if len(tensor.shape) == 1} == {"F32"}
    again, expected = GgufLlama(path), merged(model)
    assert set(again.names) == set(expected)
    for name, weight in expected.items():
        np.testing.assert_allclose(again.read(name), weight, atol=1e-3, err_msg=name)
    assert again.config["model_type"] == ("qwen2" if model.config.qkv_bias else "llama")
    for key in (
        "hidden_size",
        "num_hidden_layers",
        "num_key_value_heads",
        "head_dim",
        "rope_theta",
        "rms_norm_eps",
        "vocab_size",
    ):
        assert again.config[key] == getattr(model.config, key)
    assert again.config["max_position_embeddings"] == 4096
    assert again.config["tie_word_embeddings"] == model.config.tie_word_embeddings
    files = tokenizer_files(again.file.metadata, path)
    tokenizer = tokenizers.Tokenizer.from_str(files["tokenizer.json"])
    config = json.loads(files["tokenizer_config.json"])
    for chat in CHATS:
        assert tokenizer.encode(render(config, chat), add_special_tokens=False).ids == model.tokenizer.encode_prompt(chat)


def test_llama_cpps_reader_finds_what_its_converter_writes(tmp_path: Path) -> None:
    """The keys of nano's file, by llama.cpp's package: those without which it loads no Llama, and the tokenizer's."""
    folder = export_model(Model.load(NANO), tmp_path / "out", name="nano", base_folder=NANO, format="gguf")
    fields = {name: field.contents() for name, field in gguf.GGUFReader(folder / "nano.gguf").fields.items()}
    keys = gguf.Keys
    expected = {
        keys.General.ARCHITECTURE: "llama",
        keys.LLM.BLOCK_COUNT.format(arch="llama"): 6,
        keys.LLM.CONTEXT_LENGTH.format(arch="llama"): 512,
        keys.LLM.EMBEDDING_LENGTH.format(arch="llama"): 192,
        keys.LLM.FEED_FORWARD_LENGTH.format(arch="llama"): 512,
        keys.Attention.HEAD_COUNT.format(arch="llama"): 6,
        keys.Attention.HEAD_COUNT_KV.format(arch="llama"): 2,
        keys.Rope.DIMENSION_COUNT.format(arch="llama"): 32,
        keys.Tokenizer.MODEL: "gpt2",
        keys.Tokenizer.PRE: "smollm",
        keys.Tokenizer.EOS_ID: 2,
        keys.Tokenizer.ADD_BOS: False,
        keys.General.FILE_TYPE: int(gguf.LlamaFileType.MOSTLY_F16),
    }
    assert {key: fields[key] for key in expected} == expected
    content = json.loads((NANO / "tokenizer.json").read_text())["model"]
    assert fields[keys.Tokenizer.LIST] == sorted(content["vocab"], key=content["vocab"].get)
    assert fields[keys.Tokenizer.MERGES] == [" ".join(merge) for merge in content["merges"]]
    assert set(fields[keys.Tokenizer.TOKEN_TYPE]) == {int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)}


def test_the_modelfile_makes_the_chat_that_the_model_knows(tmp_path: Path) -> None:
    """The file beside it, ChatML in Go's template language, and the greedy decoding that evaluations use."""
    folder = export_model(Model.load(NANO), tmp_path / "out", name="nano", base_folder=NANO, format="gguf")
    assert sorted(path.name for path in folder.iterdir()) == ["Modelfile", "README.md", "nano.gguf"]
    text = (folder / "Modelfile").read_text()
    assert text.startswith("FROM ./nano.gguf\n")
    template = text.split('"""')[1]
    body = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    translated = template.replace("{{- range .Messages }}", "{% for m in messages %}").replace("{{ end }}", "{% endfor %}")
    assert translated.replace(".Role", "m.role").replace(".Content", "m.content") == body
    assert 'PARAMETER stop "<|im_end|>"' in text


def test_what_is_refused(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """No such format, a folder with something in it, no adapter, a tokenizer that GGUF has no name for; nothing is left."""
    _, base_folder = tuned
    nano = Model.load(NANO)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for arguments, message in (
        ((nano, "new", "onnx"), 'there is no format "onnx"; there are huggingface, adapter, gguf'),
        ((nano, "full", "gguf"), "full exists already and is not an empty folder"),
        ((nano, "new", "adapter"), "nano has no adapter: all of its weights were trained. Export the whole model"),
    ):
        with pytest.raises(ModelError, match=message):
            export_model(arguments[0], tmp_path / arguments[1], name="nano", base_folder=NANO, format=arguments[2])
    content = json.loads((base_folder / "tokenizer.json").read_text())
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, content["pre_tokenizer"]]}
    (base_folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=r"pre_tokenizer is not known here: .*Whitespace.* Use the format huggingface"):
        export_model(Model.load(base_folder), tmp_path / "new", name="m", base_folder=base_folder, format="gguf")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "new"))) == []
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
@pytest.mark.parametrize("form", ["huggingface", "gguf"])
def test_weights_that_went_astray_are_not_written(tmp_path: Path, value: float, form: str) -> None:
    """Not a number, or too large for float16: a sentence, and no folder."""
    model = Model.load(NANO)
    model.params.flat[7] = value
    with pytest.raises(ModelError, match=r"embed_tokens.weight holds values .* smaller learning_rate_multiplier"):
        export_model(model, tmp_path / "out", name="nano", base_folder=NANO, format=form)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """One that somebody made beforehand will do; others may read what is in it."""
    (tmp_path / "out").mkdir()
    folder = export_model(Model.load(NANO), tmp_path / "out", name="nano", base_folder=NANO)
    assert folder == tmp_path / "out"
    assert {path.stat().st_mode & 0o444 for path in folder.iterdir()} == {0o444}


def test_how_to_use_what_was_exported(tuned: tuple[Model, Path], tmp_path: Path) -> None:
    """One sentence a format, with the program or library that reads it and the folder; a path with a space is quoted."""
    model, base_folder = tuned
    for format_, words in (
        ("huggingface", 'transformers reads it: AutoModelForCausalLM.from_pretrained("{}"). README.md in the folder'),
        ("adapter", 'PEFT reads it: AutoPeftModelForCausalLM.from_pretrained("{}"). README.md in the folder'),
        ("gguf", 'Ollama, run in a terminal: ollama create ft-tiny-a -f "{}/Modelfile" (then: ollama run ft-tiny-a)'),
    ):
        folder = export_model(model, tmp_path / f"my {format_}", name="ft:tiny::a", base_folder=base_folder, format=format_)
        assert exported_format(folder) == format_
        assert words.format(folder.as_posix()) in how_to_use(folder)
