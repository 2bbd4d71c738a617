//! Messages -> answers. What goes wrong in one request goes wrong in that request alone.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gen_lsp_types::{Position, Range, Uri};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::later::Later;
use super::open::Open;
use super::position::Encoding;
use super::shelf::Shelf;
use super::{Today, actions, capabilities, completion, definition, diagnostics, hover, symbols};

/// Whether the server goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// `exit`; orderly after `shutdown`.
    End {
        orderly: bool,
    },
}

/// Why a request has no answer.
pub(super) type Refusal = (ErrorCode, String);

/// A session with one editor.
pub(super) struct Server<'c> {
    connection: &'c Connection,
    encoding: Encoding,
    /// Whether the editor opens a file when it is asked to.
    can_show: bool,
    is_shut_down: bool,
    builtin: Rc<Shelf>,
    today: Today,
    /// By URI.
    open: BTreeMap<String, Open>,
    /// Cloud -> the files of which it has findings.
    published: BTreeMap<String, BTreeSet<String>>,
    /// How many requests were sent to the editor.
    asked: i32,
}

#[derive(Deserialize)]
struct Item {
    uri: String,
    #[serde(default)]
    version: i32,
    /// Of a file that is opened.
    #[serde(default)]
    text: String,
}

/// What nearly every message has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    text_document: Item,
    #[serde(default)]
    position: Position,
    #[serde(default)]
    range: Range,
    #[serde(default)]
    content_changes: Vec<Change>,
    #[serde(default)]
    context: Value,
}

/// The whole text: nothing else was offered.
#[derive(Deserialize)]
struct Change {
    text: String,
}

impl<'c> Server<'c> {
    /// `parameters` are those of `initialize`.
    pub fn new(connection: &'c Connection, parameters: &Value, today: Today) -> Self {
        Self {
            connection,
            encoding: Encoding::negotiated(parameters),
            can_show: parameters.pointer("/capabilities/window/showDocument/support") == Some(&Value::Bool(true)),
            is_shut_down: false,
            builtin: Rc::new(Shelf::builtin()),
            today,
            open: BTreeMap::new(),
            published: BTreeMap::new(),
            asked: 0,
        }
    }

    /// The answer to `initialize`.
    pub fn about(&self) -> Value {
        json!(capabilities::of(self.encoding, self.can_show))
    }

    /// Takes all that has come. What is new is compiled later, by [`Self::check_next`].
    pub fn take(&mut self, batch: Vec<Message>) -> Flow {
        let later = Later::than(&batch);
        for (at, message) in batch.into_iter().enumerate() {
            match message {
                Message::Notification(note) if note.method == "exit" => {
                    return Flow::End { orderly: self.is_shut_down };
                }
                Message::Notification(note) => self.guarded(|server| server.note(note)),
                Message::Request(request) => {
                    let id = request.id.clone();
                    let answer = match later.refuses(at, &request) {
                        Some(refusal) => Err(refusal),
                        None => self.answer(request),
                    };
                    self.send(match answer {
                        Ok(result) => Response::new_ok(id, result),
                        Err((code, why)) => Response::new_err(id, code as i32, why),
                    });
                }
                // To `window/showDocument`: the user sees whether it was shown.
                Message::Response(_) => {}
            }
        }
        Flow::On
    }

    /// Compiles one of the clouds that are new; whether there was one.
    pub fn check_next(&mut self) -> bool {
        let new = self.open.values().find(|open| !open.is_checked).map(|open| open.uri.0.clone());
        if let Some(uri) = &new {
            self.guarded(|server| server.check(uri));
        }
        new.is_some()
    }

