#!/bin/sh
# Checks the files of this folder with the tools that are installed, and names those that are not.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has() {
  command -v "$1" >/dev/null 2>&1 || { echo "skipped: $1 is not installed"; return 1; }
}

for script in *.sh; do
  sh -n "$script"
done

if has systemd-analyze; then
  # The program of the unit is not installed here.
  sed 's#^ExecStart=.*#ExecStart=/bin/true#' toolgate.service >"$work/toolgate.service"
  systemd-analyze verify "$work/toolgate.service"
  echo "ok: toolgate.service"
fi

if has kubectl; then
  # Decodes each object as its type, without a cluster.
  kubectl label --local -f kubernetes.yaml checked=yes --dry-run=client -o name
  # Writing the Deployment as its type drops what the type does not have.
  sed -n '/^apiVersion: apps/,/^---/p' kubernetes.yaml >"$work/deployment.yaml"
  kubectl set env --local -f "$work/deployment.yaml" CHECKED=yes -o yaml >"$work/typed.yaml"
  for name in $(grep -v '#' "$work/deployment.yaml" | grep -o '[A-Za-z]*:' | sort -u); do
    grep -q "$name" "$work/typed.yaml" || { echo "kubernetes.yaml: a Deployment has no $name"; exit 1; }
  done
  echo "ok: kubernetes.yaml"
fi

if has kubernetes-validate; then
  # Against the published schemas, which the program has: an unknown field is an error.
  kubernetes-validate --strict --quiet kubernetes.yaml
  echo "ok: kubernetes.yaml, by its schemas"
fi

if has promtool; then
  promtool check rules prometheus/alerts.yml
  echo "ok: prometheus/alerts.yml"
fi

if has hadolint; then
  hadolint Dockerfile
  echo "ok: Dockerfile"
  # That of `toolgate new`, with names in the places of its variables.
  sed -e '/{{[#\/]/d' -e 's#{{checkout}}#/checkout#g' -e 's/{{name}}/demo/g' \
    ../../cli/templates/Dockerfile >"$work/Dockerfile"
  # DL3022: the checkout is a build context, which `docker build` is given.
  hadolint --ignore DL3022 "$work/Dockerfile"
  echo "ok: cli/templates/Dockerfile"
fi
