"""Installing and deleting: a model of the catalog, of the hub, or a person's own file or folder.

Knows how a model comes into the registry and leaves it; knows nothing about who may do that, or who waits meanwhile.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistants.digests import file_sha256
from assistants.errors import InvalidInput, ModelUnavailable
from assistants.models import files
from assistants.models.files import hub, sources
from assistants.models.files.catalog import Entry, Kind
from assistants.models.files.downloads import Cancelled, Halt, SourceFailed
from assistants.models.files.sources import CANCELLED, Report, fetch, given_up, installed
from assistants.models.registry import ModelRegistry, parsed

MAX_SPEC = 1000
MAX_TITLE = 200


@dataclass(frozen=True)
class Plan:
    """What is to be installed under which name; an ``entry`` without files is one whose files the hub will list."""

    name: str
    entry: Entry
    file: str | None = None
    is_known: bool = False


def planned(registry: ModelRegistry, spec: str) -> Plan:
    """Return what a person means: a name, a path, or a hub id; raises ``InvalidInput``."""
    spec = spec.strip()
    if not spec or len(spec) > MAX_SPEC:
        raise InvalidInput("spec", "{field} is empty." if not spec else "{field} is too long.")
    if entry := registry.get(spec):
        return Plan(spec, entry, is_known=True)
    if is_path(spec):
        own = linked(spec)
        if own.linked and (known := recognised(registry, own.linked)):
            return known
        return Plan(registry.name_for(own.title, "my", lambda known: known.linked == own.linked), own)
    return from_hub(registry, spec)


def is_path(spec: str) -> bool:
    """Say whether a person means a place on this machine."""
    return Path(spec).is_absolute() or spec.startswith(("/", "~", ".", "\\"))


def linked(spec: str) -> Entry:
    """Return the record of a person's own GGUF file or folder, used where it lies; raises ``InvalidInput``."""
    path = Path(spec)
    if not path.is_absolute():
        raise InvalidInput("spec", "{field}: give the whole path, from the root on.")
    try:
        if not path.exists():
            raise InvalidInput("spec", "There is nothing at {path}.", path=spec)
        kind = kind_of(path)
        if kind == "chat":
            files.runner(path)
        elif kind == "image":
            files.check_image_model(path)
        elif path.is_dir() and not any(path.rglob("*.safetensors")):
            template = "The folder {file} holds no model: {missing} is missing."
            raise InvalidInput("spec", template, file=path.name, missing="*.safetensors")
    except (OSError, ValueError) as error:
        raise InvalidInput("spec", "{path} cannot be read.", path=spec) from error
    title = path.stem if path.is_file() else path.name
    return Entry(title=title[:MAX_TITLE], kind=kind, linked=path)


def recognised(registry: ModelRegistry, path: Path) -> Plan | None:
    """Return the plan for a person's own file that is the one of a model of the catalog, which it then counts as."""
    size = path.stat().st_size if path.is_file() else None
    for name, entry in registry.catalog.items():
        if (known := registry.entry(name)).linked == path:
            return Plan(name, known)
        if size is None or len(entry.files) != 1 or entry.files[0].size != size or registry.is_installed(name):
            continue
        if file_sha256(path) == entry.files[0].sha256:
            own = {"hub": None, "files": (), "package": None, "converted": None, "linked": path}
            return Plan(name, entry.model_copy(update=own))
    return None


def kind_of(path: Path) -> Kind:
    """Return what the model in a file or folder is for, as far as its files tell."""
    if files.is_reranker(path):
        return "rerank"
    if (path / "modules.json").is_file():
        return "embed"
    if files.is_image_model(path):
        return "image"
    return "classify" if files.is_encoder(path) else "chat"


def from_hub(registry: ModelRegistry, spec: str) -> Plan:
    """Return the plan for ``org/repo[/file.gguf][@revision]``."""
    where, file = parsed(spec)
    maker, _, repo = where.repo.partition("/")
    title = Path(file).stem if file else repo

    def is_same(known: Entry) -> bool:
        return (
            known.hub is not None
            and known.hub.repo == where.repo
            and (file is None or file in [one.name for one in known.files])
            and ("@" not in spec or known.hub.revision == where.revision)
        )

    model = title[: -len("-gguf")] if title.lower().endswith("-gguf") else title
    name = registry.name_for(model, maker, is_same)
    # Its files are not known yet, so it is no whole record.
    return Plan(name, registry.get(name) or Entry.model_construct(title=title, hub=where), file)


def carry_out(registry: ModelRegistry, plan: Plan, report: Report, halt: Halt) -> Path:
    """Put a model on the registry, unless it is there, and return what an engine opens; blocks.

    If it does not succeed, nothing is left behind but what a known model's download may go on with. Raises
    ``InvalidInput`` or ``ModelUnavailable``.
    """
    was_there = registry.is_installed(plan.name)
    try:
        entry, folder = with_files(plan, report, halt), registry.place(plan.name)
        path = fetch(entry, folder, report, halt)
        kind = kind_of(path) if entry.kind == "chat" else entry.kind
        if kind == "chat":
            check_runs(registry, plan.name, path, was_there=was_there)
        if (plan.name not in registry.catalog or plan.entry.linked) and not was_there:
            registry.add(plan.name, installed(entry, folder).model_copy(update={"kind": kind}))
    finally:
        if not (was_there or registry.get(plan.name)):
            # Nobody could go on with it: that it was wanted is not written down.
            discard(registry, plan.name)
        registry.tidy(plan.name)
    return path


def discard(registry: ModelRegistry, name: str) -> None:
    """Delete what has come of a model, unless another program fetches it just now."""
    with suppress(Cancelled, OSError):
        sources.discard(registry.place(name))
    registry.tidy(name)


def with_files(plan: Plan, report: Report, halt: Halt) -> Entry:
    """Return the record with its files: those that the hub lists, where they are not known."""
    if plan.entry.files or not plan.entry.hub:
        return plan.entry
    report("Asking the model hub", 0, None)
    try:
        entry = hub.entry_from(plan.entry.hub, hub.look(plan.entry.hub), plan.file)
    except SourceFailed as failure:
        raise given_up(plan.entry, [failure]) from None
    if halt.is_set():
        raise ModelUnavailable(CANCELLED, model=entry.title)
    # Of a model in the catalog the hub only has to say which files it is made of.
    return plan.entry.model_copy(update={"hub": entry.hub, "files": entry.files}) if plan.is_known else entry


def check_runs(registry: ModelRegistry, name: str, path: Path, *, was_there: bool) -> None:
    """Raise ``ModelUnavailable`` if no engine runs it, after deleting what was just fetched for nothing.

    One that is new is looked at closely: what is wrong with it is said now, and not in the first conversation.
    """
    if was_there:
        files.runner(path)
        return
    try:
        files.check(path)
    except ModelUnavailable:
        delete(registry, name)
        raise


def delete(registry: ModelRegistry, name: str) -> None:
    """Take a model off the registry, with its files unless they are a person's own; raises ``ModelUnavailable``."""
    try:
        registry.remove(name)
    except Cancelled:
        template = "{model} is being installed by another program. Try again when that is done."
        raise ModelUnavailable(template, model=name) from None
    except OSError as error:
        template = "{model} cannot be deleted: {cause}."
        raise ModelUnavailable(template, model=name, cause=error) from error
