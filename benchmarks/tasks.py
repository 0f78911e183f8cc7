"""What a model makes of twenty tasks, each in the tab it belongs to; run ``python -m benchmarks.tasks MODEL...``.

Answers the tasks of ``tasks.yaml`` through the job core, as the page does, with the page's settings. What was written
is kept in ``--kept`` by model, task and seed, so that a run that was ended goes on; ``--again ID`` asks for one anew.
``--sheet FILE`` writes the texts, unpicked, in a shuffled order and without names for readers who judge them, and the
key beside it.
"""

import argparse
import hashlib
import io
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from assistants import ingestion, writing
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.settings import Settings
from assistants.store.documents import markdown
from assistants.store.jobs import JobRow
from assistants.studio import Studio

TASKS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
HOUR = 3600
SECTION = "# A\n\n"


def ended(studio: Studio, assistant: str, request: dict[str, Any]) -> JobRow:
    """Submit a request and return its job as it ended."""
    row = studio.jobs.submit(assistant, request, LOCAL)
    row = studio.jobs.wait(row.id, LOCAL.id, HOUR)
    if row.status != "done":
        raise RuntimeError(row.error or row.status)
    return row


def chat(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    request = {"message": task["chat"], "model": model, "params": {"seed": seed}}
    return ended(studio, "chat", request).output


def write(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    request = task["write"] | {"language": task["language"], "model": model, "params": {"seed": seed}}
    row = ended(studio, "writing", request)
    return markdown(studio.history.drafts.open((row.result or {})["draft"], LOCAL.id).document)


def outline(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    request = task["outline"] | {"language": task["language"], "model": model, "params": {"seed": seed}}
    found = ended(studio, "writing", {**request, "action": "outline"}).result or {}
    document = studio.history.drafts.open(found["draft"], LOCAL.id).document
    return json.dumps(
        {"title": document["title"], "sections": [section["heading"] for section in document["sections"]]},
        ensure_ascii=False,
    )


def rewrite(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    own = task["rewrite"]
    draft = writing.take_in(studio, LOCAL.id, "a.md", (SECTION + own["text"]).encode()).id
    [section] = studio.history.drafts.open(draft, LOCAL.id).document["sections"]
    request = {
        "action": "rewrite",
        "draft": draft,
        "section": section["id"],
        "selection": {"start": 0, "end": len(section["text"])},
        "operation": own["operation"],
        "instruction": own["instruction"],
        "model": model,
        "params": {"seed": seed},
    }
    return ended(studio, "writing", request).output


def support(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    own, base = task["support"], task["id"]
    if base not in [known.name for known in studio.knowledge.bases()]:
        row = ingestion.submit(studio, base, [("page.md", io.BytesIO(own["document"].encode()))], LOCAL)
        studio.jobs.wait(row.id, LOCAL.id, HOUR)
    return ended(studio, "support", {"question": own["question"], "knowledge": base, "model": model}).output


def label(studio: Studio, task: dict[str, Any], model: str, seed: int) -> str:
    own = task["label"]
    ask = {"en": "Which of these labels fits the message: {}?\nMessage: {{{{text}}}}\nLabel:",
           "zh": "下面的消息属于哪一类：{}？\n消息：{{{{text}}}}\n类别："}[task["language"]]  # fmt: skip
    words = {"en": ", ", "zh": "、"}[task["language"]].join(own["labels"])
    request = {
        "messages": [{"role": "user", "content": ask.format(words)}],
        "rows": [{"text": own["text"]}],
        "labels": own["labels"],
        "models": [model],
        "params": [{"temperature": 0, "max_tokens": 8, "seed": seed}],
    }
    cell, *_ = (ended(studio, "playground", request).result or {})["cells"]
    return cell["output"]


DO: dict[str, Callable[[Studio, dict[str, Any], str, int], str]] = {
    "chat": chat, "write": write, "outline": outline, "rewrite": rewrite, "support": support, "label": label,
}  # fmt: skip


def kept_in(folder: Path, model: str, task: dict[str, Any], seed: int) -> Path:
    """Return where the answer to a task lies."""
    asked = hashlib.sha256(json.dumps(task, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:8]
    return folder / f"{model.replace(':', '-').replace('/', '-')}-{task['id']}-{seed}-{asked}.json"


def answered(studio: Studio, model: str, seed: int, folder: Path, again: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the answer to each task, asking for those that are not there yet."""
    for task in TASKS:
        path = kept_in(folder, model, task, seed)
        if not path.exists() or task["id"] in again:
            kind = next(name for name in DO if name in task)
            began = time.monotonic()
            try:
                text = DO[kind](studio, task, model, seed)
            except RuntimeError as error:
                text = f"(failed: {error})"
            facts = {"model": model, "task": task["id"], "seed": seed, "text": text}
            took = {"seconds": round(time.monotonic() - began, 1)}
            path.write_text(json.dumps(facts | took, ensure_ascii=False, indent=1), encoding="utf-8")
        yield json.loads(path.read_text(encoding="utf-8"))


def sheet(answers: list[dict[str, Any]], path: Path) -> None:
    """Write the answers for readers, shuffled and without names, and the key that tells whose each is."""
    order = random.Random(0).sample(answers, len(answers))
    asked = {task["id"]: task["asked"] for task in TASKS}
    blocks = [f"## {number}\n\n**Asked:** {asked[one['task']]}\n\n**Text:**\n\n{one['text']}\n" for number, one in
              enumerate(order, 1)]  # fmt: skip
    path.write_text("\n".join(blocks), encoding="utf-8")
    key = {number: [one["model"], one["task"]] for number, one in enumerate(order, 1)}
    path.with_suffix(".key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="+", help="the name of an installed model, or the path of a file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/results/tasks"))
    parser.add_argument("--again", action="append", default=[], metavar="ID")
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    asked.kept.mkdir(parents=True, exist_ok=True)
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        studio = open_studio(Settings(home=Path(folder) / "home", models=Settings().models_folder))
        try:
            for spec in asked.model:
                model = f"local:{studio.models.installer.install(spec, LOCAL)}" if Path(spec).exists() else spec
                for one in answered(studio, model, asked.seed, asked.kept, asked.again):
                    answers.append(one)
                    print(f"\n=== {model} {one['task']} ({one['seconds']} s)\n{one['text']}", flush=True)
        finally:
            studio.close()
    if asked.sheet:
        sheet(answers, asked.sheet)


if __name__ == "__main__":
    main()
