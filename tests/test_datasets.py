import csv
import random
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ftwidgets import datasets
from ftwidgets.errors import DatasetNotFound

COLUMNS = {
    "brand_voice": ["Prompt", "Completion", "Topic", "Split"],
    "sentiment": ["Prompt", "Completion", "Product", "Split"],
    "shop_chats": ["Prompt", "Completion", "Topic", "Register", "Split"],
    "support_faq": ["Prompt", "Completion", "Topic", "Split"],
}


def grams(text: str) -> set[str]:
    """Return the character 5-grams of the text, folded; of a shorter text, the whole.

    Characters rather than words, since many prompts are a few words long and would have no word 5-gram at all.
    """
    folded = " ".join(text.casefold().split())
    return {folded[i : i + 5] for i in range(max(1, len(folded) - 4))}


def jaccard(texts: list[str]) -> np.ndarray:
    """Return the 5-gram Jaccard similarity of all pairs as one matrix, its diagonal set to 0."""
    sets = [grams(text) for text in texts]
    seen: dict[str, list[int]] = {}
    for row, members in enumerate(sets):
        for gram in members:
            seen.setdefault(gram, []).append(row)
    several = [rows for rows in seen.values() if len(rows) > 1]  # a gram of one text is shared by no pair
    holds = np.zeros((len(texts), len(several)), dtype=np.float32)
    for column, rows in enumerate(several):
        holds[rows, column] = 1
    common = holds @ holds.T  # (text, text): grams in both
    sizes = np.array([len(members) for members in sets])
    similarity = common / (sizes[:, None] + sizes[None, :] - common)
    np.fill_diagonal(similarity, 0)
    return similarity


def closest(texts: list[str], similarity: np.ndarray, limit: float) -> list[tuple[float, str, str]]:
    """Return the pairs above the limit, so that a failing test shows them."""
    pairs = np.argwhere(np.triu(similarity) > limit)
    return [(round(float(similarity[i, j]), 2), texts[i], texts[j]) for i, j in pairs]


def test_jaccard_matrix_equals_the_definition() -> None:
    """The fast measure of near-duplicates is the textbook one."""
    texts = ["where is my order?", "Where is  my ORDER?", "where is my parcel?", "hi", "hi", "refund please"]
    similarity = jaccard(texts)
    for i, j in combinations(range(len(texts)), 2):
        a, b = grams(texts[i]), grams(texts[j])
        assert similarity[i, j] == pytest.approx(len(a & b) / len(a | b))
    assert similarity[0, 1] == similarity[3, 4] == 1
    assert similarity[0, 2] == pytest.approx(8 / 21)  # "where is my " holds 8 of their 14 and 15 grams


def test_every_dataset_is_named_and_found() -> None:
    """Names are sorted, each has a file, and the two of the first lessons are there."""
    names = datasets.names()
    assert names == sorted(names)
    assert set(COLUMNS) <= set(names)
    assert all(datasets.path(name).is_file() for name in names)


def test_an_unknown_name_gets_the_names_and_the_closest_one() -> None:
    """A misspelled name is answered with what there is."""
    with pytest.raises(DatasetNotFound, match=r'called "suport_faq".*mean "support_faq".*sentiment'):
        datasets.path("suport_faq")
    with pytest.raises(DatasetNotFound, match="There are: "):
        datasets.load("../pyproject")


def test_an_unknown_split_gets_the_splits() -> None:
    """A misspelled split is answered with the splits of that dataset."""
    with pytest.raises(ValueError, match='no split "test"; its splits are: held-out, train'):
        datasets.load("sentiment", "test")


def test_no_names_where_no_data_came_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the files says so rather than fail on a missing folder; text such as NA stays text."""
    monkeypatch.setattr(datasets, "_FOLDERS", (tmp_path / "nowhere", tmp_path))
    assert datasets.names() == []
    with pytest.raises(DatasetNotFound, match="There are: none"):
        datasets.path("sentiment")
    (tmp_path / "tiny.csv").write_text("Prompt,Completion\nNA,\n", encoding="utf-8")
    assert datasets.load("tiny").values.tolist() == [["NA", ""]]
    with pytest.raises(ValueError, match="it is not split"):
        datasets.load("tiny", "train")


@pytest.mark.parametrize("name", COLUMNS)
def test_the_splits_make_up_the_whole(name: str) -> None:
    """Both splits together are the file, in the documented columns, with no empty cell and no stray blanks."""
    frame = datasets.load(name)
    assert list(frame.columns) == COLUMNS[name]
    assert set(frame["Split"]) == {"train", "held-out"}
    assert len(datasets.load(name, "train")) + len(datasets.load(name, "held-out")) == len(frame)
    for column in frame.columns:
        cells = frame[column]
        assert not cells[cells != cells.str.strip()].tolist(), f"blanks around {column}"
        assert not frame.index[cells == ""].tolist(), f"empty {column}"


@pytest.mark.parametrize("name", datasets.names())
def test_files_are_plain(name: str) -> None:
    """UTF-8 without byte order mark, LF line ends, one record a row, as many cells as the header everywhere."""
    data = datasets.path(name).read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")
    records = list(csv.reader(data.decode("utf-8").splitlines(keepends=True), strict=True))
    assert {len(record) for record in records} == {len(records[0])}


@pytest.mark.parametrize("name", datasets.names())
def test_every_dataset_is_described(name: str) -> None:
    """datasets/README.md names every dataset."""
    readme = datasets.path(name).with_name("README.md")
    assert f"{name}.csv" in readme.read_text(encoding="utf-8")


def test_support_faq_holds_out_two_wordings_of_each_answer() -> None:
    """At least 40 answers, each asked in at least 8 ways, exactly 2 of them held out."""
    frame = datasets.load("support_faq")
    wordings = frame.groupby("Completion")["Prompt"].nunique()
    held = frame[frame["Split"] == "held-out"].groupby("Completion").size().reindex(wordings.index, fill_value=0)
    assert len(wordings) >= 40
    assert wordings[wordings < 8].to_dict() == {}
    assert held[held != 2].to_dict() == {}


def test_sentiment_is_balanced_over_several_products() -> None:
    """At least 900 reviews of several products, half positive and half negative, at least 400 of them held out."""
    frame = datasets.load("sentiment")
    assert len(frame) >= 900
    assert set(frame["Completion"]) == {"positive", "negative"}
    for part in (frame, *(rows for _, rows in frame.groupby("Split"))):
        assert (part["Completion"] == "positive").mean() == pytest.approx(0.5, abs=0.02)
    assert (frame["Split"] == "held-out").sum() >= 400
    assert frame["Product"].nunique() >= 4


def test_brand_voice_is_sixty_rows_to_learn_and_twenty_held_out() -> None:
    """Ten topics, each with six messages to learn and two held out; the demo's first ten held-out rows have one of each."""
    frame = datasets.load("brand_voice")
    assert set(frame.groupby(["Topic", "Split"]).size().unstack().itertuples(index=False, name=None)) == {(2, 6)}
    assert datasets.load("brand_voice", "held-out").head(10)["Topic"].nunique() == frame["Topic"].nunique() == 10


