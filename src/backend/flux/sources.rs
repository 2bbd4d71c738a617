//! Where charts and manifests come from: `OCIRepository`, `HelmRepository`, `GitRepository` (`source.toolkit.fluxcd.io/v1`).

use serde_json::{Value, json};

use crate::backend::objects::Objects;
use crate::model::{FLUX_NAMESPACE, Model, Source, SourceKind, is_range};

pub(super) fn emit(model: &Model, out: &mut Objects) -> Vec<String> {
    let mut files = Vec::new();
    for source in &model.platform.sources {
        let origins: Vec<&str> = source.origins.iter().map(String::as_str).collect();
        let file = format!("sources/{}.yaml", source.name);
        out.add(&format!("flux/{file}"), &origins, [object(source)]);
        files.push(file);
    }
    files
}

fn object(source: &Source) -> Value {
    let spec = match &source.kind {
        // Pinned to one tag, so asking often finds nothing new.
        SourceKind::Oci { url, tag, digest } => {
            let mut spec = json!({
                "url": url,
                "ref": if is_range(tag) { json!({"semver": tag}) } else { json!({"tag": tag}) },
                "layerSelector": {
                    "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                    "operation": "copy",
                },
                "interval": "1h",
            });
            // Flux goes by the digest; the tag says to people which it is.
            if let Some(digest) = digest {
                spec["ref"]["digest"] = json!(digest);
            }
            spec
        }
        SourceKind::Helm { url } => json!({"url": url, "interval": "1h"}),
        SourceKind::Git { url, tag, paths } => {
            let mut spec = json!({"url": url, "interval": "1h", "ref": {"tag": tag}});
            if !paths.is_empty() {
                spec["sparseCheckout"] = json!(paths);
            }
            spec
        }
    };
    json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": source.kind.kind(),
        "metadata": {"name": source.name, "namespace": FLUX_NAMESPACE},
        "spec": spec,
    })
}
