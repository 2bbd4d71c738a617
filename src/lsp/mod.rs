//! Editors -> the compiler: a language server over standard input and output.
//!
//! A consumer of the same stages as the command line; one file per feature. One thread, whole texts, no state but the open files and
//! the catalog with its schema: a cloud is checked in less time than a keystroke takes, so nothing here is incremental.

mod actions;
mod capabilities;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod hover;
mod later;
mod names;
mod open;
mod position;
mod server;
mod shelf;
mod symbols;
mod uri;

use std::sync::mpsc;
use std::thread;

use lsp_server::{Connection, Message, Response};

use crate::lint::Day;
use server::{Flow, Server};

/// What day it is.
pub type Today = fn() -> Option<Day>;

/// Serves until the editor says `exit` or goes away; whether it said `shutdown` before. `today` is asked at each compile: a session may
/// last for days, and exceptions end.
///
/// # Errors
/// Why the connection broke: what came was no message of the protocol.
pub fn serve(today: Today) -> Result<bool, String> {
    let (connection, threads) = Connection::stdio();
    let ended = run(&connection, today);
    // The writer ends when nobody can send any more.
    drop(connection);
    let joined = threads.join().map_err(|error| format!("the connection broke: {error}"));
    joined.and(ended)
}

fn run(connection: &Connection, today: Today) -> Result<bool, String> {
    let (id, parameters) = match connection.initialize_start() {
        Ok(start) => start,
        // An editor that leaves before it has begun.
        Err(error) if error.channel_is_disconnected() => return Ok(false),
        Err(error) => return Err(error.to_string()),
    };
    let mut server = Server::new(connection, &parameters, today);
    let answer = Response::new_ok(id, server.about());
    if connection.sender.send(answer.into()).is_err() {
        return Ok(false);
    }
    let (queue, queued) = mpsc::channel();
    thread::scope(|scope| {
        // The connection itself holds one message at a time; what comes during a compile waits here.
        scope.spawn(move || connection.receiver.iter().all(|message| queue.send(message).is_ok()));
        while let Ok(first) = queued.recv() {
            // All that has come is read before anything is compiled, and again before the next cloud is: a newer text takes the place of
            // one that was not compiled yet, so that compiles never queue however quickly somebody types.
            let mut batch: Vec<Message> = std::iter::once(first).chain(queued.try_iter()).collect();
            loop {
                if let Flow::End { orderly } = server.take(batch) {
                    return Ok(orderly);
                }
                if !server.check_next() {
                    break;
                }
                batch = queued.try_iter().collect();
            }
        }
        // Gone without `exit`.
        Ok(false)
    })
}
