"""A library that is given a token by hand: it lists, calls, and is told why it may not write.

No model is called. Each library's own MCP client makes the calls, and what it then tells its
application, a text or an error, is printed for the runner to judge.
"""

import asyncio
import json
import os
import sys
from importlib.metadata import version

URL = os.environ["INTEROP_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['INTEROP_TOKEN']}"}


async def openai_agents(calls):
    from agents.mcp import MCPServerStreamableHttp

    async with MCPServerStreamableHttp(params={"url": URL, "headers": HEADERS}) as server:
        await server.list_tools()
        for name, arguments in calls:
            yield await server.call_tool(name, arguments)


async def pydantic_ai_slim(calls):
    from pydantic_ai.mcp import MCPToolset

    async with MCPToolset(URL, headers=HEADERS) as server:
        await server.list_tools()
        for name, arguments in calls:
            yield await server.direct_call_tool(name, arguments)


async def google_adk(calls):
    from google.adk.tools.mcp_tool.mcp_session_manager import StreamableHTTPConnectionParams
    from google.adk.tools.mcp_tool.mcp_toolset import McpToolset

    toolset = McpToolset(connection_params=StreamableHTTPConnectionParams(url=URL, headers=HEADERS))
    tools = {tool.name: tool for tool in await toolset.get_tools()}
    for name, arguments in calls:
        yield await tools[name].run_async(args=arguments, tool_context=None)
    await toolset.close()


async def strands_agents(calls):
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client
    from strands.tools.mcp import MCPClient

    def transport():
        return streamable_http_client(URL, http_client=create_mcp_http_client(headers=HEADERS))

    with MCPClient(transport) as client:
        client.list_tools_sync()
        for name, arguments in calls:
            yield await asyncio.to_thread(client.call_tool_sync, name, name, arguments)


async def llama_index_tools_mcp(calls):
    from llama_index.tools.mcp import BasicMCPClient

    client = BasicMCPClient(URL, headers=HEADERS)
    await client.list_tools()
    for name, arguments in calls:
        yield await client.call_tool(name, arguments)


async def agno(calls):
    from agno.tools.mcp import MCPTools, StreamableHTTPClientParams

    params = StreamableHTTPClientParams(url=URL, headers=HEADERS)
    async with MCPTools(transport="streamable-http", server_params=params) as tools:
        for name, arguments in calls:
            yield await tools.functions[name].entrypoint(**arguments)


async def main(library):
    calls = [("list_todos", {}), ("add_todo", {"title": "Buy milk"})]
    told = []
    try:
        async for answer in globals()[library.replace("-", "_")](calls):
            told.append(str(answer))
    except BaseException as error:
        told.append(everything(error))
    print(json.dumps({"version": version(library), "told": told}))


def everything(error):
    """What an error says, and those that it has in it."""
    parts = [f"{type(error).__name__}: {error}"]
    for inner in getattr(error, "exceptions", ()):
        parts.append(everything(inner))
    return "\n".join(parts)


sys.exit(asyncio.run(main(sys.argv[1])))
