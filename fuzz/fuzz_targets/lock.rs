//! Any text as the lock of a cloud that is right: it is refused, or kept to.
#![no_main]

use cloudc_fuzz::{ONE, compiled};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (Some(first), _) = compiled(ONE, Some(text)) else { return };
    let (second, _) = compiled(ONE, Some(&first.lock.text));
    let second = second.expect("a lock that was written can be read");
    assert_eq!(first.tree, second.tree, "a lock holds what it was made from");
    assert_eq!(first.lock.text, second.lock.text, "a lock is written as it was read");
});
