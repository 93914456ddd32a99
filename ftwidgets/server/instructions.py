"""What a person needs to know to use a server: the lines to copy.

Left out: printing them (`ftwidgets.cli.serve`) and showing them (`page`).
"""

from __future__ import annotations


def connection_lines(base_url: str, key: str) -> str:
    """Give the lines that connect a program to a server, to be copied as they are."""
    return (
        f"Base URL: {base_url}\n"
        f"Key:      {key}\n"
        "\n"
        "In Python:\n"
        f'  client = ftwidgets.connect(base_url="{base_url}", api_key="{key}")\n'
        "or, for any program that uses the openai package, in the terminal:\n"
        f"  export OPENAI_BASE_URL={base_url}\n"
        f"  export OPENAI_API_KEY={key}"
    )
