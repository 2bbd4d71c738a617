#!/bin/sh
# cloud.yaml: registries.factory
# Makes the Image Factory know the schematics of this cloud. It serves images of no others. Run it before the first boot
# and whenever an image has changed; what the factory knows stays as it is.
#   sh talos/images/register.sh
set -eu
cd "$(dirname "$0")"
factory=${FACTORY:-https://factory.talos.dev}
failed=0

fail() {
  echo "$1" >&2
  failed=1
}

# image, ID that cloudc computed
register() {
  if [ "$(curl --silent --output /dev/null --write-out '%{http_code}' "$factory/schematics/$2")" = 200 ]; then
    echo "$1: known as $2"
    return
  fi
  if ! answer=$(curl --silent --show-error --data-binary "@$1/schematic.yaml" \
    --header 'Content-Type: application/yaml' --write-out '\n%{http_code}' "$factory/schematics"); then
    fail "$1: $factory does not answer"
    return
  fi
  status=$(printf '%s\n' "$answer" | tail -n 1)
  id=$(printf '%s\n' "$answer" | sed -n 's/.*"id" *: *"\([0-9a-f]*\)".*/\1/p')
  if [ "$status" != 201 ] && [ "$status" != 200 ]; then
    fail "$1: $factory refuses the schematic with status $status: $(printf '%s\n' "$answer" | sed '$d')"
  elif [ "$id" != "$2" ]; then
    fail "$1: $factory calls the schematic '$id', not $2; nothing would boot from it"
  else
    echo "$1: registered as $2"
  fi
}

register metal 028f93ab420473758bc26e49205c3c99be5f1bcca0902503b822e13ed56ce310
exit "$failed"
