"""What the playground can be asked, and the limits of it. Knows nothing about how anything of it is done."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from assistants.generation import Params
from assistants.requests import Name, StudioRequest

MAX_TEXT = 100_000
MAX_VALUE = 20_000
MAX_ROWS = 1000
MAX_EXAMPLES = 200
MAX_CELLS = 5000
MAX_EVALUATORS = 1000
# Over all cells.
MAX_CHECKS = 250_000

Text = Annotated[str, Field(max_length=MAX_VALUE)]
Line = Annotated[str, Field(max_length=200)]
Labels = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=2, max_length=100)]

# In the order of a menu.
TYPES = (
    "equals", "contains", "contains_any", "regex", "starts_with", "ends_with", "words_absent", "json", "json_schema",
    "contains_json", "similar", "label", "length", "latency", "cost", "judge", "preferred",
)  # fmt: skip
CHOICES = ("first", "random", "nearest", "diverse", "length")
STUDIES = ("shots", "leave_one_out", "order", "selection")
HOWS = ("generate", "score", "classifier")

EvaluatorType = Literal[
    "equals", "contains", "contains_any", "regex", "starts_with", "ends_with", "words_absent", "json", "json_schema",
    "contains_json", "similar", "label", "length", "latency", "cost", "judge", "preferred",
]  # fmt: skip


class Message(StudioRequest):
    """A message; ``{{name}}`` in its content is a variable."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


Messages = Annotated[list[Message], Field(min_length=1, max_length=100)]


class Prompt(StudioRequest):
    """A prompt: its messages, or a template of the library, in the version in use unless it names one.

    ``json_schema`` is what answers must be valid against; a template has its own.
    """

    name: Line = ""
    messages: Messages | None = None
    json_schema: dict[str, Any] | None = None
    template: Name | None = None
    version: Name | None = None


class Example(StudioRequest):
    """A few-shot example; one that is not of ``use`` is kept and never sent."""

    input: Annotated[str, Field(min_length=1, max_length=MAX_VALUE)]
    output: Annotated[str, Field(min_length=1, max_length=MAX_VALUE)]
    use: bool = True


class Shots(StudioRequest):
    """How many examples a prompt shows (None: all), and which; ``length`` keeps to so many ``words``."""

    k: Annotated[int, Field(ge=0, le=32)] | None = None
    choose: Literal["first", "random", "nearest", "diverse", "length"] = "first"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    words: Annotated[int, Field(ge=1, le=10_000)] = 300


class Evaluator(StudioRequest):
    """A check of each answer; without a ``value`` against what its row expects. ``not`` turns it round."""

    model_config = ConfigDict(serialize_by_alias=True)

    name: Line = ""
    type: EvaluatorType
    value: Any = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    negated: bool = Field(False, alias="not")
    ignore_case: bool = False
    model: Name | None = None
    # Only of these rows, counted from 0; None: of all.
    rows: Annotated[list[Annotated[int, Field(ge=0, lt=MAX_ROWS)]], Field(max_length=MAX_ROWS)] | None = None


class StudyOptions(StudioRequest):
    """How many examples the sweep tries, and how many orders."""

    ks: Annotated[list[Annotated[int, Field(ge=0, le=32)]], Field(min_length=2, max_length=33)] | None = None
    permutations: Annotated[int, Field(ge=2, le=100)] = 10


class Price(StudioRequest):
    """What a million tokens cost, in any one currency."""

    input: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    output: Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _listed(params: Any) -> Any:
    """Take the parameters of one variant for a list of one."""
    return [params] if isinstance(params, dict) else params


class Request(StudioRequest):
    """A matrix of prompts, models, parameters, rows and repeats, with few-shot examples and checks.

    ``messages`` with their ``json_schema`` are short for one prompt.
    """

    messages: Messages | None = None
    json_schema: dict[str, Any] | None = None
    prompts: Annotated[list[Prompt], Field(min_length=1, max_length=20)] | None = None
    examples: Annotated[list[Example], Field(max_length=MAX_EXAMPLES)] = []
    shots: Shots = Shots()
    rows: Annotated[list[dict[Name, Text]], Field(max_length=MAX_ROWS)] = []
    models: Annotated[list[Name], Field(min_length=1, max_length=10)] | None = None
    params: Annotated[list[Params], Field(min_length=1, max_length=10), BeforeValidator(_listed)] = [Params()]
    evaluators: Annotated[list[Evaluator], Field(max_length=MAX_EVALUATORS)] = []
    repeats: Annotated[int, Field(ge=1, le=20)] = 1
    study: Literal["shots", "leave_one_out", "order", "selection"] | None = None
    study_options: StudyOptions = StudyOptions()
    labels: Labels | None = None
    prices: Annotated[dict[Name, Price], Field(max_length=50)] = {}
    name: Line = ""
