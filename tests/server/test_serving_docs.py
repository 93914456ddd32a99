"""docs/serving.md agrees with the code: every option, every limit with its number, every route, every code."""

import argparse
import re
from pathlib import Path

import pytest

from ftwidgets.cli import serve
from ftwidgets.server import class_routes, connections, page_routes, quotas, request_body
from ftwidgets.server.quotas import MEBI, Limits

TEXT = (Path(__file__).parents[2] / "docs/serving.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())


def test_every_option_is_documented() -> None:
    """Each option of `ftwidgets serve` is in the text, and each option in the text is one of it."""
    parser = argparse.ArgumentParser()
    serve.add(parser.add_subparsers())
    actions = next(iter(parser._actions[1].choices.values()))._actions  # type: ignore[union-attr]
    known = {option for action in actions for option in action.option_strings if option.startswith("--")} - {"--help"}
    assert known - set(re.findall(r"--[a-z][a-z-]+", TEXT)) == set()
    assert set(re.findall(r"`(--[a-z][a-z-]+)", TEXT)) - known == set()


@pytest.mark.parametrize(
    "row",
    [
        f"| the body of one upload or part | {Limits.body // MEBI} MiB | `--max-body` (MiB) |",
        f"| any other body | {Limits.text // MEBI} MiB |",
        f"| files | {Limits.files} | `--max-files` |",
        f"| bytes of all files and of the parts of open uploads | {(Limits.stored or 0) // MEBI} MiB | `--max-stored` (MiB) |",
        f"| unfinished jobs | {Limits.jobs} | `--max-jobs` |",
        f"| jobs whose tuned models are kept | {Limits.models} | `--max-models` |",
        f"| tokens, trained and written | {(Limits.tokens or 0) // 10**6} million | `--max-tokens` |",
        f"| tokens that one job trains, in all its epochs | {(Limits.job_tokens or 0) // 10**6} million | `--max-job-tokens` |",
        f"| requests being answered at the same time | {Limits.at_once} | `--max-at-once` |",
        f"{connections.HEAD_SECONDS:.0f} seconds for the head of a request",
        f"{request_body.SECONDS:.0f} seconds and 1 more for each {request_body.MIN_RATE} bytes for a body",
        f"{connections.KEEP_ALIVE} seconds between two requests",
        f"answers end (for {connections.STOP_SECONDS} seconds at most)",
        f"After {page_routes.MAX_GUESSES} wrong codes in a minute an address has to wait",
        f"(all together: {page_routes.MAX_ALL_GUESSES})",
        f"a cookie of {page_routes.LIFETIME // 3600} hours",
    ],
)
def test_the_numbers_are_those_of_the_code(row: str) -> None:
    """A limit that is changed is changed in the text."""
    assert row in WORDS


def test_codes_and_routes_are_those_of_the_code() -> None:
    """Each code in the table is sent somewhere, and each administration's route in the text exists."""
    sources = "".join(Path(module.__file__ or "").read_text() for module in (quotas, request_body, class_routes))
    for code in set(re.findall(r"\| 4\d\d `(\w+)`", TEXT)):
        assert f'"{code}"' in sources
    for path in set(re.findall(r"\$URL(/admin/\S+)", TEXT)):
        assert f'"{path.replace("own_...", "{owner}")}"' in sources
