"""What the writing studio makes of twenty briefs on a small model; run ``python -m benchmarks.writing``.

Drafts each brief and tells, before and after check-and-repair: the share of keywords used, how often the most frequent
four words in a row come, how many drafts end at a sentence, which share of the sentences is talk about writing and not
part of a text, and which share is on the topic by the starter embedder. ``--show`` prints the drafts, as they come.
``--outlines N`` asks for N outlines instead and counts the valid ones; ``--words 3000 --briefs 1`` writes one
long article.
"""

import argparse
import re
import tempfile
import time
from collections import Counter
from operator import mul
from pathlib import Path
from statistics import mean
from typing import Any

from assistants.embedder import MODEL
from assistants.opening import open_studio
from assistants.principals import LOCAL
from assistants.sentences import is_complete, sentences
from assistants.settings import Settings
from assistants.store.documents import count, markdown, text_of
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from assistants.writing.checks import keyword_pattern
from assistants.writing.sentences import grams, units

BRIEFS: list[tuple[str, str, list[str]]] = [
    ("article", "How cities can plant more street trees", ["shade", "volunteers", "canopy", "water"]),
    ("article", "A beginner's guide to baking sourdough bread", ["starter", "flour", "oven", "patience"]),
    ("article", "Repairing an old bicycle at home", ["chain", "brakes", "oil", "spanner"]),
    ("article", "Why bees matter to small farms", ["pollination", "honey", "hedges", "pesticides"]),
    ("article", "Learning to swim as an adult", ["breathing", "pool", "confidence", "lessons"]),
    ("article", "How to keep a paper notebook", ["index", "pages", "habit", "pen"]),
    ("article", "Saving energy in a rented flat", ["curtains", "thermostat", "bills", "draught"]),
    ("article", "The history of the public library", ["books", "readers", "city", "free"]),
    ("article", "Walking holidays with children", ["backpack", "breaks", "map", "weather"]),
    ("article", "How tides work", ["moon", "gravity", "coast", "spring tide"]),
    ("news", "A new night bus line starts in the town", ["timetable", "drivers", "council", "fare"]),
    ("news", "A school opens its sports hall to neighbours", ["evening", "hall", "fees", "clubs"]),
    ("story", "A lighthouse keeper finds a letter", ["storm", "lamp", "letter", "sea"]),
    ("story", "Two sisters rebuild their father's boat", ["paint", "harbour", "tools", "promise"]),
    ("product", "A kettle that boils in ninety seconds", ["steel", "quiet", "guarantee", "tea"]),
    ("product", "A rain jacket made of recycled bottles", ["waterproof", "pockets", "light", "recycled"]),
    ("email", "The office moves to a new building in May", ["boxes", "parking", "keys", "May"]),
    ("speech", "Opening the new community garden", ["neighbours", "soil", "thank", "harvest"]),
    ("speech", "Farewell to a colleague who retires", ["years", "kindness", "coffee", "garden"]),
    ("social", "The library lends tools now", ["drill", "free", "weekend", "library"]),
]
# Talk about writing, advice on it, and an assistant's phrases: wider than what the studio itself leaves out, so that
# sentences of a story are counted, too.
TALK = re.compile(
    r"\b(?:this|following|our|your|my|the) (?:\w+ )?(?:article|section|paragraph|guide|essay|blog|post|tutorial)s?\b"
    r"|\b(?:this|your) (?:story|text|speech|e-?mail|letter|piece|scene|document|sentence|phrase|word|draft)s?\b"
    r"|\bthe (?:sentence|phrase|word) [\"“”']|\b(?:news )?report (?:begins|describes|details|highlights|mentions)\b"
    r"|\b(?:we|i)(?:['’]ll| will| want to| would like to) (?:discuss|explore|look at|cover|delve|dive|examine|provide"
    r"|share|describe|highlight|focus)\b|\blet['’]s (?:dive|delve|explore|discuss|take a)\b"
    r"|\b(?:when|while|by) (?:writing|crafting|drafting|rewriting|describing)\b|\b(?:writing|writer|rewrit\w+)\b"
    r"|\b(?:tone|keyword|headline|narrative|prose|grammar|punctuation|synonym|adjective|adverb|apostrophe|comma)s?\b"
    r"|\b(?:active|passive) voice\b|\bthe reader\b|\byour (?:readers|audience)\b|\bdescriptive language\b|\bspelled\b"
    r"|\bhere(?:['’]s| is| are) (?:how|some|an?|the|your|what)\b|\b(?:steps|tips)[^.]*:$|^(?:sure|certainly)[,!]"
    r"|\bas an ai\b|\blanguage model\b|\blet me know\b|\bfeel free to\b|\b(?:happy|glad) to (?:help|assist)\b"
    r"|\b(?:revised|rephrased|edited|original) (?:version|text|sentence)\b|\*\*|^#",
    re.IGNORECASE,
)
# The cosine from which a sentence counts as one on the topic; chosen by eye, so compare shares, not the share.
ON_TOPIC = 0.25
OUTLINED = ("article", "story", "speech")
HOURS = 3600 * 6


def request(kind: str, topic: str, number: int, **more: Any) -> dict[str, Any]:
    """Return the request for one brief, with a seed of its own."""
    return {"kind": kind, "topic": topic, "params": {"seed": number}, **more}


def run_all(studio: Studio, requests: list[dict[str, Any]]) -> tuple[list[JobRow], float]:
    """Submit all requests at once; return the jobs as they ended, and the seconds in all."""
    began = time.monotonic()
    tickets = [studio.jobs.submit("writing", one, LOCAL).id for one in requests]
    return [studio.jobs.wait(ticket, LOCAL.id, HOURS) for ticket in tickets], time.monotonic() - began


