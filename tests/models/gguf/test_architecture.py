"""Models in GGUF, written by llama.cpp's own package, read back in Hugging Face's words."""

import json
from pathlib import Path

import gguf
import numpy as np
import pytest
import tokenizers

from ftwidgets.models.gguf import GgufFile, GgufLlama, tokenizer_files
from tests.models.gguf.checkpoints import TEMPLATE, hugging_face_weights, vocabulary, write_gguf


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
@pytest.mark.parametrize("tied", [True, False])
def test_a_model_comes_back_by_hugging_faces_names(tmp_path: Path, architecture: str, tied: bool) -> None:
    """Each weight is what it was before llama.cpp's converter moved the rows, and the config says what the model is."""
    weights = hugging_face_weights(architecture, tied=tied)
    model = GgufLlama(write_gguf(tmp_path / "m.gguf", weights, architecture))
    found = dict(model.tensors())
    assert found.keys() == weights.keys()
    for name, weight in weights.items():
        np.testing.assert_array_equal(found[name], weight)
    expected = {
        "architectures": [{"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}[architecture]],
        "model_type": architecture, "vocab_size": len(vocabulary()), "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 64,
        "max_position_embeddings": 128, "rope_theta": 100000.0, "rms_norm_eps": 1e-5, "hidden_act": "silu",
        "tie_word_embeddings": tied, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    assert model.config == expected


def test_a_quantised_model_reads_as_llama_cpps_own_reader_does(tmp_path: Path) -> None:
    """Every tensor of a Q8_0 file equals what `gguf.GGUFReader` and `gguf.dequantize` make of it."""
    path = write_gguf(tmp_path / "m.gguf", hugging_face_weights(), kind=gguf.GGMLQuantizationType.Q8_0)
    mine = GgufFile(path)
    theirs = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    assert mine.tensors.keys() == theirs.keys()
    assert {info.quant.name for info in mine.tensors.values()} == {"F32", "Q8_0"}
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(mine.read(name), gguf.dequantize(tensor.data, tensor.tensor_type))


@pytest.mark.parametrize("kind", ["Q4_K", "Q6_K"])
def test_blocks_of_256_weights_are_found_in_a_file(tmp_path: Path, kind: str) -> None:
    """The package cannot quantise to these, so the bytes are random: read from a file, they are what it makes of them."""
    number = gguf.GGMLQuantizationType[kind]
    n_bytes = gguf.GGML_QUANT_SIZES[number][1]
    raw = np.random.default_rng(3).integers(0, 100, (6, 2 * n_bytes), np.uint8)  # six rows of 512 weights, small scales
    writer = gguf.GGUFWriter(tmp_path / "k.gguf", "llama")
    writer.add_tensor("a", np.ones(3, np.float32))  # so that the next one stands at an odd place
    writer.add_tensor("b", raw, raw_dtype=number)
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        write()
    found = GgufFile(tmp_path / "k.gguf").read("b")
    assert found.shape == (6, 512)
    np.testing.assert_array_equal(found, gguf.dequantize(raw, number))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"llama.rope.scaling.type": "yarn"}, "llama.rope.scaling.type is 'yarn'"),
        ({"llama.expert_count": 8}, "llama.expert_count is 8"),
        ({"llama.rope.dimension_count": 4}, "llama.rope.dimension_count is 4 and a head has 8 numbers"),
        ({"llama.block_count": 0}, "llama.block_count is 0; a whole number above 0 belongs there"),
        ({"split.count": 2}, "one of 2 parts"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """A part that the engine does not have stops the reading, and the message names the key and its value."""
    path = write_gguf(tmp_path / "m.gguf", hugging_face_weights(), change=change)
    with pytest.raises(ValueError, match=message):
        GgufLlama(path)


def test_other_architectures_and_formats_are_refused_by_name(tmp_path: Path) -> None:
    """The message says which architecture, or which number format, the file has."""
    writer = gguf.GGUFWriter(tmp_path / "g.gguf", "gemma")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        write()
    with pytest.raises(ValueError, match=r"general.architecture is 'gemma'; only 'llama' and 'qwen2' can be used"):
        GgufLlama(tmp_path / "g.gguf")
    path = write_gguf(tmp_path / "q.gguf", hugging_face_weights(), kind=gguf.GGMLQuantizationType.Q5_0)
    with pytest.raises(ValueError, match="is in the number format Q5_0; read here are BF16, F16, F32, Q4_0"):
        GgufLlama(path)


def test_a_damaged_file_is_named_and_nothing_breaks(tmp_path: Path) -> None:
    """Cut off anywhere, or no GGUF at all: one sentence with the file's name, never another exception."""
    whole = write_gguf(tmp_path / "m.gguf", hugging_face_weights()).read_bytes()
    path = tmp_path / "cut.gguf"
    for size in [0, 3, 23, 24, 40, *range(100, len(whole), 997), len(whole) - 40]:
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"cut.gguf"):
            GgufLlama(path)
    path.write_bytes(b"PK" + whole[2:])
    with pytest.raises(ValueError, match='does not begin with "GGUF"'):
        GgufLlama(path)
    path.write_bytes(whole[:4] + (1).to_bytes(4, "little") + whole[8:])
    with pytest.raises(ValueError, match="versions 2 and 3 are read here, and this is version 1"):
        GgufLlama(path)
    rng = np.random.default_rng(0)
    for _ in range(300):  # a byte of the header overwritten
        damaged = bytearray(whole[:])
        damaged[rng.integers(4, 1500)] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            tokenizer_files(GgufLlama(path).file.metadata, path)
        except ValueError as error:
            assert "cut.gguf" in str(error)  # noqa: PT017 - a change may also do no harm


def test_the_tokenizer_cuts_as_its_name_says(tmp_path: Path) -> None:
    """Digits one by one for smollm and qwen2, together for gpt-2, by threes for llama-bpe; special tokens are found."""
    ids = {}
    for pre in ("smollm", "qwen2", "gpt-2", "llama-bpe"):
        path = write_gguf(tmp_path / f"{pre}.gguf", hugging_face_weights(), pre=pre)
        files = tokenizer_files(GgufFile(path).metadata, path)
        tokenizer = tokenizers.Tokenizer.from_str(files["tokenizer.json"])
        ids[pre] = tokenizer.encode("<|im_start|>hello w 12<|im_end|>").tokens
        assert tokenizer.decode(tokenizer.encode("Grüße, 世界 12!\n").ids) == "Grüße, 世界 12!\n"
        config = json.loads(files["tokenizer_config.json"])
        assert (config["eos_token"], config["chat_template"]) == ("<|im_end|>", TEMPLATE)
    one_by_one = ["<|im_start|>", "hello", "Ġw", "Ġ", "1", "2", "<|im_end|>"]
    assert ids["smollm"] == ids["qwen2"] == one_by_one
    assert ids["gpt-2"] == ids["llama-bpe"] == ["<|im_start|>", "hello", "Ġw", "Ġ", "12", "<|im_end|>"]


def test_places_that_pad_the_vocabulary_are_no_tokens(tmp_path: Path) -> None:
    """A token of the kind "unused" is not in the tokenizer; one "defined by the user" is found in a text."""
    tokens = [*vocabulary(), "<think>", "[PAD0]"]
    kinds = [3, 3, 3] + [1] * (len(vocabulary()) - 3) + [4, 5]
    path = write_gguf(tmp_path / "m.gguf", hugging_face_weights(), pre="qwen2", tokens=tokens, token_types=kinds)
    tokenizer = tokenizers.Tokenizer.from_str(tokenizer_files(GgufFile(path).metadata, path)["tokenizer.json"])
    assert tokenizer.token_to_id("[PAD0]") is None
    assert tokenizer.encode("he<think>").ids == [tokens.index("he"), tokens.index("<think>")]


def test_other_tokenizers_are_refused_by_name(tmp_path: Path) -> None:
    """SentencePiece, a rule that is not known here, and a tokenizer without merges."""
    metadata = GgufFile(write_gguf(tmp_path / "m.gguf", hugging_face_weights())).metadata
    path = Path("m.gguf")
    for change, message in (
        ({"tokenizer.ggml.model": "llama"}, "tokenizer.ggml.model is 'llama'"),
        ({"tokenizer.ggml.pre": "tekken"}, "tokenizer.ggml.pre is 'tekken'; known here are gpt-2, smollm"),
        ({"tokenizer.ggml.merges": None}, "tokenizer.ggml.merges is missing"),
        ({"tokenizer.ggml.merges": [1]}, "m.gguf: its tokenizer cannot be used .* the file is damaged"),
        ({"tokenizer.ggml.merges": ["zz yy"]}, "m.gguf: its tokenizer cannot be used .* the file is damaged"),
        ({"tokenizer.ggml.token_type": [1]}, "m.gguf: its tokenizer cannot be used .* the file is damaged"),
        ({"tokenizer.ggml.eos_token_id": "x"}, "m.gguf: its tokenizer cannot be used .* the file is damaged"),
    ):
        with pytest.raises(ValueError, match=message):
            tokenizer_files(metadata | change, path)
