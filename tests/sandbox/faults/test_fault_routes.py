from typing import Any

import pytest

from ftwidgets.sandbox.faults import Faults

from .conftest import FaultyApi


def test_faults_are_set_shown_and_cleared(api: FaultyApi, faults: Faults) -> None:
    """Over HTTP as in Python, in the same JSON."""
    rules: dict[str, Any] = {"seed": 3, "rules": [{"rule": "fail", "status": 503, "times": 1}]}
    with api.raw("admin") as http:
        shown = http.put("/admin/faults", json=rules)
        assert (shown.status_code, shown.json()) == (200, faults.to_json())
        assert http.get("/admin/faults").json() == shown.json()
        assert [api.ask().status_code for _ in range(2)] == [503, 200]
        assert http.delete("/admin/faults").json() == {"seed": 3, "rules": []}
    assert faults.rules == ()


def test_journal_and_verdict_can_be_read(api: FaultyApi, faults: Faults) -> None:
    """Of everybody or of one, the last first where there are too many; and how they behaved."""
    faults.script(["429 retry-after=2", "ok"])
    for key in ("one", "one", "two"):
        api.ask(key)
    with api.raw("admin") as http:
        assert [row["owner"] for row in http.get("/admin/journal").json()["data"]] == ["one", "one", "two"]
        assert http.get("/admin/journal?owner=two").json()["data"] == faults.journal.rows()[2:]
        page = http.get("/admin/journal?limit=1").json()
        assert (page["data"][0]["number"], page["has_more"]) == (3, True)
        verdict = http.get("/admin/verdict?owner=one&max_calls=1").json()
        assert verdict["ok"] is False
        assert verdict["text"] == faults.verdict(owner="one", max_calls=1).text()
        assert http.get("/admin/verdict").json()["calls"] == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "faults"), ("PUT", "faults"), ("DELETE", "faults"), ("GET", "journal"), ("GET", "verdict")],
)
def test_only_the_administrator_may(method: str, path: str, api: FaultyApi, faults: Faults) -> None:
    """Anybody else gets a 403, and nothing changes."""
    faults.fail(500)
    with api.raw("student") as http:
        refused = http.request(method, f"/admin/{path}", json={"rules": []})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert len(faults.rules) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"rules": [{"rule": "fail", "status": 99}]}', 'fail: "status" is one of an error, 400 to 599: 99'),
        (b'{"rules": 1}', 'Faults are an object with "rules"'),
        (b"{", "The body is no JSON"),
        (b"\xff", "The body is no JSON"),
    ],
)
def test_nonsense_is_refused(body: bytes, message: str, api: FaultyApi, faults: Faults) -> None:
    """A 400 in the envelope that says what is wrong."""
    with api.raw("admin") as http:
        refused = http.put("/admin/faults", content=body)
        assert refused.status_code == 400
        assert message in refused.json()["error"]["message"]
        assert http.get("/admin/journal?more=1").status_code == 400
        assert http.get("/admin/verdict?max_calls=0").status_code == 400
