"""Pipecat's OpenAIRealtimeLLMService, in a pipeline without a transport."""

from __future__ import annotations

import asyncio

from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat_ends import hold
from steps import HTTP, TIMER, Talk


async def main() -> None:
    talk = Talk()
    audio = events.AudioConfiguration(input=events.AudioInput(transcription=events.InputAudioTranscription()))
    settings = OpenAIRealtimeLLMService.Settings(session_properties=events.SessionProperties(audio=audio))
    service = OpenAIRealtimeLLMService(api_key="none", base_url=f"ws://{HTTP}/v1/realtime", settings=settings)

    async def set_timer(params: FunctionCallParams) -> None:
        await params.result_callback(talk.called(dict(params.arguments)))

    service.register_function("set_timer", set_timer)
    shape = TIMER["parameters"]
    timer = FunctionSchema("set_timer", "Set a timer.", shape["properties"], shape["required"])
    context = LLMContext(tools=ToolsSchema(standard_tools=[timer]))
    talk.connected.set()
    await hold(talk, service, context, LLMContextAggregatorPair(context))


asyncio.run(main())
