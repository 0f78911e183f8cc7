"""Print the table of the corpus."""

from tests.knowledge.corpus import files, table

print(table(files()))
