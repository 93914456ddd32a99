import io
import json
import re
import time
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.errors import DataError
from ftwidgets.widgets.launch import JobLauncher
from ftwidgets.widgets.prep import DatasetPrep
from ftwidgets.widgets.prep.column_fields import default_column
from ftwidgets.widgets.prep.source_fields import BUNDLED, FRAME, PATH, UPLOAD

ROWS = [(f"question {n} about bikes?", f"the answer number {n} is this one") for n in range(20)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def table(rows: list[tuple[str, str]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["Prompt", "Completion"])


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def said(prep: DatasetPrep) -> str:
    return text_of(f"{prep.verdict.html} {prep.status.html}")


def about(prep: DatasetPrep) -> str:
    return re.sub(r"<[^>]+>", "", prep.source.about.html)


def hand_over(prep: DatasetPrep, name: str, content: bytes) -> None:
    """Upload a file as the browser does, in two parts."""
    half = len(content) // 2
    for part in (content[:half], content[half:]):
        message = {"type": "part", "id": f"{name} 1", "name": name, "size": len(content)}
        prep.source.upload._handle_custom_msg(message, [memoryview(part)])


def write(path: str, text: str | bytes) -> str:
    Path(path).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_arguments_it_asks_for_data() -> None:
    """An empty form is no error; writing from it is one, in words on a click and as an exception from code."""
    prep = DatasetPrep()
    assert "No data yet: drop a file above." in said(prep)
    assert prep.source.kind.value == UPLOAD
    assert (prep.train_file, prep.validation_file, prep.report, prep.prepared) == (None, None, None, None)
    prep.write.click()
    assert "Choose the data first" in said(prep)
    with pytest.raises(DataError, match="choose the data first"):
        prep.prepare()
    with pytest.raises(DataError):
        assert prep.code


def test_the_api_and_the_button_write_what_prepare_writes() -> None:
    """A click, `prepare()` and `ftwidgets.prepare` with the same choices write the same bytes."""
    options = {"system": "You are brief.", "validation": 0.25, "seed": 3}
    direct = ftwidgets.prepare(table(), "direct", **options)
    called = DatasetPrep(table(), folder="called", **options)
    called.prepare()
    clicked = DatasetPrep(table(), folder="clicked", **options)
    clicked.write.click()
    for prep in (called, clicked):
        assert prep.train_file is not None
        assert prep.validation_file is not None
        assert prep.train_file.read_bytes() == direct.train_file.read_bytes()
        assert prep.validation_file.read_bytes() == direct.validation_file.read_bytes()
        assert (prep.prepared.n_train, prep.prepared.n_validation) == (15, 5)
        assert "Written: 15 examples (" in said(prep)


@pytest.mark.parametrize("kind", ["bundled", "path", "frame", "mapped"])
def test_the_code_does_what_the_form_did(kind: str) -> None:
    """The code shown runs as it is and writes the same files."""
    write("q.csv", "Question;Answer;System\n" + "".join(f"{q};{a};Be kind.\n" for q, a in ROWS))
    made = {
        "bundled": lambda: DatasetPrep("support_faq", system='Say "yes".\nOr no.', validation=30, seed=7),
        "path": lambda: DatasetPrep("q.csv", prompt="Question", completion="Answer"),
        "frame": lambda: DatasetPrep(table(), validation=0),
        "mapped": lambda: DatasetPrep(table().rename(columns={"Prompt": "PROMPT"}), system="x"),
    }[kind]()
    made.prepare()
    names = ["train.jsonl", "validation.jsonl"]
    before = {name: Path("my_data", name).read_bytes() for name in names if Path("my_data", name).exists()}
    for name in before:
        Path("my_data", name).unlink()
    scope = {"table": made.source.frame}
    exec(made.code.replace("print(prepared)", ""), scope)
    assert {name: Path("my_data", name).read_bytes() for name in before} == before
    assert scope["prepared"].train_file == made.train_file


def test_a_bundled_datasets_held_out_rows_stay_out() -> None:
    """Only the rows of its training split are written, so that the others can measure at the end."""
    prep = DatasetPrep("support_faq", validation=0)
    prep.prepare()
    written = {json.loads(line)["messages"][0]["content"] for line in prep.train_file.read_text().splitlines()}
    held_out = set(ftwidgets.datasets.load("support_faq", "held-out")["Prompt"])
    assert written == set(ftwidgets.datasets.load("support_faq", "train")["Prompt"])
    assert not written & held_out


def test_columns_are_offered_guessed_and_chosen() -> None:
    """The header fills the menus; names of the field are guessed, which is said; where none fits, the menus are named."""
    prep = DatasetPrep(pd.DataFrame(ROWS, columns=["Question", "Answer"]))
    assert "All 20 rows will be used." in said(prep)
    assert (
        text_of(prep.columns.note.html).strip()
        == 'Reading "Question" as the prompt and "Answer" as the answer; change it here.'
    )
    assert 'prompt="Question"' in prep.code
    assert [label for label, _ in prep.columns.prompt.options] == ["(none)", "Question", "Answer"]
    prep.columns.completion.value = "Question"
    assert "need a column each" in said(prep)
    odd = DatasetPrep(pd.DataFrame([(*row, "x") for row in ROWS], columns=["Left", "Right", "Kind"]))
    assert 'There is no column "Prompt"' in said(odd)
    assert 'choose it above, in "Prompt column"' in said(odd)
    assert 'prompt="' not in said(odd) + odd.findings.html
    odd.columns.prompt.value, odd.columns.completion.value = "Left", "Right"
    assert "All 20 rows will be used." in said(odd)


BAD = {
    "no such file": ("nowhere.csv", None, 'There is no file "nowhere.csv"'),
    "an empty CSV": ("a.csv", b"", '"a.csv" is empty'),
    "a damaged workbook": ("a.xlsx", b"PK\x03\x04....xl/workbook.xml", "is a damaged"),
    "no message": ("a.jsonl", b'{"messages": []}\n', "The only row cannot be used"),
    "a header alone": ("a.csv", b"Prompt,Completion\n", "There are no rows"),
    "no text": ("a.csv", b"Prompt,Completion\n\x81,\x8d\n", "is not Windows-1252"),
    "a folder": (".", None, "is a folder"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_said_in_words(name: str) -> None:
    """The status says it, the findings hold it, the plain form tells it, and `prepare()` raises it."""
    path, content, words = BAD[name]
    if content is not None:
        write(path, content)
    prep = DatasetPrep(path)
    shown = said(prep)
    assert words in shown
    assert words in prep.static_text()
    assert "Traceback" not in shown
    prep.write.click()
    assert "wrong" in prep.status.html
    with pytest.raises(DataError):
        prep.prepare()


def test_a_wrong_column_is_said_and_a_wrong_kind_of_source_is_raised() -> None:
    """A column that is not there stays visible in its field; a list is no source at all."""
    prep = DatasetPrep(table(), prompt="Nope")
    assert "There is no column" in said(prep)
    assert prep.columns.prompt.value == "Nope"
    with pytest.raises(DataError, match="not a list"):
        DatasetPrep([1, 2])


def test_a_share_that_cannot_be_is_said() -> None:
    """1.5 is neither a share nor a number of examples."""
    prep = DatasetPrep(table())
    prep.settings.validation.value = 1.5
    assert "from 0 to below 1" in said(prep)
    prep.settings.validation.value = 5
    assert "15 to train on, 5 held out" in said(prep)
    prep.settings.seed.value = 99
    assert "(seed 99)" in said(prep)


def test_the_preview_says_what_will_be_held_out() -> None:
    """Each conversation says its place and side; those held out are those that are written as such."""
    prep = DatasetPrep(table(), system="You are <b>brief</b>.", validation=4, seed=1)
    prep.prepare()
    held = [json.loads(line)["messages"][1]["content"] for line in prep.validation_file.read_text().splitlines()]
    pages = []
    for number in range(1, prep.conversation_pages.pages + 1):
        prep.conversation_pages.number.value = number
        pages.append(prep.conversation_pages.content.html)
    shown = [page.split("</section>") for page in pages]
    told = [part for page in shown for part in page if "held out" in part]
    assert len(told) == 4
    assert all(any(question in part for part in told) for question in held)
    assert "&lt;b&gt;brief" in pages[0]
    assert "<b>" not in pages[0]


def test_markup_in_the_data_stays_text() -> None:
    """Nothing from the table becomes HTML: not in the preview, the findings, the plain form or the status."""
    evil = '<img src=x onerror="alert(1)">'
    rows = [*ROWS, (evil, "one"), (evil, "two"), (evil, "")]
    frame = pd.DataFrame(rows, columns=["Prompt", "Completion"], index=[*map(str, range(22)), evil])
    prep = DatasetPrep(frame.assign(**{evil: "x"}))
    prep.conversation_pages.number.value = prep.conversation_pages.pages
    drawn = prep.conversation_pages.content.html + prep.findings.html + prep.static_html() + prep.status.html
    assert "&lt;img" in drawn
    assert "<img" not in drawn


def test_each_finding_is_shown_once_grouped_by_what_to_do() -> None:
    """What a fix settles, what must be fixed, what is worth a look: the three counts add up to the findings there are."""
    rows = [
        *ROWS,
        *((f"gap {n}", "") for n in range(12)),
        ("question 1 about bikes?", "no"),
        ROWS[2],
        ("a\u200bb?", "It is b."),
    ]
    prep = DatasetPrep(table(rows))
    shown = text_of(prep.findings.html)
    assert "22 of 35 rows will be used; 13 left out (rows 20, 21, 22, 23, 24, 25 and 7 more)." in said(prep)
    assert shown.index("Can be fixed for you") < shown.index("Left out unless you fix them") < shown.index("Worth a look")
    assert "Must be fixed" not in shown  # the other rows can be used
    assert "ftw-chip-wrong" not in prep.findings.html + prep.verdict.html
    assert "12 rows left out" in shown
    assert shown.count("is empty.") == 5
    assert "and 7 more of this kind: row 25, row 26" in " ".join(shown.split())
    n_shown = prep.report.n_findings
    assert prep.tabs.titles[1] == f"Findings ({n_shown})"
    counts = re.findall(r"(\d+) (?:must be fixed|left out unless fixed|can be fixed for you|worth a look)", said(prep))
    assert sum(map(int, counts)) == n_shown == len(prep.report.findings)


def test_what_stops_the_file_stands_apart_from_what_leaves_rows_out() -> None:
    """Too few rows, and faults that leave no row at all, are red; an empty cell among good rows is not."""
    prep = DatasetPrep(table([*ROWS[:5], ("gap", "")]))
    shown = text_of(prep.findings.html)
    red, amber = shown.index("Must be fixed"), shown.index("Left out unless you fix them")
    assert red < shown.index("Fewer than ten examples") < amber < shown.index("A required cell is empty")
    assert "1 must be fixed" in said(prep)
    assert "1 left out unless fixed" in said(prep)
    nothing_left = DatasetPrep(table([("gap", "")] * 3))
    assert "Must be fixed" in text_of(nothing_left.findings.html)
    assert "Left out unless" not in text_of(nothing_left.findings.html)


def test_a_ticked_fix_is_previewed_done_in_the_files_and_in_the_code() -> None:
    """The tick-box shows what changes; the files have it, the source does not, and the code writes the same bytes."""
    rows = [*ROWS, ("a\u200bb, is it?", "It is <b>b</b>."), ("Who?", "Write to ada.byron@kettles-online.com please.")]
    frame = table(rows)
    prep = DatasetPrep(frame)
    shown = " ".join(text_of(prep.findings.html).split())
    assert "Take out invisible characters changes 1 row row 20 “a [zero width space] b, is it?” → becomes “ab, is it?”" in shown
    assert "row 21 becomes: Write to [email] please." in shown
    assert prep.code.count("fix=") == 0
    prep.findings.press("drop-invisible-characters")
    assert "All 22 rows will be used, 1 of them fixed." in said(prep)
    assert 'data-press="drop-invisible-characters" checked' in prep.findings.html
    assert 'fix=["drop-invisible-characters"]' in prep.code
    made = prep.prepare()
    written = made.train_file.read_bytes() + made.validation_file.read_bytes()
    assert b"ab, is it?" in written
    assert "\u200b" in frame["Prompt"][20]
    scope = {"table": frame}
    exec(prep.code.replace("print(prepared)", ""), scope)
    assert made.train_file.read_bytes() + made.validation_file.read_bytes() == written
    prep.choose_fix("drop-invisible-characters", chosen=False)
    assert "All 22 rows will be used." in said(prep)
    assert "earlier choices" in said(prep)


def test_a_fix_may_make_more_rows_usable() -> None:
    """Rows that only a fix makes usable are counted, split and shown with the others."""
    good = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in ROWS]
    odd = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "It is.", "weight": "1"}]}
    write("chats.jsonl", "".join(json.dumps(row) + "\n" for row in [*good, odd]))
    prep = DatasetPrep("chats.jsonl")
    before = len(prep.report.examples)
    for fix in prep._result.data.fixes:
        prep.choose_fix(fix.name)
    assert before < len(prep.report.examples) == len(prep._result.data.in_validation)
    assert "All 21 rows will be used" in said(prep)


