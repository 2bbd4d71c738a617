//! What a cloud says of rules: levels, exceptions for places and lines, days on which they end.

use cloudc::diag::{self, Diagnostics, Format, Severity};
use cloudc::lint::Asked;
use cloudc::lint::registry::find;
use cloudc::source::{Folder, Sources};
use cloudc::{Before, Compiled, compile};

use crate::support::{catalog, compile_text, documents, repository, run};

/// A pool that reaches into the node's own address: `address-overlap` at the pool.
const POOL: &str = "    lan: {addresses: [192.168.1.45-192.168.1.69], advertise: l2}\n";

/// The example `one` with another pool, and more behind it.
fn cloud(pool: &str, more: &str) -> String {
    let text = std::fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let own = "    lan: {addresses: [192.168.1.60-192.168.1.69], advertise: l2}\n";
    assert_eq!(text.matches(own).count(), 1);
    format!("{}{more}", text.replace(own, pool))
}

fn asked(text: &str, asked: Asked) -> (Option<Compiled>, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let before = Before { asked, ..Before::default() };
    let (compiled, findings) =
        compile(&mut sources, "cloud.yaml", text, catalog(), before, &Folder::new("tests/clouds"));
    (compiled, findings, sources)
}

fn on(day: &str) -> Asked {
    Asked { today: Some(day.parse().unwrap()), ..Asked::default() }
}

/// Findings in short: `severity[rule] text at the place`.
fn said((_, findings, sources): &(Option<Compiled>, Diagnostics, Sources)) -> Vec<String> {
    let short = |d: &diag::Diagnostic| format!("{}[{}] {}", d.severity.as_str(), d.rule, sources.text(d.span));
    findings.sorted().into_iter().map(short).collect()
}

#[test]
fn a_rule_has_the_level_that_the_cloud_says() {
    let with = |level: &str| compile_text(&cloud(POOL, &format!("lint: {{rules: {{address-overlap: {level}}}}}\n")));
    let found = with("warning");
    assert_eq!(said(&found), ["warning[address-overlap] 192.168.1.45-192.168.1.69"]);
    assert!(found.0.is_some());
    let json = diag::render(&found.1, &found.2, Format::Json, false);
    assert!(json.contains("\"severity\": \"warning\"") && json.contains("\"errors\": 0"), "{json}");
    let found = with("ignore");
    assert!(found.0.is_some() && found.1.is_empty());
    let found = with("error");
    assert!(found.0.is_none() && found.1.count(Severity::Error) == 1);
    // A warning may be raised.
    let text =
        cloud("    lan: {addresses: [192.168.1.60/32], advertise: l2}\n", "lint: {rules: {no-delivery: error}}\n");
    let text = text.replace("delivery:\n  git: {url: \"https://github.com/example/one.git\"}\n", "");
    let found = compile_text(&text);
    assert_eq!(said(&found), ["error[no-delivery] metadata"]);
    assert!(found.0.is_none());
}

#[test]
fn what_the_cloud_says_of_rules_is_checked() {
    for (lint, findings) in [
        ("rules: {address-overlp: ignore}", vec!["error[unknown-rule] address-overlp"]),
        ("rules: {version-window: warning}", vec!["error[fixed-level] warning"]),
        ("rules: {version-window: error}", vec![]),
        ("allow: [{rule: syntax, at: network, reason: r}]", vec!["error[fixed-level] syntax"]),
        ("allow: [{rule: address-overlap, at: network, reason: ''}]", vec!["error[wrong-value] ''"]),
        (
            "allow: [{rule: address-overlap, at: network.lodBalancers, reason: r}]",
            vec!["error[unknown-reference] network.lodBalancers"],
        ),
        (
            "allow: [{rule: address-overlap, at: network, reason: r, until: 2027-02-29}]",
            vec!["error[wrong-value] 2027-02-29"],
        ),
        ("allow: [{rule: address-overlap, at: network, reason: r}]", vec!["warning[unused-ignore] address-overlap"]),
        (
            "allow: [{rule: address-overlap, at: network, reason: r}, {rule: unused-ignore, at: 'lint.allow[0]', reason: r}]",
            vec![],
        ),
        ("{rules: {unused-ignore: ignore}, allow: [{rule: address-overlap, at: network, reason: r}]}", vec![]),
    ] {
        let lint = if lint.starts_with('{') { lint.to_owned() } else { format!("{{{lint}}}") };
        let pool = "    lan: {addresses: [192.168.1.60-192.168.1.69], advertise: l2}\n";
        assert_eq!(said(&compile_text(&cloud(pool, &format!("lint: {lint}\n")))), findings, "{lint}");
    }
    let wrong =
        compile_text(&cloud(POOL, "lint: {allow: [{rule: address-overlap, at: components.cillium, reason: r}]}\n"));
    let help = wrong.1.sorted().into_iter().find(|d| d.rule == "unknown-reference").and_then(|d| d.help.clone());
    assert_eq!(help.as_deref(), Some("did you mean `components.cilium`?"));
}

