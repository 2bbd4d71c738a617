//! Files of the host: `EtcFileConfig` and `CRICustomizationConfig` (1.14), and `machine.files`, which is all there was before
//! and still is all that writes anywhere else.

use serde_json::{Value, json};

use super::super::object::Object;
use super::super::target::Target;
use crate::catalog::talos_documents::{FileHome, file_home};
use crate::model::HostFile;
use crate::spec::FileOp;
use crate::spec::scalar::Minor;

/// The files that a typed document can write.
pub fn documents(target: &Target) -> impl Iterator<Item = Value> {
    target.machine.files.iter().filter_map(|(path, file)| match file_home(path, file.op) {
        FileHome::Etc(name) => Some(
            Object::document("EtcFileConfig")
                .set("name", name)
                .set("mode", mode(file))
                .set("contents", file.content.as_str())
                .build(),
        ),
        FileHome::Cri(name) => Some(
            Object::document("CRICustomizationConfig").set("name", name).set("content", file.content.as_str()).build(),
        ),
        FileHome::Main => None,
    })
}

/// `machine.files`: all files, or since 1.14 those without another home.
pub fn section(target: &Target) -> Value {
    let stays =
        |path: &str, file: &HostFile| target.contract() < Minor::v1(14) || file_home(path, file.op) == FileHome::Main;
    let entry = |(path, file): (&String, &HostFile)| {
        let op = match file.op {
            FileOp::Create => "create",
            FileOp::Append => "append",
            FileOp::Overwrite => "overwrite",
        };
        json!({"content": file.content, "permissions": mode(file), "path": path, "op": op})
    };
    target.machine.files.iter().filter(|(path, file)| stays(path, file)).map(entry).collect()
}

/// Talos reads an integer here and no text; JSON and our YAML have no octal form.
fn mode(file: &HostFile) -> u32 {
    u32::from_str_radix(file.permissions.trim_start_matches("0o"), 8).expect("the language checks the mode")
}
