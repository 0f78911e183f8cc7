"""The rows of support: who waits for a person, what customers think of answers, and all that is kept of a base."""

from assistants.store.row_kinds import Part, RowKind

OF_A_BASE = ("hand_overs", "intents", "expectations", "check_runs", "feedback", "dismissed")

ROWS = (
    RowKind(
        "hand_over",
        "hand_overs",
        parts=(Part("feedback", "job", "jobs"), *(Part(table, "knowledge", "knowledge") for table in OF_A_BASE)),
    ),
)
