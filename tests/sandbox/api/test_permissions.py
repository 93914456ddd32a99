"""Who may use a tuned model besides its owner: two people on one sandbox, through the openai client."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftwidgets.sandbox import Sandbox

ASK: Any = {"messages": [{"role": "user", "content": "What is 3 and one?"}], "max_tokens": 3}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Iterator[tuple[Callable[[str], openai.OpenAI], list[str]]]:
    """Give a function that makes a client for somebody, and the names of Ann's final model and its checkpoint."""
    with Sandbox(tmp_path_factory.mktemp("people"), authenticator=world.key_authenticator()) as sandbox:
        made = world.client(sandbox)
        ann = made.with_options(api_key="ann")
        file = world.upload(ann, world.rows())
        method = {"n_epochs": 2, "batch_size": 10}
        job = ann.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=method)
        assert world.wait_for_end(ann, job.id).status == "succeeded"
        points = ann.fine_tuning.jobs.checkpoints.list(job.id)
        yield lambda name: made.with_options(api_key=name), [one.fine_tuned_model_checkpoint for one in points]


def permissions(client: openai.OpenAI) -> Any:
    return client.fine_tuning.checkpoints.permissions


def test_a_permission_lets_somebody_use_one_checkpoint(people: Any) -> None:
    """Nobody else, no other checkpoint, not for longer than it lasts; they may use it and not delete it."""
    client, (final, earlier) = people
    ann, bob, eve = client("ann"), client("bob"), client("eve")

    def may(who: openai.OpenAI, name: str) -> bool:
        if name in [model.id for model in who.models.list()]:
            who.chat.completions.create(model=name, **ASK)
            return who.models.retrieve(name).id == name
        for call in (lambda: who.chat.completions.create(model=name, **ASK), lambda: who.models.retrieve(name)):
            with pytest.raises(openai.NotFoundError) as caught:
                call()
            assert caught.value.code == "model_not_found"
        return False

    assert (may(ann, final), may(bob, final)) == (True, False)
    (given,) = permissions(ann).create(final, project_ids=["bob"]).data
    assert (given.project_id, given.object) == ("bob", "checkpoint.permission")
    assert [may(bob, final), may(bob, earlier), may(eve, final)] == [True, False, False]
    with pytest.raises(openai.NotFoundError):
        bob.models.delete(final)
    with pytest.raises(openai.NotFoundError):
        permissions(bob).create(final, project_ids=["eve"])
    answer = permissions(ann).delete(given.id, fine_tuned_model_checkpoint=final)
    assert (answer.id, answer.deleted, answer.object) == (given.id, True, "checkpoint.permission")
    assert (may(bob, final), may(ann, final)) == (False, True)


def test_a_permission_goes_with_its_model(tmp_path: Any, world: Any) -> None:
    """Deleting the model takes its permissions along."""
    with Sandbox(tmp_path, authenticator=world.key_authenticator()) as sandbox, world.client(sandbox) as made:
        ann, bob = made.with_options(api_key="ann"), made.with_options(api_key="bob")
        file = world.upload(ann, world.rows())
        settings = {"n_epochs": 1, "batch_size": 10}
        job = ann.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        name = world.wait_for_end(ann, job.id).fine_tuned_model
        permissions(ann).create(name, project_ids=["bob"])
        assert bob.models.retrieve(name).id == name
        ann.models.delete(name)
        assert [model.id for model in bob.models.list()] == [model.id for model in ann.models.list()]
        for call in (lambda: bob.models.retrieve(name), lambda: permissions(ann).list(name)):
            with pytest.raises(openai.NotFoundError):
                call()


