"""Make Hugging Face's `tokenizer.json` and `tokenizer_config.json` from the metadata of a GGUF file, and the way back.

Tokens, merges and special tokens stand in the file. How a text is cut into words before that does not: only a name for it does
(`tokenizer.ggml.pre`), so each name needs its rule here. Left out, and refused by name: SentencePiece and other rules.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED = 1, 2, 3, 4, 5  # kinds of token

# "it's" -> it 's; words with the space, or another sign that is no letter, before them; {digits} digits together; the rest.
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _by_regex(digits: str) -> Any:
    split = pre_tokenizers.Split(Regex(_WORDS % digits), "isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _pre_tokenizer(name: str) -> Any:
    """Return the rule that cuts a text into words; None if there is none of this name."""
    if name == "gpt-2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    if name in ("smollm", "starcoder", "refact"):  # each digit by itself, then as GPT-2
        digits = pre_tokenizers.Digits(individual_digits=True)
        return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    if name == "qwen2":  # each digit by itself
        return _by_regex("")
    if name in ("llama-bpe", "llama3", "llama-v3"):  # up to three digits together
        return _by_regex("{1,3}")
    return None


def tokenizer_files(metadata: dict[str, Any], path: Path) -> dict[str, str]:
    """Return the contents of `tokenizer.json` and `tokenizer_config.json`.

    Parameters
    ----------
    metadata
        Of the GGUF file.
    path
        Its name, for messages.

    Raises
    ------
    ValueError
        If the tokenizer is of another kind; the message names it.
    """
    kind, pre = metadata.get("tokenizer.ggml.model"), str(metadata.get("tokenizer.ggml.pre"))
    if kind != "gpt2":
        raise ValueError(
            f"{path}: tokenizer.ggml.model is {kind!r}; only 'gpt2', a byte-level BPE tokenizer, can be used here. "
            "Hugging Face's folder of the same model has a tokenizer.json: try that."
        )
    pre_tokenizer = _pre_tokenizer(pre)
    if pre_tokenizer is None:
        raise ValueError(
            f"{path}: tokenizer.ggml.pre is {pre!r}; known here are gpt-2, smollm, qwen2 and llama-bpe. "
            "Hugging Face's folder of the same model has a tokenizer.json: try that."
        )
    tokens, merges = metadata.get("tokenizer.ggml.tokens"), metadata.get("tokenizer.ggml.merges")
    if not tokens or merges is None:
        missing = "merges" if tokens else "tokens"
        raise ValueError(f"{path}: tokenizer.ggml.{missing} is missing; the file has no whole tokenizer.")
    try:
        tokenizer = _build(metadata, pre, pre_tokenizer)
        config = _tokenizer_config(metadata, tokens)
    except Exception as error:  # the library raises nothing more precise
        raise ValueError(f"{path}: its tokenizer cannot be used ({error}); the file is damaged.") from error
    content = json.loads(tokenizer.to_str())
    # A merge is one text, "a b", as in most files on the Hub: a third shorter, and read by every version.
    content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return {"tokenizer.json": text, "tokenizer_config.json": json.dumps(config, indent=2) + "\n"}


def _build(metadata: dict[str, Any], pre: str, pre_tokenizer: Any) -> Tokenizer:
    tokens = metadata["tokenizer.ggml.tokens"]
    kinds = metadata.get("tokenizer.ggml.token_type") or [_NORMAL] * len(tokens)
    # Unused places, which pad the vocabulary to a round number, are no tokens.
    used = {token: i for i, token in enumerate(tokens) if kinds[i] in (_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED)}
    pairs = [tuple(merge.split(" ", 1)) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=used, merges=pairs, ignore_merges=pre.startswith("llama")))
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    for i, token in enumerate(tokens):
        if kinds[i] in (_UNKNOWN, _CONTROL):
            tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True)])
        elif kinds[i] == _USER_DEFINED:
            tokenizer.add_tokens([AddedToken(token, normalized=False)])
    return tokenizer


def _tokenizer_config(metadata: dict[str, Any], tokens: list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    for key, name in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        i = metadata.get(f"tokenizer.ggml.{name}_token_id")
        if i is not None and i < len(tokens):
            config[f"{key}_token"] = tokens[i]
    architecture = metadata.get("general.architecture")
    if length := metadata.get(f"{architecture}.context_length"):
        config["model_max_length"] = length
    if template := metadata.get("tokenizer.chat_template"):
        config["chat_template"] = template
    return config


def tokenizer_metadata(files: dict[str, bytes], vocab_size: int) -> dict[str, Any]:
    """Return what a GGUF file says of a tokenizer.

    Parameters
    ----------
    files
        The contents of `tokenizer.json` and `tokenizer_config.json`.
    vocab_size
        Of the model; where the tokenizer has fewer tokens, the rest are places that no text leads to.

    Raises
    ------
    ValueError
        If it cuts a text into words by a rule that llama.cpp has no name for here.
    """
    content = json.loads(files["tokenizer.json"])
    model, config = content["model"], json.loads(files.get("tokenizer_config.json", b"{}"))
    tokens = [f"[PAD{i}]" for i in range(vocab_size)]
    kinds = [_UNUSED] * vocab_size
    for token, i in model["vocab"].items():
        tokens[i], kinds[i] = token, _NORMAL
    for added in content["added_tokens"]:
        tokens[added["id"]], kinds[added["id"]] = added["content"], _CONTROL if added["special"] else _USER_DEFINED
    metadata: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": _rule_name(content),
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]],
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
    }
    for key, name in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        token = config.get(f"{key}_token")
        token = token.get("content") if isinstance(token, dict) else token  # older folders keep its properties too
        if token in tokens:
            metadata[f"tokenizer.ggml.{name}_token_id"] = tokens.index(token)
    if template := config.get("chat_template"):
        metadata["tokenizer.chat_template"] = template
    return metadata


def _rule_name(content: dict[str, Any]) -> str:
    """Return llama.cpp's name for the rule by which a tokenizer cuts a text into words."""
    rule = _without_offsets(json.dumps(content["pre_tokenizer"]))
    for name in ("gpt-2", "smollm", "qwen2", "llama-bpe"):
        if _without_offsets(_pre_tokenizer(name).__getstate__()) == rule:
            return name
    raise ValueError(f"llama.cpp's name for this tokenizer's pre_tokenizer is not known here: {json.dumps(rule)[:200]}")


def _without_offsets(pre_tokenizer: str | bytes) -> Any:
    """Leave out `trim_offsets`, which changes no token."""
    return json.loads(pre_tokenizer, object_hook=lambda entry: {k: v for k, v in entry.items() if k != "trim_offsets"})
