"""Graders through the openai client: rewards, flags, refusals, and what comes back from a check."""

import time
from typing import Any

import httpx2
import openai
import pytest

Given = dict[str, Any]

ITEM = {"label": "Paris", "name": "Ann Lee", "score": 1.0}
FINE = {
    "formula_parse_error": False,
    "sample_parse_error": False,
    "truncated_observation_error": False,
    "unresponsive_reward_error": False,
    "invalid_variable_error": False,
    "other_error": False,
    "python_grader_server_error": False,
    "python_grader_server_error_type": None,
    "python_grader_runtime_error": False,
    "python_grader_runtime_error_details": None,
    "model_grader_server_error": False,
    "model_grader_refusal_error": False,
    "model_grader_parse_error": False,
    "model_grader_server_error_details": None,
}


def check(operation: str = "eq", given: str = "{{ sample.output_text }}", reference: str = "{{ item.label }}") -> Given:
    """Make a grader that checks a string."""
    return {"type": "string_check", "name": "city", "input": given, "reference": reference, "operation": operation}


def alike(metric: str, given: str = "{{ sample.output_text }}", reference: str = "{{ item.name }}") -> Given:
    """Make a grader that compares two texts."""
    return {
        "type": "text_similarity",
        "name": "alike",
        "input": given,
        "reference": reference,
        "evaluation_metric": metric,
    }


def multi(formula: str, **graders: Given) -> Given:
    """Make a grader of graders."""
    return {"type": "multi", "name": "all", "graders": graders, "calculate_output": formula}


