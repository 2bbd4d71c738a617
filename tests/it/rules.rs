//! The registry holds every rule, and the page of each shows a cloud that it finds fault with and one that it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cloudc::catalog::Catalog;
use cloudc::diag::{self, Applicability, Diagnostics, Format, Severity};
use cloudc::lint::Asked;
use cloudc::lint::fix::{Checked, mend};
use cloudc::lint::registry::{Level, RULES};
use cloudc::lock::Anew;
use cloudc::source::{Folder, Sources};
use cloudc::syntax;
use cloudc::{Before, Compiled, compile};

use crate::support::{catalog, repository};

/// The day on which the clouds of pages are compiled.
const TODAY: &str = "2026-11-21";

/// Text of the sources, without those that only name rules.
fn sources() -> String {
    let files = walkdir::WalkDir::new(repository("src")).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"));
    let files = files.filter(|entry| !entry.path().ends_with("lint/registry.rs"));
    files.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
}

/// Names that are given to findings as they are written, in place or by a constant.
fn raised(sources: &str) -> BTreeSet<&str> {
    let calls = ["Diagnostic::error(", "Diagnostic::warning("];
    let first = calls.iter().flat_map(|call| sources.split(call).skip(1));
    let constants = sources.split("const RULE: &str = ").skip(1);
    first.chain(constants).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

#[test]
fn every_rule_that_is_raised_is_in_the_registry() {
    let sources = sources();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(known.len(), RULES.len(), "a name is there twice");
    let missing: Vec<_> = raised(&sources).difference(&known).copied().collect();
    assert!(missing.is_empty(), "not in src/lint/registry.rs: {missing:?}");
    // Some names reach their finding by a variable.
    let unused: Vec<_> = known.iter().filter(|name| !sources.contains(&format!("\"{name}\""))).collect();
    assert!(unused.is_empty(), "nothing raises {unused:?}");
    for rule in RULES {
        assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
        assert!(!rule.fixed || rule.level != Level::Warning, "{}: a warning stops nothing", rule.name);
    }
}

#[test]
fn the_index_of_rules_is_current() {
    let mut index = "# Findings\n\n\
        The names that `cloudc lint` and `build` print in brackets. Errors stop a build; warnings do with `--deny-warnings`. \
        A name is never\nreused for another meaning. `cloudc explain RULE` prints the page of a rule. \
        [Levels and exceptions](levels.md) says how a cloud changes what\nholds for it; what is *fixed* stays an error. \
        What is wrong with `cloud.lock` has the names of the text too.\n\n\
        `cloudc lint --fix` makes the *safe* fixes, `--fix --unsafe-fixes` also those that are a guess; see [Fixes](fixes.md).\n"
        .to_owned();
    let mut section = "";
    for rule in RULES {
        if rule.section != section {
            section = rule.section;
            index.push_str(&format!("\n## {section}\n\n| rule | level | fix | what |\n|---|---|---|---|\n"));
        }
        let fixed = if rule.fixed { ", fixed" } else { "" };
        let fix = rule.fix.map_or("", Applicability::as_str);
        let (name, level) = (rule.name, rule.level.as_str());
        let what = rule.summary().replace('\n', " ");
        index.push_str(&format!("| [`{name}`](rules/{name}.md) | {level}{fixed} | {fix} | {what} |\n"));
    }
    // `SNAPSHOTS=overwrite cargo test rules` writes it.
    snapbox::assert_data_eq!(index, snapbox::file!["../../docs/rules.md"].raw());
}

/// A block of code of a page.
#[derive(Debug)]
struct Block {
    section: String,
    /// What stands behind the fence.
    info: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut section, mut open) = (String::new(), false);
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            open = !open;
            if open {
                let info = info.trim().to_owned();
                blocks.push(Block { section: section.clone(), info, text: String::new() });
            }
        } else if open {
            let block = blocks.last_mut().unwrap();
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
        }
    }
    blocks
}

