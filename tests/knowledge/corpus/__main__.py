"""Print the table of the corpus."""

from tests.knowledge.corpus import table

print(table())
