"""What a person may set about how a model chooses its words, with the limits of each."""

from typing import Annotated

from pydantic import Field

from assistants.requests import StudioRequest

MOST_TOKENS = 1_000_000
SEEDS = 2**32

Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
Stops = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=8)]


class Params(StudioRequest):
    """How the model chooses its words; what is absent is left to the model."""

    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=1, le=1000)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2, allow_inf_nan=False)] | None = None
    max_tokens: Tokens | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    stop: Stops | None = None
