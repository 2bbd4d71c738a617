//! Compiles a new file of the catalog in, which the compiler alone would not notice.

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
}