def test_a_repeated_row_needs_no_fix() -> None:
    """It is left out in any case, so no box is offered for it; nothing found is said too."""
    prep = DatasetPrep(table([*ROWS, *[(f"more of {n}, please?", f"that is {n * 7} of them") for n in range(40)], ROWS[2]]))
    assert "checkbox" not in prep.findings.html
    assert "60 of 61 rows will be used; 1 left out (row 60)." in said(prep)


def test_a_duplicate_but_for_whitespace_is_used_until_its_fix_is_ticked() -> None:
    """Unlike an exact one: the form says what is used and what each tick leaves out, and writes what it says."""
    question, answer = ROWS[2]
    frame = table([*ROWS, (question.upper(), f" {answer}"), ROWS[2]])
    prep = DatasetPrep(frame, validation=0)
    assert "21 of 22 rows will be used; 1 left out (row 21)." in said(prep)
    assert "1 can be fixed for you" in said(prep)
    shown = " ".join(text_of(prep.findings.html).split())
    line = "row 20 → left out: it repeats row 2 but for whitespace, case or Unicode form"
    assert f"Keep one of each repeated row leaves out 1 row {line}" in shown
    assert "The row is a duplicate of row 2. Nothing to do: the training files have it once." in shown
    assert prep.prepare().n_train == 21
    prep.findings.press("drop-repeats")
    assert "20 of 22 rows will be used; 2 left out (rows 20, 21)." in said(prep)
    assert "done in 1 row" in text_of(prep.findings.html)
    assert 'fix=["drop-repeats"]' in prep.code
    assert prep.prepare().n_train == 20
    direct = ftwidgets.prepare(frame, "direct", validation=0, fix=["drop-repeats"])
    assert prep.train_file.read_bytes() == direct.train_file.read_bytes()
    assert DatasetPrep(frame, folder="from_code", validation=0, fix="drop-repeats").prepare().n_train == 20


