//! Any text as the patches of a cloud that is right.
#![no_main]

use cloudc_fuzz::{ONE, compiled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let block = text.replace('\n', "\n  ");
    let (compiled, _) = compiled(&format!("{ONE}patches:\n  {block}\n"), None);
    if let Some(compiled) = compiled {
        assert!(compiled.tree.iter().next().is_some());
    }
});