def raw_text(studio: Studio, job: JobRow) -> str:
    """Return a draft's text as it was before the repair."""
    drafts, draft = studio.history.drafts, (job.result or {})["draft"]
    before = next(one for one in drafts.versions(draft, LOCAL.id) if one.cause in ("draft", "section"))
    return text_of(drafts.version(draft, before.id, LOCAL.id).document or {})


def figures(drafted: list[tuple[str, list[str]]]) -> str:
    """Return what is to be said of drafts, each a text and its keywords."""
    pairs = [(text, word) for text, words in drafted for word in words]
    texts = [text for text, _ in drafted]
    used = sum(1 for text, word in pairs if keyword_pattern(word).search(text))
    most = max(max(Counter(grams(units(text))).values(), default=0) for text in texts)
    ended = sum(is_complete(text.rsplit("\n\nKind regards", 1)[0].partition("\n\n#")[0]) for text in texts)
    return (
        f"keywords {used} of {len(pairs)} ({used / len(pairs):.0%}); a run of four words comes at most {most} times;"
        f" {ended} of {len(texts)} end at a sentence"
    )


def prose(studio: Studio, drafted: list[tuple[str, str]]) -> str:
    """Return which share of the sentences of drafts, each a topic and a text, is talk, and which is on the topic."""
    parts = [(topic, text[start:end]) for topic, text in drafted for start, end in sentences(text) if text[start:end]]
    talk = sum(1 for _, sentence in parts if TALK.search(sentence))
    for _ in studio.models.waiting(MODEL):
        pass
    embedder = studio.models.engine(MODEL)
    topics = {topic: embedder.embed([topic]).vectors[0] for topic, _ in parts}
    vectors = embedder.embed([sentence for _, sentence in parts], cut=True).vectors
    near = [sum(map(mul, topics[topic], vector)) for (topic, _), vector in zip(parts, vectors, strict=True)]
    close = sum(1 for one in near if one >= ON_TOPIC)
    return (
        f"{talk} of {len(parts)} sentences are talk ({talk / len(parts):.0%}),"
        f" {close / len(parts):.0%} on the topic (mean nearness {mean(near):.2f})"
    )


def drafts(studio: Studio, words: int, limit: int, show: bool) -> None:
    """Draft the briefs and print the figures."""
    asked = [
        request(kind, topic, number, keywords=keywords, words=words)
        for number, (kind, topic, keywords) in enumerate(BRIEFS[:limit])
    ]
    jobs, seconds = run_all(studio, asked)
    for job in jobs:
        print(f"{job.status:6} {job.usage and job.usage.get('output_tokens')} tokens: {job.input}", job.failure or "")
    done = [(job, *brief) for job, brief in zip(jobs, BRIEFS, strict=False) if job.status == "done"]
    print(f"{len(done)} of {len(jobs)} drafts in {seconds:.0f} s")
    raw = [(topic, raw_text(studio, job), keywords) for job, _, topic, keywords in done]
    kept = [(topic, text_of(document_of(studio, job)), keywords) for job, _, topic, keywords in done]
    for told, drafted in (("as drafted:  ", raw), ("and repaired:", kept)):
        print(told, figures([(text, keywords) for _, text, keywords in drafted]))
        print("             ", prose(studio, [(topic, text) for topic, text, _ in drafted]))
    print(f"words: {sum(count(text) for _, text, _ in kept)}, wanted {words * len(kept)}")
    for job, *_ in done if show else ():
        print(f"\n{'=' * 20} {job.input}, seed {job.request['params']['seed']}\n{markdown(document_of(studio, job))}")
    for job, *_ in done if len(done) == 1 else ():
        print(
            *(f"{'ok ' if one['ok'] else 'not'} {one['template']} {one['values']}" for one in job.result["checks"]),
            sep="\n",
        )


def document_of(studio: Studio, job: JobRow) -> dict[str, Any]:
    """Return the draft that a job wrote, as it is kept."""
    return studio.history.drafts.open((job.result or {})["draft"], LOCAL.id).document


def outlines(studio: Studio, number: int) -> None:
    """Ask for outlines and print how many were valid at once."""
    kinds = [brief for brief in BRIEFS if brief[0] in OUTLINED]
    asked = [request(*kinds[one % len(kinds)][:2], one, action="outline", words=600) for one in range(number)]
    jobs, seconds = run_all(studio, asked)
    valid = [job for job in jobs if job.status == "done" and not notes(studio, job)]
    print(f"{len(valid)} of {number} outlines valid in {seconds:.0f} s")
    for job in jobs[:3]:
        print([section["heading"] for section in (job.result or {}).get("outline", [])])


def notes(studio: Studio, job: JobRow) -> list[Any]:
    """Return what the job remarked, such as that the model gave no valid outline."""
    return [data for _, kind, data in studio.history.jobs.events(job.id) if kind == "part" and data["name"] == "note"]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="mini")
    parser.add_argument("--words", type=int, default=200, help="of each draft")
    parser.add_argument("--briefs", type=int, default=len(BRIEFS))
    parser.add_argument("--show", action="store_true", help="print the drafts")
    parser.add_argument("--outlines", type=int, help="ask for so many outlines instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), models=Settings().models_folder, text_model=options.model)
        studio = open_studio(settings)
        try:
            if options.outlines:
                outlines(studio, options.outlines)
            else:
                drafts(studio, options.words, options.briefs, options.show)
        finally:
            studio.close()


if __name__ == "__main__":
    main()
