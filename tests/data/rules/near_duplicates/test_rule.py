import random
import time
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data.rows import RowBatch, TrainingRow
from ftwidgets.data.rules import NearDuplicates, find_leaked_groups, find_leaked_prompts
from tests.data.rules.near_duplicates.test_compare import ADDED, DIFFERENT, NEAR
from tests.data.rules.rows import Rows, told, usable

DATASETS = Path(__file__).parents[4] / "datasets"


def of(found: list[tuple[int | None, object]], name: str) -> list[int | None]:
    return [position for position, fault in found if getattr(fault, "id", None) == name]


@pytest.mark.parametrize(("one", "other"), [*NEAR, *((a, b) for a, b, near in ADDED if near)])
def test_near_pairs_are_found_among_others(one: str, other: str) -> None:
    """Wherever they stand: fingerprints bring the two together, and the first is named."""
    others = [f"Something about topic number {i} and nothing else" for i in range(40)]
    rows = usable((prompt, "x") for prompt in [*others[:20], one, *others[20:], other])
    near = NearDuplicates()
    found = told(near, rows, size=16)
    assert [(position, fault.id) for position, fault in found] == [(41, "near-duplicate")]
    assert found[0][1].message.startswith("Nearly the same prompt as line 22; ")
    assert near.keys[20] == near.keys[41] == 20
    assert len(set(near.keys)) == 41


@pytest.mark.parametrize(("one", "other"), [*DIFFERENT, *((a, b) for a, b, near in ADDED if not near)])
def test_other_pairs_are_not(one: str, other: str) -> None:
    """Whatever the answers are."""
    near = NearDuplicates()
    assert told(near, usable([(one, "x"), (other, "y")])) == []
    assert list(near.keys) == [0, 1]


def test_a_group_is_one_finding_on_its_second_row() -> None:
    """It names the others; equal prompts are not counted again."""
    prompts = ["How do I reset my password?", "Reset a printer now", "how to reset my password", "How do I reset my pasword"]
    found = told(NearDuplicates(), usable((prompt, "x") for prompt in [*prompts, prompts[0].upper()]))
    assert [(position, fault.id) for position, fault in found] == [(2, "near-duplicate")]
    assert "3 prompts are nearly the same: this one and line 2, line 5; " in found[0][1].message


def test_groups_hang_together_over_others() -> None:
    """One and three differ in two slips, each in one from two: all three stay on one side."""
    near = NearDuplicates()
    told(near, usable((text, "x") for text in ["reset the pasword", "reset the password", "reset the passwrod"]))
    assert list(near.keys) == [0, 0, 0]


def test_different_answers() -> None:
    """Message and places of both; exact repeats and other spellings of one answer contradict nothing."""
    rows = usable([("Ok?", "yes"), ("ok? ", "no"), ("Ok?", "YES"), ("OK?", "no"), ("ok?", "yes", "Be brief."), ("b", "no")])
    for near in (True, False):
        found = told(NearDuplicates(near=near), rows)
        assert [(position, fault.id) for position, fault in found] == [(1, "different-answers")]
        assert found[0][1].message == 'The same prompt as line 2 with another answer: "no" here, "yes" there.'


def test_a_prompt_with_many_answers_is_said_once() -> None:
    """From six different answers on, on the row of the second; repeats do not count; with few, each row is told."""
    tweets = [("Write a post", f"Post {i // 2}") for i in range(44)]
    other = [("Write a song", "La"), *(("Few", f"a{i}") for i in range(5)), *(("Six", f"b{i}") for i in range(6))]
    found = told(NearDuplicates(), usable([*other, *tweets]))
    assert [(position, fault.id) for position, fault in found] == [
        *((position, "different-answers") for position in (2, 3, 4, 5)),
        (7, "different-answers"),
        (14, "different-answers"),
    ]
    assert found[0][1].message == 'The same prompt as line 3 with another answer: "a1" here, "a0" there.'
    assert found[4][1].message.startswith("The same prompt as line 8 has 6 different answers, ")
    said = 'The same prompt as line 14 has 22 different answers, "Post 1" here and "Post 0" there among them.'
    assert found[5][1].message == said
    apart = told(NearDuplicates(), usable((prompt, answer, f"Be {answer}.") for prompt, answer in tweets))
    assert apart == []


def test_after_a_thousand_prompts_with_many_answers_only_places_are_told() -> None:
    """The rows of the first thousand only are read again."""
    rows = usable((f"q{i % 1100}", f"a{i}") for i in range(6600))
    near, known = NearDuplicates(near=False), Rows(rows)
    near.update(RowBatch(0, rows))
    faults = [fault for _, fault in near.finalize(known)]
    assert len(faults) == 1100
    assert '6 different answers, "a1100" here' in faults[0].message
    assert faults[1000].message == "The same prompt as line 1002 has 6 different answers."
    assert known.n_read == 2000