def test_chats_with_tools_and_preferences_are_shown_in_words() -> None:
    """JSON Lines of every form can be looked at: calls, pictures, weights and the two answers of a preference."""
    call = {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"nr": 7}'}}
    picture = [{"type": "text", "text": "See?"}, {"type": "image_url", "image_url": {"url": "https://example.org/<b>.png"}}]
    answer = {"role": "assistant", "content": "Here <b>it</b> is."}
    turns = [
        {"role": "user", "content": picture},
        {"role": "assistant", "tool_calls": [call], "weight": 0},
        {"role": "tool", "tool_call_id": "a", "content": "found"},
        answer,
    ]
    tools = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}]
    other = {"role": "assistant", "content": "No."}
    preference = {"input": {"messages": turns[:1]}, "preferred_output": [answer], "non_preferred_output": [other]}
    write("preferences.jsonl", json.dumps(preference) + "\n")
    write("chats.jsonl", json.dumps({"messages": turns, "tools": tools}) + "\n")
    shown = text_of(DatasetPrep("chats.jsonl").conversation_pages.content.html)
    assert "See? [image_url]" in shown
    assert '[calls find({"nr": 7})] [not trained on: weight 0]' in shown
    assert "Here <b>it</b> is." in shown
    shown = text_of(DatasetPrep("preferences.jsonl").conversation_pages.content.html)
    assert shown.index("other answer") > shown.index("Here <b>it</b> is.")
    assert "No." in shown


