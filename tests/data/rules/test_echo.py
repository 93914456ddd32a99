import pytest

from ftwidgets.data.rows import Row, RowBatch, TrainingRow
from ftwidgets.data.rules import TextRules

PROMPT = "How do I return a plant that has died?"


@pytest.mark.parametrize(
    ("prompt", "completion", "how"),
    [
        (PROMPT, PROMPT, "is the prompt"),
        (PROMPT, f"{PROMPT} Send us a photograph.", "begins with"),
        (PROMPT, "how do i return a  plant that has died\nSend us a photograph.", "begins with"),
        (PROMPT, f"You asked: “{PROMPT}” Send us a photograph.", "in it"),
        (PROMPT.upper(), f"{PROMPT} Send us a photograph.", "begins with"),
        (PROMPT, f"{PROMPT} Send us a photograph.".upper(), "begins with"),
        ("Wie schicke ich eine Größe zurück?", "Wie schicke ich eine Größe zurück? Mit dem Etikett.", "begins with"),
    ],
)
def test_an_answer_that_repeats_the_whole_prompt_is_found(run, prompt, completion, how):
    """Whole, at the beginning or inside, case and blanks aside."""
    ((place, fault),) = run(TextRules(), [("Hello there, who are you then?", "A bot."), (prompt, completion)])
    assert (place, fault.id, fault.level, fault.field) == (1, "answer-repeats-prompt", "warning", "completion")
    assert how in fault.message


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        ("What is DNA?", "What is DNA? A molecule."),  # too short to tell from a good beginning
        (PROMPT, "To return a plant that has died, send us a photograph."),
        (PROMPT, "How do I know? Return a plant that has died with the form."),
        ("Rewrite: the cat sat on the mat today", "The cat sat on the mat today."),
        ("the cat sat on the mat", "the cat sat on the matter of the day"),
        (PROMPT, "No."),
        ("", ""),
    ],
)
def test_an_answer_that_takes_up_a_part_of_the_prompt_passes(run, prompt, completion):
    """Short prompts, parts and words that only begin alike give no finding."""
    assert run(TextRules(), [(prompt, completion)]) == []


def test_of_a_conversation_the_last_question_counts():
    """What the answer repeats is looked for in the last turn of the user."""
    given = {"messages": []}
    prompt = f"user: Hello!\nassistant: Hello, what can I do?\nuser: {PROMPT}"
    item = TrainingRow(Row(1, 1, 1, None), prompt, f"{PROMPT} Send a photograph.", source_example=given)
    assert [fault.id for _, fault in TextRules().update(RowBatch(0, [item]))] == ["answer-repeats-prompt"]
