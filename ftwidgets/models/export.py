"""Write a model for other programs: a PEFT adapter, a merged Hugging Face folder, or GGUF with an Ollama Modelfile.

All three carry the chat format that models are tuned with here: ChatML, without the system prompt that some base models'
templates add. With another format, the same model answers differently.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ftwidgets.errors import ModelError
from ftwidgets.models.disk import full_disk_explained, require_space
from ftwidgets.models.known import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftwidgets.engine import Config, Model

LARGEST = float(np.finfo(np.float16).max)  # 65,504

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Ollama's templates are Go's. `.Messages` has the system prompt too, as a message, where there is one.
MODELFILE = '''FROM ./{file}
TEMPLATE """{{{{- range .Messages }}}}<|im_start|>{{{{ .Role }}}}
{{{{ .Content }}}}<|im_end|>
{{{{ end }}}}<|im_start|>assistant
"""
PARAMETER stop "<|im_end|>"
PARAMETER num_ctx {context}
PARAMETER temperature 0
PARAMETER repeat_penalty 1
'''

README = {
    "huggingface": "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
    'model = AutoModelForCausalLM.from_pretrained("{folder}")\ntokenizer = AutoTokenizer.from_pretrained("{folder}")\n',
    "adapter": "from peft import AutoPeftModelForCausalLM\nfrom transformers import AutoTokenizer\n\n"
    'model = AutoPeftModelForCausalLM.from_pretrained("{folder}")  # loads {base} too\n'
    'tokenizer = AutoTokenizer.from_pretrained("{folder}")\n',
    "gguf": "ollama create {short} -f Modelfile\nollama run {short}\n\nllama-cli -m {short}.gguf --jinja\n",
}
FORMATS = tuple(README)
_MARK = "Base model: "  # begins the second line of the README.md of what was exported
TOKENIZER = 20_000_000  # bytes, at most, of the tokenizer's files


def export_model(model: Model, folder: Path, *, name: str, base_folder: Path, format: str = "huggingface") -> Path:  # noqa: A002
    """Write a model into a new folder, whole or not at all, and return the folder.

    Parameters
    ----------
    model
        The model, loaded.
    folder
        Where to: a folder that does not exist yet, or is empty.
    name
        What the model is called here, such as `ft:smollm2-135m:ftwidgets::abc`.
    base_folder
        The folder of the base model (of the model itself, if it has none): its config says what the context may be.
    format
        `huggingface`: one folder with the whole model, float16, for transformers and whatever reads its format. `adapter`: what
        LoRA trained, in the format of the package PEFT. `gguf`: one float16 file for llama.cpp, and a Modelfile for Ollama.

    Raises
    ------
    ModelError
        If there is no such format, the model has no adapter, or the folder cannot be written.
    """
    if format not in FORMATS:
        raise ModelError(f'there is no format "{format}"; there are {", ".join(FORMATS)}.')
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder} exists already and is not an empty folder; name another one, nothing is written over.")
    from ftwidgets.engine import Config, LoraParams, n_weights

    if format == "adapter" and not isinstance(model.params, LoraParams):
        whole = "Export the whole model (huggingface) or one file of it (gguf)."
        raise ModelError(f"{name} has no adapter: all of its weights were trained. {whole}")
    longest = Config.read(base_folder / "config.json").max_position_embeddings
    config = replace(model.config, max_position_embeddings=longest, eos_token_id=model.tokenizer.eos_id)
    write = {"huggingface": write_huggingface, "adapter": write_peft, "gguf": write_ollama}[format]
    short = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
    with full_disk_explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        n_stored = len(model.params.flat) if format == "adapter" else n_weights(model.config)
        require_space(folder.parent, 2 * n_stored + TOKENIZER)
        aside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.part")
        aside.mkdir()
        try:
            known = KNOWN.get(model.base)  # others find its repository on the Hub, else its folder here
            base = known.repository if known else str(base_folder)
            write(model, config, aside, short if format == "gguf" else base)
            text = f"# {name}\n{_MARK}{model.base or name}. Chat format: ChatML, without a default system prompt.\n"
            usage = README[format].format(folder=folder.name, short=short, base=base)
            (aside / "README.md").write_text(f"{text}\n```\n{usage}```\n", encoding="utf-8")
            for file in aside.iterdir():
                file.chmod(0o644)  # safetensors makes its files private
            if folder.exists():
                folder.rmdir()
            os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder


def exported_model(folder: Path) -> str:
    """Return the name of the model that was exported into a folder; empty if it holds anything else, such as folders."""
    try:
        head = (folder / "README.md").read_text(encoding="utf-8").splitlines()[:2]
        is_plain = all(entry.is_file() and not entry.is_symlink() for entry in folder.iterdir())
    except (OSError, UnicodeDecodeError):
        return ""
    return head[0].removeprefix("# ") if is_plain and len(head) == 2 and head[1].startswith(_MARK) else ""


def exported_format(folder: Path) -> str:
    """Return the format of what was exported into a folder, by the files in it."""
    if any(folder.glob("*.gguf")):
        return "gguf"
    return "adapter" if (folder / "adapter_config.json").is_file() else "huggingface"


def how_to_use(folder: Path) -> str:
    """Return in a sentence what to do with an exported model: the program or library that reads it, and the call."""
    format_, quoted = exported_format(folder), json.dumps(folder.as_posix(), ensure_ascii=False)
    if format_ == "gguf":
        name = next(folder.glob("*.gguf")).stem
        file = (folder / "Modelfile").as_posix()
        file = file if re.fullmatch(r"[\w./:~-]+", file) else f'"{file}"'
        return f"To chat with it in Ollama, run in a terminal: ollama create {name} -f {file} (then: ollama run {name})"
    library, loader = {
        "huggingface": ("transformers", "AutoModelForCausalLM"),
        "adapter": ("PEFT", "AutoPeftModelForCausalLM"),
    }[format_]
    call = f"{loader}.from_pretrained({quoted})"
    return f"The Python library {library} reads it: {call}. README.md in the folder shows all lines."


def replace_export(folder: Path, write: Callable[[], Path]) -> Path:
    """Call what exports into a folder that holds an earlier export; if it fails, the earlier one is put back.

    Raises ModelError if the folder holds anything else: it is not deleted then.
    """
    if not exported_model(folder):
        raise ModelError(f"{folder} holds other files than an exported model; name another folder, nothing is deleted.")
    aside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.old")
    folder.rename(aside)
    try:
        made = write()
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)
    return made


def write_huggingface(model: Model, config: Config, folder: Path, _: str) -> None:
    """Write the whole model in float16, as transformers reads it."""
    from ftwidgets.engine.safetensors_file import write_tensors

    config.write(folder / "config.json", dtype="float16")
    weights = {name: weight.astype(np.float16) for name, weight in _whole_weights(model).items()}
    write_tensors(folder / "model.safetensors", weights, {"format": "pt"})
    _write_tokenizer(model, folder)


def write_peft(model: Model, config: Config, folder: Path, base: str) -> None:
    """Write the adapter alone, as PEFT reads it."""
    from ftwidgets.engine import LoraParams
    from ftwidgets.engine.adapter_file import write_adapter

    assert isinstance(model.params, LoraParams)
    write_adapter(folder, model.params, base)
    _write_tokenizer(model, folder)


def write_ollama(model: Model, config: Config, folder: Path, short: str) -> None:
    """Write the whole model in float16 as one GGUF file, and a Modelfile beside it."""
    from ftwidgets.models.gguf import gguf_name, gguf_weight, llama_metadata, tokenizer_metadata, write_gguf

    weights = _whole_weights(model)
    stored = {gguf_name(name): name for name in weights}

    def read(name: str) -> np.ndarray:
        return gguf_weight(stored[name], weights[stored[name]], config)

    _write_tokenizer(model, folder)
    files = {file: (folder / file).read_bytes() for file in ("tokenizer.json", "tokenizer_config.json")}
    try:
        tokenizer = tokenizer_metadata(files, config.vocab_size)
    except ValueError as error:
        raise ModelError(f"{error}. Use the format huggingface.") from error
    for file in files:  # they are in the GGUF file
        (folder / file).unlink()
    general = {"general.name": short, "general.file_type": 1, "general.quantization_version": 2}
    shapes = {name: weights[key].shape for name, key in stored.items()}
    write_gguf(folder / f"{short}.gguf", llama_metadata(config) | general | tokenizer, shapes, read)
    modelfile = MODELFILE.format(file=f"{short}.gguf", context=model.config.max_position_embeddings)
    (folder / "Modelfile").write_text(modelfile, encoding="utf-8")


def _whole_weights(model: Model) -> dict[str, np.ndarray]:
    """Return the weights by name, base and adapter together, if float16 can hold them."""
    weights = model.params.widened().named
    for name, weight in weights.items():
        if not (weight.min() >= -LARGEST and weight.max() <= LARGEST):  # nor is "not a number"
            raise ModelError(
                f"{name} holds values that are not numbers, or too large for float16; the training went astray. "
                "Train again with a smaller learning_rate_multiplier."
            )
    return weights


def _write_tokenizer(model: Model, folder: Path) -> None:
    model.tokenizer.save(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    # With a class of its own, transformers would cut texts by that class's rule and not by the one in tokenizer.json.
    config |= {"chat_template": CHATML, "eos_token": "<|im_end|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
