"""What is known about a model: licence, size, origin, what it is good for, what it costs; kept in `model_card.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from ftwidgets.errors import ModelError

CARD = "model_card.json"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class FileFacts:
    """Size and digest of a file, to notice one that was changed or cut off."""

    size: int
    sha256: str


@dataclass(frozen=True)
class ModelCard:
    """The facts about a model. Texts are empty where nobody knows."""

    name: str  # what to write as `model=`
    title: str
    licence: str
    source: str  # where it came from, in words
    parameters: int
    context: int  # tokens that are read here; a longer example is cut
    max_context: int  # tokens that the model was made for
    good_for: str = ""
    not_good_for: str = ""
    cost: str = ""  # seconds and memory, measured
    files: dict[str, FileFacts] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return how many bytes its files have."""
        return sum(file.size for file in self.files.values())

    def write(self, folder: Path) -> None:
        """Write `model_card.json`."""
        (folder / CARD).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """Read `model_card.json`; ModelError if it is missing or damaged."""
        path = folder / CARD
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values["files"] = {name: FileFacts(**facts) for name, facts in values["files"].items()}
            card = cls(**{key: value for key, value in values.items() if key in cls.__dataclass_fields__})
            _check_types(card, *card.files.values())
            return card
        except FileNotFoundError as error:
            raise ModelError(f"{path} is missing; the model was not added whole.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} cannot be read ({error!r}).") from error


def _check_types(*all_facts: ModelCard | FileFacts) -> None:
    """Raise TypeError at the first text or number that is something else."""
    for facts in all_facts:
        for known in fields(facts):
            value = getattr(facts, known.name)
            if not isinstance(value, {"int": int, "str": str}.get(str(known.type), object)):
                raise TypeError(f"{known.name} is {value!r:.40}")
