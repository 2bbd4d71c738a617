//! Clouds of any size, which the benchmarks measure, are clouds: nothing is wrong with them.

use cloudc::diag::{self, Format};

use crate::support::compile_text;

#[path = "../../benches/clouds/mod.rs"]
mod clouds;

#[test]
fn a_cloud_of_any_size_compiles_without_findings() {
    for (nodes, tenants) in [(6, 0), (10, 5), (150, 50), (1000, 0)] {
        let (compiled, findings, sources) = compile_text(&clouds::cloud(nodes, tenants));
        assert_eq!(diag::render(&findings, &sources, Format::Concise, false), "", "{nodes} nodes, {tenants} tenants");
        let model = compiled.unwrap().model;
        assert_eq!((model.nodes.len(), model.tenants.len()), (nodes, tenants));
    }
}

#[test]
fn the_large_cloud_is_large() {
    let lines = clouds::large().lines().count();
    assert!((5_000..5_100).contains(&lines), "{lines} lines");
}