/// A text without its line of arrows, and the place that they point at: line, first and last column.
fn marked(text: &str) -> (String, Option<(usize, usize, usize)>) {
    let (mut plain, mut place, mut count) = (String::new(), None, 0);
    for line in text.lines() {
        let arrows = line.trim_start_matches(['#', ' ']);
        if !arrows.is_empty() && arrows.chars().all(|c| c == '^') {
            let from = line.chars().count() - arrows.len();
            assert!(place.is_none(), "two places are marked:\n{text}");
            place = Some((count, from + 1, from + 1 + arrows.len()));
        } else {
            count += 1;
            plain.push_str(line);
            plain.push('\n');
        }
    }
    (plain, place)
}

/// Top-level sections of a cloud: key -> text.
fn parts(text: &str) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_alphabetic()) {
            line.split(':').next().unwrap().clone_into(&mut key);
        }
        let part = parts.entry(key.clone()).or_default();
        part.push_str(line);
        part.push('\n');
    }
    parts
}

/// A fragment with what a small cloud has besides: sections that it does not have itself. They come last, so that lines stay.
fn whole(fragment: &str, base: &str) -> String {
    let base = fs::read_to_string(repository(&format!("docs/rules/clouds/{base}.yaml"))).unwrap();
    let own = parts(fragment);
    let rest = parts(&base).into_iter().filter(|(key, _)| !key.is_empty() && !own.contains_key(key));
    format!("{fragment}{}", rest.map(|(_, text)| text).collect::<String>())
}

struct Shown {
    compiled: Option<Compiled>,
    findings: Diagnostics,
    sources: Sources,
    /// What is marked, and in which file.
    place: Option<(String, (usize, usize, usize))>,
}

impl Shown {
    fn text(&self) -> String {
        diag::render(&self.findings, &self.sources, Format::Human, false)
    }
}

/// A cloud that a section of a page shows, with what stands beside it.
struct Example {
    cloud: String,
    lock: Option<(String, String)>,
    manifest: Option<(String, String)>,
    files: BTreeMap<String, String>,
    entries: Vec<(String, String)>,
    place: Option<(String, (usize, usize, usize))>,
}

fn example(page: &str, section: &str) -> Option<Example> {
    let mut cloud = None;
    let (mut lock, mut manifest, mut place) = (None, None, None);
    let (mut files, mut entries) = (BTreeMap::new(), Vec::new());
    for block in blocks(page).into_iter().filter(|block| block.section == section) {
        let (text, mark) = marked(&block.text);
        let words: Vec<&str> = block.info.split(' ').collect();
        let name = words.get(1).copied().unwrap_or("cloud.yaml");
        let file = if name.contains('.') { name } else { "cloud.yaml" };
        place = mark.map(|mark| (file.to_owned(), mark)).or(place);
        match name {
            "cloud.yaml" => cloud = Some(text),
            "cloud.lock" => lock = Some((name.to_owned(), text)),
            ".cloudc/manifest.json" => manifest = Some((name.to_owned(), text)),
            name if name.ends_with("component.yaml") => entries.push((name.to_owned(), text)),
            name if name.contains('.') => {
                files.insert(name.to_owned(), text);
            }
            base => cloud = Some(whole(&text, base)),
        }
    }
    Some(Example { cloud: cloud?, lock, manifest, files, entries, place })
}

/// Compiles what a section of a page shows; `said` stands below the cloud.
fn show(page: &str, section: &str, said: &str) -> Option<Shown> {
    let example = example(page, section)?;
    let cloud = format!("{}{said}", example.cloud);
    Some(example.compile(&cloud))
}

impl Example {
    /// Compiles a text in place of the cloud.
    fn compile(&self, cloud: &str) -> Shown {
        let Self { lock, manifest, files, entries, place, .. } = self;
        compiled(cloud, lock.clone(), manifest.clone(), files, entries.clone(), place.clone())
    }
}

