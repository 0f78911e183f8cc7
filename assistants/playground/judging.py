"""What a model says of an answer: whether it means what was expected, and what a judge thinks of it.

A judge is asked twice, with the choices in either order, for models lean to what they read first or last; one that says
one thing and then the other has not decided. Knows nothing about cells.
"""

from typing import TYPE_CHECKING, Any

from assistants.embedder import Embedder
from assistants.engines.controls import Controls
from assistants.errors import StudioError
from assistants.generation import run_to_end
from assistants.playground.asking import CellRun
from assistants.playground.evaluators import NOTHING_EXPECTED, Answer, Finding, found, negated, short, wish
from assistants.playground.plan import EXPECTED
from assistants.playground.request import Evaluator
from assistants.prompts import render
from assistants.storable import from_json

if TYPE_CHECKING:
    from assistants.studio import Studio

ALIKE = 0.75
OPTIONS = {"temperature": 0.0}
MOST_TOKENS = 400
PASS, FAIL = "pass", "fail"
FIRST, SECOND, TIE = "A", "B", "tie"
MAX_REASON = 300
NO_EMBEDDER = "There is no embedder here that knows this language, so likeness cannot be measured."
UNDECIDED = "The judge decides otherwise when it is asked in another order, so this counts as a tie."


class Judging:
    """Asks the embedder and the judges of one job."""

    def __init__(
        self, studio: "Studio", owner: str, asking: CellRun, embedder: Embedder, judges: dict[str, str]
    ) -> None:
        """``judges`` says which model each name of a judge means; '' is the one that no evaluator names."""
        self._asking = asking
        self.embedder = embedder
        self._judges = judges
        self._prompts = {kind: studio.prompts.get(f"playground/{kind}", owner) for kind in ("judge", "preferred")}

    def evaluate(self, evaluator: Evaluator, answer: Answer) -> Finding:
        """Return what a check by a model found; ``passed`` is None where it came to nothing."""
        wanted = wish(evaluator, answer.row)
        if wanted is None:
            return NOTHING_EXPECTED
        if evaluator.type == "similar":
            return negated(evaluator, self._similar(evaluator, wanted, answer))
        if evaluator.type == "preferred" and EXPECTED not in answer.row:
            return NOTHING_EXPECTED
        ask = self._judged if evaluator.type == "judge" else self._preferred
        try:
            return negated(evaluator, ask(evaluator, wanted, answer))
        except StudioError as error:
            cause = str(error).rstrip(".")
            return found(None, "The judge came to no verdict: {cause}.", cause=short(cause))

    def _similar(self, evaluator: Evaluator, wanted: str, answer: Answer) -> Finding:
        first, second = self.embedder.vectors([answer.text or " ", wanted or " "], "query")
        if first is None or second is None:
            return found(None, NO_EMBEDDER)
        score = self.embedder.scale(wanted).likeness(first, second)
        rounded = round(score, 3)
        least = ALIKE if evaluator.threshold is None else evaluator.threshold
        template = 'It is {score} like "{wanted}"; wanted is at least {least}.'
        return found(score >= least, template, rounded, score=rounded, wanted=short(wanted), least=least)

    def _judged(self, evaluator: Evaluator, rubric: str, answer: Answer) -> Finding:
        verdicts = []
        for first, second in ((PASS, FAIL), (FAIL, PASS)):
            values = {"rubric": rubric, "answer": answer.text, "first": first, "second": second}
            verdicts.append(self._verdict(evaluator, values, [first, second]))
        says = [verdict["verdict"] for verdict in verdicts]
        if says[0] != says[1]:
            return found(None, UNDECIDED, 0.5)
        passed = says[0] == PASS
        template = "The judge is content: {reason}." if passed else "The judge is not content: {reason}."
        return found(passed, template, float(passed), reason=verdicts[0]["reason"].strip().rstrip("."))

    def _preferred(self, evaluator: Evaluator, rubric: str, answer: Answer) -> Finding:
        """Hold an answer against the expected one: it passes where it is at least as good."""
        ours, points = [], {True: 1.0, False: 0.0, None: 0.5}
        for mine, first, second in (
            (FIRST, answer.text, answer.row[EXPECTED]),
            (SECOND, answer.row[EXPECTED], answer.text),
        ):
            values = {"rubric": rubric, "first": first, "second": second}
            verdict = self._verdict(evaluator, values, [FIRST, SECOND, TIE])["verdict"]
            ours.append(None if verdict == TIE else verdict == mine)
        if ours[0] != ours[1]:
            return found(True, UNDECIDED, 0.5)
        templates = {
            True: "The judge prefers it to the expected answer.",
            False: "The judge prefers the expected answer.",
            None: "The judge holds it for as good as the expected answer.",
        }
        return found(ours[0] is not False, templates[ours[0]], points[ours[0]])

    def _verdict(self, evaluator: Evaluator, values: dict[str, str], choices: list[str]) -> dict[str, Any]:
        schema = {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "maxLength": MAX_REASON},
                "verdict": {"type": "string", "enum": choices},
            },
            "required": ["reason", "verdict"],
            "additionalProperties": False,
        }
        messages = render(self._prompts[evaluator.type], values)
        model = self._judges[evaluator.model or ""]
        # What a judge says is not part of the cell's own text.
        asking = self._asking.ask(model, messages, OPTIONS, MOST_TOKENS, Controls(json_schema=schema))
        return from_json(run_to_end(asking).text)
