from ftwidgets.widgets.prep.column_fields import default_column


def test_a_column_is_the_default_if_it_is_the_only_one_of_its_name() -> None:
    """As `check` chooses: whatever the case, but not between two."""
    assert default_column("prompt", ["PROMPT ", "Answer"]) == "PROMPT "
    assert default_column("prompt", ["prompt", "Prompt"]) is None
    assert default_column("completion", ["Prompt"]) is None
