"""Pipecat's OpenAILiveLLMService, in a pipeline without a transport."""

from __future__ import annotations

import asyncio

from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.live.llm import OpenAILiveLLMService
from pipecat.services.openai.responses.llm import OpenAIResponsesLLMService
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat_ends import hold
from steps import HTTP, TIMER, Talk


async def main() -> None:
    talk = Talk(signals=False)
    backend = OpenAIResponsesLLMService.Settings(model="gpt-5.4-mini")
    service = OpenAILiveLLMService(
        api_key="none",
        base_url=f"ws://{HTTP}/v1/live/sessions",
        delegation=OpenAILiveLLMService.ResponsesDelegation(settings=backend),
    )

    async def set_timer(params: FunctionCallParams) -> None:
        await params.result_callback(talk.called(dict(params.arguments)))

    async def started(*_: object) -> None:
        talk.connected.set()

    service.register_function("set_timer", set_timer)
    service.add_event_handler("on_session_started", started)
    shape = TIMER["parameters"]
    timer = FunctionSchema("set_timer", "Set a timer.", shape["properties"], shape["required"])
    context = LLMContext(tools=ToolsSchema(standard_tools=[timer]))
    turns = LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies(enable_interruptions=False))
    await hold(talk, service, context, LLMContextAggregatorPair(context, user_params=turns))


asyncio.run(main())
