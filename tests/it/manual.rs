//! What is made of the definitions of the commands: completions and manual pages.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn cloudc(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_cloudc")).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The commands that `--help` lists, those of commands too: `secrets generate`.
fn commands(of: &[&str]) -> Vec<String> {
    let help = cloudc(&[of, &["--help"]].concat());
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.map(|line| line.split_whitespace().next().unwrap()).collect();
    names
        .into_iter()
        .flat_map(|name| {
            let path = [of, &[name]].concat();
            std::iter::once(path.join(" ")).chain(commands(&path))
        })
        .collect()
}

/// Runs a program on a text; `None` where there is none of this name.
fn feed(program: &str, arguments: &[&str], text: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8").spawn() else {
        eprintln!("skipped: no {program}");
        return None;
    };
    let text = text.to_owned();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let ran = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.is_empty(), "{program}: {said}");
    Some(String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn the_manual_has_every_command() {
    let commands = commands(&[]);
    assert!(
        commands.contains(&"build".to_owned()) && commands.contains(&"secrets generate".to_owned()),
        "{commands:?}"
    );
    let page = cloudc(&["man"]);
    for command in &commands {
        let section = format!(".SH \"CLOUDC {}\"\n", command.to_uppercase());
        assert_eq!(page.matches(&section).count(), 1, "{section}");
    }
    // What is read is the text, not the markup: once by groff, once by mandoc, whichever is here.
    for (program, arguments) in [("man", ["-l", "-"].as_slice()), ("mandoc", &["-T", "utf8"])] {
        let Some(text) = feed(program, arguments, &page) else { continue };
        // How wide the page is depends on where it is read.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for says in ["CLOUDC SECRETS GENERATE", "--deny-warnings", "SARIF 2.1.0"] {
            assert!(text.contains(says), "{program}: no {says} in\n{text}");
        }
    }
    feed("groff", &["-man", "-ww", "-z"], &page);
}

#[test]
fn a_folder_gets_a_page_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let output = pages.to_str().unwrap();
    let written = || -> BTreeSet<(String, String)> {
        cloudc(&["man", "-o", output]);
        let files = fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
    };
    let first = written();
    let names: BTreeSet<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let wanted: BTreeSet<String> = std::iter::once("cloudc.1".to_owned())
        .chain(commands(&[]).iter().map(|command| format!("cloudc-{}.1", command.replace(' ', "-"))))
        .collect();
    assert_eq!(names, wanted.iter().map(String::as_str).collect());
    // Written again over its own, as a package does.
    assert_eq!(written(), first);
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn completions_are_scripts_of_their_shells() {
    for (shell, arguments) in [
        ("bash", ["-n"].as_slice()),
        ("zsh", &["-n"]),
        ("fish", &["--no-execute"]),
        ("elvish", &[]),
        ("powershell", &[]),
    ] {
        let script = cloudc(&["completions", shell]);
        for command in commands(&[]) {
            let last = command.rsplit(' ').next().unwrap();
            assert!(script.contains(last), "{shell}: no {command}");
        }
        if !arguments.is_empty() {
            feed(shell, arguments, &script);
        }
    }
}

#[test]
fn bash_completes() {
    let script = cloudc(&["completions", "bash"]);
    let ask = r#"
COMP_WORDS=(cloudc lint --output-format s)
COMP_CWORD=3
_cloudc cloudc s --output-format
echo "${COMPREPLY[@]}"
COMP_WORDS=(cloudc secrets g)
COMP_CWORD=2
_cloudc cloudc g secrets
echo "${COMPREPLY[@]}"
"#;
    if let Some(said) = feed("bash", &[], &(script + ask)) {
        assert_eq!(said, "sarif\ngenerate\n");
    }
}
