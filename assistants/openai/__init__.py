"""What only the OpenAI-compatible interface asks for: completions of conversations and texts, and vectors."""
