#!/bin/sh
# Builds kube-check into the given directory (default: ./bin).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/bin}
mkdir -p "$out"
out=$(cd "$out" && pwd)

cd "$here" && go build -trimpath -ldflags=-s -o "$out/kube-check" .
