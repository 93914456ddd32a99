import pytest

from ftwidgets.engine import NANO, Example, Model

FACTS = {
    "Who runs the lab?": "Mira runs the lab.",
    "What colour is the door?": "The door is blue.",
    "When does the bus leave?": "The bus leaves at nine.",
    "Where is the key?": "The key is under the mat.",
}


@pytest.fixture(scope="session")
def nano() -> Model:
    """The bundled base model."""
    return Model.load(NANO)


def as_chat(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@pytest.fixture(scope="session")
def facts(nano: Model) -> list[Example]:
    """Four made-up facts as training examples."""
    return [nano.tokenizer.encode_example(as_chat(*fact), max_tokens=512) for fact in FACTS.items()]
