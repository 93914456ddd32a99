"""The import contracts in pyproject.toml: kept by the code, and each of them fails as soon as one wrong import is there."""

import copy
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.application.use_cases import read_user_options
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract

CONFIG = Path(__file__).parents[1] / "pyproject.toml"
TYPES = {"forbidden": ForbiddenContract, "layers": LayersContract}

configure()
CONTRACTS = read_user_options(str(CONFIG)).contracts_options


def wrong_imports(contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name one import for every pair of packages that a contract keeps apart."""
    if contract["type"] == "forbidden":
        yield from itertools.product(contract["source_modules"], contract["forbidden_modules"])
        return
    package = contract["containers"][0]
    floors = [[f"{package}.{name.strip()}" for name in re.split("[|:]", floor)] for floor in contract["layers"]]
    for side_by_side in floors:
        yield from itertools.permutations(side_by_side, 2)
    for upper, lower in itertools.combinations(floors, 2):
        yield from itertools.product(lower, upper)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ftwidgets", include_external_packages=True, cache_dir=None)


def kept(contract: dict[str, Any], graph: grimp.ImportGraph) -> bool:
    session = {"root_packages": ["ftwidgets"], "include_external_packages": "True"}
    options = {key: value for key, value in contract.items() if key not in ("name", "type")}
    return TYPES[contract["type"]](contract["name"], session, options).check(graph, verbose=False).kept


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_a_contract_is_kept_and_fails_on_each_planted_import(contract: dict[str, Any], graph: grimp.ImportGraph) -> None:
    """As the code stands it is kept; with any one import between packages that it keeps apart, it is broken."""
    assert kept(contract, copy.deepcopy(graph))
    missed = []
    for importer, imported in wrong_imports(contract):
        planted = copy.deepcopy(graph)
        if imported not in planted.modules:
            planted.add_module(imported, is_squashed=True)
        planted.add_import(importer=importer, imported=imported)
        if kept(contract, planted):
            missed.append((importer, imported))
    assert missed == []
