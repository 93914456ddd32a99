from ftwidgets.data.findings import Finding
from ftwidgets.data.rules import SystemPrompts
from tests.data.rules.rows import told, usable


def systems(*texts: str | None, constant: str | None = None, column: str | None = "System") -> list[tuple[int | None, Finding]]:
    rows = usable((f"q{i}", "a", text) if text is not None else (f"q{i}", "a") for i, text in enumerate(texts))
    if constant is not None:
        rows = [row if row.own_system else row._replace(system=constant) for row in rows]
    return told(SystemPrompts(column), rows, size=7)


def test_one_system_prompt_or_none_is_fine() -> None:
    """Nothing to say; nor of a constant for all."""
    assert systems(*["Be brief."] * 20) == []
    assert systems(*[None] * 20) == []
    assert systems(*[None] * 20, constant="Be brief.", column=None) == []


def test_gaps() -> None:
    """Missing, or filled with the constant: how many, and the first."""
    ((place, fault),) = systems("Be kind.", None, None)
    assert (place, fault.id, fault.level) == (None, "system-missing", "warning")
    assert fault.message == '"System" is empty in 2 of 3 rows, first on line 3; these get none.'
    ((_, fault),) = systems("Be kind.", None, None, constant="Be kind.")
    assert (fault.id, fault.level) == ("system-filled", "note")
    assert "2 of 3 rows, first on line 3" in fault.message
    ((_, fault),) = systems(None, "Be kind.", column=None)
    assert fault.message.startswith("The system prompt is empty in 1 of 2 rows, first on line 2;")


def test_where_most_rows_have_none_the_others_are_named() -> None:
    """One of 22, and two of them."""
    ((_, fault),) = systems(*[None] * 12, "Be kind.", *[None] * 9)
    assert (fault.id, fault.level, fault.field) == ("system-missing", "warning", "System")
    assert fault.message == "Only 1 of 22 rows has a system prompt, on line 14."
    ((_, fault),) = systems(*[None] * 12, *["Be kind."] * 2, *[None] * 8)
    assert fault.message == "Only 2 of 22 rows have a system prompt, first on line 14."


def test_a_variant_is_told_on_its_first_row() -> None:
    """Nearly the same text in any number; another text beside one that dominates."""
    one, other = "You are a helpful assistant.", "You are a helpfull assistant"
    ((place, fault),) = systems(*[one] * 6, *[other] * 4)
    assert (place, fault.id, fault.level) == (6, "mixed-system-prompts", "warning")
    assert "(4 rows) is nearly that of 6 rows, first on line 2" in fault.message
    ((place, fault),) = systems(*[one] * 9, "Answer like a pirate.")
    assert place == 9
    assert fault.message == f'The system prompt is "Answer like a pirate." in 1 row; 9 of 10 have "{one}".'


def test_several_that_share_the_rows_are_tasks_of_their_own() -> None:
    """Two personas are meant; many are remarked once, and more than two hundred are not even counted."""
    assert systems(*["Say yes."] * 5, *["Say no."] * 5) == []
    for n in (11, 300):
        ((place, fault),) = systems(*[f"You speak for customer {i}." for i in range(n)])
        assert (place, fault.level) == (None, "note")
        assert f"{min(n, 200)} different system prompts" in fault.message


def test_many_variants_are_summed_up() -> None:
    """Five are told one by one."""
    found = systems(
        *["Be brief and kind."] * 92,
        *[f"Speak like a {who}." for who in ["pirate", "king", "queen", "poet", "cook", "monk", "fox"]],
    )
    assert [place for place, _ in found] == [92, 93, 94, 95, 96, None]
    assert found[-1][1].message == "2 more system prompts differ from the usual one, the next on line 99."