JUDGE: Given = {
    "type": "score_model",
    "name": "judge",
    "model": "gpt-4o-2024-08-06",
    "input": [
        {"role": "system", "content": "Score it."},
        {"role": "user", "type": "message", "content": {"type": "input_text", "text": "{{ sample.output_text }}"}},
        {"role": "user", "content": ["and", {"type": "output_text", "text": "this"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
    ],
    "range": [0, 1],
    "sampling_params": {"temperature": 1, "top_p": 1, "seed": 42, "max_completions_tokens": 9, "reasoning_effort": "low"},
}
CODE: Given = {
    "type": "python",
    "name": "code",
    "source": "def grade(sample, item):\n    return 1.0",
    "image_tag": "2025-05-08",
}
LABELS: Given = {
    "type": "label_model",
    "name": "labels",
    "model": "gpt-4o-2024-08-06",
    "input": [{"role": "user", "content": "{{ sample.output_text }}"}],
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
}

REWARDS = [
    (check(), "Paris", 1),
    (check(), "paris", 0),
    (check("ne"), "paris", 1),
    (check("ne"), "Paris", 0),
    (check("like"), "It is Paris.", 1),
    (check("like"), "It is paris.", 0),
    (check("like", "{{item.label}}", "{{sample.output_text}}"), "%", 0),
    (check("ilike"), "It is PARIS.", 1),
    (check("ilike", "STRASSE", "straße"), "", 1),
    (check("eq", "{{ sample.output_json.city }}"), '{"city": "Paris"}', 1),
    (check("eq", "{{ sample.output_json.score }}", "{{ item.score }}"), '{"score": 1.0}', 1),
    (alike("fuzzy_match"), "Ann Lee", 1),
    (alike("fuzzy_match"), "Anne Lee", 14 / 15),
    (alike("rouge_1"), "Lee", 2 / 3),
    (alike("gleu"), "Ann", 1 / 3),
    ({**alike("fuzzy_match"), "pass_threshold": 0.9}, "Ann Lee", 1),
]


@pytest.mark.parametrize(("grader", "sample", "reward"), REWARDS)
def test_a_grader_gives_its_reward(graders: Any, grader: Given, sample: str, reward: float) -> None:
    """With the whole of the published response around it, no flag up, nothing used."""
    found = graders.run(grader=grader, model_sample=sample, item=ITEM)
    assert found.reward == pytest.approx(reward)
    assert (found.metadata.name, found.metadata.type) == (grader["name"], grader["type"])
    assert found.metadata.errors.model_dump(by_alias=True) == FINE
    assert 0 <= found.metadata.execution_time < 5
    assert found.metadata.scores == found.sub_rewards == found.api_model_grader_token_usage_per_model == {}
    assert found.metadata.token_usage is None
    assert found.metadata.sampled_model_name is None


def test_a_multi_grader_works_out_its_formula(graders: Any) -> None:
    """The example of OpenAI's guide: a name that may be misspelt, an address that may not."""
    grader = multi(
        "(name + email) / 2",
        name={**alike("fuzzy_match", "{{sample.output_json.name}}", "{{item.name}}"), "pass_threshold": 0.9},
        email=check("eq", "{{sample.output_json.email}}", "{{item.email}}"),
    )
    item = {"name": "John Doe", "email": "john.doe@gmail.com"}
    right = graders.run(grader=grader, item=item, model_sample='{"name": "Jon Doe", "email": "john.doe@gmail.com"}')
    assert right.sub_rewards == {"name": pytest.approx(14 / 15), "email": 1}
    assert right.reward == pytest.approx((14 / 15 + 1) / 2)
    assert (right.metadata.name, right.metadata.type) == ("all", "multi")
    wrong = graders.run(grader=grader, item=item, model_sample='{"name": "John Doe", "email": "john@gmail.com"}')
    assert wrong.reward == 0.5


def test_a_multi_grader_may_hold_one_grader_as_the_published_schema_has_it(graders: Any) -> None:
    """Its own name stands for it in the formula, and the strict client takes it back."""
    grader = {"type": "multi", "name": "half", "graders": check(), "calculate_output": "0.5 * city"}
    found = graders.run(grader=grader, model_sample="Paris", item=ITEM)
    assert (found.reward, found.sub_rewards) == (0.5, {"city": 1})
    assert graders.validate(grader=grader).grader.to_dict() == grader


BROKEN = check("eq", "{{ item.nothing }}")
NO_JSON = check("eq", "{{ sample.output_json.city }}")
RAISED: list[tuple[Given, float, dict[str, float], set[str]]] = [
    (BROKEN, 0, {}, {"invalid_variable_error"}),
    (check("eq", "{{ other.thing }}"), 0, {}, {"invalid_variable_error"}),
    (check("eq", "{{ sample.output_tools[0].function.name }}"), 0, {}, {"invalid_variable_error"}),
    (NO_JSON, 0, {}, {"sample_parse_error"}),
    (multi("a +", a=check()), 0, {"a": 1}, {"formula_parse_error"}),
    (multi("a + b", a=check()), 0, {"a": 1}, {"formula_parse_error"}),
    (multi("1 / (1 - a)", a=check()), 0, {"a": 1}, {"other_error"}),
    (multi("a + 2^9^9", a=check()), 0, {"a": 1}, {"other_error"}),
    (multi("1 / b", b=BROKEN), 0, {"b": 0}, {"other_error", "invalid_variable_error"}),
    (multi("a + b", a=check(), b=BROKEN), 1, {"a": 1, "b": 0}, {"invalid_variable_error"}),
    (
        multi("min(a, b) + x", a=NO_JSON, b=BROKEN),
        0,
        {"a": 0, "b": 0},
        {"sample_parse_error", "invalid_variable_error", "formula_parse_error"},
    ),
]


@pytest.mark.parametrize(("grader", "reward", "within", "flags"), RAISED)
def test_what_cannot_be_graded_is_a_reward_of_0_and_a_flag(
    graders: Any, grader: Given, reward: float, within: dict[str, float], flags: set[str]
) -> None:
    """Not a refusal: in training one bad row must not stop the rest. A grader within that fails counts as 0."""
    found = graders.run(grader=grader, model_sample="Paris", item=ITEM)
    assert (found.reward, found.sub_rewards) == (reward, within)
    assert found.metadata.errors.model_dump(by_alias=True) == {**FINE, **dict.fromkeys(flags, True)}


def test_an_item_is_not_needed(graders: Any) -> None:
    """Where no template asks for one."""
    assert graders.run(grader=check(reference="yes"), model_sample="yes").reward == 1


NOT_HERE = [
    (CODE, "grader.type", "'grader.type' is 'python'. This sandbox runs nobody's code."),
    (JUDGE, "grader.type", "'score_model'. There is no judge model here."),
    (alike("meteor"), "grader.evaluation_metric", "'meteor'. It needs WordNet"),
    (alike("cosine"), "grader.evaluation_metric", "'cosine'. It needs an embedding model"),
    (multi("a + b", a=check(), b=LABELS), "grader.graders.b.type", "'label_model'. There is no judge model here."),
    (multi("c", c=alike("meteor")), "grader.graders.c.evaluation_metric", "WordNet"),
]


@pytest.mark.parametrize(("grader", "param", "message"), NOT_HERE)
def test_what_needs_more_than_there_is_here_is_refused_by_name(graders: Any, grader: Given, param: str, message: str) -> None:
    """When it should run; nothing is made up in its place."""
    with pytest.raises(openai.BadRequestError, match=message) as caught:
        graders.run(grader=grader, model_sample="x", item=ITEM)
    assert (caught.value.code, caught.value.param) == ("unsupported_value", param)


VALID = [check(), alike("rouge_5"), alike("meteor"), {**alike("bleu"), "pass_threshold": 0.5}, CODE, JUDGE]


@pytest.mark.parametrize("grader", VALID)
def test_a_check_gives_the_grader_back(graders: Any, grader: Given) -> None:
    """The graders of the service, whether or not they can run here."""
    assert graders.validate(grader=grader).grader.to_dict() == grader


def test_a_check_leaves_nulls_out(wire: httpx2.Client) -> None:
    """The published schema has none there."""
    given = {**CODE, "image_tag": None}
    answer = wire.post("/fine_tuning/alpha/graders/validate", json={"grader": given})
    assert answer.json() == {"grader": {key: value for key, value in given.items() if value is not None}}


def test_a_check_gives_graders_by_name_back(wire: httpx2.Client) -> None:
    """As they were sent; the types of the openai client have no place for them, so a strict client cannot read this."""
    given = multi("a + b + c", a=check(), b=LABELS, c=JUDGE)
    answer = wire.post("/fine_tuning/alpha/graders/validate", json={"grader": given})
    assert answer.json() == {"grader": given}


CACHED = {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}
LOUD = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav", "volume": 11}}
WORDLESS = {**JUDGE, "input": [{"role": "user", "content": [{"type": "input_text"}]}]}
SILENT = {**JUDGE, "sampling_params": {"max_completions_tokens": 0}}
OTHER_LABEL = {**LABELS, "passing_labels": ["fine"]}
WRONG: list[tuple[Given, str, str, str]] = [
    ({}, "grader.type", "missing_required_parameter", "Missing required parameter: 'grader.type'"),
    ({"type": "magic"}, "grader.type", "invalid_value", "Supported values are: 'string_check', .*'multi'"),
    (LABELS, "grader.type", "invalid_value", "Invalid value: 'label_model'"),
    (multi("a", a=multi("1", b=check())), "grader.graders.a.type", "invalid_value", "Invalid value: 'multi'"),
    (multi("1"), "grader.graders", "invalid_value", "1 to 20 graders, but got 0"),
    (multi("1", **{f"g{n}": check() for n in range(21)}), "grader.graders", "invalid_value", "but got 21"),
    ({**multi("1"), "graders": [check()]}, "grader.graders", "invalid_type", "expected an object, but got an array"),
    ({**multi("1"), "graders": {"a": "b"}}, "grader.graders.a", "invalid_type", "expected an object, but got a string"),
    (check("is"), "grader.operation", "invalid_value", "'eq', 'ne', 'like', 'ilike'"),
    (alike("rouge_6"), "grader.evaluation_metric", "invalid_value", "'rouge_5', 'rouge_l'"),
    ({**check(), "name": ""}, "grader.name", "string_below_min_length", "minimum length 1"),
    ({**check(), "input": 1}, "grader.input", "invalid_type", "expected a string, but got an integer"),
    ({**check(), "input": "x" * 20_001}, "grader.input", "string_above_max_length", "maximum length 20000"),
    ({**check(), "tone": 1}, "grader.tone", "unknown_parameter", "'grader.tone'"),
    ({**CODE, "source": "é" * 131_073}, "grader.source", "string_above_max_length", "at most 262144 bytes, but got 262146"),
    ({**JUDGE, "range": [1]}, "grader.range", "invalid_value", "two numbers"),
    ({**JUDGE, "input": [{"role": "tool", "content": "x"}]}, "grader.input[0].role", "invalid_value", "'tool'"),
    ({**JUDGE, "input": ["x"]}, "grader.input[0]", "invalid_type", "expected an object"),
    (
        {**JUDGE, "input": [{"role": "user", "content": CACHED}]},
        "grader.input[0].content.prompt_cache_breakpoint",
        "unsupported_parameter",
        "not supported by this sandbox",
    ),
    (
        {**JUDGE, "input": [{"role": "user", "content": [LOUD]}]},
        "grader.input[0].content[0].input_audio.volume",
        "unknown_parameter",
        "volume",
    ),
    (WORDLESS, "grader.input[0].content[0].text", "missing_required_parameter", "content"),
    (SILENT, "grader.sampling_params.max_completions_tokens", "integer_below_min_value", ">= 1"),
    (multi("a", a=OTHER_LABEL), "grader.graders.a.passing_labels", "invalid_value", "'fine' is not one of the labels"),
]
MEANT_WRONG = [
    (check("eq", "{{ other.thing }}"), "grader.input", "'{{ other.thing }}' is not"),
    (multi("a", a=check(reference="{{ item }}")), "grader.graders.a.reference", "'{{ item }}' is not"),
    (multi("a + b", a=check()), "grader.calculate_output", "there is no grader called 'b'; there are: a"),
    (multi("2 ** a", a=check()), "grader.calculate_output", "a power is written '^'"),
]


@pytest.mark.parametrize(("grader", "param", "code", "message"), WRONG)
def test_what_is_no_grader_is_refused_with_its_place(graders: Any, grader: Given, param: str, code: str, message: str) -> None:
    """By a run and by a check alike."""
    for call in (lambda: graders.run(grader=grader, model_sample="x", item={}), lambda: graders.validate(grader=grader)):
        with pytest.raises(openai.BadRequestError, match=message) as caught:
            call()
        assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize(("grader", "param", "message"), MEANT_WRONG)
def test_a_check_says_what_is_wrong_in_templates_and_formula(graders: Any, grader: Given, param: str, message: str) -> None:
    """Which a run can only flag."""
    with pytest.raises(openai.BadRequestError) as caught:
        graders.validate(grader=grader)
    assert message in str(caught.value)
    assert (caught.value.code, caught.value.param) == ("invalid_value", param)


REQUESTS: list[tuple[str, Any, str | None, str]] = [
    ("run", {"model_sample": "x"}, "grader", "missing_required_parameter"),
    ("run", {"grader": check()}, "model_sample", "missing_required_parameter"),
    ("run", {"grader": check(), "model_sample": "x", "item": []}, "item", "invalid_type"),
    ("run", {"grader": "eq", "model_sample": "x"}, "grader", "invalid_type"),
    ("run", {"grader": check(), "model_sample": "x", "reference_answer": "y"}, "reference_answer", "unknown_parameter"),
    ("validate", {"grader": check(), "item": {}}, "item", "unknown_parameter"),
    ("validate", [], None, "invalid_type"),
]


@pytest.mark.parametrize(("action", "body", "param", "code"), REQUESTS)
def test_what_is_no_request_is_refused(wire: httpx2.Client, action: str, body: Any, param: str | None, code: str) -> None:
    """With the name of what is wrong."""
    answer = wire.post(f"/fine_tuning/alpha/graders/{action}", json=body)
    assert answer.status_code == 400
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == (param, code)


def test_what_is_too_large_is_refused_soon(graders: Any) -> None:
    """Ten megabytes of sample, an item that makes a gigabyte, a template that a poor pattern would chew on for hours."""
    large = "x" * 10_000_000
    began = time.perf_counter()
    with pytest.raises(openai.BadRequestError, match="maximum length 20000") as caught:
        graders.run(grader=check(), model_sample=large)
    assert caught.value.param == "model_sample"
    with pytest.raises(openai.BadRequestError, match="once its variables are filled in"):
        graders.run(grader=check("eq", "{{item.large}}" * 1000), model_sample="", item={"large": large})
    with pytest.raises(openai.BadRequestError, match="once its variables are filled in"):
        graders.run(grader=check("eq", "{{item.large}}" * 1000), model_sample="", item={"large": [large]})
    assert graders.run(grader=check("like", "{" * 20_000, "{{"), model_sample="").reward == 1
    assert time.perf_counter() - began < 10


def test_the_longest_texts_are_compared_in_a_moment(graders: Any) -> None:
    """Twenty graders of the slowest kind, each on two long texts without much in common."""
    left, right = "ab cdef " * 2500, "fa edc b" * 2500
    twenty = {f"g{n}": alike("fuzzy_match", "{{sample.output_text}}", "{{item.right}}") for n in range(20)}
    began = time.perf_counter()
    found = graders.run(grader=multi("max(g0, g19)", **twenty), model_sample=left, item={"right": right})
    assert 0.3 < found.reward < 1
    assert time.perf_counter() - began < 20
