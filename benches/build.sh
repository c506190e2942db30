#!/usr/bin/env bash
# The cost of compiling a server, compared with an rmcp server with a hand-written JWT layer.
#
#   benches/build.sh               needs cargo, bash and awk; takes half an hour on two processors
#
# ROUNDS (3): clean builds of each server. TOOLS (200): tools in the second part.
# TOOL_ROUNDS (5): how often the second part compiles them. All sources are generated in a
# temporary folder. Both servers use this repository's Cargo.lock, so their shared dependencies
# have the same versions, and cargo's default release profile. They take turns; a ratio is the
# median of the rounds' ratios.
set -euo pipefail
# A failure inside $(…) ends the script too, so that no figure is computed from nothing.
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
repository=$PWD
rounds=${ROUNDS:-3} tools=${TOOLS:-200} tool_rounds=${TOOL_ROUNDS:-5}
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0
unset CARGO_TARGET_DIR RUSTFLAGS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

package() { # name, then its dependencies on stdin
  mkdir -p "$work/$1/src"
  cp Cargo.lock "$work/$1/"
  {
    printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n' "$1"
    cat
    # A parent folder may be a workspace.
    printf '\n[workspace]\n'
  } >"$work/$1/Cargo.toml"
}

ours_needs() {
  cat <<END
toolgate = { path = "$repository/runtime" }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
END
}

theirs_needs() {
  cat <<'END'
axum = { version = "0.8", default-features = false, features = ["http1", "http2", "tokio"] }
jsonwebtoken = { version = "11", default-features = false, features = ["aws_lc_rs"] }
reqwest = { version = "0.13", default-features = false, features = ["http2", "json", "rustls"] }
rmcp = { version = "3.11", features = ["transport-streamable-http-server"] }
schemars = "1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
END
}

ours_main() { # the number of tools
  cat <<'END'
use toolgate::{Config, Error, Server, mcp_tool, tools};

END
  local names=() number
  for ((number = 0; number < $1; number++)); do
    names+=("t$number")
    cat <<END
/// Finds what was said about one subject, number $number.
#[mcp_tool(scope = "archive:read", read_only)]
async fn t$number(
    /// What it is about, in a few words.
    subject: String,
    /// How many to give at most.
    limit: Option<u32>,
) -> String {
    format!("{subject} {limit:?} $number")
}

END
  done
  local IFS=,
  cat <<END
#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::new("archive").tools(tools![${names[*]}]);
    server.serve(Config::from_env()?).await
}
END
}

theirs_main() { # the number of tools
  cat <<'END'
use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    schemars::JsonSchema,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::Deserialize;

#[derive(Clone)]
struct Archive {
    router: Arc<ToolRouter<Self>>,
}

struct Guard {
    keys: JwkSet,
    validation: Validation,
}

#[derive(Clone, Deserialize)]
struct Claims {
    #[serde(default)]
    scope: String,
}

impl Guard {
    fn claims(&self, headers: &HeaderMap) -> Option<Claims> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let token = header.strip_prefix("Bearer ")?;
        let kid = decode_header(token).ok()?.kid?;
        let key = DecodingKey::from_jwk(self.keys.find(&kid)?).ok()?;
        Some(decode::<Claims>(token, &key, &self.validation).ok()?.claims)
    }
}

async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let refuse = |status: StatusCode, challenge: &'static str| {
        (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    };
    match guard.claims(request.headers()) {
        Some(claims) if claims.scope.split(' ').any(|scope| scope == "archive:read") => {
            request.extensions_mut().insert(claims);
            next.run(request).await
        }
        Some(_) => refuse(StatusCode::FORBIDDEN, "Bearer error=\"insufficient_scope\""),
        None => refuse(StatusCode::UNAUTHORIZED, "Bearer"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::var("ISSUER")?;
    let keys = reqwest::get(format!("{issuer}/keys")).await?.json().await?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[&issuer]);
    validation.set_audience(&["http://127.0.0.1:8000/mcp"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let archive = Archive {
        router: Arc::new(Archive::tool_router()),
    };
    let service = StreamableHttpService::new(
        move || Ok(archive.clone()),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default(),
    );
    let guard = Arc::new(Guard { keys, validation });
    let router = Router::new()
        .route_service("/mcp", service)
        .layer(middleware::from_fn_with_state(guard, check));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    Ok(axum::serve(listener, router).await?)
}

#[tool_handler(router = self.router)]
impl ServerHandler for Archive {}

END
  local number
  for ((number = 0; number < $1; number++)); do
    cat <<END
#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct A$number {
    /// What it is about, in a few words.
    subject: String,
    /// How many to give at most.
    limit: Option<u32>,
}

END
  done
  printf '#[tool_router]\nimpl Archive {\n'
  for ((number = 0; number < $1; number++)); do
    cat <<END
    /// Finds what was said about one subject, number $number.
    #[tool(annotations(read_only_hint = true))]
    async fn t$number(&self, Parameters(A$number { subject, limit }): Parameters<A$number>) -> String {
        format!("{subject} {limit:?} $number")
    }

END
  done
  printf '}\n'
}

