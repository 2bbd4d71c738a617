//! The images of network boot: `stdlib/versions/boot.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// Image references with tags.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootImages {
    pub matchbox: String,
    pub dnsmasq: String,
}

/// The images that are compiled in.
pub fn boot_images() -> &'static BootImages {
    static IMAGES: LazyLock<BootImages> = LazyLock::new(|| super::packed::table("boot"));
    &IMAGES
}
