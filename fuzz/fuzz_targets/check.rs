//! Any text against the schemas of the cloud and of catalog entries.
#![no_main]

use cloudc::catalog::Catalog;
use cloudc::diag::{Diagnostics, Format, render};
use cloudc::schema::{check, own_entries};
use cloudc::source::Sources;
use cloudc::spec::Cloud;
use cloudc::syntax::parse;
use cloudc_fuzz::CATALOG;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let file = sources.add("cloud.yaml", text);
    let mut findings = Diagnostics::default();
    let (document, _) = parse(file, text);
    let spec = check::<Cloud>(&document, text, CATALOG.schema(), &mut findings);
    assert!(spec.is_some() || findings.has_errors(), "refused without a reason");
    render(&findings, &sources, Format::Human, false);
    if text.contains("releases") || text.contains("manifests") {
        let mut catalog = Catalog::builtin();
        let entry = ("components/own/component.yaml".to_owned(), text.to_owned());
        let findings = own_entries(&mut catalog, &mut sources, vec![entry]);
        render(&findings, &sources, Format::Human, false);
    }
});
