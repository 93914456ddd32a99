"""The built JupyterLab extension that the repository carries, so that nobody needs node."""

import gzip
import hashlib
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "labextension"
BUNDLE = ROOT / "ftwidgets" / "labextension"
PACKAGE = json.loads((BUNDLE / "package.json").read_text(encoding="utf-8"))
LARGEST = 300_000  # bytes, compressed


def test_is_built_from_these_sources() -> None:
    """The fingerprint in the bundle is that of the sources; otherwise run `just labextension` and commit what it wrote."""
    names = ["package.json", "package-lock.json", "tsconfig.json", "install.json", "design.mjs", "rspack.config.cjs"]
    files = [SOURCES / name for name in names]
    files += [path for folder in ("src", "style", "schema") for path in (SOURCES / folder).iterdir()]
    files += [ROOT / "ftwidgets" / "design" / f"{name}.css" for name in ("tokens", "dark", "parts")]
    files = [path for path in files if path.name != "design.css"]  # which is made from these three
    found = hashlib.sha256()
    for name in sorted(path.relative_to(ROOT).as_posix() for path in files):
        found.update(f"{name}\n".encode() + (ROOT / name).read_bytes())
    assert (BUNDLE / "sources.sha256").read_text().strip() == found.hexdigest(), "run `just labextension`"


def test_is_whole() -> None:
    """What JupyterLab loads first is there, with the settings, and no source maps."""
    assert (BUNDLE / PACKAGE["jupyterlab"]["_build"]["load"]).is_file()
    assert (BUNDLE / "schemas" / PACKAGE["name"] / "plugin.json").is_file()
    assert list(BUNDLE.rglob("*.map")) == []


def test_has_the_version_of_the_package() -> None:
    """The extension and the Python package are one product with one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert PACKAGE["version"] == project["version"]
    assert json.loads((BUNDLE / "install.json").read_text(encoding="utf-8"))["packageName"] == project["name"]


def test_is_small_and_fetches_nothing() -> None:
    """It stays below its limit, and names no address on the internet but that of SVG."""
    files = [path for path in BUNDLE.rglob("*") if path.suffix == ".js"]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < LARGEST
    addresses = {address for path in files for address in re.findall(r"https?://[\w./-]+", path.read_text(encoding="utf-8"))}
    assert addresses <= {"http://www.w3.org/2000/svg"}
