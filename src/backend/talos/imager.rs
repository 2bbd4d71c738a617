//! The ingredients of an image -> `talos/images/<image>/imager.yaml`, a profile of Talos's own imager.
//!
//! It is for those who build their installer themselves, without the Image Factory. Field names and order are those of
//! siderolabs/talos `pkg/imager/profile`; what the imager fills in by itself (kernel paths, boot loader) is left out.

use serde_json::{Map, Value, json};

use super::schematic;
use crate::backend::yaml;
use crate::catalog;
use crate::model::{Image, Ingredients};

/// The file with its header.
pub(super) fn file(image: &Image) -> String {
    yaml::write_documents(&header(image), [&profile(&image.ingredients)])
}

fn header(image: &Image) -> Vec<String> {
    let Image { name, ingredients, .. } = image;
    let Ingredients { talos, secure_boot, .. } = ingredients;
    let (keys, suffix) =
        if *secure_boot { (" -v \"$PWD/secureboot:/secureboot:ro\"", "-secureboot") } else { ("", "") };
    let mut lines = vec![
        format!("cloud.yaml: {}", schematic::origin(image)),
        format!("Imager profile of image {name}; writes out/installer-{}{suffix}.tar:", ingredients.arch.as_str()),
        format!("  docker run --rm -i -v \"$PWD/out:/out\"{keys} ghcr.io/siderolabs/imager:v{talos} - < imager.yaml"),
    ];
    if image.registry.is_some() {
        lines.push("Then it goes to where the machines look for it:".to_owned());
        let tar = format!("out/installer-{}{suffix}.tar", ingredients.arch.as_str());
        lines.push(format!("  crane push {tar} {}", schematic::installer_image(image)));
    } else {
        lines.push(
            "The machines take their installer from the Image Factory (schematic.yaml); this is the way without."
                .to_owned(),
        );
    }
    if !ingredients.extensions.is_empty() {
        lines.push("Extensions are named by tag. This lists the same with digests:".to_owned());
        lines.push(format!("  crane export ghcr.io/siderolabs/extensions:v{talos} | tar x -O image-digests"));
    }
    lines
}

fn profile(ingredients: &Ingredients) -> Value {
    let Ingredients { talos, arch, secure_boot, overlay, .. } = ingredients;
    let mut profile = Map::new();
    profile.insert("arch".to_owned(), json!(arch.as_str()));
    profile.insert("platform".to_owned(), json!("metal"));
    profile.insert("secureboot".to_owned(), json!(secure_boot));
    profile.insert("version".to_owned(), json!(format!("v{talos}")));
    if !ingredients.kernel_args.is_empty() {
        profile.insert("customization".to_owned(), json!({"extraKernelArgs": ingredients.kernel_args}));
    }
    // Since 1.10 an installer is made from a base without kernel; the old image is no longer published from 1.14 on.
    let base = if talos.minor >= 10 { "installer-base" } else { "installer" };
    let mut input = Map::new();
    input.insert("baseInstaller".to_owned(), container(&format!("ghcr.io/siderolabs/{base}:v{talos}")));
    let overlay = overlay.as_ref().map(|overlay| {
        let image = container(&format!("ghcr.io/{}:{}", overlay.image, overlay.version));
        (json!({"name": overlay.name, "image": image.clone()}), image)
    });
    if let Some((_, image)) = &overlay {
        input.insert("overlayInstaller".to_owned(), image.clone());
    }
    if !ingredients.extensions.is_empty() {
        let images = ingredients.extensions.iter().map(|name| container(&extension_image(talos, name)));
        input.insert("systemExtensions".to_owned(), images.collect());
    }
    profile.insert("input".to_owned(), Value::Object(input));
    if let Some((overlay, _)) = overlay {
        profile.insert("overlay".to_owned(), overlay);
    }
    profile.insert("output".to_owned(), json!({"kind": "installer", "outFormat": "raw"}));
    Value::Object(profile)
}

fn container(reference: &str) -> Value {
    json!({"imageRef": reference})
}

/// A Talos release that the tables do not know has no known tags either; kernel modules are tagged by the release alone,
/// the best that can be said.
fn extension_image(talos: &semver::Version, name: &str) -> String {
    let known = catalog::talos().extension_image(talos, name);
    known.unwrap_or_else(|| format!("ghcr.io/siderolabs/{name}:v{talos}"))
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::backend::talos::fixture::image;
    use crate::model::Overlay;
    use crate::spec::Arch;

    #[test]
    fn a_board_with_extensions_has_its_overlay_and_their_tags() {
        let mut image = image("pi4", Arch::Arm64);
        image.ingredients.extensions = vec!["drbd".to_owned(), "iscsi-tools".to_owned()];
        image.ingredients.overlay = Some(Overlay {
            name: "rpi_generic".to_owned(),
            image: "siderolabs/sbc-raspberrypi".to_owned(),
            version: "v0.2.0".to_owned(),
        });
        let overlay = json!({"imageRef": "ghcr.io/siderolabs/sbc-raspberrypi:v0.2.0"});
        assert_eq!(
            profile(&image.ingredients),
            json!({
                "arch": "arm64",
                "platform": "metal",
                "secureboot": false,
                "version": "v1.13.9",
                "input": {
                    "baseInstaller": {"imageRef": "ghcr.io/siderolabs/installer-base:v1.13.9"},
                    "overlayInstaller": overlay,
                    "systemExtensions": [
                        {"imageRef": "ghcr.io/siderolabs/drbd:9.3.3-v1.13.9"},
                        {"imageRef": "ghcr.io/siderolabs/iscsi-tools:v0.2.0"},
                    ],
                },
                "overlay": {"name": "rpi_generic", "image": overlay},
                "output": {"kind": "installer", "outFormat": "raw"},
            })
        );
        image.ingredients.talos = Version::new(1, 9, 6);
        let base = &profile(&image.ingredients)["input"]["baseInstaller"]["imageRef"];
        assert_eq!(base, "ghcr.io/siderolabs/installer:v1.9.6");
    }
}
