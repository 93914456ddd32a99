"""The menu of models: labels for people, ids for the service."""

from ftwidgets.widgets.prompt.model_menu import ANOTHER, ModelMenu

TUNED = "ft:nano-2026-11:me:shop:Ab3x9Qer"


def test_models_are_offered_by_labels() -> None:
    """What is chosen is the id, which can be copied."""
    menu = ModelMenu("Left model", {"nano-2026-11": "base: nano-2026-11", TUNED: "shop 14:05 (nano-2026-11)"})
    labels = [label for label, _model in menu.menu.options]
    assert labels == ["Choose a model", "base: nano-2026-11", "shop 14:05 (nano-2026-11)", "Another model ..."]
    menu.value = TUNED
    assert menu.menu.value == TUNED
    assert f'data-copy-text="{TUNED}"' in menu.children[0].children[1].html


def test_another_model_can_be_typed() -> None:
    """Its field appears with that choice; a model that is not offered is put there; blanks around it do not count."""
    menu = ModelMenu("Left model", {"a": "a"})
    field = menu.children[1]
    menu.value = "a"
    assert field.layout.display == "none"
    menu.menu.value = ANOTHER
    assert (field.layout.display, menu.value) == ("", "")
    menu.typed.value = " b "
    assert menu.value == "b"
    menu.menu.value = "a"
    assert (field.layout.display, menu.value) == ("none", "a")
    menu.value = "c"
    assert (menu.menu.value, menu.typed.value, menu.value) == (ANOTHER, "c", "c")
    menu.value = ""
    assert (menu.menu.value, menu.value) == ("", "")
