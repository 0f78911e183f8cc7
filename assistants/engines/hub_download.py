"""The program that asks the model hub: ``look REPO REVISION`` or ``get REPO REVISION FOLDER FILE...``.

A process of its own, so that it can be ended at any moment. It is run by its path and imports nothing of the studio.
``look`` prints what is in a repository, as JSON. What the hub refuses ends it with one of the words below.
"""

import json
import sys
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 5
# Made in the folder once the hub has answered, with what it says of the files: from then on the download takes as long
# as it takes.
ANSWERED = "answered.json"

GATED, ABSENT, NO_REVISION, NO_FILE = "gated", "absent", "no-revision", "no-file"


def get(repo: str, revision: str, folder: str, *files: str) -> None:
    """Download the files into ``folder``; raises what the library raises."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    found: dict[str, Any] = {"commit": None, "files": {}}
    for file in files:
        # The download would try for minutes to reach a hub that is not there; this does not.
        said = get_hf_file_metadata(hf_hub_url(repo, file, revision=revision), timeout=ANSWER_SECONDS)
        found["commit"] = found["commit"] or said.commit_hash
        found["files"][file] = {"size": said.size, "etag": said.etag}
    draft = Path(folder, f"{ANSWERED}.tmp")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(Path(folder, ANSWERED))
    for file in files:
        hf_hub_download(repo, file, revision=found["commit"] or revision, local_dir=folder)


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


def main(verb: str, *arguments: str) -> None:
    """Do what is asked for."""
    from huggingface_hub import errors

    refusals = {
        errors.GatedRepoError: GATED,
        errors.RepositoryNotFoundError: ABSENT,
        errors.RevisionNotFoundError: NO_REVISION,
        errors.EntryNotFoundError: NO_FILE,
    }
    try:
        {"get": get, "look": look}[verb](*arguments)
    except tuple(refusals) as error:
        sys.exit(next(word for kind, word in refusals.items() if isinstance(error, kind)))


if __name__ == "__main__":
    main(*sys.argv[1:])