    /// A panic is a bug; it is told, and the session goes on.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            let message = "cloudc met a bug in itself; its output has the details";
            self.notify("window/showMessage", json!({"type": 1, "message": message}));
        }
    }

    fn note(&mut self, note: Notification) {
        match note.method.as_str() {
            "textDocument/didOpen" => {
                let Ok(About { text_document: Item { uri, version, text }, .. }) = read(note.params) else { return };
                self.begin(uri, version, text);
            }
            "textDocument/didChange" => {
                let Ok(mut about) = read::<About>(note.params) else { return };
                let Some(Change { text }) = about.content_changes.pop() else { return };
                let Item { uri, version, .. } = about.text_document;
                if let Some(open) = self.open.get_mut(&uri) {
                    open.change(version, text);
                } else {
                    self.begin(uri, version, text);
                }
            }
            // What was saved may be a lock, an entry, a file that a cloud names.
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.open.values_mut().for_each(|open| open.is_checked = false);
            }
            "textDocument/didClose" => {
                let Ok(About { text_document: Item { uri, .. }, .. }) = read(note.params) else { return };
                self.open.remove(&uri);
                for file in self.published.remove(&uri).unwrap_or_default() {
                    self.publish(&file, None, &json!([]));
                }
            }
            _ => {}
        }
    }

    /// Takes a text, if it is a cloud: editors send every YAML file, and another product's is none of ours.
    fn begin(&mut self, uri: String, version: i32, text: String) {
        let open = Open::new(Uri(uri.clone()), version, text, Rc::clone(&self.builtin));
        if open.is_cloud() {
            self.open.insert(uri, open);
        }
    }

    /// Compiles the newest text of a cloud, and says what is wrong with it.
    fn check(&mut self, uri: &str) {
        let Some(open) = self.open.get_mut(uri) else { return };
        let _replaced = open.check((self.today)());
        let version = open.version;
        let files = diagnostics::of(open, self.encoding);
        let named: BTreeSet<String> = files.keys().cloned().collect();
        let before = self.published.insert(uri.to_owned(), named).unwrap_or_default();
        for gone in before.iter().filter(|file| !files.contains_key(*file)) {
            self.publish(gone, None, &json!([]));
        }
        for (file, findings) in &files {
            self.publish(file, (file == uri).then_some(version), &json!(findings));
        }
    }

    fn answer(&mut self, request: Request) -> Result<Value, Refusal> {
        let method = request.method.clone();
        if self.is_shut_down {
            return Err((ErrorCode::InvalidRequest, "the session is shut down".to_owned()));
        }
        let answer = catch_unwind(AssertUnwindSafe(|| self.result(request)));
        answer.unwrap_or_else(|_| Err((ErrorCode::InternalError, format!("cloudc met a bug in itself in {method}"))))
    }

    fn result(&mut self, request: Request) -> Result<Value, Refusal> {
        let encoding = self.encoding;
        match request.method.as_str() {
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            "textDocument/hover" => {
                self.about_text(request, |open, about| json!(hover::at(open, place(open, about, encoding), encoding)))
            }
            "textDocument/completion" => self
                .about_text(request, |open, about| json!(completion::at(open, place(open, about, encoding), encoding))),
            "textDocument/definition" => self
                .about_text(request, |open, about| json!(definition::of(open, place(open, about, encoding), encoding))),
            "textDocument/documentSymbol" => self.about_text(request, |open, _| json!(symbols::of(open, encoding))),
            "textDocument/codeAction" => self.actions(request),
            "workspace/executeCommand" => self.execute(&request.params),
            method => Err((ErrorCode::MethodNotFound, format!("{method} is not served"))),
        }
    }

    /// The answer about a text, nothing about one that is no cloud.
    fn about_text(&self, request: Request, answer: impl FnOnce(&Open, &About) -> Value) -> Result<Value, Refusal> {
        let about: About = read(request.params)?;
        let open = self.open.get(&about.text_document.uri);
        Ok(open.map(|open| answer(open, &about)).unwrap_or_default())
    }

    fn actions(&mut self, request: Request) -> Result<Value, Refusal> {
        let about: About = read(request.params)?;
        let uri = about.text_document.uri;
        // A fix is of the text that is there now.
        if self.open.get(&uri).is_some_and(|open| !open.is_checked) {
            self.check(&uri);
        }
        let Some(open) = self.open.get(&uri) else { return Ok(Value::Null) };
        let only = about.context.get("only").and_then(Value::as_array);
        let wants = |kind: &str| only.is_none_or(|only| only.iter().any(|wanted| wanted == kind || wanted == ""));
        let mut found = Vec::new();
        if wants("quickfix") {
            found.extend(actions::fixes(open, about.range, self.encoding));
        }
        if self.can_show && wants("") {
            found.extend(actions::emitted(open, self.encoding.offset(open.file(), about.range.start)));
        }
        Ok(json!(found))
    }

    fn execute(&mut self, parameters: &Value) -> Result<Value, Refusal> {
        let command = parameters.get("command").and_then(Value::as_str).unwrap_or_default();
        let uri = parameters.pointer("/arguments/0").and_then(Value::as_str);
        let (actions::OPEN, Some(uri)) = (command, uri) else {
            return Err((ErrorCode::InvalidParams, format!("`{command}` is no command with these arguments")));
        };
        self.asked += 1;
        let show = json!({"uri": uri, "takeFocus": true});
        self.send(Request::new(self.asked.into(), "window/showDocument".to_owned(), show));
        Ok(Value::Null)
    }

    fn publish(&self, uri: &str, version: Option<i32>, findings: &Value) {
        let mut parameters = json!({"uri": uri, "diagnostics": findings});
        if let Some(version) = version {
            parameters["version"] = version.into();
        }
        self.notify("textDocument/publishDiagnostics", parameters);
    }

    fn notify(&self, method: &str, parameters: Value) {
        self.send(Notification::new(method.to_owned(), parameters));
    }

    fn send(&self, message: impl Into<Message>) {
        // An editor that has gone away is noticed where the next message is awaited.
        let _ = self.connection.sender.send(message.into());
    }
}

fn place(open: &Open, about: &About, encoding: Encoding) -> usize {
    encoding.offset(open.file(), about.position)
}

fn read<T: DeserializeOwned>(parameters: Value) -> Result<T, Refusal> {
    serde_json::from_value(parameters).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}
