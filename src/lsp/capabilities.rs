//! What the server can do, as it tells the editor.

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProvider, CompletionOptions, DefinitionProvider,
    DocumentSymbolProvider, ExecuteCommandOptions, HoverProvider, InitializeResult, Save, ServerCapabilities,
    ServerInfo, TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions,
};

use super::actions;
use super::position::Encoding;

/// `can_show`: whether the editor opens a file when it is asked to.
pub(super) fn of(encoding: Encoding, can_show: bool) -> InitializeResult {
    let commands =
        ExecuteCommandOptions { commands: vec![actions::OPEN.to_owned()], ..ExecuteCommandOptions::default() };
    let capabilities = ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Full),
            save: Some(Save::Bool(true)),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([" ", "{", "[", ",", "-"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProvider::Bool(true)),
        definition_provider: Some(DefinitionProvider::Bool(true)),
        document_symbol_provider: Some(DocumentSymbolProvider::Bool(true)),
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::Empty]),
            ..CodeActionOptions::default()
        })),
        execute_command_provider: can_show.then_some(commands),
        ..ServerCapabilities::default()
    };
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    InitializeResult { capabilities, server_info: Some(ServerInfo { name: "cloudc".to_owned(), version }) }
}
