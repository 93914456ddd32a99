"""What was exported, in the programs that it was exported for: transformers and PEFT (extra `parity`).

llama.cpp: `test_llama_cpp`.
"""

from pathlib import Path

import numpy as np
import pytest

from ftwidgets.engine import Example, LoraSettings, Model
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of
from ftwidgets.models import add
from ftwidgets.models.export import export_model
from tests.models.checkpoints import hugging_face_weights, write_folder

pytestmark = pytest.mark.parity

CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello wo 12, it's Grüße\n\n"}]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT asks transformers for an older name
@pytest.mark.parametrize("architecture", ["llama", "qwen2", "untied"])
@pytest.mark.parametrize("form", ["huggingface", "adapter"])
def test_transformers_and_peft_say_the_same(tmp_path: Path, architecture: str, form: str) -> None:
    """The exported folder alone is loaded: its chat template gives the same tokens, its model the same logits."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    kind = "qwen2" if architecture == "qwen2" else "llama"
    weights = hugging_face_weights(kind, tied=architecture != "untied")
    base = add(write_folder(tmp_path / "published", weights, kind), name="tiny", folder=tmp_path / "models").folder
    assert base is not None
    tuned = Model.load(base, base="tiny", context=256).trainable(LoraSettings(4, 8), seed=1)
    tuned.params.flat[:] = np.random.default_rng(2).normal(0, 0.2, tuned.params.flat.shape).astype(np.float16)
    folder = export_model(tuned, tmp_path / "out", name="m", base_folder=base, format=form)

    prompt = tuned.tokenizer.encode_prompt(CHAT)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer.apply_chat_template(CHAT, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert encoded == prompt
    loader = AutoPeftModelForCausalLM if form == "adapter" else AutoModelForCausalLM
    theirs = loader.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = theirs(input_ids=torch.tensor([prompt])).logits[0].numpy()
    example = Example(np.array([*prompt, 0], np.int32), np.ones(len(prompt) + 1, np.float32))
    found = logits_of(tuned.params, collate([example]))
    tolerance = {"adapter": 2e-4, "huggingface": 5e-3}[form]  # merged weights are rounded to float16
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * float(np.abs(expected).max()))
