#!/bin/sh
# Builds a package of this workspace and copies its program: build.sh PACKAGE TARGET.
# The Dockerfile runs it. PROFILE=dev builds without optimization.
set -eu
package=$1
target=$2
profile=${PROFILE:-release}
cargo build --locked --package "$package" --profile "$profile"
folder=$profile
if [ "$profile" = dev ]; then
  folder=debug
fi
cp "${CARGO_TARGET_DIR:-target}/$folder/$package" "$target"