# Prints the seconds that a command takes; prints its output if it fails.
time_of() {
  local begin end
  begin=$(date +%s%N)
  "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
  end=$(date +%s%N)
  awk -v a="$begin" -v b="$end" 'BEGIN { printf "%.3f", (b - a) / 1e9 }'
}

median() { printf '%s\n' "$@" | sort -n | awk '{ a[NR] = $1 } END { printf "%.3f", (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f", a / b }'; }
met() { awk -v a="$1" -v b="$2" 'BEGIN { print (a <= b) ? "yes" : "no" }'; }

ours_needs | package ours
theirs_needs | package theirs
for which in ours theirs; do
  "${which}_main" 1 >"$work/$which/src/main.rs"
  # This only removes unused entries from the lock file.
  (cd "$work/$which" && cargo fetch >/dev/null 2>&1 && cargo metadata --locked --format-version 1 >/dev/null)
done

crates() { (cd "$work/$1" && cargo tree --locked --edges normal,build --prefix none --no-dedupe | awk '{ print $1, $2 }' | sort -u | wc -l); }
from_nothing() { rm -rf "$work/$1/target" && time_of cargo build --locked --release --manifest-path "$work/$1/Cargo.toml"; }
size() { stat -c %s "$work/$1/target/release/$1" | awk '{ printf "%.1f", $1 / 1048576 }'; }

echo "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) processors, $(rustc --version)"
if [ "$rounds" -gt 0 ]; then
  ours=() theirs=() ratios=()
  for ((round = 0; round < rounds; round++)); do
    if ((round % 2)); then
      b=$(from_nothing theirs)
      a=$(from_nothing ours)
    else
      a=$(from_nothing ours)
      b=$(from_nothing theirs)
    fi
    ours+=("$a") theirs+=("$b") ratios+=("$(over "$a" "$b")")
    echo "round $round: $a s and $b s"
  done
  ratio=$(median "${ratios[@]}")
  build=$(printf '| clean release build of a server with one tool, against rmcp with hand-written JWT middleware | %.0f s, %d crates, %s MiB and %.0f s, %d crates, %s MiB | %.2f | ≤ 1.1 | %s |' \
    "$(median "${ours[@]}")" "$(crates ours)" "$(size ours)" \
    "$(median "${theirs[@]}")" "$(crates theirs)" "$(size theirs)" "$ratio" "$(met "$ratio" 1.1)")
fi

# The compile time that each further tool adds: the difference to one tool, compiling only the
# package itself.
compile() { # which, how many tools, the command
  "${1}_main" "$2" >"$work/$1/src/main.rs"
  # shellcheck disable=SC2086
  time_of cargo $3 --locked --manifest-path "$work/$1/Cargo.toml"
}
each() { # which, the command
  local one many
  one=$(compile "$1" 1 "$2")
  many=$(compile "$1" "$tools" "$2")
  awk -v a="$one" -v b="$many" -v n="$tools" 'BEGIN { printf "%.4f", (b - a) * 1000 / (n - 1) }'
}
lines=()
if [ "$tool_rounds" -gt 0 ]; then
  for command in check build 'build --release'; do
    # Compile the dependencies before timing.
    compile ours 1 "$command" >/dev/null && compile theirs 1 "$command" >/dev/null
    ours=() theirs=() ratios=()
    for ((round = 0; round < tool_rounds; round++)); do
      if ((round % 2)); then
        b=$(each theirs "$command")
        a=$(each ours "$command")
      else
        a=$(each ours "$command")
        b=$(each theirs "$command")
      fi
      ours+=("$a") theirs+=("$b") ratios+=("$(over "$a" "$b")")
    done
    ratio=$(median "${ratios[@]}")
    lines+=("$(printf '| compile time added by each tool, `cargo %s`, against rmcp'"'"'s `#[tool]` | %.1f ms and %.1f ms, of %d tools | %.2f | ≤ 1.0 | %s |' \
      "$command" "$(median "${ours[@]}")" "$(median "${theirs[@]}")" "$tools" "$ratio" "$(met "$ratio" 1.0)")")
  done
fi

echo
echo "| measure | figures | ratio | target | met |"
echo "|---|---|---|---|---|"
[ "$rounds" -eq 0 ] || echo "$build"
[ "${#lines[@]}" -eq 0 ] || printf '%s\n' "${lines[@]}"
