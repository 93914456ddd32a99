"""A small field for a guess before the answer is shown."""

from ftwidgets.widgets.guess.guess_field import GuessField as GuessField
