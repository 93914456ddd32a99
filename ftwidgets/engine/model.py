"""A language model on disk and in memory: shape, weights and tokenizer, in a folder as Hugging Face lays out a Llama.

A folder holds a whole model, or an adapter to one (`adapter_file`). Left out: other architectures, quantised files.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ftwidgets.engine.adapter_file import read_adapter, write_adapter
from ftwidgets.engine.config import Config
from ftwidgets.engine.frozen import FrozenParams, can_map
from ftwidgets.engine.lora import LoraParams, LoraSettings, new_adapters
from ftwidgets.engine.parallel import hold_blas_to_one_thread
from ftwidgets.engine.params import Params, Weights, random_params, shapes
from ftwidgets.engine.safetensors_file import open_tensors, write_tensors
from ftwidgets.engine.tokenizer import Tokenizer

NANO = Path(__file__).parent / "nano"  # the bundled base model


class Model:
    """Shape, weights and tokenizer of one model.

    Parameters
    ----------
    config, params, tokenizer
        What it consists of.
    base
        The name under which the model that adapters belong to can be found again; "" if it has none. An adapter of a model
        without such a name is added to its weights before they are saved.
    """

    def __init__(self, config: Config, params: Weights, tokenizer: Tokenizer, base: str = "") -> None:
        # Whoever computes with a model has made one, so this is the place to settle how NumPy multiplies.
        hold_blas_to_one_thread()
        # Three things make a language model: its shape, its weights, and how text becomes numbers.
        self.config = config
        self.params = params
        self.tokenizer = tokenizer
        self.base = base

    @classmethod
    def load(cls, folder: Path, *, base: str = "", context: int | None = None) -> "Model":
        """Read a model folder. Weights stored as `write_bfloat16` does are mapped and stay frozen; others can be trained.

        Parameters
        ----------
        folder
            With `config.json`, `tokenizer.json` and the weights.
        base
            The name by which adapters refer to the model.
        context
            At most so many tokens, however many the model was made for: attention over many thousands takes gigabytes.

        Raises
        ------
        ValueError
            When a file is missing, damaged, or describes a model that this engine cannot run.
        """
        if not (folder / "config.json").is_file():
            raise ValueError(
                f"{folder / 'config.json'} does not exist; a model folder has config.json, model.safetensors, tokenizer.json."
            )
        # The names and shapes that config.json implies have to be those in the file: a transposed or missing matrix would
        # otherwise show only as strange text.
        config = Config.read(folder / "config.json")
        tensors = open_tensors(folder)
        for name, shape in shapes(config).items():
            found = tensors.get(name)
            if found is None or found.data.shape != shape:
                raise ValueError(
                    f"{folder / 'model.safetensors'}: {name} is {'missing' if found is None else found.data.shape}; "
                    f"config.json says {shape}."
                )
        if context is not None:
            config = replace(config, max_position_embeddings=min(context, config.max_position_embeddings))
        tokenizer = Tokenizer.load(folder)
        if tokenizer.vocab_size > config.vocab_size:
            raise ValueError(
                f"{tokenizer.path} has {tokenizer.vocab_size:,} tokens and the model only {config.vocab_size:,}: it is the "
                "tokenizer of another model."
            )
        # nano's 6 MB of float16 are copied into 13 MB of float32, to be trained. SmolLM2's 270 MB stay where they are.
        if can_map(config, tensors):
            return cls(config, FrozenParams(config, tensors), tokenizer, base)
        params = Params(config)
        for name, weight in params.named.items():
            stored = tensors[name]  # 16 bits in the file, 32 in memory: too many small steps vanish in 16
            weight[...] = stored.widened() if stored.dtype == "BF16" else stored.data
        return cls(config, params, tokenizer, base)

    @classmethod
    def random(cls, config: Config, tokenizer: Tokenizer, seed: int, base: str = "") -> "Model":
        """The same network before it has learned anything."""
        return cls(config, random_params(config, seed), tokenizer, base)

    def with_adapter(self, folder: Path) -> "Model":
        """Read an adapter to this model; the model's own weights are shared. Raises ValueError as `read_adapter`."""
        return Model(self.config, read_adapter(folder, self.params), self.tokenizer, self.base)

    def trainable(self, lora: LoraSettings | None, seed: int) -> "Model":
        """A model with trained weights of its own: all of them, or an adapter to this model's (the tokenizer is shared).

        A model that has an adapter already goes on with it.

        Raises
        ------
        ValueError
            When the model has an adapter of another size.
        """
        # Three cases: an adapter goes on; a new adapter is put beside the weights; the weights themselves are trained.
        params = self.params
        if isinstance(params, LoraParams):
            there = params.settings
            if lora is not None and (lora.rank, lora.alpha) != (there.rank, there.alpha):
                raise ValueError(
                    f"This model has an adapter with rank {there.rank} and alpha {there.alpha:g}, and "
                    f"training goes on with it: lora_r {lora.rank} and lora_alpha {lora.alpha:g} do not fit. Leave both out."
                )
            params = LoraParams(params.base, lora or there, params.flat.copy())
        elif lora is not None:
            params = new_adapters(params, lora, seed)
        else:
            params = params.widened()
        return Model(self.config, params, self.tokenizer, self.base)

    def save(self, folder: Path) -> None:
        """Write the folder, weights in float16; it appears whole or not at all.

        Raises
        ------
        FileExistsError
            When the folder is there already.
        """
        if folder.exists():
            raise FileExistsError(f"{folder} exists already; a model is never written over another.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and renamed: a process killed in the middle leaves no half of a model.
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder.parent))
        try:
            if isinstance(self.params, LoraParams) and self.base:
                write_adapter(aside, self.params, self.base)
            else:
                params = self.params if isinstance(self.params, Params) else self.params.widened()
                # The largest float16 is 65,504. Weights are about 0.05, and keep three digits of it.
                half = {name: weight.astype(np.float16) for name, weight in params.named.items()}
                write_tensors(aside / "model.safetensors", half, {"format": "pt"})
                self.config.write(aside / "config.json")
                self.tokenizer.save(aside)
            os.chmod(aside, 0o755)  # mkdtemp makes it private; a model folder is as open as its parent
            os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
