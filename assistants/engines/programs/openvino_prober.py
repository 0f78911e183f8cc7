"""The program that measures how fast OpenVINO GenAI runs what was made ready, under each of some properties.

It is run by its path and imports nothing of the studio. Of each measure the best of a few counts, for other work on the
machine only makes it slower. Its one argument is a file of JSON:

{"folder": what was made ready, "choices": [properties], "result": where to write
 [{"reads": tokens a second, "writes": tokens a second}]}
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from worker_pipe import keep_quiet, last_line, stand_back

# Tokens of a prompt, and at most of a reply; each is measured for about so many seconds.
PROMPT, REPLY = 256, 32
SECONDS, ROUNDS = 1.0, 3
BLOCKS = 32
# Tokens that every vocabulary has.
COMMON = 200


class Pipeline:
    """A model under some properties."""

    def __init__(self, folder: Path, properties: dict[str, Any]) -> None:
        import openvino_genai

        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = BLOCKS
        scheduler.enable_prefix_caching = False
        tokenizer = openvino_genai.Tokenizer(folder)
        self._pipe = openvino_genai.ContinuousBatchingPipeline(folder, tokenizer, scheduler, "CPU", **properties)
        self._number = 0

    def figures(self) -> dict[str, float]:
        """Return how many tokens a second it reads and writes."""
        self._run(1, 2)
        reads, writes, ended = 0.0, 0.0, time.monotonic() + 2 * SECONDS
        for _ in range(ROUNDS):
            first, later = self._run(PROMPT, REPLY)
            reads, writes = max(reads, PROMPT / first), max(writes, later)
            if time.monotonic() > ended:
                break
        return {"reads": reads, "writes": writes}

    def _run(self, prompt: int, reply: int) -> tuple[float, float]:
        """Return the seconds to the first token, and the tokens a second after that."""
        import openvino
        import openvino_genai

        self._number += 1
        ids = openvino.Tensor(openvino.Type.i64, openvino.Shape([1, prompt]))
        ids.data[0] = [(place * 7 + self._number) % COMMON for place in range(prompt)]
        config = openvino_genai.GenerationConfig(max_new_tokens=reply, min_new_tokens=reply, ignore_eos=True)
        began = time.monotonic()
        handle, seen, first = self._pipe.add_request(self._number, ids, config), 0, 0.0
        while self._pipe.has_non_finished_requests() and (seen < 4 or time.monotonic() < began + first + SECONDS):
            self._pipe.step()
            while handle.can_read():
                seen += sum(len(output.generated_ids) for output in handle.read().values())
                first = first or time.monotonic() - began
        took = time.monotonic() - began - first
        handle.cancel()
        while self._pipe.has_non_finished_requests():
            self._pipe.step()
        return first, (seen - 1) / max(took, 1e-6)


def main(orders: Path) -> None:
    """Measure a model."""
    stand_back()
    keep_quiet()
    asked = json.loads(orders.read_text(encoding="utf-8"))
    found = [Pipeline(Path(asked["folder"]), properties).figures() for properties in asked["choices"]]
    Path(asked["result"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        sys.exit(last_line(error))
