//! What stands beside a cloud, behind its name, or in its directory, and is not what it should be.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bad_input::{bounded, laughs, lines, refusal};
use crate::support::{repository, run};

/// A folder with an example, compiled.
fn example() -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in ["cloud.yaml", "cloud.lock"] {
        fs::copy(repository("examples/one").join(file), folder.path().join(file)).unwrap();
    }
    assert!(run(folder.path(), &["build"]).status.success());
    folder
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Texts that would take more memory, stack or time than there is.
fn endless() -> Vec<String> {
    vec![
        laughs(),
        format!("a: {}", "[".repeat(100_000)),
        "{\"a\":".repeat(100_000),
        lines(2000, |i| format!("{}a:\n", " ".repeat(i))),
        "- abc\n".repeat(600_000),
    ]
}

#[test]
fn what_is_no_file_is_no_cloud() {
    let folder = TempDir::new().unwrap();
    let cloud = folder.path().join("cloud.yaml");
    fs::create_dir(&cloud).unwrap();
    let said = refusal(&bounded(folder.path(), &["lint", "cloud.yaml"]));
    assert!(said.contains("cannot read cloud.yaml: Is a directory"), "{said}");
    let said = refusal(&bounded(folder.path(), &["lint", "/dev/zero"]));
    assert!(said.contains("/dev/zero is larger than 16 MiB"), "{said}");
    let said = refusal(&bounded(folder.path(), &["lint", "gone.yaml"]));
    assert!(said.contains("cannot read gone.yaml: No such file"), "{said}");
    fs::remove_dir(&cloud).unwrap();
    symlink("cloud.yaml", &cloud).unwrap();
    let said = refusal(&bounded(folder.path(), &["lint", "cloud.yaml"]));
    assert!(said.contains("cannot read cloud.yaml: Too many levels of symbolic links"), "{said}");
    // Nobody named it: a pipe that nobody writes to would never end.
    fs::remove_file(&cloud).unwrap();
    pipe(&cloud);
    let said = refusal(&bounded(folder.path(), &["lint"]));
    assert!(said.contains("no cloud.yaml here or in a folder above"), "{said}");
}

#[test]
fn pipes_beside_a_cloud_are_not_waited_for() {
    let folder = example();
    let lock = folder.path().join("cloud.lock");
    fs::remove_file(&lock).unwrap();
    pipe(&lock);
    for command in ["lint", "build", "diff"] {
        let said = refusal(&bounded(folder.path(), &[command]));
        assert!(said.contains("cannot read cloud.lock: it is not a file"), "{said}");
    }
    fs::remove_file(&lock).unwrap();
    for file in [".cloudc/manifest.json", "README.md"] {
        fs::remove_file(folder.path().join(file)).unwrap();
        pipe(&folder.path().join(file));
    }
    assert!(bounded(folder.path(), &["lint"]).status.success());
    assert!(bounded(folder.path(), &["why", "README.md"]).status.success());
    for command in ["build", "diff"] {
        let said = refusal(&bounded(folder.path(), &[command]));
        assert!(said.contains("manifest.json is not what cloudc keeps there; move it away"), "{said}");
    }
}

#[test]
fn locks_and_entries_are_read_within_limits() {
    for text in endless() {
        let folder = example();
        fs::write(folder.path().join("cloud.lock"), &text).unwrap();
        let said = refusal(&bounded(folder.path(), &["lint"]));
        assert!(said.contains("cloud.lock:") && said.contains("help: "), "{said:.1000}");
        fs::remove_file(folder.path().join("cloud.lock")).unwrap();
        fs::create_dir_all(folder.path().join("components/own")).unwrap();
        fs::write(folder.path().join("components/own/component.yaml"), &text).unwrap();
        let said = refusal(&bounded(folder.path(), &["lint"]));
        assert!(said.contains("components/own/component.yaml:"), "{said:.1000}");
    }
    // All entries together.
    let folder = example();
    for name in ["a", "b"] {
        fs::create_dir_all(folder.path().join("components").join(name)).unwrap();
        let file = fs::File::create(folder.path().join("components").join(name).join("component.yaml")).unwrap();
        file.set_len(10 * 1024 * 1024).unwrap();
    }
    let said = refusal(&bounded(folder.path(), &["lint"]));
    assert!(said.contains("the entries up to components/b/component.yaml are larger than 16 MiB"), "{said}");
}

#[test]
fn other_clouds_are_read_within_limits() {
    let folder = example();
    for text in endless() {
        fs::write(folder.path().join("other.yaml"), &text).unwrap();
        let said = refusal(&bounded(folder.path(), &["diff", "--against", "other.yaml"]));
        assert!(said.contains("other.yaml:") && said.contains("`other.yaml` does not compile"), "{said:.1000}");
        let said = refusal(&bounded(folder.path(), &["why", "README.md:1", "-f", "other.yaml"]));
        assert!(said.contains("other.yaml:"), "{said:.1000}");
    }
    // In a commit, a file can be of any size.
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        assert!(
            Command::new("git").args(who).args(arguments).current_dir(folder.path()).output().unwrap().status.success()
        );
    };
    git(&["init", "-q"]);
    let cloud = fs::read(folder.path().join("cloud.yaml")).unwrap();
    fs::File::create(folder.path().join("cloud.yaml")).unwrap().set_len(600 * 1024 * 1024).unwrap();
    git(&["add", "cloud.yaml"]);
    git(&["commit", "-q", "-m", "a"]);
    fs::write(folder.path().join("cloud.yaml"), cloud).unwrap();
    let said = refusal(&bounded(folder.path(), &["diff", "--against", "HEAD"]));
    assert!(said.contains("cloud.yaml of HEAD is larger than 16 MiB"), "{said}");
}

