//! Any text as a place: of the language, of a cloud, of the catalog.
#![no_main]

use std::sync::LazyLock;

use cloudc::Compiled;
use cloudc::explain::{Field, topic};
use cloudc::provenance::Provenance;
use cloudc::schema::cloud_schema;
use cloudc::syntax::Path;
use cloudc_fuzz::{CATALOG, ONE, compiled};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| compiled(ONE, None).0.expect("the cloud is right"));
static SCHEMA: LazyLock<Value> = LazyLock::new(|| cloud_schema(&CATALOG));

fuzz_target!(|text: &str| {
    let path = Path::read(text);
    assert_eq!(Path::read(&path.to_string()), path, "a path that is printed is the same when it is read");
    let _ = Field::find(&SCHEMA, text);
    if let Ok(topic) = topic(text, &CATALOG) {
        topic.page(&CATALOG, Some(&COMPILED.model), false);
    }
    COMPILED.document.value_span(&path);
    let provenance = Provenance::new(&COMPILED, &CATALOG);
    for (file, lines) in provenance.blast(&path) {
        let count = COMPILED.tree.get(&file).expect("a file of the tree").bytes.split(|byte| *byte == b'\n').count();
        assert!(lines.iter().all(|line| (1..=count).contains(line)), "{file} has no such line");
    }
    provenance.lines(text);
});
