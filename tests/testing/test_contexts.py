import os
from pathlib import Path

import pytest

import ftwidgets.testing
from ftwidgets.sandbox import Sandbox


def test_a_sandbox_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its folder is temporary, unless one was named."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ftwidgets.testing.sandbox() as box:
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
    assert box.state_folder_missing
    with ftwidgets.testing.sandbox(home=tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()


def upload(box: Sandbox) -> str:
    """Upload a file and give its name."""
    with ftwidgets.testing.client(box) as client:
        return client.files.create(file=("a.txt", b"a"), purpose="user_data").id


def test_a_seed_makes_names_the_same() -> None:
    """With it a test can name what it expects; without it names differ."""
    names = []
    for seed in (1, 1, 2, None, None):
        with ftwidgets.testing.sandbox(seed=seed) as box:
            names.append(upload(box))
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_a_client_takes_nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever OPENAI_ variables say: no real key comes near a test, and options are passed on."""
    for name in ("API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "https://real.invalid/secret")
    with ftwidgets.testing.sandbox() as box, ftwidgets.testing.client(box, max_retries=7) as client:
        assert client.models.list().data
        assert (client.max_retries, client.organization, client.project) == (7, None, None)
        assert "secret" not in str(client.__dict__.get("api_key"))
        assert client.admin_api_key == "sandbox"
    with ftwidgets.testing.sandbox() as box, ftwidgets.testing.client(box, organization="org-1") as client:
        assert client.organization == "org-1"
    assert os.environ["OPENAI_API_KEY"]
