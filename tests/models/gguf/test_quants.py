"""GGUF's number formats against llama.cpp's own package `gguf`."""

import gguf
import numpy as np
import pytest

from ftwidgets.models.gguf.quants import OTHER_FORMATS, QUANTS, dequantize


@pytest.mark.parametrize("number", QUANTS, ids=lambda number: QUANTS[number].name)
def test_random_blocks_are_the_same_numbers_as_llama_cpps(number: int) -> None:
    """Whatever the bytes are (not-a-number and infinite scales too), each weight is equal to the last bit."""
    quant = QUANTS[number]
    raw = np.random.default_rng(number).integers(0, 256, 3000 * quant.size, np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = gguf.dequantize(raw.reshape(3000, quant.size), gguf.GGMLQuantizationType(number)).reshape(-1)
        found = dequantize(raw, quant)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("number", QUANTS, ids=lambda number: QUANTS[number].name)
def test_block_sizes_are_llama_cpps(number: int) -> None:
    """Weights and bytes of a block, and the format's name and number."""
    kind = gguf.GGMLQuantizationType(number)
    assert (QUANTS[number].name, QUANTS[number].weights, QUANTS[number].size) == (kind.name, *gguf.GGML_QUANT_SIZES[kind])


def test_every_other_format_can_be_named() -> None:
    """A refusal names the format as llama.cpp does."""
    assert all(gguf.GGMLQuantizationType(number).name == name for number, name in OTHER_FORMATS.items())


@pytest.mark.parametrize("name", ["Q8_0", "Q4_0", "Q4_1", "BF16", "F16"])
def test_quantised_weights_come_back_nearly_as_they_were(name: str) -> None:
    """Weights that llama.cpp's package quantised come back within half a step of their format."""
    kind = gguf.GGMLQuantizationType[name]
    weights = np.random.default_rng(1).normal(0, 0.05, (64, 256)).astype(np.float32)
    raw = np.ascontiguousarray(gguf.quantize(weights, kind)).view(np.uint8).reshape(-1)
    found = dequantize(raw, QUANTS[kind.value]).reshape(weights.shape)
    step = {"Q8_0": 0.002, "Q4_0": 0.03, "Q4_1": 0.03, "BF16": 0.001, "F16": 0.0001}[name]
    assert np.abs(found - weights).max() < step
