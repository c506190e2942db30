#!/bin/sh
# Runs `todo` behind Caddy and HAProxy with the files of this folder, on loopback and without TLS:
# try-proxies.sh TODO TOOLGATE, with the paths of the two programs.
set -eu
command -v curl >/dev/null 2>&1 || { echo 'curl is not installed'; exit 1; }
todo=$(realpath "$1")
toolgate=$(realpath "$2")
cd "$(dirname "$0")"
files=$PWD
work=$(mktemp -d)
server=
proxy=
end() {
  for process in $proxy $server; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  proxy=
  server=
}
trap 'end; rm -rf "$work"' EXIT
cd "$work"

# Runs a server and the proxy that is named, and checks it from outside: try NAME PORT COMMAND…
try() {
  name=$1
  port=$2
  shift 2
  TOOLGATE_BIND=127.0.0.1:$((port + 1)) TOOLGATE_RESOURCE=http://localhost:$port/mcp \
    TODO_DATABASE=$work/$name.redb TOOLGATE_BANNER=off "$todo" >"$work/$name.server" 2>&1 &
  server=$!
  "$@" >"$work/$name.proxy" 2>&1 &
  proxy=$!
  waited=0
  until curl -sf "http://localhost:$port/readyz" >/dev/null; do
    waited=$((waited + 1))
    if [ "$waited" -gt 100 ]; then
      cat "$work/$name.server" "$work/$name.proxy"
      echo "$name: the server does not answer behind the proxy"
      exit 1
    fi
    sleep 0.1
  done
  "$toolgate" check "http://localhost:$port/mcp" >"$work/$name.report" || { cat "$work/$name.report"; exit 1; }
  # Larger than a proxy's own limit may be, smaller than that of the server.
  head -c 2000000 /dev/zero | tr '\0' ' ' >"$work/large"
  # Without a response curl prints 000 and fails.
  status=$(curl -s -o /dev/null -w '%{http_code}' --data-binary @"$work/large" "http://localhost:$port/mcp") || true
  [ "$status" = 401 ] || { echo "$name: a body of 2 MB is answered with $status"; exit 1; }
  end
  echo "ok: $name"
}

if command -v caddy >/dev/null 2>&1; then
  { echo '{'; echo '	admin off'; echo '}'; } >Caddyfile
  sed -e 's#^mcp.example.com {#http://localhost:18101 {#' -e 's#127.0.0.1:8000#127.0.0.1:18102#' "$files/Caddyfile" >>Caddyfile
  try caddy 18101 caddy run --adapter caddyfile --config Caddyfile
else
  echo 'skipped: caddy is not installed'
fi
if command -v haproxy >/dev/null 2>&1; then
  sed -e 's#^ *bind .*#    bind 127.0.0.1:18103#' -e 's#127.0.0.1:8000#127.0.0.1:18104#' "$files/haproxy.cfg" >haproxy.cfg
  try haproxy 18103 haproxy -db -f haproxy.cfg
else
  echo 'skipped: haproxy is not installed'
fi
