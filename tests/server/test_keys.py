"""Keys and their users: what a file may say, what is stored, what stays after a restart."""

import random
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.ids import Ids
from ftwidgets.server.keys import KeyLine, make_join_code, make_key, read_keys_file, shorten_key
from ftwidgets.server.users import KeyAuthenticator, UserRegistry

ADA, BOB = "sk-of-ada-0123456789", "sk-of-bob-0123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Ada,{ADA}\n", [KeyLine("Ada", ADA)]),
        (f"# the class\n\n Ada , {ADA} \nBob,{BOB},admin\n", [KeyLine("Ada", ADA), KeyLine("Bob", BOB, admin=True)]),
        (f'"Lovelace, Ada",{ADA}\n', [KeyLine("Lovelace, Ada", ADA)]),
        (f"\ufeffAda,{ADA}\r\n", [KeyLine("Ada", ADA)]),
    ],
)
def test_a_keys_file_is_read(tmp_path: Path, text: str, expected: list[KeyLine]) -> None:
    """A name and a key a line; comments, spaces, quotes and a byte-order mark do no harm."""
    path = tmp_path / "keys.csv"
    path.write_text(text, encoding="utf-8")
    assert read_keys_file(path) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no key"),
        ("Ada\n", "line 1: expected name,key"),
        (f"Ada,{ADA}\nBob,short\n", "line 2: the key of 'Bob' has 5 characters"),
        (f"Ada,{ADA},teacher\n", "line 1: the third cell is for a teacher, and may only be admin"),
        (f"Ada,3b,{ADA}\n", "line 1: the third cell"),
        (f"Ada,{ADA},admin,3b\n", "there are 4 cells"),
        (f",{ADA}\n", "line 1: The name is empty"),
        (f"Ada,{ADA}\nada,{BOB}\n", "a name appears twice"),
        (f"Ada,{ADA}\nBob,{ADA}\n", "a key appears twice"),
        (f"{'A' * 41},{ADA}\n", "41 characters"),
    ],
)
def test_a_wrong_keys_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message says which line is wrong and how, and never quotes a key."""
    path = tmp_path / "keys.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FtwidgetsError) as refused:
        read_keys_file(path)
    assert message in str(refused.value)
    assert ADA not in str(refused.value)


def test_a_missing_keys_file_is_named() -> None:
    """A file that is not there is a sentence, not a traceback."""
    with pytest.raises(FtwidgetsError, match=r"nowhere\.csv"):
        read_keys_file(Path("nowhere.csv"))


def test_keys_are_masked_as_the_service_does() -> None:
    """The first five and the last four characters stay; of a short one not even these."""
    assert shorten_key("sk-sandbox-abcdefghijkl9xyz") == "sk-sa****9xyz"
    assert shorten_key("short") == "sh****"


def test_keys_and_codes_are_random_and_readable() -> None:
    """40 random letters and digits; eight in a code, none of which is taken for another."""
    ids = Ids(random.Random(1))
    assert make_key(ids) != make_key(ids)
    assert len(make_key(ids)) == len("sk-sandbox-") + 40
    codes = {make_join_code(ids) for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("0O1IL")
    assert {len(code) for code in codes} == {9}


def authenticate(users: UserRegistry, key: str | None) -> Caller:
    """Look a key up as the server does."""
    return KeyAuthenticator(users).authenticate(Headers({} if key is None else {"authorization": f"Bearer {key}"}))


def test_the_gate_knows_keys(tmp_path: Path) -> None:
    """A user comes in as themselves; a wrong key and none get the service's 401."""
    users = UserRegistry(tmp_path)
    key = users.join("Ada")
    caller = authenticate(users, key)
    assert caller == Caller(caller.owner, admin=False)
    assert users.name_of(caller.owner) == "Ada"
    for wrong, code, part in (("sk-sandbox-nobody-has-this-9xyz", "invalid_api_key", "sk-sa****9xyz"), (None, None, "Bearer")):
        with pytest.raises(ApiError) as refused:
            authenticate(users, wrong)
        assert (refused.value.status, refused.value.code) == (401, code)
        assert part in refused.value.message
    assert "nobody-has" not in refused.value.message
    users.close()


def test_keys_outlive_a_restart_as_digests(tmp_path: Path) -> None:
    """After a restart the same key opens the same things; the key itself is nowhere in the folder."""
    users = UserRegistry(tmp_path)
    key = users.join("Ada")
    owner = authenticate(users, key).owner
    users.add_tokens(owner, 7)
    users.set_paused(True)
    users.close()
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    again = UserRegistry(tmp_path)
    assert authenticate(again, key).owner == owner
    assert again.tokens_written(owner) == 7
    assert again.paused
    again.close()


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    """However it is written; and a class has only so much room."""
    users = UserRegistry(tmp_path, max_students=2)
    users.join("Ada  Lovelace")
    with pytest.raises(FtwidgetsError, match="is taken"):
        users.join("ada lovelace ")
    users.join("Bob")
    with pytest.raises(FtwidgetsError, match="full"):
        users.join("Carol")
    users.close()


def test_the_keys_file_is_the_truth(tmp_path: Path) -> None:
    """Who is no longer in it has no key; who has a new key keeps their things; who comes back finds them."""
    users = UserRegistry(tmp_path)
    users.load_keys_file([KeyLine("Ada", ADA), KeyLine("Bob", BOB, admin=True)])
    ada, bob = authenticate(users, ADA), authenticate(users, BOB)
    assert (ada.admin, bob.admin) == (False, True)
    users.load_keys_file([KeyLine("Ada", ADA + "-new")])
    assert authenticate(users, ADA + "-new") == ada
    for gone in (ADA, BOB):
        with pytest.raises(ApiError):
            authenticate(users, gone)
    users.load_keys_file([KeyLine("Bob", BOB)])
    assert authenticate(users, BOB).owner == bob.owner
    assert not authenticate(users, BOB).admin
    users.close()


def test_a_forgotten_key_is_worth_nothing(tmp_path: Path) -> None:
    """Their name may be used again, by somebody who finds nothing."""
    users = UserRegistry(tmp_path)
    key = users.join("Ada")
    owner = authenticate(users, key).owner
    assert users.remove(owner)
    assert not users.remove(owner)
    with pytest.raises(ApiError):
        authenticate(users, key)
    assert authenticate(users, users.join("Ada")).owner != owner
    users.close()
