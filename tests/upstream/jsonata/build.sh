#!/usr/bin/env bash
# Installs Renovate's own JSONata and YAML into the given directory (default: target/upstream/jsonata). Needs Node and npm; where
# they are missing, this says that it skips, and with CI=true it fails.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../target/upstream/jsonata}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "jsonata: skipped, there is no Node with npm"
  [ "${CI:-}" != true ]
  exit
fi
mkdir -p "$out"
cp "$here"/package.json "$here"/package-lock.json "$out"
npm ci --prefix "$out" --ignore-scripts --silent
