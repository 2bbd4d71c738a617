//! An editor with one text open, and the language server behind it.

mod wire;

use serde_json::{Value, json};

use wire::Wire;

const URI: &str = "untitled:cloud.yaml";

pub struct Editor {
    wire: Wire,
    version: i64,
}

impl Editor {
    /// With a text open whose findings have come.
    pub fn open(text: &str) -> Self {
        let mut editor = Self { wire: Wire::start(), version: 0 };
        let parameters = json!({"processId": null, "rootUri": null, "capabilities": {}});
        editor.wire.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": parameters}));
        editor.wire.receive();
        editor.wire.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        let document = json!({"uri": URI, "languageId": "yaml", "version": 0, "text": text});
        editor
            .wire
            .send(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}}));
        editor.findings();
        editor
    }

    /// Changes the text, and waits for what is wrong with it.
    pub fn change(&mut self, text: &str) -> Value {
        self.version += 1;
        let document = json!({"uri": URI, "version": self.version});
        let parameters = json!({"textDocument": document, "contentChanges": [{"text": text}]});
        self.wire.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": parameters}));
        self.findings()
    }

    fn findings(&mut self) -> Value {
        loop {
            let message = self.wire.receive();
            if message["params"]["version"] == self.version {
                return message;
            }
        }
    }
}
