"""Make Hugging Face's `tokenizer.json` and `tokenizer_config.json` from the metadata of a GGUF file.

Tokens, merges and special tokens stand in the file. How a text is cut into words before that does not: only a name for it does
(`tokenizer.ggml.pre`), so each name needs its rule here. Left out, and refused by name: SentencePiece and other rules.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED = 1, 2, 3, 4  # kinds of token

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
    kinds = metadata.get("tokenizer.ggml.token_type") or [_NORMAL] * len(tokens)
    # Unused places, which pad the vocabulary to a round number, are no tokens.
    used = {token: i for i, token in enumerate(tokens) if kinds[i] in (_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED)}
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    try:
        model = models.BPE(vocab=used, merges=pairs, ignore_merges=pre.startswith("llama"))
    except Exception as error:  # the library raises nothing more precise
        raise ValueError(f"{path}: its tokenizer cannot be used ({error}); the file is damaged.") from error
    tokenizer = Tokenizer(model)
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    for i, token in enumerate(tokens):
        if kinds[i] in (_UNKNOWN, _CONTROL):
            tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True)])
        elif kinds[i] == _USER_DEFINED:
            tokenizer.add_tokens([AddedToken(token, normalized=False)])
    config = _tokenizer_config(metadata, tokens)
    return {"tokenizer.json": _to_json(tokenizer), "tokenizer_config.json": json.dumps(config, indent=2) + "\n"}


def _to_json(tokenizer: Tokenizer) -> str:
    """Write a merge as one text, "a b", as most files on the Hub have it: a third shorter, and read by every version."""
    content = json.loads(tokenizer.to_str())
    content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]
    return json.dumps(content, indent=2, ensure_ascii=False)


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
