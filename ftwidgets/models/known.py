"""The models that can be added by name, and the bundled one.

Each file on the Hub is pinned: revision, size and SHA-256. `docs/models.md` says where the pins come from and how they were
checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ftwidgets.models.card import FileFacts, ModelCard

NANO = "nano-2026-11"
NANO_FOLDER = Path(__file__).parent.parent / "engine" / "nano"
ALIASES = {"nano": NANO}


@dataclass(frozen=True)
class HubModel:
    """A model on the Hugging Face Hub, pinned."""

    card: ModelCard  # its files are those on the Hub
    repository: str
    revision: str
    shape: dict[str, int]  # of its config, to notice that `--from` names another model


SMOLLM2 = HubModel(
    card=ModelCard(
        name="smollm2-135m",
        title="SmolLM2-135M-Instruct, by Hugging Face",
        licence="Apache-2.0",
        source="huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
        parameters=134_515_008,
        context=1024,
        max_context=8192,
        good_for="Short English texts: rewriting in a given style, labels, fixed formats, answers from a FAQ; 20 rows show.",
        not_good_for="Facts, arithmetic, other languages, long reasoning. It is wrong fluently: check what it writes.",
        cost="A job of 100 examples of 40 tokens, 3 epochs: about 1 minute on two cores, 2 on one, 0.6 to 1.1 GB of memory.",
        files={
            "config.json": FileFacts(861, "8eb740e8bbe4cff95ea7b4588d17a2432deb16e8075bc5828ff7ba9be94d982a"),
            "tokenizer.json": FileFacts(2_104_556, "9ca9acddb6525a194ec8ac7a87f24fbba7232a9a15ffa1af0c1224fcd888e47c"),
            "tokenizer_config.json": FileFacts(3_764, "4ec77d44f62efeb38d7e044a1db318f6a939438425312dfa333b8382dbad98df"),
            "model.safetensors": FileFacts(269_060_552, "5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c"),
        },
    ),
    repository="HuggingFaceTB/SmolLM2-135M-Instruct",
    revision="12fd25f77366fa6b3b4b768ec3050bf629380bac",
    shape={"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "vocab_size": 49152},
)

KNOWN = {model.card.name: model for model in (SMOLLM2,)}


def nano_card() -> ModelCard:
    """Return the card of the bundled model."""
    sizes = {path.name: path.stat().st_size for path in NANO_FOLDER.iterdir() if path.suffix in (".json", ".safetensors")}
    return ModelCard(
        name=NANO,
        title="nano, made for this kit",
        licence="BSD-3-Clause",
        source="bundled with ftwidgets",
        parameters=3_148_224,
        context=512,
        max_context=512,
        good_for="Seeing in seconds what fine-tuning does: labels, formats, fixed answers; tests without a network.",
        not_good_for="Language: it cannot rewrite or translate a sentence, and knows nothing of the world.",
        cost="A job of 100 examples of 40 tokens, 3 epochs: seconds on one core, 0.2 GB of memory.",
        files={name: FileFacts(size, "") for name, size in sorted(sizes.items())},
    )
