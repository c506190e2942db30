"""The official Python client as a program: it has credentials of its own and no person."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from mcp import Client
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from storage import Storage

URL = os.environ["INTEROP_URL"]
REVISION = os.environ["INTEROP_REVISION"]
ISSUER = "://".join(urlsplit(URL)[:2])
SCOPE = "everything:use"
CALLBACK = "http://127.0.0.1:3122/callback"
BROWSER = Path(__file__).parent.parent / "browser.mjs"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def register(metadata):
    """Registers a program at the development issuer."""
    body = json.dumps({"grant_types": ["client_credentials"], **metadata}).encode()
    request = Request(f"{ISSUER}/development/register", body, {"content-type": "application/json"})
    with urlopen(request) as answer:
        return json.load(answer)


def post(path, client, fields):
    """Sends a form to the identity provider."""
    pair = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    request = Request(f"{ISSUER}{path}", urlencode(fields).encode(), {"authorization": f"Basic {pair}"})
    with urlopen(request) as answer:
        return json.load(answer)


def sign_in(client):
    """Signs the person in at the imitated identity provider."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": "s",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    url = f"{ISSUER}/development/idp/authorize?{query}"
    printed = subprocess.run(
        [os.environ["INTEROP_NODE"], BROWSER, url, "--print"], stdout=subprocess.PIPE, check=True
    ).stdout
    code = parse_qs(urlsplit(printed.decode().strip()).query)["code"][0]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier}
    return post("/development/idp/token", client, fields)["id_token"]


async def call(grant, auth):
    """Calls a tool, and looks for the scope in its answer."""
    async with create_mcp_http_client(auth=auth) as http:
        transport = streamable_http_client(URL, http_client=http)
        mode = REVISION if REVISION == "2026-07-28" else "legacy"
        async with Client(transport, mode=mode) as client:
            result = await client.call_tool("whoami", {})
            text = result.content[0].text
            if f"with {SCOPE}" not in text:
                raise RuntimeError(f"{grant}: {text}")
    print(grant)


async def main():
    by_secret = register({"token_endpoint_auth_method": "client_secret_basic"})
    await call(
        "secret",
        ClientCredentialsOAuthProvider(
            URL, Storage(), by_secret["client_id"], by_secret["client_secret"], scope=SCOPE, issuer=ISSUER
        ),
    )
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    by_key = register(
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{**jwk, "kid": "1", "alg": "ES256"}]}}
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = SignedJWTParameters(
        issuer=by_key["client_id"], subject=by_key["client_id"], signing_key=pem.decode(), signing_algorithm="ES256"
    )
    await call(
        "private_key_jwt",
        PrivateKeyJWTOAuthProvider(
            URL, Storage(), by_key["client_id"], signed.create_assertion_provider(), scope=SCOPE, issuer=ISSUER
        ),
    )
    managed = register(
        {
            "grant_types": [JWT_BEARER],
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "client_secret_basic",
        }
    )
    id_token = sign_in(managed)

    async def assertion(audience, resource):
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
            "subject_token": id_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "audience": audience,
            "resource": resource,
            "scope": SCOPE,
        }
        return post("/development/idp/token", managed, fields)["access_token"]

    await call(
        "id-jag",
        IdentityAssertionOAuthProvider(
            URL,
            Storage(),
            managed["client_id"],
            managed["client_secret"],
            ISSUER,
            assertion,
            scope=SCOPE,
            token_endpoint_auth_method="client_secret_basic",
        ),
    )
    print(json.dumps({"version": version("mcp")}))


asyncio.run(main())
sys.exit(0)
