#!/usr/bin/env bash
# Puts OASIS's schema of SARIF 2.1.0, as a Go module carries it, into the given directory (default: target/upstream/formats). Needs Go;
# where it is missing, this says that it skips, and with CI=true it fails.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../target/upstream/formats}
module=github.com/owenrumney/go-sarif/v3@v3.3.1
sum=c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e

if ! command -v go >/dev/null; then
  echo "formats: skipped, there is no Go"
  [ "${CI:-}" != true ]
  exit
fi
folder=$(GOFLAGS=-mod=mod go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
mkdir -p "$out"
# It is the one text between backquotes.
sed -n '/^const schema = `/,/^`$/p' "$folder/pkg/report/v210/sarif/schema.go" | sed -e '1s/.*`//' -e '/^`$/d' > "$out/sarif-schema-2.1.0.json"
echo "$sum  $out/sarif-schema-2.1.0.json" | sha256sum --check --quiet
