//! The tools, and the work as each of them is given it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::literal::{Words, filled, literal};
use super::{KEYS, Work};

/// A registry and the name of a package in it.
pub enum From {
    PyPI(&'static str),
    CratesIo(&'static str),
    Go(&'static str),
}

pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    pub from: From,
    /// A file that the installed tool has beside its programs.
    pub program: &'static str,
    /// Writes the tool's input into a folder.
    pub prepare: fn(&Work, &Path),
    /// The command, in that folder, from the folder of the programs. It writes into `out`.
    pub run: fn(&Path, &Path) -> Command,
}

pub fn all() -> Vec<Tool> {
    vec![
        Tool {
            name: "jrsonnet",
            version: "0.5.0-pre98",
            from: From::CratesIo("jrsonnet"),
            program: "jrsonnet",
            prepare: jsonnet,
            run: |bin, folder| command(bin, "jrsonnet", folder, &["--string", "--multi", "out", "main.jsonnet"]),
        },
        Tool {
            name: "KCL",
            version: "0.13.2",
            from: From::PyPI("kcl-lib"),
            program: "python3",
            prepare: kcl,
            run: |bin, folder| command(bin, "python3", folder, &["run.py"]),
        },
        Tool {
            name: "makejinja",
            version: "2.8.1",
            from: From::PyPI("makejinja"),
            program: "makejinja",
            prepare: makejinja,
            run: |bin, folder| command(bin, "makejinja", folder, &[]),
        },
        Tool {
            name: "CUE",
            version: "0.17.1",
            from: From::Go("cuelang.org/go/cmd/cue"),
            program: "cue",
            prepare: cue,
            run: |bin, folder| command(bin, "cue", folder, &["cmd", "emit"]),
        },
        Tool {
            name: "kustomize",
            version: "5.8.1",
            from: From::Go("sigs.k8s.io/kustomize/kustomize/v5"),
            program: "kustomize",
            prepare: kustomize,
            run: |bin, folder| command(bin, "kustomize", folder, &["build", "all", "--output", "out"]),
        },
    ]
}

fn command(bin: &Path, program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(bin.join(program));
    command.current_dir(folder).args(arguments);
    command
}

fn write(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let place = folder.join(path);
    fs::create_dir_all(place.parent().expect("it is in the folder")).unwrap();
    fs::write(place, text).unwrap();
}

/// One object with a text per file, which `--multi` writes.
fn jsonnet(work: &Work, folder: &Path) {
    let words = Words { yes: "true", no: "false", null: "null", expression: ["\" + ", " + \""] };
    let documents = literal(&json!(work.documents), &words);
    write(folder, "machines.json", json!(work.machines).to_string());
    write(
        folder,
        "main.jsonnet",
        format!(
            "local documents(machine) = {documents};\n\
             local text(machine) = std.manifestYamlStream(documents(machine), c_document_end=false, quote_keys=false);\n\
             {{ [machine.name + '.yaml']: text(machine) for machine in import 'machines.json' }}\n"
        ),
    );
}

/// A program that writes its files itself; the registries have KCL as a library only.
fn kcl(work: &Work, folder: &Path) {
    let words = Words { yes: "True", no: "False", null: "None", expression: ["${", "}"] };
    let documents = literal(&json!(work.documents), &words);
    write(folder, "machines.json", json!(work.machines).to_string());
    write(
        folder,
        "main.k",
        format!(
            "import file\nimport json\nimport yaml\n\
             machines = json.decode(file.read(\"machines.json\"))\n\
             _documents = lambda machine {{\n    {documents}\n}}\n\
             _written = [yaml.dump_all_to_file(_documents(machine), \"out/\" + machine.name + \".yaml\") for machine in machines]\n"
        ),
    );
    write(
        folder,
        "run.py",
        "from kcl_lib import api\n\
         said = api.API().exec_program(api.ExecProgramArgs(k_filename_list=[\"main.k\"])).err_message\n\
         assert not said, said\n",
    );
}

/// makejinja has a file for each file, so each machine has one, which includes what all share.
fn makejinja(work: &Work, folder: &Path) {
    let machines: Map<String, Value> = work.machines.iter().map(|machine| (name(machine), machine.clone())).collect();
    write(folder, "machines.json", json!({"machines": machines}).to_string());
    write(folder, "shared/machine.partial.j2", filled(&work.template, &|key| format!("{{{{ machine.{key} }}}}")));
    for machine in &work.machines {
        let name = name(machine);
        let text = format!("{{% set machine = machines['{name}'] %}}{{% include 'machine.partial.j2' %}}\n");
        write(folder, &format!("machines/{name}.yaml.j2"), text);
    }
    write(
        folder,
        "makejinja.toml",
        "[makejinja]\ninputs = [\"machines\", \"shared\"]\noutput = \"out\"\ndata = [\"machines.json\"]\njinja_suffix = \".j2\"\n\
         exclude_patterns = [\"*.partial.j2\"]\n",
    );
}

/// A command of tasks that write the files: `cue export` writes one.
fn cue(work: &Work, folder: &Path) {
    let words = Words { yes: "true", no: "false", null: "null", expression: ["\\(", ")"] };
    let documents = literal(&json!(work.documents), &words);
    write(folder, "cue.mod/module.cue", "module: \"example.com/machines\"\nlanguage: version: \"v0.17.0\"\n");
    write(folder, "machines.cue", format!("package machines\n\nmachines: {}\n", json!(work.machines)));
    write(
        folder,
        "emit_tool.cue",
        format!(
            "package machines\n\nimport (\n\t\"encoding/yaml\"\n\t\"tool/file\"\n)\n\n\
             command: emit: {{\n\tfor machine in machines {{\n\t\t(machine.name): file.Create & {{\n\
             \t\t\tfilename: \"out/\\(machine.name).yaml\"\n\t\t\tcontents: yaml.MarshalStream({documents})\n\t\t}}\n\t}}\n}}\n"
        ),
    );
}

/// An object with the documents as its base, an overlay per machine, and a kustomization of all: `--output` writes a file per
/// object, and kustomize takes nothing that is no object.
fn kustomize(work: &Work, folder: &Path) {
    let base = json!({
        "apiVersion": "example.com/v1",
        "kind": "Machine",
        "metadata": {"name": "node"},
        "spec": {"documents": work.documents},
    });
    write(folder, "base/machine.yaml", base.to_string());
    write(folder, "base/kustomization.yaml", json!({"resources": ["machine.yaml"]}).to_string());
    let mut places = Vec::new();
    texts(&base["spec"], "/spec", &mut places);
    for machine in &work.machines {
        let own = |key: &str| machine[key].as_str().unwrap_or_default().to_owned();
        let replace = |(at, text): &(String, String)| json!({"op": "replace", "path": at, "value": filled(text, &own)});
        let patch = json!(places.iter().map(replace).collect::<Vec<_>>()).to_string();
        let overlay = json!({
            "resources": ["../base"],
            "nameSuffix": name(machine).trim_start_matches("node"),
            "patches": [{"target": {"kind": "Machine"}, "patch": patch}],
        });
        write(folder, &format!("{}/kustomization.yaml", name(machine)), overlay.to_string());
    }
    let overlays: Vec<String> = work.machines.iter().map(|machine| format!("../{}", name(machine))).collect();
    write(folder, "all/kustomization.yaml", json!({"resources": overlays}).to_string());
}

fn name(machine: &Value) -> String {
    machine["name"].as_str().expect("every machine has a name").to_owned()
}

/// JSON pointers of the texts that have a value of the machine in them.
fn texts(value: &Value, at: &str, places: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if KEYS.iter().any(|(key, _)| text.contains(&format!("__{key}__"))) => {
            places.push((at.to_owned(), text.clone()));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| texts(item, &format!("{at}/{index}"), places));
        }
        Value::Object(fields) => {
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            fields.iter().for_each(|(key, value)| texts(value, &format!("{at}/{}", escaped(key)), places));
        }
        _ => {}
    }
}