def test_permissions_come_in_pages(people: Any) -> None:
    """Newest first unless told otherwise, ten at a time; of one project if told; the old way to list them too."""
    client, (_, earlier) = people
    ann = permissions(client("ann"))
    names = [f"proj_{number}" for number in range(12)]
    made = ann.create(earlier, project_ids=names)
    assert [one.project_id for one in made.data] == names
    assert [one.project_id for one in ann.list(earlier)] == names[::-1]
    assert [one.project_id for one in ann.list(earlier, order="ascending", limit=5)] == names
    assert len(ann.list(earlier).data) == 10
    assert [one.id for one in ann.list(earlier, project_id="proj_3")] == [made.data[3].id]
    assert ann.list(earlier, project_id="proj_99").data == []
    with pytest.warns(DeprecationWarning, match="paginated list method"):
        page = ann.retrieve(earlier, limit=2, after=made.data[5].id)
    assert [one.project_id for one in page.data] == ["proj_4", "proj_3"]
    assert (page.has_more, page.first_id, page.last_id) == (True, page.data[0].id, page.data[1].id)


def test_a_project_has_one_permission(people: Any) -> None:
    """Given again, or twice at once, it is the one that was there."""
    client, (final, _) = people
    ann = permissions(client("ann"))
    first = ann.create(final, project_ids=["ben", "ben"]).data
    again = ann.create(final, project_ids=["ben", "zoe"]).data
    assert [one.project_id for one in first] == ["ben"]
    assert [one.project_id for one in again] == ["ben", "zoe"]
    assert again[0] == first[0]
    for one in again:
        ann.delete(one.id, fine_tuned_model_checkpoint=final)
    assert ann.list(final).data == []


@pytest.mark.parametrize("name", ["nano-2026-11", "ft:nano-2026-11:personal::nothing1", "a/b", "../x"])
def test_only_a_tuned_model_of_ones_own_can_be_shared(people: Any, name: str) -> None:
    """Anything else does not exist, in the words for a model that does not."""
    client, _ = people
    ann = permissions(client("ann"))
    for call in (
        lambda: ann.list(name),
        lambda: ann.create(name, project_ids=["bob"]),
        lambda: ann.delete("cp_x", fine_tuned_model_checkpoint=name),
    ):
        with pytest.raises(openai.NotFoundError, match=f"The model `{name}` does not exist") as caught:
            call()
        assert caught.value.code == "model_not_found"


def test_an_unknown_permission_is_a_404(people: Any) -> None:
    """So is one for another checkpoint."""
    client, (final, earlier) = people
    ann = permissions(client("ann"))
    given = ann.create(final, project_ids=["kim"]).data[0]
    for id_, name in (("cp_x", final), (given.id, earlier)):
        with pytest.raises(openai.NotFoundError, match=f"No such permission for {name}: {id_}"):
            ann.delete(id_, fine_tuned_model_checkpoint=name)
        with pytest.raises(openai.NotFoundError):
            ann.list(name, after=id_)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "project_ids"),
        ({"project_ids": []}, "project_ids"),
        ({"project_ids": "bob"}, "project_ids"),
        ({"project_ids": ["bob", ""]}, "project_ids[1]"),
        ({"project_ids": ["bob", 3]}, "project_ids[1]"),
        ({"project_ids": [None]}, "project_ids[0]"),
        ({"project_ids": ["x"] * 101}, "project_ids"),
        ({"project_ids": ["bob"], "role": "x"}, "role"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(people: Any, body: dict[str, Any], param: str) -> None:
    """Nothing is given then."""
    client, (final, _) = people
    with pytest.raises(openai.BadRequestError) as caught:
        client("ann").post(f"/fine_tuning/checkpoints/{final}/permissions", body=body, cast_to=object)
    assert caught.value.param == param


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["project_ids", "x"]), st.none() | st.text() | st.lists(st.text() | st.integers())),
    st.dictionaries(st.sampled_from(["after", "limit", "order", "project_id", "x"]), st.text()),
)
def test_nothing_breaks_it(people: Any, body: dict[str, Any], query: dict[str, str]) -> None:
    """Whatever is sent, the answer is a success or the envelope."""
    client, (final, _) = people
    http: httpx2.Client = client("ann")._client
    address = f"{client('ann').base_url}fine_tuning/checkpoints/{final}/permissions"
    headers = {"Authorization": "Bearer ann"}
    for answer in (http.post(address, json=body, headers=headers), http.get(address, params=query, headers=headers)):
        assert answer.status_code in (200, 400, 404)
        assert answer.status_code == 200 or set(answer.json()["error"]) == {"message", "type", "param", "code"}
