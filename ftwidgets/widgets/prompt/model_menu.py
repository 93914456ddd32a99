"""A menu of models by their labels; another model can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.live import Live

if TYPE_CHECKING:
    from collections.abc import Mapping

ANOTHER = "\0another"  # no service has a model of that name


class ModelMenu(ipywidgets.VBox):
    """A menu, a button that copies the id of what is chosen, and a field that appears for another model.

    Parameters
    ----------
    description
        The label.
    labels
        What the menu offers: models by id, with their labels.
    empty
        What the choice of no model is called.
    """

    value = traitlets.Unicode("", help="the id of the chosen model; empty for none")

    def __init__(self, description: str, labels: Mapping[str, str], *, empty: str = "Choose a model") -> None:
        options = [(empty, ""), *zip(labels.values(), labels, strict=True), ("Another model ...", ANOTHER)]
        self.menu = ipywidgets.Dropdown(options=options, value="", description=description)
        self.typed = ipywidgets.Text(placeholder="Id of a model or checkpoint", continuous_update=False)
        self.typed.description = f"{description}: id"
        for field in (self.menu, self.typed):
            field.style.description_width = "104px"
            field.layout = ipywidgets.Layout(flex="1 1 0", width="auto", min_width="0")
        self._copy = Live()
        line = ipywidgets.HBox([self.menu, self._copy], layout={"align_items": "center"})
        self._other = ipywidgets.HBox([self.typed])
        super().__init__([line, self._other], layout={"flex": "1 1 280px", "min_width": "0"})
        self.menu.observe(self._choose, names="value")
        self.typed.observe(self._type, names="value")
        self.observe(self._show, names="value")
        self._show()

    def _choose(self, _change: Any) -> None:
        chosen = self.menu.value
        self._other.layout.display = "" if chosen == ANOTHER else "none"
        self.value = self.typed.value.strip() if chosen == ANOTHER else chosen

    def _type(self, _change: Any) -> None:
        if self.menu.value == ANOTHER:
            self.value = self.typed.value.strip()

    def _show(self, _change: Any = None) -> None:
        """Show the value in the menu, or in the field if the menu does not offer it."""
        if self.value != (self.typed.value.strip() if self.menu.value == ANOTHER else self.menu.value):
            offered = self.value in dict(self.menu.options).values()
            if not offered:
                self.typed.value = self.value
            self.menu.value = self.value if offered else ANOTHER
        self._other.layout.display = "" if self.menu.value == ANOTHER else "none"
        self._copy.html = markup.identifier(self.value) if self.value else ""
