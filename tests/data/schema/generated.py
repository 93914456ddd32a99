"""Rows made by chance: any JSON, and rows that are nearly right, so that every rule is met."""

from typing import Any

from hypothesis import strategies as st

from tests.data.schema.rows import CALL, OTHER_CALL, TOOL

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.just(10**30),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", " ", "a", "assistant", "\ud800", "\x00"]),
)
CHAT_KEYS = ["messages", "role", "content", "name", "weight", "tool_calls", "tools", "type", "text"]
OTHER_FORMS = [
    "input",
    "preferred_output",
    "non_preferred_output",
    "preferred_completion",
    "prompt",
    "completion",
    "chosen",
    "rejected",
]
TABLES = ["instruction", "output", "conversations", "from", "value"]
KEYS = st.sampled_from(CHAT_KEYS + OTHER_FORMS + TABLES) | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)


def mostly(good: "st.SearchStrategy[Any] | list[Any]", bad: "st.SearchStrategy[Any]" = ANYTHING) -> "st.SearchStrategy[Any]":
    """Return values of which nine in ten are good."""
    right = st.sampled_from(good) if isinstance(good, list) else good
    return st.integers(0, 9).flatmap(lambda dice: bad if dice == 9 else right)


PART = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": mostly(["a", "", " "])}),
    st.fixed_dictionaries({"type": st.just("refusal"), "refusal": mostly(["no"])}),
    st.fixed_dictionaries(
        {
            "type": st.just("image_url"),
            "image_url": st.fixed_dictionaries(
                {"url": mostly(["https://a.b/c", "c.png"])}, optional={"detail": mostly(["low", "full"])}
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("file"), "file": st.dictionaries(st.sampled_from(["file_id", "x"]), mostly(["f"]), max_size=2)}
    ),
)
CALLED = st.fixed_dictionaries(
    {
        "id": mostly(["call_1", "call_2"]),
        "type": mostly(["function"]),
        "function": st.fixed_dictionaries(
            {"name": mostly(["f", "a b"]), "arguments": mostly(["{}", '{"a": 1}', "", "{"], st.just({"a": 1}) | ANYTHING)}
        ),
    }
)
CONTENT = st.one_of(st.sampled_from(["Hi", "Hello", "", " "]), st.lists(PART, max_size=3), SCALARS)
OTHER_KEYS = {
    "name": mostly(["ada", "a b", None]),
    "weight": mostly([0, 1, 1.0, True, None, 2]),
    "tool_calls": mostly(st.lists(CALLED, max_size=2) | st.none()),
    "tool_call_id": mostly(["call_1", "call_2"]),
    "function_call": mostly([None, {"name": "f", "arguments": "{}"}]),
    "refusal": mostly(["no", None]),
    "audio": mostly([None, {"id": "a"}]),
    "thinking": st.just("x"),
    "contents": st.just("x"),
}


def few(keys: dict[str, Any]) -> "st.SearchStrategy[dict[str, Any]]":
    """Return none, one or two of these keys."""
    chosen = st.lists(st.sampled_from(sorted(keys)), max_size=2, unique=True)
    return st.just({}) | chosen.flatmap(lambda names: st.fixed_dictionaries({name: keys[name] for name in names}))


def message(roles: list[str]) -> "st.SearchStrategy[Any]":
    """Return messages of these roles, mostly."""
    plain = st.fixed_dictionaries({"role": mostly(roles, st.sampled_from(["developer", "User", "bot", "", None, 5]))})
    return st.builds(
        lambda *pieces: {key: held for piece in pieces for key, held in piece.items()},
        plain,
        st.fixed_dictionaries({"content": CONTENT}) | st.just({}),
        few(OTHER_KEYS),
    )


USUAL = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "system", "content": "Be brief."},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "assistant", "content": "Hm", "tool_calls": [CALL, OTHER_CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "7"},
    {"role": "tool", "tool_call_id": "call_2", "content": ""},
    {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
    {"role": "function", "name": "f", "content": None},
]
TALK = st.lists(
    st.sampled_from(USUAL) | st.sampled_from(USUAL) | message(["user", "assistant", "system", "tool", "function"]), max_size=6
)
ENDED = st.builds(lambda talk, end: [*talk, *end], TALK, st.sampled_from([[], [USUAL[0], USUAL[1]], [USUAL[1]]]))
BESIDE = {
    "tools": mostly(
        st.lists(st.sampled_from([TOOL, {"type": "function", "function": {"name": "f", "strict": None}}]), max_size=2)
    ),
    "functions": mostly(st.lists(st.just({"name": "f"}), max_size=2) | st.none()),
    "parallel_tool_calls": mostly([True, None]),
    "source": SCALARS,
    "tool": SCALARS,
}
CHATS = st.builds(lambda talk, rest: {"messages": talk, **rest}, mostly(ENDED), few(BESIDE))
OUTPUT = mostly(
    st.lists(st.sampled_from(USUAL) | message(["assistant", "user"]), min_size=1, max_size=1)
    | st.lists(st.sampled_from(USUAL), max_size=2)
)
PREFERENCES = st.fixed_dictionaries(
    {"input": mostly(CHATS)},
    optional={
        "preferred_output": OUTPUT,
        "non_preferred_output": OUTPUT,
        "preferred_completion": OUTPUT,
        "non_preferred_completion": OUTPUT,
        "score": SCALARS,
    },
)
SAID = mostly(["Hi", "Hello", ""]) | TALK
OTHERS = st.one_of(
    st.fixed_dictionaries({"prompt": SAID, "completion": SAID}, optional={"system": SAID, "tools": BESIDE["tools"]}),
    st.fixed_dictionaries({"chosen": SAID, "rejected": SAID}, optional={"prompt": SAID, "tools": BESIDE["tools"]}),
    st.fixed_dictionaries({"instruction": SAID}, optional={"input": SAID, "output": SAID, "system": SAID, "history": ANYTHING}),
    st.fixed_dictionaries(
        {
            "conversations": TALK
            | st.lists(
                st.fixed_dictionaries(
                    {"from": mostly(["human", "gpt", "GPT", "system", "developer", "tool"])},
                    optional={"value": mostly(["Hi", "", " "]), "weight": mostly([0, 1, None, True])},
                ),
                max_size=4,
            )
        },
        optional={"system": SAID, "tools": mostly(["[]", "{", None, "[{}]"])},
    ),
)
ROWS = st.one_of(CHATS, CHATS, PREFERENCES, OTHERS, ANYTHING)
