"""Tables with texts in a notebook: texts whole and from the left, numbers as pandas shows them.

Left out: tables printed as plain text, and those of which pandas leaves out columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def show_texts() -> None:
    """Show the texts in this notebook's tables whole and from the left; pandas cuts them, and puts them on the right."""
    import pandas as pd
    from IPython.core.getipython import get_ipython

    pd.options.display.max_colwidth = None
    shell = get_ipython()
    if shell is not None and shell.display_formatter is not None:
        shell.display_formatter.formatters["text/html"].for_type(pd.DataFrame, texts_from_the_left)


def texts_from_the_left(table: pd.DataFrame) -> str | None:
    """Return pandas' own HTML of a table, with the columns of texts, and their headers, from the left."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    html = table._repr_html_()  # type: ignore[operator]
    if html is None:
        return None
    levels = [table.index.get_level_values(level) for level in range(table.index.nlevels)]
    kinds = [*(level.dtype for level in levels), *table.dtypes]
    # Counted from the right: pandas leaves out a cell on the left where an index repeats itself.
    places = [len(kinds) - i for i, kind in enumerate(kinds) if not (is_numeric_dtype(kind) or is_bool_dtype(kind))]
    if not places:
        return str(html)
    name = "-".join(map(str, ["texts", *places]))
    cells = ", ".join(f".{name} tr > :nth-last-child({place})" for place in places)
    return f'<style>{cells} {{ text-align: left; }}</style><div class="{name}">{html}</div>'
