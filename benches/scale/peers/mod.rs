//! Other tools on equal work: one machine configuration for each machine of a list, from one template.
//!
//! The template is what `cloudc` emits for one machine, with `__key__` where a value of the machine stands; each tool gets it, and
//! the list, in its own form. What is not equal is said in the page.

mod install;
mod literal;
mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::measure::{self, Cost};
use crate::{CLOUDC, clouds};

/// A tool and what it took for each size, or why there is no figure.
pub struct Peer {
    pub name: &'static str,
    pub version: &'static str,
    pub outcomes: Vec<Result<Cost, String>>,
}

/// The work of one size.
struct Work {
    /// The machine configuration of one machine.
    template: String,
    /// Its documents.
    documents: Vec<Value>,
    /// One object of texts per machine.
    machines: Vec<Value>,
}

/// Keys of a machine and what they are in the machine that becomes the template.
const KEYS: [(&str, &str); 6] = [
    ("name", "node-00010"),
    ("address", "10.0.1.21"),
    ("mac", "52:54:00:00:00:0a"),
    ("zone", "zone-0"),
    ("rack", "rack-0"),
    ("asset", "A-00010"),
];

const ROUNDS: usize = 3;

pub fn measure(work: &Path, sizes: &[usize]) -> Vec<Peer> {
    let own = Peer { name: "cloudc", version: env!("CARGO_PKG_VERSION"), outcomes: vec![] };
    let tools = tools::all();
    let mut peers: Vec<Peer> = std::iter::once(own)
        .chain(tools.iter().map(|tool| Peer { name: tool.name, version: tool.version, outcomes: vec![] }))
        .collect();
    let installed: Vec<_> = tools.iter().map(install::install).collect();
    for nodes in sizes {
        let folder = work.join(format!("peers-{nodes}"));
        measure::empty(&folder);
        let equal = prepare(&folder, *nodes);
        let mut commands = vec![Ok(own_command(&folder))];
        for (tool, bin) in tools.iter().zip(&installed) {
            let place = folder.join(tool.name);
            measure::empty(&place);
            (tool.prepare)(&equal, &place);
            commands.push(bin.as_ref().map(|bin| (tool.run)(bin, &place)).map_err(Clone::clone));
        }
        let mut best: Vec<Option<Cost>> = vec![None; commands.len()];
        for round in 0..ROUNDS {
            for (command, best) in commands.iter_mut().zip(&mut best) {
                let Ok(command) = command else { continue };
                let place = command.get_current_dir().expect("every tool runs in its folder").to_owned();
                eprintln!("{nodes} files, round {round}: {}", command.get_program().display());
                let out = place.join("out");
                if out.exists() {
                    fs::rename(&out, place.join(format!("out-before-{round}"))).unwrap();
                }
                fs::create_dir(&out).unwrap();
                *best = Some(Cost::best(*best, measure::run(command, &[0])));
                let (files, _) = measure::size(&out);
                assert!(files >= *nodes, "{command:?} wrote {files} files");
            }
        }
        for ((peer, command), best) in peers.iter_mut().zip(commands).zip(best) {
            peer.outcomes.push(command.map(|_| best.expect("there is a round")));
        }
    }
    peers
}

/// The cloud, what it compiles to, and the work that follows from it.
fn prepare(folder: &Path, nodes: usize) -> Work {
    let own = folder.join("cloudc");
    measure::empty(&own);
    fs::write(own.join("cloud.yaml"), clouds::cloud(nodes, 0)).unwrap();
    measure::run(&mut own_command(folder), &[0]);
    let emitted = fs::read_to_string(own.join("out/talos/machines/node-00010.yaml")).unwrap();
    let template = KEYS.iter().fold(emitted, |text, (key, value)| text.replace(value, &format!("__{key}__")));
    let documents = serde_yaml::Deserializer::from_str(&template);
    let documents = documents.map(|document| serde::Deserialize::deserialize(document).unwrap()).collect();
    let machine = |index: usize| {
        json!({
            "name": format!("node-{index:05}"),
            "address": format!("10.0.{}.{}", 1 + index / 200, 11 + index % 200),
            "mac": format!("52:54:00:00:{:02x}:{:02x}", index / 256, index % 256),
            "zone": format!("zone-{}", index / 50),
            "rack": format!("rack-{}", index / 20),
            "asset": format!("A-{index:05}"),
        })
    };
    Work { template, documents, machines: (0..nodes).map(machine).collect() }
}

fn own_command(folder: &Path) -> Command {
    let mut command = Command::new(CLOUDC);
    command.current_dir(folder.join("cloudc")).args(["build", "--quiet", "--output", "out"]);
    command
}
