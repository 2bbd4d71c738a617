//! The examples: what they compile to is checked in, and is the same every time.

use cloudc::output::{self, Mode};

use crate::support::{clouds, compile_file, repository};

#[test]
fn snapshots_are_fresh() {
    for name in ["one", "home", "cozy"] {
        let compiled = compile_file(&repository(&format!("examples/{name}/cloud.yaml")));
        let report =
            output::build(&repository(&format!("snapshots/{name}")), &compiled.tree, Mode::Check, false).unwrap();
        assert!(!report.is_stale(), "snapshots/{name} is stale, see CONTRIBUTING.md: {report:#?}");
    }
}

#[test]
fn examples_are_the_ones_that_ship() {
    for name in ["one", "home", "cozy"] {
        let compiled = compile_file(&repository(&format!("examples/{name}/cloud.yaml")));
        assert_eq!(compiled.model.name, name);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_thread() {
    let compile_all = || clouds().iter().map(|cloud| compile_file(cloud).tree).collect::<Vec<_>>();
    let first = compile_all();
    let others: Vec<_> = (0..4).map(|_| std::thread::spawn(compile_all)).collect();
    for other in others {
        assert!(other.join().unwrap() == first, "two threads compiled different trees");
    }
}

#[test]
fn a_build_is_a_fixed_point() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = compile_file(&repository("examples/cozy/cloud.yaml"));
    let first = output::build(folder.path(), &compiled.tree, Mode::Write, false).unwrap();
    assert_eq!(first.created.len(), compiled.tree.len());
    let second = output::build(folder.path(), &compiled.tree, Mode::Write, false).unwrap();
    assert_eq!((second.is_stale(), second.same), (false, compiled.tree.len()));
}