#[test]
fn an_exception_holds_below_its_place() {
    for (at, holds) in [
        ("network", true),
        ("network.loadBalancers.lan", true),
        ("'network.loadBalancers.lan.addresses[0]'", true),
        ("'network[\"loadBalancers\"]'", true),
        ("network.nodes", false),
        ("nodes.box", false),
    ] {
        let allow = format!("lint: {{allow: [{{rule: address-overlap, at: {at}, reason: the router knows}}]}}\n");
        let found = compile_text(&cloud(POOL, &allow));
        assert_eq!(found.0.is_some(), holds, "{at}: {:?}", said(&found));
        assert_eq!(found.1.is_empty(), holds, "{at}");
    }
}

#[test]
fn an_exception_of_an_alias_holds_for_its_anchor_alone() {
    let own = "    first: &pool {addresses: [192.168.1.50/32], advertise: l2}\n";
    let text = cloud(&format!("{own}{POOL}    last: *pool\n"), "")
        + "lint: {allow: [{rule: address-overlap, at: network.loadBalancers.last, reason: r}]}\n";
    let found = said(&compile_text(&text));
    assert!(found.contains(&"error[address-overlap] 192.168.1.45-192.168.1.69".to_owned()), "{found:?}");
    assert!(!found.iter().any(|finding| finding.ends_with(" 192.168.1.50/32")), "{found:?}");
}

#[test]
fn an_exception_holds_until_its_last_day() {
    let text =
        cloud(POOL, "lint:\n  allow:\n  - {rule: address-overlap, at: network, reason: lab, until: 2027-03-01}\n");
    for day in ["2026-11-21", "2027-03-01"] {
        let found = asked(&text, on(day));
        assert!(found.0.is_some() && found.1.is_empty(), "{day}");
    }
    assert!(asked(&text, Asked::default()).0.is_some(), "without a clock nothing ends");
    let found = asked(&text, on("2027-03-02"));
    assert!(found.0.is_none());
    assert_eq!(
        said(&found),
        ["error[address-overlap] 192.168.1.45-192.168.1.69", "warning[expired-exception] 2027-03-01"]
    );
    let shown = diag::render(&found.1, &found.2, Format::Concise, false);
    assert!(shown.contains("ended with 2027-03-01"), "{shown}");
}

#[test]
fn a_comment_excepts_its_line_or_the_next() {
    let ignore = "# cloudc: ignore[address-overlap] the router knows";
    let line = POOL.trim_end();
    for pool in [
        format!("{line} {ignore}\n"),
        format!("    {ignore}\n{POOL}"),
        format!("    {ignore}\n\n    # The house.\n{POOL}"),
        format!("{line} # the house {ignore}\n"),
        POOL.to_owned() + "    lan2: {addresses: [192.168.1.80/32], advertise: l2}\n",
    ] {
        let found = compile_text(&cloud(&pool, ""));
        assert_eq!(found.0.is_some(), pool.contains("ignore["), "{pool}: {:?}", said(&found));
    }
    // Beside another line it excepts that one.
    let found = compile_text(&cloud(&format!("    # The house.\n{POOL}    {ignore}\n"), ""));
    assert_eq!(said(&found), ["error[address-overlap] 192.168.1.45-192.168.1.69"]);
    let several = "# cloudc: ignore[no-mac, address-overlap] the router knows";
    let found = compile_text(&cloud(&format!("    {several}\n{POOL}"), ""));
    assert_eq!(said(&found), ["warning[unused-ignore] no-mac"]);
}

#[test]
fn a_comment_that_is_not_whole_is_named() {
    for (comment, first) in [
        ("# cloudc: ignore[address-overlap]", "error[incomplete-ignore] # cloudc: ignore[address-overlap]"),
        ("# cloudc: ignore[address-overlap] -- ", "error[incomplete-ignore] # cloudc: ignore[address-overlap] -- "),
        ("# cloudc: ignore why", "error[incomplete-ignore] # cloudc: ignore why"),
        ("# cloudc: ignore[] why", "error[incomplete-ignore] # cloudc: ignore[] why"),
        ("# cloudc: ignore[ adress-overlap ] why", "error[unknown-rule] adress-overlap"),
        ("# cloudc: ignore[unknown-key] why", "error[fixed-level] unknown-key"),
    ] {
        let found = said(&compile_text(&cloud(&format!("    {comment}\n{POOL}"), "")));
        assert_eq!(found, [first, "error[address-overlap] 192.168.1.45-192.168.1.69"], "{comment}");
    }
    let found = compile_text(&cloud("    lan: {addresses: [192.168.1.60/32], advertise: l2} # cloudc is good\n", ""));
    assert!(found.1.is_empty());
}

