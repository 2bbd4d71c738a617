//! The language server as an editor meets it: the binary itself, over standard input and output.

use std::fs;

use serde_json::{Value, json};

use crate::support::{repository, run};

#[path = "../../benches/editor/wire.rs"]
mod wire;

use wire::Wire;

struct Editor {
    wire: Wire,
    id: i32,
    /// What came while something else was awaited.
    notes: Vec<Value>,
    folder: tempfile::TempDir,
    version: i32,
}

impl Editor {
    fn start(capabilities: &Value) -> (Self, Value) {
        let folder = tempfile::tempdir().unwrap();
        let mut editor = Self { wire: Wire::start(), id: 0, notes: Vec::new(), folder, version: 0 };
        let answer =
            editor.ask("initialize", &json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
        editor.tell("initialized", &json!({}));
        (editor, answer["result"]["capabilities"].clone())
    }

    /// With a text open, and what is wrong with it.
    fn with(text: &str) -> (Self, Vec<Value>) {
        let (mut editor, _) = Self::start(&json!({}));
        let findings = editor.open(text);
        (editor, findings)
    }

    fn uri(&self, file: &str) -> String {
        format!("file://{}/{file}", self.folder.path().display())
    }

    fn tell(&mut self, method: &str, parameters: &Value) {
        self.wire.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.wire.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        self.answer(id)
    }

    fn answer(&mut self, id: i32) -> Value {
        loop {
            let message = self.wire.receive();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.notes.push(message);
        }
    }

    /// The next findings of a file.
    fn findings(&mut self, file: &str) -> Vec<Value> {
        let uri = self.uri(file);
        let wanted = |m: &Value| m["method"] == "textDocument/publishDiagnostics" && m["params"]["uri"] == uri.as_str();
        let message = match self.notes.iter().position(wanted) {
            Some(at) => self.notes.remove(at),
            None => loop {
                let message = self.wire.receive();
                if wanted(&message) {
                    break message;
                }
                self.notes.push(message);
            },
        };
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn open(&mut self, text: &str) -> Vec<Value> {
        self.version = 1;
        let document = json!({"uri": self.uri("cloud.yaml"), "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
        self.findings("cloud.yaml")
    }

    fn type_in(&mut self, text: &str) {
        self.version += 1;
        let document = json!({"uri": self.uri("cloud.yaml"), "version": self.version});
        self.tell("textDocument/didChange", &json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }

    fn change(&mut self, text: &str) -> Vec<Value> {
        self.type_in(text);
        self.findings("cloud.yaml")
    }

    fn ask_at(&mut self, method: &str, (line, character): (usize, usize)) -> Value {
        let position = json!({"line": line, "character": character});
        let document = json!({"uri": self.uri("cloud.yaml")});
        self.ask(method, &json!({"textDocument": document, "position": position}))["result"].clone()
    }

    /// Types a text with the cursor at `^` and completes there.
    fn complete(&mut self, text: &str) -> Vec<Value> {
        let at = place(text, "^");
        self.change(&text.replacen('^', "", 1));
        self.ask_at("textDocument/completion", at).as_array().unwrap().clone()
    }

    fn actions(&mut self, (line, character): (usize, usize)) -> Vec<Value> {
        let place = json!({"line": line, "character": character});
        let parameters = json!({
            "textDocument": {"uri": self.uri("cloud.yaml")},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        });
        self.ask("textDocument/codeAction", &parameters)["result"].as_array().unwrap().clone()
    }

    /// Ends in the order of the protocol; the exit code.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", &Value::Null)["result"], Value::Null);
        self.tell("exit", &Value::Null);
        self.wire.server.wait().unwrap().code()
    }
}

/// Line and UTF-16 column of the first occurrence.
fn place(text: &str, what: &str) -> (usize, usize) {
    let before = &text[..text.find(what).unwrap()];
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count(), line.encode_utf16().count())
}

/// A cloud without findings: upstream has retired MinIO.
fn home() -> String {
    fs::read_to_string(repository("examples/home/cloud.yaml")).unwrap().replacen("  minio: {}\n", "", 1)
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["label"].as_str().unwrap()).collect()
}

fn rules(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn findings_follow_the_text() {
    let (mut editor, findings) = Editor::with(&home());
    assert!(findings.is_empty(), "{findings:?}");
    let wrong = home().replacen("class: pi4", "klass: pi4", 1);
    assert_eq!(rules(&editor.change(&wrong)), ["unknown-key"]);
    // A broken text has findings too, and the next right one has none.
    assert!(!editor.change(&format!("{}\nnodes: [", home())).is_empty());
    assert!(editor.change(&home()).is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_finding_has_its_page_and_its_second_place() {
    let text = fs::read_to_string(repository("examples/broken/cloud.yaml")).unwrap();
    let (editor, findings) = Editor::with(&text);
    let finding = &findings[0];
    assert_eq!(
        (&finding["code"], &finding["severity"], &finding["source"]),
        (&json!("address-overlap"), &json!(1), &json!("cloudc"))
    );
    let page = finding["codeDescription"]["href"].as_str().unwrap();
    assert!(page.starts_with("https://") && page.ends_with("docs/rules/address-overlap.md"), "{page}");
    assert!(finding["message"].as_str().unwrap().contains("\nhelp: end load-balancer pool `lan`"));
    let (line, character) = place(&text, "192.168.1.60-");
    assert_eq!(finding["range"]["start"], json!({"line": line, "character": character}));
    let related = &finding["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], editor.uri("cloud.yaml").as_str());
    assert_eq!(related["location"]["range"]["start"]["line"], 17);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn columns_are_those_of_the_editor() {
    let text = "apiVersion: cloudc.dev/v1alpha1\nkind: Cloud\nmetadata: {\"é😀\": 1, nmae: x}\n";
    for (encodings, kind, column) in [(json!(["utf-16"]), "utf-16", 21), (json!(["utf-16", "utf-8"]), "utf-8", 24)] {
        let (mut editor, capabilities) = Editor::start(&json!({"general": {"positionEncodings": encodings}}));
        assert_eq!(capabilities["positionEncoding"], kind);
        let findings = editor.open(text);
        let finding = findings.iter().find(|finding| finding["message"].as_str().unwrap().contains("`nmae`")).unwrap();
        assert_eq!(finding["range"]["start"], json!({"line": 2, "character": column}), "{kind}");
        assert_eq!(finding["range"]["end"], json!({"line": 2, "character": column + 4}));
        let hover = editor.ask_at("textDocument/hover", (2, 3));
        assert!(hover["contents"]["value"].as_str().unwrap().contains("Identity of the cloud."), "{hover}");
        assert_eq!(editor.end(), Some(0));
    }
}

#[test]
fn only_the_newest_of_many_changes_counts() {
    let (mut editor, _) = Editor::with(&home());
    for count in 0..20 {
        editor.type_in(&format!("{}\nunknown{count}: 1\n", home()));
    }
    editor.type_in(&home());
    editor.ask_at("textDocument/hover", (0, 0));
    // The server may have taken them in a few pieces, never in as many as there were.
    let count = (1..=21).find(|_| editor.findings("cloud.yaml").is_empty());
    assert!(count.is_some_and(|count| count < 12), "{count:?}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn findings_in_other_files_stand_there_and_go_with_the_cloud() {
    let (mut editor, _) = Editor::start(&json!({}));
    fs::write(editor.folder.path().join("cloud.lock"), "nonsense: 1\n").unwrap();
    editor.open(&home());
    assert!(!editor.findings("cloud.lock").is_empty());
    fs::remove_file(editor.folder.path().join("cloud.lock")).unwrap();
    let document = json!({"uri": editor.uri("cloud.yaml")});
    editor.tell("textDocument/didSave", &json!({"textDocument": document}));
    assert!(editor.findings("cloud.lock").is_empty());

    let entry = editor.folder.path().join("components/mine");
    fs::create_dir_all(&entry).unwrap();
    fs::write(entry.join("component.yaml"), "name: mine\nbogus: 1\n").unwrap();
    editor.tell("textDocument/didSave", &json!({"textDocument": document}));
    assert!(rules(&editor.findings("components/mine/component.yaml")).contains(&"unknown-key"));
    editor.tell("textDocument/didClose", &json!({"textDocument": document}));
    assert!(editor.findings("components/mine/component.yaml").is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn hover_says_what_a_place_is_and_what_came_of_it() {
    let (mut editor, _) = Editor::with(&home());
    let text = home();
    let mut hover = |what: &str| {
        let answer = editor.ask_at("textDocument/hover", place(&text, what));
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    let field = hover("installDisk: /dev");
    assert!(field.contains("nodeClasses.<name>.installDisk") && field.contains("Disk that Talos is installed on"));
    // From its class, and from components.
    let node = hover("rpi1:");
    for part in ["rpi1 in this cloud", "arm64", "/dev/mmcblk0", "asked by"] {
        assert!(node.contains(part), "{node}");
    }
    let component = hover("rook-ceph:");
    for part in ["In this cloud (home)", "rook-ceph", "parameters, defaults filled in"] {
        assert!(component.contains(part), "{component}");
    }
    assert!(hover("nuc:").contains("class of nuc1, nuc2, nuc3"));
    let network = hover("network:");
    assert!(
        network.contains("cluster DNS  10.96.0.10, for cluster.local") && network.contains("The address plan."),
        "{network}"
    );
    let control_plane = hover("schedulable:");
    assert!(control_plane.contains("endpoint           https://192.168.20.10:6443"), "{control_plane}");
    assert!(hover("talos: v1").contains("contract    v1.13, whose layout machine configurations have"));
    assert!(hover("# The home").is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn completion_knows_the_language_and_the_cloud() {
    let (mut editor, _) = Editor::with(&home());
    let with = |line: &str| home().replacen("\nnodes:\n", &format!("\nnodes:\n{line}\n"), 1);

    let keys = editor.complete(&with("  new:\n    cl^"));
    let class = keys.iter().find(|item| item["label"] == "class").unwrap();
    assert_eq!(class["textEdit"]["newText"], "class: ");
    assert_eq!(class["documentation"]["value"], "Hardware class.");
    // What must be there comes first.
    let first = keys.iter().min_by_key(|item| item["sortText"].as_str().unwrap()).unwrap();
    assert_eq!(first["label"], "role");
    let keys = editor.complete(&with("  new: {role: worker, ^}"));
    assert!(!labels(&keys).contains(&"role") && labels(&keys).contains(&"class"));

    assert_eq!(labels(&editor.complete(&with("  new: {role: ^}"))), ["control-plane", "worker"]);
    assert_eq!(labels(&editor.complete(&with("  new:\n    wipe: ^"))), ["true", "false"]);
    assert_eq!(labels(&editor.complete(&with("  new:\n    class: n^"))), ["pi4", "x86", "nuc", "ryzen"]);
    let tight = editor.complete(&with("  new:\n    class:^"));
    assert_eq!(tight[0]["textEdit"]["newText"], " pi4");
    assert!(labels(&editor.complete(&with("  new:\n    extensions:\n      - ^"))).contains(&"amd-ucode"));
    assert!(labels(&editor.complete(&with("  new: {extensions: [i915, ^"))).contains(&"amd-ucode"));
    let text = home().replacen("volume: osd0", "volume: ^", 1);
    assert_eq!(labels(&editor.complete(&text)), ["EPHEMERAL", "osd0"]);
    let components = editor.complete(&home().replacen("components:\n", "components:\n  ^\n", 1));
    assert!(labels(&components).contains(&"linstor") && !labels(&components).contains(&"calico"));
    assert!(labels(&editor.complete(&home().replacen("versions:\n", "^\n\nversions:\n", 1))).contains(&"zones"));
    assert!(editor.complete(&home().replacen("# The home", "# The^ home", 1)).is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn names_lead_to_where_they_are_given() {
    let (mut editor, _) = Editor::with(&home());
    let text = home();
    let mut lines = |what: &str, skip: usize| {
        let (line, character) = place(&text, what);
        let found = editor.ask_at("textDocument/definition", (line, character + skip));
        let found = found.as_array().unwrap().clone();
        found
            .iter()
            .map(|place| usize::try_from(place["range"]["start"]["line"].as_u64().unwrap()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("{class: nuc,", 9), [place(&text, "nuc: {extends").0]);
    assert_eq!(lines("extends: x86", 10), [place(&text, "x86:").0]);
    assert_eq!(lines("volume: osd0", 9), [place(&text, "osd0: {kind").0]);
    assert!(lines("calico:", 0).is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_outline_has_machines_and_components() {
    let (mut editor, _) = Editor::with(&home());
    let document = json!({"uri": editor.uri("cloud.yaml")});
    let symbols = editor.ask("textDocument/documentSymbol", &json!({"textDocument": document}))["result"].clone();
    let symbols = symbols.as_array().unwrap();
    let below = |name: &str| symbols.iter().find(|symbol| symbol["name"] == name).unwrap()["children"].clone();
    assert_eq!(below("nodes").as_array().unwrap().len(), 7);
    assert_eq!(below("nodes")[0]["detail"], "control-plane");
    assert_eq!(below("components")[0]["name"], "calico");
    assert_eq!(symbols[0]["detail"], "cloudc.dev/v1alpha1");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_slip_is_mended_in_place() {
    let text = home().replacen("class: pi4", "klass: pi4", 1).replacen("kubernetes: v1.35.4", "kubernetes: 1.35.4", 1);
    let (mut editor, findings) = Editor::with(&text);
    assert_eq!(findings.len(), 2, "{findings:?}");
    let fixes = editor.actions(place(&text, "klass"));
    assert_eq!(fixes.len(), 1);
    let edit = &fixes[0]["edit"]["changes"][editor.uri("cloud.yaml")][0];
    assert_eq!(edit["newText"], "class");
    let (line, character) = place(&text, "klass");
    assert_eq!(edit["range"]["start"], json!({"line": line, "character": character}));
    assert_eq!(edit["range"]["end"], json!({"line": line, "character": character + 5}));
    let fixes = editor.actions(place(&text, "1.35.4"));
    assert_eq!(fixes[0]["edit"]["changes"][editor.uri("cloud.yaml")][0]["newText"], "v1.35.4");
    assert_eq!(
        (&fixes[0]["title"], &fixes[0]["isPreferred"]),
        (&json!("Replace `1.35.4` with `v1.35.4`"), &json!(true))
    );
    assert!(editor.actions(place(&text, "metadata")).is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn emitted_files_are_shown_where_the_editor_can() {
    let (mut editor, _) = Editor::start(&json!({"window": {"showDocument": {"support": true}}}));
    fs::write(editor.folder.path().join("cloud.yaml"), home()).unwrap();
    assert!(run(editor.folder.path(), &["build"]).status.success());
    editor.open(&home());
    let actions = editor.actions(place(&home(), "rpi1:"));
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"Open emitted talos/machines/rpi1.yaml"), "{titles:?}");
    let action = actions.iter().find(|action| action["title"] == "Open emitted talos/machines/rpi1.yaml").unwrap();
    editor.ask("workspace/executeCommand", &action["command"]);
    let shown = editor.notes.iter().find(|note| note["method"] == "window/showDocument").unwrap();
    assert_eq!(shown["params"]["uri"], editor.uri("talos/machines/rpi1.yaml").as_str());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_protocol_is_kept() {
    let (mut editor, _) = Editor::with(&home());
    assert_eq!(editor.ask("textDocument/rename", &json!({}))["error"]["code"], -32601);
    assert_eq!(editor.ask("textDocument/hover", &json!({"nonsense": 1}))["error"]["code"], -32602);
    assert_eq!(editor.ask("workspace/executeCommand", &json!({"command": "rm"}))["error"]["code"], -32602);
    editor.tell("$/setTrace", &json!({"value": "off"}));
    // What is no cloud has no findings and no answers.
    let other = json!({"uri": editor.uri("other.yaml"), "languageId": "yaml", "version": 1, "text": "a: b\n"});
    editor.tell("textDocument/didOpen", &json!({"textDocument": other}));
    let parameters =
        json!({"textDocument": {"uri": editor.uri("other.yaml")}, "position": {"line": 0, "character": 0}});
    assert_eq!(editor.ask("textDocument/hover", &parameters)["result"], Value::Null);
    assert_eq!(editor.ask("shutdown", &Value::Null)["result"], Value::Null);
    assert_eq!(editor.ask("textDocument/hover", &parameters)["error"]["code"], -32600);
    editor.tell("exit", &Value::Null);
    assert_eq!(editor.wire.server.wait().unwrap().code(), Some(0));
}

#[test]
fn an_exit_without_shutdown_is_a_failure() {
    let (mut editor, _) = Editor::with(&home());
    editor.tell("exit", &Value::Null);
    assert_eq!(editor.wire.server.wait().unwrap().code(), Some(1));
    let (mut editor, _) = Editor::with(&home());
    drop(editor.wire.input.take());
    assert_eq!(editor.wire.server.wait().unwrap().code(), Some(1));
}

#[test]
fn a_cancelled_request_is_answered_so() {
    let (mut editor, _) = Editor::with(&home());
    // In one write, so that both are there when the first is taken.
    let document = json!({"uri": editor.uri("cloud.yaml")});
    let hover = json!({"jsonrpc": "2.0", "id": 77, "method": "textDocument/hover", "params": {"textDocument": document, "position": {"line": 4, "character": 3}}});
    editor.type_in(&home());
    editor.wire.send(&hover);
    editor.tell("$/cancelRequest", &json!({"id": 77}));
    let answer = editor.answer(77);
    // Answered before it was cancelled, or not at all: never left open.
    assert!(answer["error"]["code"] == -32800 || answer.get("result").is_some(), "{answer}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn any_cursor_in_any_piece_of_a_cloud_has_an_answer() {
    let text = fs::read_to_string(repository("tests/clouds/tenants.yaml")).unwrap();
    let (mut editor, _) = Editor::with(&text);
    let uri = editor.uri("cloud.yaml");
    for cut in (0..text.len()).step_by(211).filter(|cut| text.is_char_boundary(*cut)) {
        let piece = &text[..cut];
        editor.type_in(piece);
        let line = piece.rsplit('\n').next().unwrap();
        let at = json!({"line": piece.matches('\n').count(), "character": line.encode_utf16().count()});
        for method in ["completion", "hover", "definition", "documentSymbol"] {
            let method = format!("textDocument/{method}");
            let answer = editor.ask(&method, &json!({"textDocument": {"uri": uri}, "position": at}));
            assert!(answer.get("error").is_none(), "{method} {answer}");
        }
    }
    assert_eq!(editor.end(), Some(0));
}
