"""A thousand short replies, of which many are left half-way: the memory of the engine's process stays as it is."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from statistics import median

import psutil
import pytest
from langchain_core.messages import HumanMessage

from assistants.engines.openvino import OpenVINOChat

REPLIES = 1000
WARM = 400
# The prefix cache fills up to its bound first; what is left is the noise of the allocator.
GROWTH = 1.05


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_stays_flat_over_a_thousand_replies(starter: OpenVINOChat) -> None:
    process = psutil.Process(starter.start()._process.pid)
    chance = random.Random(1)
    # Half of them leave after some words, or at once.
    leaves = [chance.choice([None, chance.randint(0, 8)]) for _ in range(REPLIES)]
    sizes: list[int] = []

    def reply(number: int) -> None:
        options = {"choice": ["yes", "no", "maybe"]} if number % 10 == 0 else {}
        question = [HumanMessage(f"{number}: tell me something about the number {number * 7919 % 10007}.")]
        with closing(starter.stream(question, max_tokens=12, **options)) as chunks:
            for count, _ in enumerate(chunks):
                if count == leaves[number]:
                    break
        sizes.append(process.memory_info().rss)

    with ThreadPoolExecutor(starter.slots) as pool:
        list(pool.map(reply, range(REPLIES)))
    assert starter.start()._process.pid == process.pid
    assert median(sizes[-100:]) <= GROWTH * median(sizes[WARM : WARM + 100])
