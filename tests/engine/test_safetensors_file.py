"""Reading and writing safetensors without loading them, against the package `safetensors` and the format's rules."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ftwidgets.engine.frozen import can_map
from ftwidgets.engine.params import random_params, shapes
from ftwidgets.engine.safetensors_file import INDEX, narrow, open_file, open_tensors, widen, write_bfloat16
from tests.engine.test_gradients import TINY


def test_files_of_the_package_are_read_as_they_are(tmp_path: Path) -> None:
    """float32 and float16 tensors of any shape, as windows on the file."""
    tensors: dict[str, np.ndarray] = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.linspace(-2, 2, 5).astype(np.float16),
        "none": np.empty((0, 4), np.float32),
    }
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    found = open_file(tmp_path / "model.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert np.array_equal(found[name].data, tensor)
        assert np.array_equal(found[name].widened(), tensor.astype(np.float32))
    assert isinstance(found["a"].data, np.memmap)


@pytest.mark.parametrize(
    ("number", "bits"),
    [
        (1.0, 0x3F80),
        (-2.5, 0xC020),
        (1 + 2**-8, 0x3F80),  # in the middle: to the even neighbour, down
        (1 + 3 * 2**-8, 0x3F82),  # in the middle: to the even neighbour, up
        (1 + 2**-8 + 2**-20, 0x3F81),
        (np.inf, 0x7F80),
        (3.4e38, 0x7F80),  # larger than the largest bfloat16
        (0.0, 0),
    ],
)
def test_the_nearest_bfloat16(number: float, bits: int) -> None:
    """Rounded to nearest, ties to even, as IEEE 754 says; widened again it is that number exactly."""
    found = narrow(np.array([number], np.float32))
    assert found.tolist() == [bits]
    assert widen(found).view(np.uint32).tolist() == [bits << 16]


def test_what_is_no_number_stays_none() -> None:
    """Also a NaN whose bits would be rounded into the sign."""
    odd = np.array([0x7FFFFFFF, 0x7F800001], np.uint32).view(np.float32)
    assert np.isnan(widen(narrow(odd))).all()


def test_a_model_written_as_bfloat16_can_be_mapped_in_one_piece(tmp_path: Path) -> None:
    """Its tensors come back, and stand in the order that matrices are multiplied in; a file in another order does not."""
    for config in (TINY, replace(TINY, tie_word_embeddings=False, qkv_bias=True)):
        params = random_params(config, 1)
        write_bfloat16(tmp_path / "model.safetensors", config, params.named.__getitem__)
        found = open_tensors(tmp_path)
        assert can_map(config, found)
        for name, weight in params.named.items():
            np.testing.assert_allclose(found[name].widened(), weight, rtol=2**-8)
    save_file(dict(reversed(params.named.items())), tmp_path / "model.safetensors")
    assert not can_map(config, open_tensors(tmp_path))
    with pytest.raises(ValueError, match=r"model.norm.weight is \(3,\); the model's config.json says \(12,\)"):
        write_bfloat16(tmp_path / "b", TINY, lambda name: np.zeros(3 if name == "model.norm.weight" else shapes(TINY)[name]))


def test_shards_are_put_together(tmp_path: Path) -> None:
    """As the index says; a file that it names and that is not there, or that lies elsewhere, is named."""
    for name in ("x", "y"):
        save_file({name: np.ones(2, np.float32)}, tmp_path / f"{name}.safetensors")
    index = tmp_path / INDEX
    index.write_text(json.dumps({"weight_map": {"x": "x.safetensors", "y": "y.safetensors"}}), encoding="utf-8")
    assert sorted(open_tensors(tmp_path)) == ["x", "y"]
    for name, words in (("z.safetensors", r"z.safetensors does not exist"), ("../x.safetensors", "beside it")):
        index.write_text(json.dumps({"weight_map": {"x": name}}), encoding="utf-8")
        with pytest.raises(ValueError, match=words):
            open_tensors(tmp_path)
    index.write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be read"):
        open_tensors(tmp_path)


def file_of(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged or no safetensors file"),
        (b"\x01", "damaged or no safetensors file"),
        (struct.pack("<Q", 1 << 60) + b"{}", "longer than the file"),
        (struct.pack("<Q", 2) + b"{[", "damaged or no safetensors file"),
        (file_of([1, 2]), "damaged or no safetensors file"),
        (file_of({"w": {"dtype": "F32"}}), "damaged or no safetensors file"),
        (file_of({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"1234"), "the file is damaged"),
        (file_of({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, b"12345678"), "the file is damaged"),
        (
            file_of({"w": {"dtype": "I8", "shape": [2], "data_offsets": [0, 2]}}, b"12"),
            "w is stored as I8; this engine reads F32",
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    """Each with its path and what is wrong, never a crash."""
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=rf"m\.safetensors.*{words}"):
        open_file(tmp_path / "m.safetensors")
