//! Writes what clouds compile to, for upstream's own code: `tests/upstream/run` asks for it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use cloudc::Compiled;
use cloudc::backend::{talos::machine, yaml};
use cloudc::secrets::{self, Bundle};
use serde_json::Value;

use crate::corpus::corpus;
use crate::rules::good_examples;
use crate::support::{clouds, compile_file};

/// Into `$CLOUDC_EMIT`: each cloud's tree as `NAME/tree`, its machine configurations with secrets as `NAME/machines/MINOR/NODE.yaml`.
/// Bundles, by Talos minor, are in `secrets/MINOR.yaml` there. `CLOUDC_EMIT_CLOUDS=a.yaml:b.yaml` are all that is emitted; without, it is the
/// examples, the clouds of the tests, those that the pages of rules call good, and the corpus.
#[test]
#[ignore = "for tests/upstream/run"]
fn emit() {
    let out = PathBuf::from(std::env::var_os("CLOUDC_EMIT").expect("CLOUDC_EMIT is a folder"));
    let mut bundles = Bundles { folder: out.join("secrets"), read: BTreeMap::new() };
    let mut write = |name: &str, compiled: &Compiled| bundles.write(&out.join(name), compiled);
    if let Some(given) = std::env::var_os("CLOUDC_EMIT_CLOUDS") {
        std::env::split_paths(&given).for_each(|path| write(&stem(&path), &compile_file(&path)));
        return;
    }
    for path in clouds() {
        write(&stem(&path), &compile_file(&path));
    }
    for (rule, compiled) in good_examples() {
        write(&format!("rule-{rule}"), &compiled);
    }
    for made in corpus(60) {
        let name = if falls_back(&made.compiled) { format!("{}-fallback", made.name) } else { made.name };
        write(&name, &made.compiled);
        fs::write(out.join(&name).join("cloud.yaml"), &made.text).unwrap();
    }
}

/// Whether a machine has a section that the Talos it runs warns of, as the clouds named `-fallback` do: its layout has no successor of it.
fn falls_back(compiled: &Compiled) -> bool {
    let model = &compiled.model;
    let main =
        |node| machine::documents(model, node, None).into_iter().find(|document| document.get("machine").is_some());
    let old = |main: Value| main.pointer("/machine/files").or(main.pointer("/machine/kubelet/extraMounts")).is_some();
    (model.talos.major, model.talos.minor) >= (1, 14) && model.nodes.iter().filter_map(main).any(old)
}

/// `examples/cozy/cloud.yaml` -> `cozy`, every other file by its own name.
fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    (if name == OsStr::new("cloud") { folder } else { name }).to_string_lossy().into_owned()
}

struct Bundles {
    folder: PathBuf,
    read: BTreeMap<String, Bundle>,
}

impl Bundles {
    fn write(&mut self, to: &Path, compiled: &Compiled) {
        for (path, file) in compiled.tree.iter() {
            let path = to.join("tree").join(path.as_str());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.bytes).unwrap();
        }
        let model = &compiled.model;
        let minor = format!("{}.{}", model.talos.major, model.talos.minor);
        let bundle = self.read.entry(minor.clone()).or_insert_with_key(|minor| {
            let text = fs::read_to_string(self.folder.join(format!("{minor}.yaml"))).unwrap();
            secrets::open(&text, || unreachable!("it is not encrypted")).unwrap()
        });
        let machines = to.join("machines").join(minor);
        fs::create_dir_all(&machines).unwrap();
        for node in &model.nodes {
            let lacking: Vec<_> = secrets::wanted(std::slice::from_ref(node))
                .into_iter()
                .filter(|wanted| !wanted.is_in(bundle))
                .collect();
            assert!(lacking.is_empty(), "{}: {lacking:?}", to.display());
            let documents = machine::documents(model, node, Some(bundle));
            fs::write(machines.join(format!("{}.yaml", node.name)), yaml::write_documents(&[], &documents)).unwrap();
        }
    }
}
