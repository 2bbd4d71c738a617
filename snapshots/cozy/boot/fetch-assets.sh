#!/bin/sh
# cloud.yaml: boot.pxe
# Downloads what matchbox serves. Run it before the first boot and after every change of an image:
#   sh boot/fetch-assets.sh
set -eu
cd "$(dirname "$0")"

fetch() {
  mkdir -p "$(dirname "$1")"
  curl --fail --location --retry 3 --output "$1.part" "$2"
  mv "$1.part" "$1"
}

# The factory serves only schematics that it knows.
sh ../talos/images/register.sh

# Image metal, Talos v1.13.6 amd64
fetch matchbox/assets/metal/vmlinuz https://factory.talos.dev/image/028f93ab420473758bc26e49205c3c99be5f1bcca0902503b822e13ed56ce310/v1.13.6/kernel-amd64
fetch matchbox/assets/metal/initramfs.xz https://factory.talos.dev/image/028f93ab420473758bc26e49205c3c99be5f1bcca0902503b822e13ed56ce310/v1.13.6/initramfs-amd64.xz
