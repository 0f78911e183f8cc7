"""Markdown as this studio reads it, on the page and in the files that leave it.

    reader.py     the reader, of which what makes HTML takes its own
    whole.py      what a reader would leave out without a word
    tags.py       the few tags that are no text
    flanking.py   emphasis beside Chinese, Japanese and Korean
    formulas.py   where formulas begin and end
    indenting.py  lists below a number that are indented by too little
    fences.py     which lines are code, and whether it was ended

Knows nothing about HTML, which ``webapp.render`` and ``assistants.writing`` make of it.
"""
