"""Runs `toolgate check --login` against FastMCP and compares its findings with results that
were verified by hand.

Not part of `cargo test`: it needs the network once.

    cargo build -p toolgate-cli
    python3 -m venv /tmp/fastmcp && /tmp/fastmcp/bin/pip install fastmcp==4.1.2
    /tmp/fastmcp/bin/python cli/tests/foreign/fastmcp_server.py
"""

import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
PORT = 18765
ORIGIN = f"http://127.0.0.1:{PORT}"

# The behaviour of FastMCP 4.1.2, observed by hand with `curl`.
EXPECTED = {
    "challenge.body": "note",  # the 401 has no body
    "challenge.slash": "warn",  # Starlette redirects /mcp/ with 307
    "metadata.root": "warn",  # only at the path's well-known URL
    "issuer.iss_parameter": "note",
    "tokens.two_headers": "warn",  # the first one counts
    "cors.preflight": "warn",  # no CORS without extra middleware
    "host.host": "note",
    "host.origin": "warn",  # 200 for any origin
    "stepup.status": "fail",  # the tool is hidden, and a call is refused in an HTTP 200
    "health.live": "note",
    "health.ready": "note",
}


def serve() -> None:
    from fastmcp import FastMCP
    from fastmcp.server.auth import require_scopes
    from fastmcp.server.auth.auth import ClientRegistrationOptions
    from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider

    scopes = ["notes:read", "notes:write"]
    auth = InMemoryOAuthProvider(
        base_url=ORIGIN,
        required_scopes=["notes:read"],
        client_registration_options=ClientRegistrationOptions(
            enabled=True, valid_scopes=scopes, default_scopes=scopes
        ),
    )
    server = FastMCP("notes", auth=auth)

    @server.tool(annotations={"readOnlyHint": True})
    def read_note() -> str:
        """Reads."""
        return "a note"

    @server.tool(auth=require_scopes("notes:write"))
    def write_note() -> str:
        """Writes."""
        return "written"

    server.run(transport="http", host="127.0.0.1", port=PORT, show_banner=False)


def main() -> int:
    running = subprocess.Popen(
        [sys.executable, __file__, "serve"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return check()
    finally:
        running.terminate()


def check() -> int:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{ORIGIN}/mcp")
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.2)
    command = [ROOT / "target/debug/toolgate", "check", f"{ORIGIN}/mcp", "--login"]
    command += ["--tool", "write_note", "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def browse() -> None:
        for line in child.stderr:
            if line.strip().startswith("http"):
                urllib.request.urlopen(line.strip()).read()

    browser = threading.Thread(target=browse)
    browser.start()
    out = child.stdout.read()
    child.wait()
    browser.join()
    findings = json.loads(out)["findings"]
    found = {f["id"]: f["verdict"] for f in findings if f["verdict"] not in ("pass", "skipped")}
    for finding in findings:
        if finding["id"] in found or finding["id"] in EXPECTED:
            print(f"{finding['verdict']:7}  {finding['id']:24}  {finding['seen']}")
    if found == EXPECTED:
        print("as expected")
        return 0
    print("differs from what was expected:", sorted(found.items() ^ EXPECTED.items()))
    return 1


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(main())
