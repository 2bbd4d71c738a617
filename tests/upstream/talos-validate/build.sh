#!/bin/sh
# Builds one talos-validate-MINOR for each minors/MINOR.mod, and talos-fields of the newest, into the given directory (default: ./bin).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/bin}
mkdir -p "$out"
out=$(cd "$out" && pwd)

cd "$here"
for minor in minors/*.mod; do
  go build -modfile="$minor" -trimpath -ldflags=-s -o "$out/talos-validate-$(basename "$minor" .mod)" .
done
go build -modfile=minors/1.14.mod -trimpath -ldflags=-s -o "$out/talos-fields" ./fields
