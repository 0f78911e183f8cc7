"""The program that asks the model hub: ``look REPO REVISION`` or ``get REPO REVISION FOLDER FILE...``.

A process of its own, so that it can be ended at any moment. It is run by its path and imports nothing of the studio.
``look`` prints what is in a repository, as JSON. What the hub refuses ends it with one of the words below.
"""

import errno
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 5
# Made in the folder once the hub has answered, with what it says of the files: from then on the download takes as long
# as it takes.
ANSWERED = "answered.json"

GATED, ABSENT, NO_REVISION, NO_FILE = "gated", "absent", "no-revision", "no-file"
OFFLINE, UNREACHABLE, CUT, FULL = "offline", "unreachable", "cut", "full"
# Of a file that has not come whole.
INCOMPLETE = ".incomplete"
# Before the number of a status that says nothing of the above.
STATUS = "status "


def get(repo: str, revision: str, folder: str, *files: str) -> None:
    """Download the files into ``folder``, each from where it was left; raises what the library raises."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    found: dict[str, Any] = {"commit": None, "files": {}}
    for file in files:
        # The download would try for minutes to reach a hub that is not there; this does not.
        said = get_hf_file_metadata(hf_hub_url(repo, file, revision=revision), timeout=ANSWER_SECONDS)
        found["commit"] = found["commit"] or said.commit_hash
        found["files"][file] = {"size": said.size, "etag": said.etag}
    draft = Path(folder, f"{ANSWERED}.tmp")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(Path(folder, ANSWERED))
    for file, facts in found["files"].items():
        url = hf_hub_url(repo, file, revision=found["commit"] or revision)
        take(url, Path(folder, file), facts["size"], facts["etag"] or "")


def take(url: str, path: Path, size: int | None, etag: str) -> None:
    """Download a file; what came of it before is gone on with, if the hub still means the same by it.

    ``hf_hub_download`` begins anew each time (huggingface_hub 2.4).
    """
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    if path.exists() and path.stat().st_size == size:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{''.join(filter(str.isalnum, etag))}{INCOMPLETE}")
    with part.open("r+b" if part.exists() else "wb") as file:
        begun = file.seek(0, 2)
        if size is not None and begun > size:
            begun = file.truncate(file.seek(0))
        http_get(url, file, resume_size=begun, headers=build_hf_headers(), expected_size=size)
    part.replace(path)


def look(repo: str, revision: str) -> None:
    """Print the commit, the files and what the card says of the licence and the languages."""
    from huggingface_hub import HfApi

    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS)
    card = info.card_data.to_dict() if info.card_data else {}
    files = [
        {"name": one.rfilename, "size": one.size, "sha256": one.lfs.sha256 if one.lfs else None}
        for one in info.siblings or []
    ]
    said = {"commit": info.sha, "files": files, "gguf": info.gguf or {}}
    print(json.dumps(said | {name: card.get(name) for name in ("license", "license_name", "language")}))


def word_for(error: Exception, begun: bool) -> str | None:
    """Return the word for what the hub, the connection or the disk refuses; None for anything else."""
    from huggingface_hub import errors

    lost = CUT if begun else UNREACHABLE
    words: list[tuple[type[Exception], str]] = [
        (errors.OfflineModeIsEnabled, OFFLINE),
        # A file that nobody could ask for and that is not here, either.
        (errors.LocalEntryNotFoundError, lost),
        (errors.GatedRepoError, GATED),
        (errors.RepositoryNotFoundError, ABSENT),
        (errors.RevisionNotFoundError, NO_REVISION),
        (errors.EntryNotFoundError, NO_FILE),
    ]
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return FULL
    if word := next((word for kind, word in words if isinstance(error, kind)), None):
        return word
    if isinstance(error, errors.HfHubHTTPError):
        return f"{STATUS}{error.response.status_code}"
    return lost if isinstance(error, errors.HTTPError | ConnectionError | TimeoutError) else None


def main(verb: str, *arguments: str) -> None:
    """Do what is asked for."""
    try:
        verbs: dict[str, Callable[..., None]] = {"get": get, "look": look}
        verbs[verb](*arguments)
    except Exception as error:
        begun = verb == "get" and Path(arguments[2], ANSWERED).exists()
        if word := word_for(error, begun):
            sys.exit(word)
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
