"""A language model on disk and in memory: shape, weights and tokenizer, in a folder as Hugging Face lays out a Llama.

Left out: other architectures, sharded and quantised files.
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ftwidgets.engine.config import Config
from ftwidgets.engine.parallel import hold_blas_to_one_thread
from ftwidgets.engine.params import Params, random_params, shapes
from ftwidgets.engine.tokenizer import Tokenizer

NANO = Path(__file__).parent / "nano"  # the bundled base model


class Model:
    """Shape, weights and tokenizer of one model."""

    def __init__(self, config: Config, params: Params, tokenizer: Tokenizer) -> None:
        # Whoever computes with a model has made one, so this is the place to settle how NumPy multiplies.
        hold_blas_to_one_thread()
        # Three things make a language model: its shape, its weights, and how text becomes numbers.
        self.config = config
        self.params = params
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read a model folder.

        Raises
        ------
        ValueError
            When a file is missing, damaged, or describes a model that this engine cannot run.
        """
        for name in ("config.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise ValueError(
                    f"{folder / name} does not exist; a model folder has config.json, model.safetensors, tokenizer.json."
                )
        # The names and shapes that config.json implies have to be those in the file: a transposed or missing matrix would
        # otherwise show only as strange text.
        config = Config.read(folder / "config.json")
        params = Params(config)
        try:
            tensors = load_file(folder / "model.safetensors")
        except SafetensorError as error:
            raise ValueError(f"{folder / 'model.safetensors'} cannot be read: {error}.") from error
        for name, shape in shapes(config).items():
            found = tensors.get(name)
            if found is None or found.shape != shape:
                raise ValueError(
                    f"{folder / 'model.safetensors'}: {name} is {'missing' if found is None else found.shape}; "
                    f"config.json says {shape}."
                )
            params.named[name][...] = found  # float16 in the file, float32 in memory: too many small steps vanish in 16 bits
        return cls(config, params, Tokenizer.load(folder))

    @classmethod
    def random(cls, config: Config, tokenizer: Tokenizer, seed: int) -> "Model":
        """The same network before it has learned anything."""
        return cls(config, random_params(config, seed), tokenizer)

    def copy(self) -> "Model":
        """A model with its own weights (the tokenizer is shared)."""
        return Model(self.config, self.params.copy(), self.tokenizer)

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
            self.config.write(aside / "config.json")
            half = {name: weight.astype(np.float16) for name, weight in self.params.named.items()}
            save_file(half, aside / "model.safetensors", metadata={"format": "pt"})
            self.tokenizer.save(aside)
            os.chmod(aside, 0o755)  # mkdtemp makes it private; a model folder is as open as its parent
            os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