#[test]
fn an_error_among_warnings_is_not_excepted() {
    // A module for a later kernel cannot run, and stays an error; firmware is a warning.
    let text = std::fs::read_to_string(repository("examples/home/cloud.yaml")).unwrap();
    let text = text
        .replace("talos: v1.13.9", "talos: v1.12.1")
        .replace("extensions: [i915, intel-ucode]", "extensions: [gpio-pinctrl]")
        .replace("  nuc: {", "  # cloudc: ignore[extension-too-new] a build of our own\n  nuc: {");
    let (compiled, findings, sources) = compile_text(&text);
    let found = findings.sorted().into_iter().find(|d| d.rule == "extension-too-new").unwrap();
    assert!(compiled.is_none() && found.severity == Severity::Error);
    let label = found.labels.last().unwrap();
    assert_eq!((sources.text(label.span), label.message.as_str()), ("extension-too-new", "holds for warnings only"));
}

#[test]
fn the_command_line_chooses_rules() {
    let text = cloud(POOL, "").replace("delivery:\n  git: {url: \"https://github.com/example/one.git\"}\n", "");
    let rules = |names: &[&str]| names.iter().map(|name| find(name).unwrap()).collect::<Vec<_>>();
    let all = ["warning[no-delivery] metadata", "error[address-overlap] 192.168.1.45-192.168.1.69"];
    assert_eq!(said(&asked(&text, Asked::default())), all);
    let found = asked(&text, Asked { ignore: rules(&["address-overlap"]), ..Asked::default() });
    assert_eq!(said(&found), all[..1]);
    assert!(found.0.is_some());
    assert_eq!(said(&asked(&text, Asked { select: rules(&["address-overlap"]), ..Asked::default() })), all[1..]);
    // What keeps the cloud from being compiled is always said.
    let broken = text.replace("class", "clas").replace("role:", "rol:");
    let found = asked(&broken, Asked { select: rules(&["no-mac"]), ..Asked::default() });
    assert!(said(&found).iter().any(|finding| finding.contains("unknown-key")), "{:?}", said(&found));
}

#[test]
fn lint_takes_rules_and_build_holds_to_the_same_levels() {
    let folder = tempfile::tempdir().unwrap();
    let text = cloud(POOL, "").replace("delivery:\n  git: {url: \"https://github.com/example/one.git\"}\n", "");
    std::fs::write(folder.path().join("cloud.yaml"), &text).unwrap();
    let lint = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["lint", "--output-format", "concise"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text)
    };
    assert_eq!(lint(&[]).0, 1);
    let (code, shown) = lint(&["--ignore", "address-overlap,no-mac"]);
    assert!(code == 0 && shown.contains("warning[no-delivery]") && !shown.contains("overlap"), "{shown}");
    assert_eq!(lint(&["--ignore", "address-overlap", "--deny-warnings"]).0, 1);
    let (code, shown) = lint(&["--select", "no-delivery"]);
    assert!(code == 0 && shown.lines().count() == 1, "{shown}");
    let (code, shown) = lint(&["--ignore", "adress-overlap"]);
    assert!(code == 2 && shown.contains("did you mean `address-overlap`?"), "{shown}");
    let (code, shown) = lint(&["--ignore", "unknown-key"]);
    assert!(code == 2 && shown.contains("stay errors"), "{shown}");
    assert_eq!(run(folder.path(), &["build"]).status.code(), Some(1));
    std::fs::write(folder.path().join("cloud.yaml"), text + "lint: {rules: {address-overlap: warning}}\n").unwrap();
    let output = run(folder.path(), &["build"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("warning[address-overlap]"));
    assert!(folder.path().join("flux").is_dir());
}

#[test]
fn a_chart_that_may_be_a_range_follows_it() {
    let cloud = std::fs::read_to_string(repository("examples/one/cloud.yaml")).unwrap();
    let podinfo = |repository: &str, version: &str, level: &str| {
        compile_text(&format!(
            "{cloud}  podinfo:\n    chart: {{repository: \"{repository}\", name: podinfo, version: \"{version}\"}}\n    \
             namespace: podinfo\nlint: {{rules: {{unpinned-chart: {level}}}}}\n"
        ))
    };
    let oci = "oci://ghcr.io/stefanprodan/charts";
    let (compiled, ..) = podinfo(oci, "6.x", "warning");
    let source = &documents(&compiled.unwrap().tree.get("flux/sources/podinfo.yaml").unwrap().bytes)[0];
    assert_eq!(source["spec"]["ref"], serde_json::json!({"semver": "6.x"}));
    let (compiled, ..) = podinfo("https://stefanprodan.github.io/podinfo", ">=6.1 <7", "ignore");
    let tree = compiled.unwrap().tree;
    let release = &documents(&tree.get("flux/components/podinfo/release/helmrelease.yaml").unwrap().bytes)[0];
    assert_eq!(release["spec"]["chart"]["spec"]["version"], ">=6.1 <7");
    assert!(podinfo(oci, "6.x", "error").0.is_none());
    // What is no range is wrong whatever the level.
    for wrong in ["6.9.x.1", "6 or 7", "=> 6"] {
        let (compiled, findings, sources) = podinfo(oci, wrong, "ignore");
        let said = diag::render(&findings, &sources, Format::Concise, false);
        assert!(compiled.is_none() && said.contains("wrong-value"), "{wrong}: {said}");
    }
}
