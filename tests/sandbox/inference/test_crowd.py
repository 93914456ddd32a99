"""Many models asked at once: a bounded number of them is in memory."""

import shutil
from pathlib import Path

import anyio

from ftwidgets.engine import NANO
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.inference.completion import CompletionRequest, Inference
from ftwidgets.sandbox.store.records import JobRecord, ModelRecord
from ftwidgets.sandbox.store.store import Store


def tuned(store: Store, number: int) -> list[str]:
    """Put in so many tuned models (copies of the base model) and name them."""
    store.db.insert(
        JobRecord(
            id="ftjob-1", created_at=0, model="m", training_file="f", validation_file=None, suffix=None, seed=1,
            hyperparameters={},
        )
    )  # fmt: skip
    names = [f"ft:nano-2026-11:personal::{place:08}" for place in range(number)]
    for place, name in enumerate(names):
        shutil.copytree(NANO, store.model_folder(f"folder-{place}"))
        store.db.insert(ModelRecord(id=name, created_at=0, job_id="ftjob-1", folder=f"folder-{place}"))
    return names


def test_those_who_ask_one_model_more_wait(tmp_path: Path) -> None:
    """Eight models asked twice each at once, three at a time in memory: everybody is answered, and alike."""
    store = Store(tmp_path)
    catalog, names, most, texts = Catalog(store, n_kept=1, n_loaded=3), tuned(store, 8), 0, []

    inference = Inference(catalog)

    async def ask(name: str) -> None:
        nonlocal most
        hi = [{"role": "user", "content": "Hi"}]  # at this temperature the answer is long, so several are written at once
        request = CompletionRequest(model=name, messages=hi, max_tokens=60, temperature=2, seed=1)
        completion = await inference.start_completion("", request)
        text = ""
        async for pieces in inference.stream_chunks(completion):
            most = max(most, len(catalog._in_memory))
            text += "".join(piece.text for piece in pieces)
        texts.append(text)

    async def all_at_once() -> None:
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for name in names * 2:
                    group.start_soon(ask, name)

    anyio.run(all_at_once)
    assert len(texts) == 16
    assert len(set(texts)) == 1
    assert texts[0]
    assert 1 < most <= 3
    store.close()