def test_the_cost_is_that_of_the_rows_trained_on() -> None:
    """Tokens of the training file times the epochs; the sandbox takes nothing; others are dated and warned about."""
    prep = DatasetPrep(table(), validation=5, n_epochs=4)
    prep.prepare()
    examples = [json.loads(line) for line in prep.train_file.read_text().splitlines()]
    tokens = sum(ftwidgets.data.tokens.count_tokens(examples))
    shown = text_of(prep.costs.html)
    assert f"{tokens:,} tokens x 4 epochs = {4 * tokens:,} trained tokens" in shown
    assert "cost 0 USD" in shown
    assert "2026-11-22" in shown
    assert "tokenizer" in shown
    assert "Training in the sandbox costs nothing" in shown
    prep.settings.n_epochs.value = "1"
    assert f"{tokens:,} tokens x 1 epoch =" in text_of(prep.costs.html)
    prep.settings.n_epochs.value = "many"
    assert 'Epochs: "many" does not fit here. Write auto, or a whole number from 1 to 50.' in text_of(prep.costs.html)


@pytest.mark.parametrize("source", ["sentences", "support_faq", "sentiment"])
def test_auto_is_as_many_epochs_as_the_job_takes(source: str, tmp_path: Path) -> None:
    """The estimate beside the data and the one beside the job follow one rule: eight for a few sentences, three for labels."""
    prep = DatasetPrep(table() if source == "sentences" else source)
    prep.prepare()
    client = ftwidgets.connect(home=tmp_path / "home")
    estimated = JobLauncher(client, prep.train_file, model="nano-2026-11").estimate
    assert f"tokens x {estimated.n_epochs} epochs (auto" in text_of(prep.costs.html)
    assert f"{estimated.trained_tokens:,} trained tokens" in text_of(prep.costs.html)


