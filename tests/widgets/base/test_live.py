from ftwidgets.widgets.base.live import Live


def test_a_press_reaches_everyone_who_asked() -> None:
    """A message from the browser and a call do the same; other messages do nothing."""
    live, seen = Live('<button data-press="a">a</button>'), []
    live.on_press(seen.append)
    live.on_press(lambda value: seen.append(value.upper()))
    live._handle_custom_msg({"type": "press", "value": "a"}, [])
    live.press("b")
    live._handle_custom_msg({"type": "press", "value": 3}, [])
    live._handle_custom_msg({"type": "elsewhere"}, [])
    live._handle_custom_msg("press", [])
    assert seen == ["a", "A", "b", "B"]


def test_only_what_is_drawn_travels() -> None:
    """The state holds what is drawn and which fields a press brings, and nothing else of ours; the repr is short."""
    live = Live("x" * 100, role="status")
    state = {key: value for key, value in live.get_state().items() if not key.startswith("_")}
    assert {key: state[key] for key in ("html", "role")} == {"html": "x" * 100, "role": "status"}
    assert set(state) <= {"html", "inputs", "role", "layout", "tabbable", "tooltip"}
    assert len(repr(live)) < 60
