"""The program that downloads one file from the model hub: ``hub_download.py REPO REVISION FILE FOLDER``.

A process of its own, so that it can be ended at any moment. It is run by its path and imports nothing of the studio.
"""

import sys
from pathlib import Path

ANSWER_SECONDS = 5
# Made in the folder once the hub has answered: from then on the download takes as long as it takes.
ANSWERED = "answered"


def main(repo: str, revision: str, file: str, folder: str) -> None:
    """Download ``file`` into ``folder``; raises what the library raises."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    # The download would try for minutes to reach a hub that is not there; this does not.
    get_hf_file_metadata(hf_hub_url(repo, file, revision=revision), timeout=ANSWER_SECONDS)
    Path(folder, ANSWERED).touch()
    hf_hub_download(repo, file, revision=revision, local_dir=folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
