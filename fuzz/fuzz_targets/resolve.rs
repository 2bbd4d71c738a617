//! Any text through the whole compiler: what compiles, compiles to the same bytes again, and every file of it can be read.
#![no_main]

use cloudc::source::Sources;
use cloudc::syntax::parse_all;
use cloudc_fuzz::compiled;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (Some(first), _) = compiled(text, None) else { return };
    let (second, _) = compiled(text, Some(&first.lock.text));
    assert_eq!(first.tree, second.expect("a cloud compiles with its own lock").tree);
    for (path, file) in first.tree.iter().filter(|(path, _)| path.as_str().ends_with(".yaml")) {
        let text = std::str::from_utf8(&file.bytes).expect("the tree holds texts");
        let mut sources = Sources::default();
        let (_, findings) = parse_all(sources.add(path.as_str(), text), text);
        assert!(!findings.has_errors(), "{path} is no YAML:\n{text}");
    }
});