def test_the_histogram_has_a_summary_and_its_numbers() -> None:
    """The picture is labelled, and its table counts every example once."""
    prep = DatasetPrep("sentiment")
    html = prep.costs.html
    assert 'role="img" aria-label="Histogram of tokens per example. 870 examples of' in html
    body = html.split("<tbody>")[1]
    assert sum(int(n) for n in re.findall(r'ftw-number">(\d+)<', body)) == 870
    assert "<style" not in html


def test_without_data_there_is_no_empty_frame_and_no_column() -> None:
    """The tabs are hidden until data is chosen; columns that the code names are offered only with a table."""
    file = write("own.csv", "Question,Answer\n" + "".join(f"{q},{a}\n" for q, a in ROWS))
    prep = DatasetPrep(prompt="Question", completion="Answer")
    for source in (None, file):
        if source is not None:
            prep.source.set(source)
            assert (prep.columns.prompt.value, prep.columns.completion.value) == ("Question", "Answer")
            assert prep.tabs.layout.display == ""
            prep.source.kind.value = UPLOAD  # another file, which is not there yet
        assert "No data yet" in said(prep)
        for menu in (prep.columns.prompt, prep.columns.completion):
            assert (menu.options, menu.value, menu.disabled) == ((("(none)", ""),), "", True)
        assert prep.tabs.layout.display == "none"


def test_an_exact_duplicate_needs_no_work_in_the_form() -> None:
    """The files have it once, and the finding says so; for one that only looks alike a fix is offered."""
    rows = [*ROWS, ROWS[3], (ROWS[4][0].upper(), ROWS[4][1])]
    prep = DatasetPrep(table(rows))
    findings = text_of(prep.findings.html)
    assert "The row is a duplicate of row 3. Nothing to do: the training files have it once." in findings
    assert "left out: it repeats row 4 but for whitespace, case or Unicode form" in findings
    prepared = prep.prepare()
    assert prepared.n_train + prepared.n_validation == 21