def test_different_answers_to_nearly_one_prompt() -> None:
    """Said once; under one system prompt, and not where one prompt merely has more words than the other."""
    asked = ("How do I reset my password?", "How to reset my password")
    found = told(NearDuplicates(), usable([(asked[0], "Like this."), (asked[1], "Like that.")]))
    assert [(position, fault.id) for position, fault in found] == [(1, "different-answers-near")]
    assert '"Like that." here, "Like this." there' in found[0][1].message
    apart = told(NearDuplicates(), usable([(asked[0], "Like this.", "Be kind."), (asked[1], "Like that.", "Be rude.")]))
    assert [fault.id for _, fault in apart] == ["near-duplicate"]
    longer = told(NearDuplicates(), usable([(ADDED[0][0], "one"), (ADDED[0][1], "two")]))
    assert [fault.id for _, fault in longer] == ["near-duplicate"]


def test_a_group_is_told_by_a_row_that_is_not_told_already() -> None:
    """Rows two and three are nearly one; two contradicts it, and three repeats its answer; a row stands between."""
    prompts = ["How do I reset my password?", "how to reset my password", "Reset a printer now", "How do I reset my pasword"]
    found = told(NearDuplicates(), usable(zip(prompts, ["Like this.", "Like that.", "x", "Like this."], strict=True)))
    assert [(position, fault.id) for position, fault in found] == [(1, "different-answers-near"), (3, "near-duplicate")]
    assert "3 prompts are nearly the same: this one and line 2, line 3; " in found[1][1].message
    assert '"How do I reset my pasword" here' in found[1][1].message


def altered(n: int) -> list[TrainingRow]:
    """Rows of 30 words drawn anew, some of few words in Chinese, every hundredth another one with one word more."""
    draw = random.Random(7)
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    words = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(2000)]
    prompts = [" ".join(draw.choices(words, k=30)) for _ in range(n)]
    few = [
        "你好",
        "我们",
        "今天",
        "订单",
        "什么时候",
        "可以",
        "送到",
        "谢谢",
        "价格",
        "很好",
        "没有",
        "问题",
        "请问",
        "这个",
        "大小",
        "颜色",
    ]
    for i in range(10, n, 20):
        prompts[i] = " ".join(draw.choices(few, k=draw.randint(9, 14)))
    for i in range(100, n, 100):
        prompts[i] = prompts[i - 51] + " indeed"
    return usable((prompt, "x") for prompt in prompts)


def test_one_altered_row_in_a_hundred_is_found_and_no_cap_is_met() -> None:
    """Of 10,000 rows, all pairs that may be alike are compared: nothing is said of a cap."""
    found = told(NearDuplicates(), altered(10_000))
    assert {fault.id for _, fault in found} == {"near-duplicate"}
    assert len(found) >= 0.9 * 99


def test_of_a_pattern_that_fills_the_file_the_nearest_are_compared_and_that_is_said() -> None:
    """Slots of one word or two, so that one prompt might have all words of another."""
    draw, ask = random.Random(3), "I would like to know from the friendly people in your shop how much I have to pay this week"
    slots = ["".join(draw.choices("bdfgklmnprstaeiou", k=9)) + " oak" * (i % 2) for i in range(1000)]
    found = told(NearDuplicates(), usable((f"{ask} for the {slot}, tax and shipping included.", "x") for slot in slots))
    assert "near-duplicates-capped" in {fault.id for _, fault in found}
    numbers = told(NearDuplicates(), usable((f"{ask} for part {n}, tax included.", "x") for n in range(1000)))
    assert numbers == []  # as long as each other and not the same: nothing is missed


def test_after_a_thousand_only_places_are_told() -> None:
    """The rows are read again for the first thousand only."""
    rows = usable((f"q{i % 1500}", f"a{i}") for i in range(3000))
    near, known = NearDuplicates(near=False), Rows(rows)
    near.update(RowBatch(0, rows))
    faults = [fault for _, fault in near.finalize(known)]
    assert len(faults) == 1500
    assert '"a1500" here, "a0" there' in faults[0].message
    assert faults[1000].message == "The same prompt as line 1002 with another answer."
    assert known.n_read == 2000


