#!/bin/sh
# Builds the three binaries into the given directory (default: ./bin).
# GOFLAGS=-p=1 keeps it to one compiler process.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/bin}
mkdir -p "$out"
out=$(cd "$out" && pwd)

cd "$here" && go build -trimpath -ldflags=-s -o "$out/talos-check" .
cd "$here/schematic" && go build -trimpath -ldflags=-s -o "$out/talos-check-schematic" .
cd "$here/imager" && go build -trimpath -ldflags=-s -o "$out/talos-check-imager" .
