"""Facts: one is said by a sentence, or by two of which the second refers back; never by words here and there."""

import pytest

from assistants.writing.facts import Said

SAID = [
    ("It costs 2,000 euros", "The ticket is new. It costs 2000 euros."),
    ("It costs 2,000 euros", "It costs €2,000 a year."),
    ("built by Ada Lovelace in 1843", "The mill was built by Ada Lovelace in 1843."),
    ("the gate is always open", "The gate is open, always."),
    ("the gate is always open", "The gate is always open, not only in summer."),
    ("The library opens in May", "The library is new. It will open in May."),
    ("The library opens in May", "In May, the library will open its doors."),
    ("The path is closed after rain", "After rain the path is closed."),
    ("90-second boil", "It comes to a boil in 90 seconds."),
    ("two-year guarantee", "It has a 2-year guarantee."),
    ("Open from 9 am to 5 pm", "It is open from 9 a.m. to 5 p.m. each day."),
    ("2 million people visit", "It is visited by 2,000,000 people."),
    ("No dogs are allowed", "Dogs are not allowed here."),
    ("图书馆五月开放", "图书馆将于五月开放。"),
    ("一棵树头十年要花 2000 欧元", "算下来，一棵树头十年要花2000欧元。"),
    ("人口超过 2 万", "这里人口超过20000。"),
]
UNSAID = {
    "another unit": ("It costs 2,000 euros", "It costs 2,000 dollars."),
    "a bound": ("It costs 2,000 euros", "It costs more than 2,000 euros."),
    "a no": ("It costs 2,000 euros", "It does not cost 2,000 euros."),
    "a no left out": ("No dogs are allowed", "Dogs are allowed."),
    "half of it": ("It costs 2,000 euros", "It was 2,000 in all."),
    "another number": ("It costs 2,000 euros", "It costs 200 euros."),
    "another sign": ("It is -5 degrees", "It is 5 degrees."),
    "another half of the day": ("Open from 9 am to 5 pm", "Open from 9 pm to 5 pm."),
    "scattered": ("built by Ada Lovelace in 1843", "Ada Lovelace lived here. Much was built. Then came 1843."),
    "another clause": ("The library opens in May", "The hall opens in May and the library opens in June."),
    "a neighbour of its own": ("The library opens in May", "The hall opens in May. The library opens in June."),
    "a verb for a name": ("The library opens in May", "It may open, the library."),
    "a question": ("The library opens in May", "Does the library open in May?"),
    "a condition": ("The library opens in May", "If the library opens in May, we come."),
    "crossed": ("The shop is open and the bar is closed", "The shop is closed. The bar is open."),
    "another time": ("The path is closed after rain", "Before rain the path is closed."),
    "another word": ("The mayor cut the red ribbon", "The mayor cut the blue ribbon."),
    "fewer": ("All rooms are heated", "Some rooms are heated."),
    "one sentence of two": ("It opens in May. It costs 5 euros.", "It opens in May."),
    "不": ("图书馆五月开放", "图书馆五月不开放。"),
    "分句": ("图书馆五月开放", "大厅五月开放，图书馆六月开放。"),
    "单位": ("一棵树头十年要花 2000 欧元", "一棵树头十年要花2000美元。"),
    "界限": ("不少于 30 人参加", "30 人参加了。"),
    "nothing": ("It opens in May", ""),
}


@pytest.mark.parametrize(("fact", "text"), SAID)
def test_a_sentence_says_a_fact(fact: str, text: str) -> None:
    found = Said(["Something else.", text]).look(fact)
    assert found.state == "said" and found.text == 1 and found.end <= len(text)


@pytest.mark.parametrize(("fact", "text"), UNSAID.values(), ids=UNSAID)
def test_what_is_no_fact_is_not_taken_for_it(fact: str, text: str) -> None:
    assert Said([text]).look(fact).state != "said"


def test_a_text_in_its_own_words_is_looked_at_by_a_person() -> None:
    found = Said(["The mayor cut the blue ribbon."]).look("The mayor cut the red ribbon")
    assert (found.state, found.missing) == ("near", ("red",))
