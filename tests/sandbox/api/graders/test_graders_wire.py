"""Graders against the published schema, and against whatever else somebody may send."""

import copy
import json
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).parents[3] / "contract/openapi-subset.yaml"

TEXT = "{{ sample.output_text }}"
STRING = {"type": "string_check", "name": "s", "input": TEXT, "reference": "{{ item.x }}", "operation": "eq"}
ALIKE = {"type": "text_similarity", "name": "t", "input": TEXT, "reference": "{{ item.x }}", "evaluation_metric": "bleu"}
CODE = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0"}
SAID = [{"role": "user", "content": TEXT}, {"role": "system", "content": [{"type": "input_text", "text": "x"}]}]
JUDGE = {"type": "score_model", "name": "j", "model": "m", "input": SAID, "range": [0, 1], "sampling_params": {"seed": None}}
LABELS = {"type": "label_model", "name": "l", "model": "m", "input": SAID, "labels": ["a"], "passing_labels": ["a"]}
ONE = {"type": "multi", "name": "m", "graders": STRING, "calculate_output": "1 - s"}
NAMED = {"type": "multi", "name": "m", "graders": {"a": STRING, "b": ALIKE, "c": LABELS}, "calculate_output": "a + b"}
ALL: list[dict[str, Any]] = [STRING, ALIKE, CODE, JUDGE, ONE, NAMED]


@pytest.fixture(scope="module")
def schema_of() -> Any:
    """Give what finds the faults of a body by the name of its schema."""
    spec = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    registry: Any = Registry().with_resource("urn:openai", DRAFT202012.create_resource(spec))

    def faults(name: str, body: Any) -> list[str]:
        pointer = {"$ref": f"urn:openai#/components/schemas/{name}"}
        found = jsonschema.Draft202012Validator(pointer, registry=registry).iter_errors(body)
        return [f"{error.json_path}: {error.message:.200}" for error in found]

    return faults


@pytest.mark.parametrize("grader", [STRING, ALIKE, ONE])
@pytest.mark.parametrize("item", [{"x": "y"}, {}])
def test_a_run_answers_as_published(wire: httpx2.Client, schema_of: Any, grader: Any, item: Any) -> None:
    """All of `RunGraderResponse`, with a flag up (there is no `item.x`) and without."""
    answer = wire.post("/fine_tuning/alpha/graders/run", json={"grader": grader, "model_sample": "y", "item": item})
    assert answer.status_code == 200
    assert schema_of("RunGraderResponse", answer.json()) == []
    assert schema_of("RunGraderResponse", {**answer.json(), "metadata": {}})  # the check would notice


@pytest.mark.parametrize("grader", [STRING, ALIKE, CODE, JUDGE, ONE])
def test_a_check_answers_as_published(wire: httpx2.Client, schema_of: Any, grader: Any) -> None:
    """What goes in fits `ValidateGraderRequest`, what comes out `ValidateGraderResponse`."""
    assert schema_of("ValidateGraderRequest", {"grader": grader}) == []
    answer = wire.post("/fine_tuning/alpha/graders/validate", json={"grader": grader})
    assert answer.status_code == 200
    assert schema_of("ValidateGraderResponse", answer.json()) == []


WORDS = sorted({key for grader in [*ALL, LABELS] for key in grader} | {"role", "content", "text", "input_audio", "a", "b"})
SAYINGS = [
    "",
    "multi",
    "eq",
    "bleu",
    "cosine",
    "{{ item.x }}",
    "{{ item.x[0] }}",
    "{{ sample.output_json }}",
    "{{",
    "a ^ b",
    "1/0",
    "🙂",
]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(SAYINGS)
)
ANYTHING = st.recursive(
    SCALARS | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def nearly_graders(draw: st.DrawFn) -> Any:
    """Make a grader with something else in one to three places, or with something less."""
    grader: Any = copy.deepcopy(draw(st.sampled_from(ALL)))
    for _ in range(draw(st.integers(0, 3))):
        node, path = grader, draw(st.lists(st.integers(0, 9), min_size=1, max_size=5))
        for step in path:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            inner = node[keys[step % len(keys)]] if keys else None
            if not isinstance(inner, dict | list):
                break
            node = inner
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if keys and draw(st.booleans()):
            node[draw(st.sampled_from(keys))] = draw(ANYTHING)
        elif keys:
            del node[draw(st.sampled_from(keys))]
        elif isinstance(node, dict):
            node[draw(st.sampled_from(WORDS))] = draw(ANYTHING)
    return grader


@settings(max_examples=300, deadline=None)
@given(grader=nearly_graders() | ANYTHING, sample=st.sampled_from(SAYINGS) | st.text(max_size=40), item=ANYTHING)
def test_whatever_is_sent_ends_in_an_answer_or_a_refusal(
    wire: httpx2.Client, schema_of: Any, grader: Any, sample: str, item: Any
) -> None:
    """A 200 that fits the published schema, or a 400 in the envelope; never a 500, never anything else."""
    for action, body in (("run", {"grader": grader, "model_sample": sample, "item": item}), ("validate", {"grader": grader})):
        answer = wire.post(f"/fine_tuning/alpha/graders/{action}", json=body)
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            assert schema_of("ErrorResponse", answer.json()) == []
        elif action == "run":
            assert schema_of("RunGraderResponse", answer.json()) == []
        else:
            inner = grader.get("graders")
            by_name = isinstance(inner, dict) and not isinstance(inner.get("type"), str)  # not in the schema
            assert by_name or schema_of("ValidateGraderResponse", answer.json()) == []


LARGE = [
    ({**JUDGE, "range": [0, "large"]}, "1e999", "grader.range"),
    ({**JUDGE, "sampling_params": {"top_p": "large"}}, "-1e999", "grader.sampling_params.top_p"),
    ({**ALIKE, "pass_threshold": "large"}, "1e999", "grader.pass_threshold"),
    ({**JUDGE, "sampling_params": {"seed": "large"}}, "9" * 400, None),
]


@pytest.mark.parametrize(("grader", "number", "param"), LARGE)
def test_a_number_beyond_all_bounds_is_refused(wire: httpx2.Client, grader: Any, number: str, param: str | None) -> None:
    """JSON can say 1e999, and no answer could say it back; a whole number of any length it can."""
    body = json.dumps({"grader": grader}).replace('"large"', number)
    answer = wire.post("/fine_tuning/alpha/graders/validate", content=body.encode())
    if param is None:
        assert answer.json()["grader"]["sampling_params"]["seed"] == int(number)
    else:
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