def test_a_form_changed_after_writing_says_so() -> None:
    """Files from before the change are not passed off as those of the form."""
    prep = DatasetPrep(table())
    prep.prepare()
    prep.settings.system.value = "Another."
    assert "write them again" in said(prep)
    prep.prepare()
    assert "write them again" not in said(prep)
    assert "Another." in prep.train_file.read_text()


def test_an_upload_is_kept_beside_the_files_and_out_of_the_state() -> None:
    """The bytes land in the folder, so that the code can name them; the widget's state keeps none."""
    prep = DatasetPrep()
    prep.source.kind.value = UPLOAD
    assert "drop a file above" in said(prep)
    content = ("Prompt,Completion\n" + "".join(f"{q},{a}\n" for q, a in ROWS)).encode()
    hand_over(prep, "..\\up/../mine.csv", content)
    assert "rows will be used" in said(prep)
    assert Path("my_data/uploads/mine.csv").read_bytes() == content
    assert content[:40] not in repr(prep.source.upload.get_state()).encode()
    assert "mine.csv, 20 rows, columns Prompt, Completion" in about(prep)
    assert '"my_data/uploads/mine.csv"' in prep.code
    assert prep.prepare().n_train == 16


def test_a_workbook_is_taken() -> None:
    """By its path and as an upload, as a CSV is."""
    content = io.BytesIO()
    table().to_excel(content, index=False)
    Path("mine.xlsx").write_bytes(content.getvalue())
    assert "mine.xlsx, 20 rows, columns Prompt, Completion" in about(DatasetPrep("mine.xlsx"))
    prep = DatasetPrep()
    prep.source.kind.value = UPLOAD
    hand_over(prep, "mine.xlsx", content.getvalue())
    assert "rows will be used" in said(prep)
    assert prep.prepare().n_train == 16


def test_the_source_can_be_changed() -> None:
    """From a frame to a dataset to a path: the fields follow, and only the fields of the kind are shown."""
    prep = DatasetPrep(table())
    assert prep.source.kind.value == FRAME
    prep.source.bundled.value = "sentiment"
    prep.source.kind.value = BUNDLED
    assert "All 870 rows will be used." in said(prep)
    write("b.csv", "Prompt,Completion\n" + "".join(f"{q},{a}\n" for q, a in ROWS))
    prep.source.set("b.csv")
    assert prep.source.kind.value == PATH
    assert "b.csv, 20 rows" in about(prep)


def test_the_plain_form_tells_everything() -> None:
    """Text and HTML without scripts hold the counts, the findings, the split, the cost and what was written."""
    prep = DatasetPrep(table([*ROWS, ("gap", "")]))
    prep.prepare()
    for form in (prep.static_text(), text_of(prep.static_html())):
        for words in ("rows will be used", "is empty", "16 to train on, 4 held out", "0 USD", "my_data/train.jsonl"):
            assert words in form
    assert "<script" not in prep.static_html()


def test_a_page_of_100_000_rows_is_small_and_fast() -> None:
    """Only the page goes to the browser: a turn takes a few milliseconds and a few kilobytes."""
    n = 100_000
    frame = table([(f"Where is parcel {i}, please tell me?", f"Parcel {i} is on its way to you.") for i in range(n)])
    prep = DatasetPrep(frame)
    turns = []
    for number in (2, 3, 33_334, 17, 5_000):
        began = time.perf_counter()
        prep.conversation_pages.number.value = number
        turns.append(time.perf_counter() - began)
    state = {name: prep.conversation_pages.content.get_state(name) for name in ["html"]}
    size = len(json.dumps(state)) + len(json.dumps(prep.conversation_pages.where.get_state("html")))
    told = f"a page turn at {n:,} rows: {1000 * sorted(turns)[2]:.1f} ms in the median, {size:,} bytes"
    assert sorted(turns)[2] < 0.05, told
    assert size < 6000, told
    assert "of which 5,000 were counted" in prep.costs.html


