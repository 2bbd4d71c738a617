//! What a component installs: its layers in their order, each with its pins.

use crate::catalog::{Chart, Component, CrdPolicy, Layer, Manifests, Release};
use crate::explain::page::Page;

pub(super) fn write(page: &mut Page, entry: &Component) {
    page.heading("Installs");
    let namespace = &entry.namespace;
    let level = namespace.pod_security.as_str();
    page.line(2, &format!("in namespace {}, PodSecurity {level}", namespace.name));
    if let Some(why) = &namespace.fixed {
        page.line(4, &format!("the namespace cannot be changed: {why}"));
    }
    for (index, layer) in entry.layers.iter().enumerate() {
        page.item(2, &format!("{}.", index + 1), &layer.name);
        page.when(5, layer.when.as_deref());
        write_layer(page, layer, entry);
    }
    if !entry.images.is_empty() {
        page.line(2, "Images that its values and objects name");
    }
    for (name, image) in &entry.images {
        page.item(4, &format!("{name}:"), &image.reference());
        page.line(6, &format!("read in {}", image.source));
    }
}

fn write_layer(page: &mut Page, layer: &Layer, entry: &Component) {
    for release in &layer.releases {
        write_release(page, release);
        // Of one release there is no question.
        if entry.releases().nth(1).is_some() {
            write_meant(page, release, entry);
        }
    }
    if let Some(manifests) = &layer.manifests {
        write_manifests(page, manifests);
    }
    if let Some(template) = &layer.objects {
        page.line(5, &format!("objects: {}", kinds(template)));
    }
}

fn write_release(page: &mut Page, release: &Release) {
    let chart = &release.chart;
    page.line(5, &format!("release {}, chart {}", release.name, chart.version));
    page.when(7, release.when.as_deref());
    page.line(7, &address(chart));
    if let Some(digest) = &chart.digest {
        page.line(7, digest);
    }
    page.line(7, &format!("version read in {}", chart.source));
    if let Some(window) = &chart.kubernetes {
        page.line(7, &format!("for Kubernetes {window}"));
    }
    match release.crds {
        CrdPolicy::None => {}
        CrdPolicy::CreateReplace => page.line(7, "definitions in its crds/ folder are installed and upgraded with it"),
        CrdPolicy::Skip => page.line(7, "definitions in its crds/ folder are left out: another component brings them"),
    }
    if !release.depends_on.is_empty() {
        page.line(7, &format!("after {}", release.depends_on.join(", ")));
    }
}

/// Which of several releases the common keys of `cloud.yaml` are about.
fn write_meant(page: &mut Page, release: &Release, entry: &Component) {
    if entry.primary().is_some_and(|primary| primary.name == release.name) {
        page.line(7, "`version`, `values` and `timeout` in cloud.yaml are its own");
    } else if release.in_step {
        page.line(7, "`version` in cloud.yaml is its version too");
    }
}

/// Where the chart is fetched.
fn address(chart: &Chart) -> String {
    match (&chart.oci, &chart.repository, &chart.git) {
        (Some(oci), _, _) => oci.clone(),
        (None, Some(repository), _) => {
            format!("{repository}, chart {}", chart.name.as_deref().unwrap_or("of the release's name"))
        }
        (None, None, git) => {
            let (git, path) = (git.as_deref().unwrap_or_default(), chart.path.as_deref().unwrap_or("."));
            format!("{git}, folder {path}")
        }
    }
}

fn write_manifests(page: &mut Page, manifests: &Manifests) {
    page.line(5, &format!("manifests of upstream, {}", manifests.version));
    page.line(7, &format!("{}, folder {}", manifests.git, manifests.path));
    page.line(7, &format!("version read in {}", manifests.source));
    if manifests.patches.is_some() {
        page.line(7, "patched by the entry");
    }
}

/// The kinds that a template of objects makes, as far as it names them.
fn kinds(template: &str) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for kind in template.lines().filter_map(|line| line.strip_prefix("kind: ")).map(str::trim) {
        if !kind.contains('{') && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() { "made by a template".to_owned() } else { kinds.join(", ") }
}