fn compiled(
    cloud: &str,
    lock: Option<(String, String)>,
    manifest: Option<(String, String)>,
    files: &BTreeMap<String, String>,
    entries: Vec<(String, String)>,
    place: Option<(String, (usize, usize, usize))>,
) -> Shown {
    let mut sources = Sources::default();
    let mut findings = Diagnostics::default();
    // The catalog of the binary serves all clouds without entries of their own: it takes long to read.
    let own = (!entries.is_empty()).then(|| {
        let mut own = Catalog::builtin();
        findings = cloudc::schema::own_entries(&mut own, &mut sources, entries);
        own
    });
    let catalog = own.as_ref().unwrap_or_else(|| catalog());
    let asked = Asked { today: Some(TODAY.parse().unwrap()), ..Asked::default() };
    let before = Before { manifest, lock, anew: Anew::Nothing, asked };
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut compiled = None;
    if !findings.has_errors() {
        let (result, more) = compile(&mut sources, "cloud.yaml", cloud, catalog, before, &Folder::new(folder.path()));
        findings.extend(more);
        compiled = result;
    }
    Shown { compiled, findings, sources, place }
}

#[test]
fn every_page_shows_what_it_finds() {
    let mut failures = Vec::new();
    for rule in RULES {
        let (name, page) = (rule.name, rule.page);
        assert!(page.starts_with(&format!("# {name}\n\n")), "{name}: the page begins with another name");
        assert!(page.contains("\n## Way out\n\n"), "{name}: no way out");
        let bad = show(page, "Bad", "").unwrap_or_else(|| panic!("{name}: no bad example"));
        let found = bad.findings.sorted().into_iter().filter(|d| d.rule == name).collect::<Vec<_>>();
        let places: Vec<_> = found
            .iter()
            .map(|d| {
                let file = bad.sources.get(d.span.file);
                let (start, end) = (file.line_column(d.span.start), file.line_column(d.span.end));
                (file.name.clone(), (start.line, start.column, if end.line == start.line { end.column } else { 0 }))
            })
            .collect();
        match &bad.place {
            Some(place) if places.contains(place) => {}
            place => failures.push(format!("{name}: marked {place:?}, found {places:?}\n{}", bad.text())),
        }
        let level = found.iter().map(|d| d.severity).max();
        let right = match rule.level {
            Level::Error => level == Some(Severity::Error),
            Level::Warning => level == Some(Severity::Warning),
            Level::Either => level.is_some(),
        };
        if !right || bad.findings.sorted().iter().any(|d| d.severity == Severity::Error && d.rule != name) {
            failures.push(format!("{name}: the bad example\n{}", bad.text()));
        }
        match show(page, "Good", "") {
            Some(good) if good.compiled.is_some() && good.findings.sorted().iter().all(|d| d.rule != name) => {}
            Some(good) => failures.push(format!("{name}: the good example\n{}", good.text())),
            None => failures.push(format!("{name}: no good example")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The clouds that the pages call good, by rule.
pub fn good_examples() -> Vec<(&'static str, Compiled)> {
    let good = |page| show(page, "Good", "").and_then(|shown| shown.compiled);
    RULES.iter().filter_map(|rule| Some((rule.name, good(rule.page)?))).collect()
}

#[test]
fn a_lowered_rule_lets_the_cloud_compile() {
    let mut failures = Vec::new();
    // The examples of levels are levels themselves.
    for rule in RULES.iter().filter(|rule| !rule.is_fixed() && rule.section != "Levels and exceptions") {
        let levels = if rule.level == Level::Error { &["warning", "ignore"][..] } else { &["ignore"] };
        for level in levels {
            let shown = show(rule.page, "Bad", &format!("lint: {{rules: {{{}: {level}}}}}\n", rule.name)).unwrap();
            let has = shown.findings.sorted().iter().any(|d| d.rule == rule.name);
            if shown.compiled.is_none() || shown.findings.has_errors() || has != (*level == "warning") {
                failures.push(format!("{} as {level}:\n{}", rule.name, shown.text()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The comments of a text, without what they say to the compiler.
fn comments(text: &str) -> BTreeMap<String, usize> {
    let (document, _) = syntax::parse(Sources::default().add("", ""), text);
    let mut comments = BTreeMap::new();
    for comment in document.comments {
        let said = comment.text.split("cloudc:").next().unwrap().trim_matches(['#', ' ']).to_owned();
        if !said.is_empty() {
            *comments.entry(said).or_default() += 1;
        }
    }
    comments
}

/// What is found, by rule and message.
fn found(findings: &Diagnostics) -> BTreeSet<(&'static str, String)> {
    findings.sorted().into_iter().map(|d| (d.rule, d.message.clone())).collect()
}

/// The fixed text, with how many fixes were made.
fn fixed(example: &Example, guesses: bool) -> (String, usize) {
    let check = |text: &str| {
        let Shown { findings, sources, .. } = example.compile(text);
        Checked { findings, sources }
    };
    let (text, made, _) = mend(example.cloud.clone(), "cloud.yaml", guesses, check);
    (text, made.len())
}

#[test]
fn what_a_rule_says_that_it_fixes_is_fixed() {
    let mut failures = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.fix.is_some()) {
        let (name, page) = (rule.name, rule.page);
        assert!(page.contains("\n## Fix\n\n`--fix`"), "{name}: its page does not say what is fixed");
        let own = example(page, "Fix");
        let example = own.unwrap_or_else(|| example(page, "Bad").unwrap());
        let (cautious, _) = fixed(&example, false);
        let is_safe = rule.fix == Some(Applicability::Safe);
        let text = if is_safe { cautious } else { fixed(&example, true).0 };
        let (before, after) = (example.compile(&example.cloud), example.compile(&text));
        let (had, has) = (found(&before.findings), found(&after.findings));
        let new: Vec<_> = has.difference(&had).collect();
        // An exception that is over hides nothing, so nothing comes back either.
        if !had.iter().any(|(rule, _)| *rule == name) || has.iter().any(|(rule, _)| *rule == name) || !new.is_empty() {
            failures.push(format!("{name}: found {had:?}, then {has:?}, in\n{text}"));
        }
        let (kept, there) = (comments(&text), comments(&example.cloud));
        if kept != there {
            failures.push(format!("{name}: of the comments {there:?}, {kept:?} are left"));
        }
        // What is not mended stays byte for byte.
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let touched = lines(&example.cloud).difference(&lines(&text)).count();
        assert!(touched > 0 && touched < 5, "{name}: {touched} lines changed");
        // Nothing is left to do.
        let again = Example { cloud: text.clone(), ..example };
        assert_eq!(fixed(&again, !is_safe), (text, 0), "{name}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn rules_say_of_each_fix_that_they_have_it() {
    for rule in RULES {
        let example = example(rule.page, "Bad").unwrap();
        let offered = example.compile(&example.cloud).findings;
        let has_fix = offered.sorted().iter().any(|finding| finding.fix.is_some());
        for finding in offered.sorted().into_iter().filter(|finding| finding.rule == rule.name) {
            let claimed = match (&finding.fix, rule.fix) {
                (None, _) | (Some(_), Some(Applicability::Safe)) => true,
                (Some(fix), Some(Applicability::Unsafe)) => !fix.is_safe(),
                (Some(_), None) => false,
            };
            assert!(claimed, "{}: {:?}", rule.name, finding.fix);
        }
        // Where there is no safe fix, nothing is written.
        if has_fix && rule.fix != Some(Applicability::Safe) {
            assert_eq!(fixed(&example, false), (example.cloud.clone(), 0), "{}", rule.name);
        }
    }
}
