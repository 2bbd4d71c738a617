//! `talos/images/register.sh`: makes the Image Factory know the schematics of a cloud.
//!
//! The factory's IDs are computed here, so what is left to do is small enough for a shell and curl. It changes nothing
//! that is there already: a schematic is named by its content.

use super::workers;
use crate::backend::image_factory::schematic;
use crate::model::{Image, Model};
use crate::tree::FileTree;

/// Where the script goes.
pub const PATH: &str = "talos/images/register.sh";

/// Writes the script, where the machines take their images from a factory.
pub(super) fn emit(model: &Model, tree: &mut FileTree) {
    let own = model.images.iter().filter(|image| image.registry.is_none());
    let images: Vec<&Image> = own.chain(workers::images(model)).collect();
    let Some(first) = images.first() else { return };
    let calls: Vec<String> =
        images.iter().map(|image| format!("register {} {}", image.name, schematic::id(&image.ingredients))).collect();
    tree.add(PATH, script(&first.factory, &calls.join("\n")), &["registries.factory"]);
}

/// Source of the two requests: siderolabs/image-factory v1.5.0, `internal/frontend/http/configuration.go`. A factory from
/// before `GET /schematics/:id` answers it with 404, and is asked to take what it may have.
fn script(factory: &str, calls: &str) -> String {
    format!(
        r#"#!/bin/sh
# cloud.yaml: registries.factory
# Makes the Image Factory know the schematics of this cloud. It serves images of no others. Run it before the first boot
# and whenever an image has changed; what the factory knows stays as it is.
#   sh talos/images/register.sh
set -eu
cd "$(dirname "$0")"
factory=${{FACTORY:-https://{factory}}}
failed=0

fail() {{
  echo "$1" >&2
  failed=1
}}

# image, ID that cloudc computed
register() {{
  if [ "$(curl --silent --output /dev/null --write-out '%{{http_code}}' "$factory/schematics/$2")" = 200 ]; then
    echo "$1: known as $2"
    return
  fi
  if ! answer=$(curl --silent --show-error --data-binary "@$1/schematic.yaml" \
    --header 'Content-Type: application/yaml' --write-out '\n%{{http_code}}' "$factory/schematics"); then
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
}}

{calls}
exit "$failed"
"#
    )
}
