"""CSV of the corpus."""

from tests.knowledge.corpus.file import File


def _csv(name: str, about: str, text: str, *phrases: str, **more: tuple[str, ...]) -> File:
    return File(name, about, text.encode("gb18030" if "gb" in name else "utf-8"), phrases, **more)


def files() -> list[File]:
    """Return them."""
    return [
        _csv(
            "quoted.csv",
            'quotes as ""',
            'Item,Note\nTent,"Says ""dry"", is dry"\n"Bag, red","two\nlines"\n',
            'Item: Tent; Note: Says "dry", is dry',
            "Item: Bag, red; Note: two lines",
        ),
        _csv(
            "title.csv",
            "a title above the header",
            "Price list 2026\n\nItem;Price\nTent;199\nBag;1,50\n",
            "Price list 2026",
            "Price list 2026 Item: Tent; Price: 199",
            "Item: Bag; Price: 1,50",
        ),
        _csv(
            "long.csv",
            "rows longer than the header",
            "Item,Price\nTent,199,in stock,blue\n",
            "Item: Tent; Price: 199; in stock; blue",
        ),
        _csv("sep.csv", "sep=;", "sep=;\r\nItem;Price\r\nTent;199\r\n", "Item: Tent; Price: 199", absent=("sep=",)),
        _csv(
            "column.csv",
            "one column with commas",
            "Well, hello\nYes, we do, today\nNo\n说，好\n",
            "Well, hello",
            "Yes, we do, today",
            "No",
            "说，好",
            absent=("Well, hello:", ";"),
        ),
        _csv(
            "answers.csv",
            "one column below a name, with commas",
            "Answer\nYes, we do\nNo, never\n",
            "Yes, we do",
            "No, never",
        ),
        _csv("bare.csv", "no header", "Tent,199\nBag,49\n", "Tent; 199", "Bag; 49", absent=("Tent: Bag",)),
        _csv("years.csv", "years as headers", "Item,2025,2026\nTent,180,199\n", "Item: Tent; 2025: 180; 2026: 199"),
        _csv("tabs.tsv", "tabs", "Item\tPrice\nTent, red\t199\n", "Item: Tent, red; Price: 199"),
        _csv(
            "questions-gb.csv",
            "questions, GB18030",
            "问题,答案,分类\n怎么退货？,七天内可退。,售后\n营业时间？,,售后\n",
            "怎么退货？ 七天内可退。",
            said=("Of entries only the question", "Rows without a question"),
        ),
        _csv(
            "wide.csv", "empty cells and a trailing separator", "Item,Price,\nTent,,\n,5,\n", "Item: Tent", "Price: 5"
        ),
        _csv(
            "spaces.csv",
            "spaces before quotes",
            'Item, Note\nTent, "dry, light"\nBag, "two\nlines"\n',
            "Item: Tent; Note: dry, light",
            "Item: Bag; Note: two lines",
        ),
        _csv("words.csv", "words in quotes", 'Item, Note\nTent, "big" one\n', 'Note: "big" one'),
        _csv("pipe.csv", "bars", "Item | Price\nTent | 199\n", "Item: Tent; Price: 199"),
    ]
