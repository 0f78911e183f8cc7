"""What all chat engines of the studio have in common as LangChain sees them: whoever asks at once gets what streams.

Knows LangChain; knows nothing about models.
"""

from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult


class StreamedChat(BaseChatModel):
    """A chat model that has only ``_stream``; a chunk that says ``retracted`` takes back those before it."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        chunks: list[ChatGenerationChunk] = []
        for chunk in self._stream(messages, stop, run_manager, **options):
            if chunk.message.response_metadata.get("retracted"):
                chunks.clear()
            chunks.append(chunk)
        return generate_from_stream(iter(chunks))
