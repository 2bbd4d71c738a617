//! Figures -> Markdown, and that into its place in the page.

use std::fmt::Write;

use crate::peers::Peer;
use crate::rows::{Row, STEPS, Step};
use crate::targets::Target;

/// Replaces what stands between the two comments of a section.
pub fn put(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: measured -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page lacks {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the page lacks {end}"));
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim_end())
}

pub fn targets(targets: &[Target]) -> String {
    let mut text = "| | at most | worst | best | missed |\n|---|---|---|---|---|\n".to_owned();
    for target in targets {
        let figure = |value: f64| format!("{} {}", short(value), target.unit);
        let mut sorted = target.measured.clone();
        sorted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let at = |found: Option<&(String, f64)>| match found {
            Some((at, value)) if at.is_empty() => figure(*value),
            Some((at, value)) => format!("{} ({at})", figure(*value)),
            None => "-".to_owned(),
        };
        let missed = sorted.iter().filter(|(_, value)| *value > target.at_most).count();
        let missed = if missed == 0 { "no".to_owned() } else { format!("{missed} of {}", sorted.len()) };
        let best = if sorted.len() > 1 { at(sorted.last()) } else { String::new() };
        let (what, at_most) = (&target.what, figure(target.at_most));
        let _ = writeln!(text, "| {what} | {at_most} | {} | {best} | {missed} |", at(sorted.first()));
    }
    text
}

pub fn commands(rows: &[Row]) -> String {
    let mut text =
        "| machines | tenants | lines | files | MB | `cp -r` | `build` | again | `--check` | `lint` | `diff` |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let Row { nodes, tenants, lines, files, .. } = row;
        let costs: Vec<String> = STEPS.iter().map(|step| time(row.cost(*step).seconds())).collect();
        let bytes = short(megabytes(row.bytes));
        let _ = writeln!(text, "| {nodes} | {tenants} | {lines} | {files} | {bytes} | {} |", costs.join(" | "));
    }
    text
}

pub fn memory(rows: &[Row]) -> String {
    let mut text =
        "| machines | tenants | output, MB | `build` | again | `lint` | `diff` |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let steps = [Step::Build, Step::Again, Step::Lint, Step::Diff];
        let costs = steps.map(|step| format!("{} MB", short(megabytes(row.cost(step).bytes))));
        let bytes = short(megabytes(row.bytes));
        let _ = writeln!(text, "| {} | {} | {bytes} | {} |", row.nodes, row.tenants, costs.join(" | "));
    }
    text
}

pub fn peers(peers: &[Peer], sizes: &[usize]) -> String {
    let mut text = "| tool | version |".to_owned();
    for nodes in sizes {
        let _ = write!(text, " {nodes} files | memory |");
    }
    let _ = write!(text, "\n|---|---|{}\n", "---|---|".repeat(sizes.len()));
    for peer in peers {
        let _ = write!(text, "| {} | {} |", peer.name, peer.version);
        for outcome in &peer.outcomes {
            let _ = match outcome {
                Ok(cost) => write!(text, " {} | {} MB |", time(cost.seconds()), short(megabytes(cost.bytes))),
                Err(why) => write!(text, " {why} | |"),
            };
        }
        text.push('\n');
    }
    text
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{} ms", short(seconds * 1e3)) } else { format!("{} s", short(seconds)) }
}

/// Two or three digits that say something.
fn short(value: f64) -> String {
    let digits = if value >= 100.0 { 0 } else { usize::from(value >= 10.0) + 2 * usize::from(value < 10.0) };
    format!("{value:.digits$}")
}