#[test]
fn bundles_are_read_within_limits() {
    let folder = example();
    for text in endless() {
        fs::write(folder.path().join("secrets.yaml"), &text).unwrap();
        let said = refusal(&bounded(folder.path(), &["machineconfig", "box", "--secrets", "secrets.yaml"]));
        assert!(said.contains("the secrets bundle is not"), "{said:.1000}");
    }
}

#[test]
fn the_directory_is_read_within_limits() {
    let folder = example();
    let large = |path: &str, size: u64| fs::File::create(folder.path().join(path)).unwrap().set_len(size).unwrap();
    let manifest = fs::read(folder.path().join(".cloudc/manifest.json")).unwrap();
    large(".cloudc/manifest.json", 1 << 40);
    for command in ["build", "diff"] {
        let said = refusal(&bounded(folder.path(), &[command]));
        assert!(said.contains("cannot read ./.cloudc/manifest.json: file too large; no file was changed"), "{said}");
    }
    assert!(bounded(folder.path(), &["lint"]).status.success());
    for text in ["[".repeat(1_000_000), "{\"version\":".repeat(100_000), "1".repeat(1_000_000)] {
        fs::write(folder.path().join(".cloudc/manifest.json"), text).unwrap();
        let said = refusal(&bounded(folder.path(), &["build"]));
        assert!(said.contains("restore it from Git, or delete it"), "{said}");
    }
    fs::write(folder.path().join(".cloudc/manifest.json"), manifest).unwrap();
    // A file of the tree that somebody made endless: compared by its hash, never read whole.
    large("README.md", 200 << 20);
    let said = refusal(&bounded(folder.path(), &["build"]));
    assert!(said.contains("README.md: edited by hand"), "{said}");
    let said = refusal(&bounded(folder.path(), &["diff"]));
    assert!(said.contains("cannot read ./README.md: file too large"), "{said}");
}

/// What the server says of a text when it is opened, and that it goes on and ends in order.
fn opened(text: &str) -> Vec<Value> {
    let uri = "file:///nowhere/cloud.yaml";
    let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
    let place = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}});
    let messages = [
        json!({"id": 1, "method": "initialize", "params": {"capabilities": {}}}),
        json!({"method": "initialized", "params": {}}),
        json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}),
        json!({"id": 2, "method": "textDocument/hover", "params": place}),
        json!({"id": 3, "method": "textDocument/completion", "params": place}),
        json!({"id": 4, "method": "textDocument/documentSymbol", "params": place}),
        json!({"id": 5, "method": "textDocument/codeAction",
            "params": {"textDocument": {"uri": uri}, "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "context": {}}}),
        json!({"id": 6, "method": "shutdown"}),
        json!({"method": "exit"}),
    ];
    let mut server = Command::new("prlimit")
        .args(["--as=1073741824", "--", env!("CARGO_BIN_EXE_cloudc"), "lsp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let sender = std::thread::spawn(move || {
        for mut message in messages {
            message["jsonrpc"] = "2.0".into();
            let text = message.to_string();
            // What has ended early shows in its exit code.
            let _ = write!(input, "Content-Length: {}\r\n\r\n{text}", text.len());
        }
    });
    let output = server.wait_with_output().unwrap();
    sender.join().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {errors:.2000}", output.status);
    assert!(!errors.contains("panicked"), "{errors:.2000}");
    let mut rest = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    while let Some((head, body)) = rest.split_once("\r\n\r\n") {
        let length: usize = head.rsplit_once(": ").unwrap().1.parse().unwrap();
        let message: Value = serde_json::from_str(&body[..length]).unwrap();
        assert!(message.get("error").is_none(), "{message}");
        if message["method"] == "textDocument/publishDiagnostics" {
            found.extend(message["params"]["diagnostics"].as_array().unwrap().clone());
        }
        rest = body[length..].to_owned();
    }
    found
}

#[test]
fn an_editor_may_open_anything() {
    let mut texts = endless();
    texts.extend(["\0", "\u{feff}", "", "# a", "a: &a [*a]", "a: !x b", "\t", "--- \n---"].map(str::to_owned));
    texts.push("x".repeat(4 * 1024 * 1024));
    texts.push(lines(20_000, |i| format!("k{i}: 1\n")));
    for text in texts {
        let findings = opened(&text);
        assert!((1..=1001).contains(&findings.len()), "{} findings for {text:.60}", findings.len());
        assert!(findings.iter().all(|one| one["range"]["start"]["line"].is_u64()), "{findings:?}");
    }
}