def test_brand_voice_keeps_every_fact_of_a_message() -> None:
    """Each number, amount, time, date and name of a prompt is in its completion, and the completion adds no number."""
    fact = re.compile(r"£?\d+(?:[.:]\d+)?%?")
    name = re.compile(r"(?<=[a-z0-9,] )[A-Z][a-z]{2,}")  # a capital inside a sentence
    for _, row in datasets.load("brand_voice").iterrows():
        assert sorted(set(fact.findall(row["Prompt"]))) == sorted(set(fact.findall(row["Completion"]))), row.to_dict()
        assert all(word in row["Completion"] for word in name.findall(row["Prompt"])), row.to_dict()


def test_brand_voice_has_one_manner_and_no_template() -> None:
    """Every completion says "we" or "you", none uses officialese or "!", and no two are nearly the same."""
    completions = datasets.load("brand_voice")["Completion"]
    spoken = completions.str.contains(r"\b(?:we|us|our|you|your)\b", case=False)
    assert completions[~spoken].tolist() == []
    stiff = completions.str.contains(r"!|\b(?:hereby|kindly|unable|inconvenience|valued|regret|prohibited|must)\b", case=False)
    assert completions[stiff].tolist() == []
    assert closest(completions.tolist(), jaccard(completions.tolist()), 0.6) == []


def test_shop_chats_are_written_by_five_kinds_of_people_and_hold_out_whole_topics() -> None:
    """64 rows to learn and 24 held out; each kind of person in both splits, no topic in both, no answer nearly twice."""
    train, held_out = (datasets.load("shop_chats", split) for split in ("train", "held-out"))
    assert (len(train), len(held_out)) == (64, 24)
    kinds = {"polite", "curt", "chatty", "upset", "non-native"}
    assert set(train["Register"]) == set(held_out["Register"]) == kinds
    assert set(train["Topic"]) & set(held_out["Topic"]) == set()
    completions = [*train["Completion"], *held_out["Completion"]]
    assert closest(completions, jaccard(completions), 0.4) == []


def test_shop_chats_have_neither_greeting_nor_sign_off() -> None:
    """The learner's own are put around each answer, so the answers themselves bring none."""
    answers = datasets.load("shop_chats")["Completion"]
    greeting = answers.str.contains(r"^(?:hi|hello|hey|dear|good (?:morning|day|evening)|thank you|thanks)\b", case=False)
    sign_off = answers.str.contains(r"\b(?:regards|wishes|cheers|sincerely|yours truly)\b", case=False)
    assert answers[greeting | sign_off].tolist() == []


@pytest.mark.parametrize("name", COLUMNS)
def test_prompts_are_no_variations_of_each_other(name: str) -> None:
    """Near-duplicates (5-gram Jaccard above 0.6) are under 1 % of the rows; none above 0.8 lies across the splits."""
    frame = datasets.load(name)
    prompts = frame["Prompt"].tolist()
    folded = frame["Prompt"].str.casefold().str.split().str.join(" ")
    assert folded[folded.duplicated()].tolist() == []
    similarity = jaccard(prompts)
    alike = closest(prompts, similarity, 0.6)
    assert (similarity.max(axis=1) > 0.6).mean() < 0.01, alike
    held = (frame["Split"] == "held-out").to_numpy()
    across = np.where(held[:, None] != held[None, :], similarity, 0)
    assert closest(prompts, across, 0.8) == []


def test_templates_with_slots_would_be_noticed() -> None:
    """The limits of the test above are strict enough to reject rows made from templates."""
    rng = random.Random(0)
    products = ["kettle", "lamp", "tent", "keyboard", "rucksack", "blender"]
    made = [f"I bought the {rng.choice(products)} last week and it stopped working after {n} days." for n in range(60)]
    assert (jaccard(made).max(axis=1) > 0.6).mean() > 0.5


def test_loading_changes_nothing_between_calls() -> None:
    """Each call gives a table of its own: what a learner does to one does not show in the next."""
    first = datasets.load("sentiment", "train")
    first["Prompt"] = ""
    again = datasets.load("sentiment", "train")
    assert (again["Prompt"] != "").all()
    pd.testing.assert_index_equal(again.index, pd.RangeIndex(len(again)))
