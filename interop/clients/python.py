"""The official Python client."""

import asyncio
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from mcp.types import ElicitResult

from storage import Storage

CALLS = json.loads(os.environ["INTEROP_CALLS"])
URL = os.environ["INTEROP_URL"]
REVISION = os.environ["INTEROP_REVISION"]
DECISION = os.environ.get("INTEROP_DECISION")
BROWSER = Path(__file__).parent.parent / "browser.mjs"


class Person:
    """Is sent to log in, and comes back with the answer."""

    asked = None

    async def redirect(self, url):
        self.asked = url

    async def callback(self):
        browser = await asyncio.create_subprocess_exec(
            os.environ["INTEROP_NODE"], BROWSER, self.asked, "--print", stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await browser.communicate()
        if browser.returncode != 0:
            raise RuntimeError("the login failed")
        answer = {name: values[0] for name, values in parse_qs(urlsplit(printed.decode().strip()).query).items()}
        return AuthorizationCodeResult(
            code=answer.get("code", ""), state=answer.get("state"), iss=answer.get("iss")
        )


async def open_page(_context, params):
    """Opens a page for the person, as an application does that does not wait for them."""
    if params.mode != "url":
        return ElicitResult(action="decline")
    await asyncio.create_subprocess_exec(os.environ["INTEROP_NODE"], BROWSER, params.url, "--decide", DECISION)
    return ElicitResult(action="accept")


async def main():
    person = Person()
    provider = OAuthClientProvider(
        server_url=URL,
        client_metadata=OAuthClientMetadata(
            client_name="Interoperability",
            redirect_uris=["http://127.0.0.1:3120/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        ),
        storage=Storage(),
        redirect_handler=person.redirect,
        callback_handler=person.callback,
    )
    async with create_mcp_http_client(auth=provider) as http:
        # Its own default, `auto`, is what users run; a session is what it falls back to.
        mode = "auto" if REVISION == "2026-07-28" else "legacy"
        opens = open_page if DECISION else None
        transport = streamable_http_client(URL, http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=opens) as client:
            for call in CALLS:
                result = await client.call_tool(call["name"], call["arguments"])
                if result.is_error:
                    raise RuntimeError(f"{call['name']}: {result.content}")
    print(json.dumps({"version": version("mcp")}))


sys.exit(asyncio.run(main()))
