//! The console blocks of the README are run, and print what they say.

use std::fs;

use crate::support::{repository, run};

/// The command by which a reader runs `cloudc` from a checkout.
const RUN: &str = "$ cargo run -- ";

struct Block {
    arguments: Vec<String>,
    code: i32,
    output: String,
}

/// Blocks of one command: the command, `? N` when it ends with another code than 0, what it prints.
fn blocks(markdown: &str) -> Vec<Block> {
    let texts = markdown.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    texts
        .map(|text| {
            let (command, mut output) = text.split_once('\n').unwrap();
            let arguments = command.strip_prefix(RUN).expect("a console block runs cloudc");
            let mut code = 0;
            if let Some(rest) = output.strip_prefix("? ") {
                let (number, rest) = rest.split_once('\n').unwrap();
                code = number.parse().unwrap();
                output = rest;
            }
            Block { arguments: arguments.split(' ').map(str::to_owned).collect(), code, output: output.to_owned() }
        })
        .collect()
}

#[test]
fn console_blocks_print_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "broken"] {
        let examples = folder.path().join("examples").join(name);
        fs::create_dir_all(&examples).unwrap();
        for file in ["cloud.yaml", "cloud.lock"] {
            let from = repository(&format!("examples/{name}/{file}"));
            if from.exists() {
                fs::copy(from, examples.join(file)).unwrap();
            }
        }
    }
    let blocks = blocks(&fs::read_to_string(repository("README.md")).unwrap());
    assert!(blocks.len() >= 2);
    for block in blocks {
        let ran = run(folder.path(), &block.arguments);
        let said = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
        snapbox::assert_data_eq!(said, snapbox::IntoData::into_data(block.output).raw());
        assert_eq!(ran.status.code(), Some(block.code), "{:?}", block.arguments);
    }
}
