#!/usr/bin/env bash
# Measures the same servers with wrk, an independent load program.
#
#   benches/load/wrk.sh            needs wrk (Debian and others have a package), awk and bash
#
# Settings: ROUNDS (5), SECONDS_EACH (2), CONNECTIONS (32), THREADS (half of the processors).
# The servers take turns in short slices; a ratio is the median of the rounds' ratios.
set -euo pipefail
# A failure inside $(…) ends the script too, so that no figure is computed from nothing.
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

rounds=${ROUNDS:-5} each=${SECONDS_EACH:-2} connections=${CONNECTIONS:-32}
half=$(($(nproc) / 2))
threads=${THREADS:-$((half > 0 ? half : 1))}

command -v wrk >/dev/null || { echo "wrk is not installed" >&2; exit 1; }
cargo build --locked --release -p toolgate-load
target=$(cargo metadata --locked --format-version 1 --no-deps |
  sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

declare -A url script
coproc stand { exec "$target/release/toolgate-load" stand; }
while read -r name where what <&"${stand[0]}" && [ "$name" != ready ]; do
  url[$name]=$where script[$name]=$what
done
[ "${#url[@]}" -gt 0 ] || { echo "the servers did not start" >&2; exit 1; }
trap 'rm -rf "$(dirname "${script[list]}")"' EXIT

# Prints the calls per second of one server for one slice. $2: whether refusals are expected.
press() {
  local said rate
  # wrk waits forever if a server does not accept connections.
  said=$(timeout $((each + 30)) wrk -t"$threads" -c"$connections" -d"${each}s" \
    -s "${script[$1]}" "${url[$1]}" 2>&1) || { echo "$1: $said" >&2; exit 1; }
  if [ "$2" = answers ] && grep -q 'Non-2xx' <<<"$said"; then
    echo "$1: $said" >&2
    exit 1
  fi
  rate=$(awk '/^Requests\/sec/ { print $2 }' <<<"$said")
  if grep -q 'Socket errors' <<<"$said" || [ -z "$rate" ]; then
    echo "$1: $said" >&2
    exit 1
  fi
  echo "$rate"
}

median() { sort -n | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }

# A row: measure, ours, theirs, target, whether refusals are expected.
row() {
  local ours=() theirs=() ratios=() round a b
  for ((round = 0; round < rounds; round++)); do
    if ((round % 2)); then
      b=$(press "$3" "$5")
      a=$(press "$2" "$5")
    else
      a=$(press "$2" "$5")
      b=$(press "$3" "$5")
    fi
    ours+=("$a") theirs+=("$b")
    ratios+=("$(awk -v a="$a" -v b="$b" 'BEGIN { print a / b }')")
  done
  local ratio
  ratio=$(printf '%s\n' "${ratios[@]}" | median)
  awk -v what="$1" -v a="$(printf '%s\n' "${ours[@]}" | median)" \
    -v b="$(printf '%s\n' "${theirs[@]}" | median)" -v ratio="$ratio" -v least="$4" 'BEGIN {
      printf "| %s | %.0f and %.0f calls/s | %.2f | ≥ %s | %s |\n",
        what, a, b, ratio, least, (ratio >= least) ? "yes" : "no" }'
}

echo "wrk -t$threads -c$connections -d${each}s, $rounds rounds"
echo
echo "| measure | figures | ratio | target | met |"
echo "|---|---|---|---|---|"
row "protected stateless call, warm token, against unprotected rmcp" protected_call unprotected_call 2.0 answers
row "the same against a bare axum handler that returns equal bytes" protected_call bare_call 0.5 answers
row "protected call in a session, against rmcp's session service" protected_session unprotected_session 0.95 answers
row "401 without a token, against the bare handler" no_token bare_no_token 0.8 refuses
row "403 for a scope, against the bare handler" no_scope bare_no_scope 0.8 refuses
row "tools/list of 100 tools, against a handler returning the same bytes" list bare_list 0.7 answers
