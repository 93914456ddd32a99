from typing import Any

import pytest

from ftwidgets.widgets.shop import ShopForm
from ftwidgets.widgets.shop.shop_form import GREETING, LONGEST, SIGN_OFF


def test_the_form_holds_a_shop_of_its_own_until_somebody_types() -> None:
    """Run All uses the defaults; what is typed replaces them, without the blanks around it."""
    form = ShopForm()
    assert (form.greeting, form.sign_off) == (GREETING, SIGN_OFF)
    form.greeting, form.sign_off = "  Grüezi   mitenand, ", ""
    assert (form.greeting, form.sign_off) == ("Grüezi mitenand,", "")
    assert form.static_text() == "Grüezi mitenand, Your parcel left this morning."


def test_the_code_makes_the_same_two_names() -> None:
    """The plain twin of the form runs as it is, with quotes in the words too."""
    form, names = ShopForm('Say "hi"!', "Zoë & Max 👋"), {}
    exec(form.code, names)
    assert (names["greeting"], names["sign_off"]) == ('Say "hi"!', "Zoë & Max 👋")


def test_nothing_to_learn_and_too_much_to_learn_are_said() -> None:
    """Both fields empty, or one of them very long: a sentence says what to do; the next good words take it away."""
    form = ShopForm()
    form.greeting = form.sign_off = ""
    assert "nothing to learn" in form.status.html
    form.greeting = "la" * LONGEST
    assert "cut off" in form.status.html
    form.greeting = "Yo"
    assert "like this: <b>Yo</b> <span>" in form.status.html


def test_words_of_a_shop_are_text_and_not_html() -> None:
    """A greeting such as <b> is shown as it was typed."""
    form = ShopForm("<script>", "<i>")
    assert "<script>" not in form.static_html()
    assert "<script>" not in form.status.html


@pytest.mark.parametrize("text", [None, 3, b"Ahoy"])
def test_what_is_no_text_is_named(text: Any) -> None:
    """When the form is made and when it is filled in by code."""
    with pytest.raises(ValueError, match='"greeting" must be a text in quotes'):
        ShopForm(text)
    form = ShopForm()
    with pytest.raises(ValueError, match='"sign_off" must be a text in quotes'):
        form.sign_off = text
    assert form.sign_off == "Fair winds, Captain Ida"
