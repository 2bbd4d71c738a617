//! What came later in a batch of messages, and so makes an answer to an earlier one vain.

use std::collections::BTreeMap;

use lsp_server::{ErrorCode, Message, Request, RequestId};
use serde_json::Value;

use super::server::Refusal;

/// What takes messages of a batch back.
pub(super) struct Later {
    cancelled: Vec<RequestId>,
    /// Text -> the last message that changes it.
    changes: BTreeMap<String, usize>,
}

impl Later {
    pub fn than(batch: &[Message]) -> Self {
        let cancelled = batch.iter().filter_map(cancelled).collect();
        let changes = batch.iter().enumerate().filter_map(|(at, message)| Some((changed(message)?.to_owned(), at)));
        Self { cancelled, changes: changes.collect() }
    }

    /// Why a request, the message number `at`, gets no answer. Fixes need a compile, and are not made for a text that is gone already:
    /// the editor drops the refusal and asks for the newer one.
    pub fn refuses(&self, at: usize, request: &Request) -> Option<Refusal> {
        if self.cancelled.contains(&request.id) {
            return Some((ErrorCode::RequestCanceled, "cancelled".to_owned()));
        }
        let change = text_of(&request.params).and_then(|uri| self.changes.get(uri));
        let is_gone = request.method == "textDocument/codeAction" && change.is_some_and(|change| *change > at);
        is_gone.then(|| (ErrorCode::ContentModified, "a newer text has come".to_owned()))
    }
}

/// The request that a message takes back.
fn cancelled(message: &Message) -> Option<RequestId> {
    let Message::Notification(note) = message else { return None };
    let id = note.params.get("id").filter(|_| note.method == "$/cancelRequest")?;
    serde_json::from_value(id.clone()).ok()
}

/// The text that a message changes.
fn changed(message: &Message) -> Option<&str> {
    let Message::Notification(note) = message else { return None };
    text_of(&note.params).filter(|_| note.method == "textDocument/didChange")
}

/// The text that a message is about.
fn text_of(parameters: &Value) -> Option<&str> {
    parameters.pointer("/textDocument/uri")?.as_str()
}

#[cfg(test)]
mod tests {
    use gen_lsp_types::Range;
    use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
    use serde_json::{Value, json};

    use crate::lsp::server::{Flow, Server};

    const URI: &str = "untitled:cloud.yaml";

    fn note(method: &str, parameters: Value) -> Message {
        Notification::new(method.to_owned(), parameters).into()
    }

    /// A text with its version, and the question for its fixes.
    fn typed(version: i32) -> [Message; 2] {
        let document = json!({"uri": URI, "version": version});
        let text = format!("apiVersion: cloudc.dev/v1alpha1\nunknown{version}: 1\n");
        let parameters = json!({"textDocument": document, "range": Range::default(), "context": {"diagnostics": []}});
        let fixes = Request::new(version.into(), "textDocument/codeAction".to_owned(), parameters);
        [
            note("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]})),
            fixes.into(),
        ]
    }

    #[test]
    fn a_newer_text_takes_the_place_of_one_that_was_not_compiled() {
        let (ours, editor) = Connection::memory();
        let mut server = Server::new(&ours, &Value::Null, || None);
        // What piles up while another text is compiled.
        let batch: Vec<Message> = (1..=20).flat_map(typed).collect();
        assert_eq!(server.take(batch), Flow::On);
        while server.check_next() {}
        let (mut gone, mut answered, mut versions) = (0, 0, Vec::new());
        for message in editor.receiver.try_iter() {
            match message {
                Message::Response(Response { response_result: Err(error), .. }) => {
                    assert_eq!(error.code, ErrorCode::ContentModified as i32);
                    gone += 1;
                }
                Message::Response(_) => answered += 1,
                Message::Notification(note) => versions.push(note.params["version"].clone()),
                Message::Request(request) => panic!("{request:?}"),
            }
        }
        assert_eq!((gone, answered, versions), (19, 1, vec![json!(20)]));
    }
}