def test_what_cannot_be_checked_leaves_nothing_of_the_last_check() -> None:
    """Another column, split or source that cannot be: no figure and no split of before stays, and a page is made."""
    write("ten.csv", "Prompt,Completion\n" + "".join(f"{q},{a}\n" for q, a in ROWS[:10]))
    prep = DatasetPrep(table(), validation=15)
    prep.columns.prompt.value = "Completion"
    assert "need a column each" in said(prep)
    prep.settings.seed.value = 4
    assert "need a column each" in said(prep)
    assert "question" not in prep.static_html() + prep.costs.html + prep.conversation_pages.content.html
    with pytest.raises(ValueError, match="need a column each"):
        prep.prepare()
    assert "need a column each" in said(prep)
    prep.columns.prompt.value = "Prompt"
    assert "5 to train on, 15 held out" in said(prep)
    prep.source.set("ten.csv")
    assert "there are 10 usable examples" in said(prep)
    assert "held out" not in prep.static_text() + prep.static_html()
    with pytest.raises(ValueError, match="10 usable examples"):
        prep.check()
    assert "there are 10 usable examples" in said(prep)


@pytest.mark.parametrize("validation", [5, float("inf")])
def test_what_is_wrong_with_the_source_comes_first(validation: float) -> None:
    """A number of rows to hold out is no reason to hide that there are no rows; nor is one that is no number."""
    prep = DatasetPrep("nowhere.csv", validation=validation)
    assert 'There is no file "nowhere.csv".' in said(prep)


def test_a_source_that_changed_after_the_check_is_looked_at_again() -> None:
    """What was written is what is shown: its examples, its split and its tokens."""
    text = "Prompt,Completion\n" + "".join(f"{q},{a}\n" for q, a in ROWS)
    prep = DatasetPrep(write("t.csv", text))
    write("t.csv", text.replace("question 0 ", "another 0 ").rsplit("\n", 2)[0] + "\n")
    made = prep.prepare()
    assert made.n_train + made.n_validation == 19
    assert "The data had changed since it was checked" in said(prep)
    assert f"{made.n_train} to train on, {made.n_validation} held out" in prep.static_text()
    assert "another 0" in prep.conversation_pages.content.html
    prep.prepare()
    assert "had changed" not in said(prep)


@pytest.mark.parametrize("name", ["..", "", "a\0\nb.csv", "x" * 300 + ".csv", '"😀" ' * 60 + ".csv"])
def test_an_upload_of_any_name_is_kept(name: str) -> None:
    """Under a name that a file system takes, in the folder of uploads."""
    prep = DatasetPrep()
    prep.source.kind.value = UPLOAD
    hand_over(prep, name, ("Prompt,Completion\n" + "".join(f"{q},{a}\n" for q, a in ROWS)).encode())
    assert "rows will be used" in said(prep)
    kept = list(Path("my_data/uploads").iterdir())
    assert [file.as_posix() for file in kept] == [prep.source.source]
    assert kept[0].name.endswith(".csv")


def test_an_upload_that_cannot_be_kept_is_said() -> None:
    """A folder that cannot be made is no lost traceback."""
    write("taken", "a file")
    prep = DatasetPrep(folder="taken")
    prep.source.kind.value = UPLOAD
    hand_over(prep, "a.csv", b"Prompt,Completion\na,b\n")
    assert '"taken/uploads"' in said(prep)
    assert "Check the path and its permissions" in said(prep)


def test_a_column_is_the_default_if_it_is_the_only_one_of_its_name() -> None:
    """As `check` chooses: whatever the case, but not between two."""
    assert default_column("prompt", ["PROMPT ", "Answer"]) == "PROMPT "
    assert default_column("prompt", ["prompt", "Prompt"]) is None
    assert default_column("completion", ["Prompt"]) is None


@pytest.mark.parametrize("validation", [5000, 1.5, -1])
def test_writing_with_a_share_that_cannot_be_says_so(validation: float) -> None:
    """In the words of the field, and nothing is written."""
    prep = DatasetPrep(table())
    prep.settings.validation.value = validation
    prep.write.click()
    assert "Held out" in text_of(prep.status.html)
    assert not Path("my_data").exists()


def test_one_fix_can_be_named_by_itself() -> None:
    """A single name is one fix, not its letters."""
    prep = DatasetPrep(table([(f"{q}\u200b", a) for q, a in ROWS]), fix="drop-invisible-characters")
    assert prep._options()["fix"] == ["drop-invisible-characters"]
