"""The exported GGUF file in the real llama.cpp (package xllamacpp, extra `parity`): the same tokens, the same greedy texts."""

import json
from pathlib import Path

import pytest

from ftwidgets.engine import NANO, Model, generate
from ftwidgets.models.export import export_model

pytestmark = pytest.mark.parity

QUESTIONS = [
    "Hello, how are you?",
    "What is the capital of France?",
    "can u help me out asap, I paid 120 euros for order 33098",
    "Grüße! “Where” is my parcel?\n\nIt's 3 days late :-(",
]


def test_nano_says_the_same_in_llama_cpp(tmp_path: Path) -> None:
    """Through its chat template and its tokenizer: as many tokens in the prompt, and the same answer, greedily."""
    import xllamacpp

    model = Model.load(NANO)
    folder = export_model(model, tmp_path / "out", name="nano", base_folder=NANO, format="gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(folder / "nano.gguf")
    params.n_ctx, params.n_parallel, params.use_jinja, params.warmup, params.verbosity = 512, 1, True, False, 0
    params.sampling.temp = 0.0
    server = xllamacpp.Server(params)
    for question in QUESTIONS:
        messages = [{"role": "user", "content": question}]
        answer = server.handle_chat_completions({"messages": messages, "max_tokens": 24, "temperature": 0})
        answer = answer if isinstance(answer, dict) else json.loads(answer)
        prompt = model.tokenizer.encode_prompt(messages)
        expected = "".join(piece.text for piece in generate(model, prompt, max_tokens=24, temperature=0.0))
        assert answer["usage"]["prompt_tokens"] == len(prompt)
        assert answer["choices"][0]["message"]["content"] == expected