@pytest.mark.parametrize("name", ["support_faq.csv", "sentiment.csv"])
def test_the_bundled_sets_are_legitimate(name: str) -> None:
    """Many wordings of a topic, reviews of one product: no contradiction, no leak into their held-out rows."""
    frame = pd.read_csv(DATASETS / name)
    rows = usable(zip(frame.Prompt, frame.Completion, strict=True))
    found = told(NearDuplicates(), rows)
    assert {fault.id for _, fault in found} <= {"near-duplicate"}
    assert len(found) <= 1  # "can you wrap it as a gift", "do you gift wrap"
    train, held = NearDuplicates(), NearDuplicates()
    known = [
        [row for row, side in zip(rows, frame.Split, strict=True) if (side == "train") is first] for first in (True, False)
    ]
    told(train, known[0])
    told(held, known[1])
    assert list(find_leaked_prompts(train, Rows(known[0]), held, Rows(known[1]))) == []


def test_leaks() -> None:
    """Exactly or nearly the same prompt, with the first training row that has it."""
    trained = usable([("Other things", "x"), ("How do I reset my password?", "x"), ("how do I reset MY password?", "y")])
    tested = usable([("HOW do I reset my password?", "x"), ("How to reset my pasword", "x"), ("How do I reset it?", "x")])
    for with_near in (True, False):
        train, held = NearDuplicates(near=with_near), NearDuplicates(near=with_near)
        told(train, trained)
        told(held, tested)
        found = list(find_leaked_prompts(train, Rows(trained), held, Rows(tested)))
        assert [(position, fault.id, fault.level) for position, fault in found] == [
            (0, "shared-prompt", "error"),
            *([(1, "shared-near", "error")] if with_near else []),
        ]
        assert all("(line 3)" in fault.message for _, fault in found)
    assert list(find_leaked_prompts(train, Rows([]), NearDuplicates(), Rows([]))) == []


def test_groups_on_both_sides() -> None:
    """Compared folded; rows without a group are in none."""
    found = list(find_leaked_groups(["Ada", None, " "], ["", "bob", "ADA "], Rows(usable([("a", "b")] * 3))))
    assert [(position, fault.id) for position, fault in found] == [(2, "shared-group")]
    assert 'Group "ADA " is also in the training rows (line 2)' in found[0][1].message


WORDS = st.sampled_from(
    ["reset", "reste", "pasword", "password", "printer", "the", "my", "order", "orders", "12", "not", "how"]
)
PROMPTS = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=12)


def grouping(prompts: list[str]) -> set[frozenset[str]]:
    near = NearDuplicates()
    told(near, usable((prompt, "x") for prompt in prompts), size=5)
    groups: dict[int, set[str]] = {}
    for prompt, key in zip(prompts, near.keys, strict=True):
        groups.setdefault(key, set()).add(prompt)
        assert key <= prompts.index(prompt)  # the first of the group
    return {frozenset(group) for group in groups.values()}


@settings(deadline=None)
@given(PROMPTS, st.randoms(use_true_random=False))
def test_groups_are_a_partition_that_no_order_changes(prompts: list[str], shuffler: random.Random) -> None:
    """Every prompt is in one group, and it is the same whatever the order of the rows."""
    groups = grouping(prompts)
    assert sorted(prompt for group in groups for prompt in group) == sorted(set(prompts))
    shuffled = list(prompts)
    shuffler.shuffle(shuffled)
    assert grouping(shuffled) == groups


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "a\0b c", "\ud800 x y", "\u3000", "'", "n't" * 3, "\U0001f600 a b", "x" * 5000]
)
def test_any_text_can_be_looked_at(text: str) -> None:
    """Alone and beside others."""
    near = NearDuplicates()
    told(near, usable([(text, "x"), ("How do I reset my password", "y"), (text + "!", "x"), (text, "z")]))
    assert len(near.keys) == 4
    assert near.keys[0] == near.keys[3]


def templated(n: int) -> list[TrainingRow]:
    draw = random.Random(5)
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    words = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(n)]
    return usable(
        (
            f"Please write a short and friendly reply to customer {draw.choice(words)} who asks about the product "
            f"{draw.choice(words)} and whether it can be sent to {draw.choice(words)} before the end of the week",
            f"answer {i}",
        )
        for i in range(n)
    )


def seconds(rows: list[TrainingRow]) -> float:
    start = time.process_time()
    told(NearDuplicates(), rows)
    return time.process_time() - start


def test_a_template_costs_no_more_than_other_rows() -> None:
    """Four times as many rows of one template take about four times as long, not sixteen."""
    small, big = templated(3_000), templated(12_000)
    seconds(small)
    ratio = min(seconds(big) for _ in range(2)) / min(seconds(small) for _ in range(2))
    assert ratio < 8


def test_a_row_is_kept_in_eighty_bytes() -> None:
    """Also of rows that will never be read again; measured as what 20,000 more rows take."""
    rows, near = templated(512), NearDuplicates()

    def see(n: int) -> int:
        for _ in range(n):
            near.update(RowBatch(0, rows))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = see(2)
        taken = see(40) - before
    finally:
        tracemalloc.stop()
    assert 0 < taken / (40 * 512) <= 80
