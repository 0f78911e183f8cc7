"""The prompt library: texts first, one small reader. A folder holds the templates of the assistant it is named for."""
