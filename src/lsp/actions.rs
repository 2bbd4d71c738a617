//! Code actions: the fix that a finding names, and the emitted files of the place under the cursor.

use std::path::PathBuf;

use gen_lsp_types::{CodeAction, CodeActionKind, CodeActionResponse, Command, Range, TextEdit, Uri, WorkspaceEdit};

use super::diagnostics::shown;
use super::hover::spot;
use super::open::Open;
use super::position::Encoding;
use super::uri;
use crate::diag::Replacement;
use crate::source;
use crate::syntax::Path;

/// The command that shows an emitted file; its argument is a URI.
pub(super) const OPEN: &str = "cloudc.openEmitted";

/// More files than this are no answer to "where does this go".
const FILES: usize = 12;

/// The fixes of findings in a range of the newest text.
pub(super) fn fixes(open: &Open, range: Range, encoding: Encoding) -> Vec<CodeActionResponse> {
    let file = open.file();
    let (start, end) = (encoding.offset(file, range.start), encoding.offset(file, range.end));
    let near = open.own_findings().filter(|finding| finding.span.start <= end && start <= finding.span.end);
    near.filter_map(|finding| {
        let fix = finding.fix.as_ref()?;
        let edit = |Replacement { at, text }| TextEdit { range: encoding.range(file, at), new_text: text };
        let edits: Vec<TextEdit> = fix.replacements(&open.checked.sources)?.into_iter().map(edit).collect();
        let range = encoding.range(file, finding.span);
        let (title, first) = (&fix.title, fix.title.chars().next()?);
        Some(CodeActionResponse::CodeAction(CodeAction {
            title: format!("{}{}", first.to_uppercase(), &title[first.len_utf8()..]),
            kind: Some(CodeActionKind::QuickFix),
            diagnostics: Some(vec![shown(open, finding, range, encoding)]),
            is_preferred: fix.is_safe().then_some(true),
            edit: Some(WorkspaceEdit {
                changes: Some([(open.uri.clone(), edits)].into_iter().collect()),
                ..WorkspaceEdit::default()
            }),
            ..CodeAction::default()
        }))
    })
    .collect()
}

/// The emitted files of the place at a byte of the text, as far as they are on the disk.
pub(super) fn emitted(open: &Open, offset: usize) -> Vec<CodeActionResponse> {
    let Some(spot) = spot(open.document(), offset) else { return Vec::new() };
    let files = owned(open, &spot.path).into_iter().filter(|(_, path)| source::is_file(path));
    let command = |(name, path): (String, PathBuf)| {
        let Uri(uri) = uri::of_path(&path)?;
        let title = format!("Open emitted {name}");
        Some(CodeActionResponse::CodeAction(CodeAction {
            title: title.clone(),
            command: Some(Command {
                title,
                command: OPEN.to_owned(),
                arguments: Some(vec![uri.into()]),
                ..Command::default()
            }),
            ..CodeAction::default()
        }))
    };
    files.filter_map(command).take(FILES).collect()
}

/// The files that the place owns; where it owns none, those of the nearest place above it that does.
fn owned(open: &Open, place: &Path) -> Vec<(String, PathBuf)> {
    let (Some(tree), Some(folder)) = (open.tree(), open.folder()) else { return Vec::new() };
    let mut steps = place.steps();
    while !steps.is_empty() {
        let files = tree
            .iter()
            .filter(|(_, file)| file.origins.iter().any(|origin| Path::read(origin).steps().starts_with(steps)));
        let files: Vec<(String, PathBuf)> =
            files.map(|(path, _)| (path.as_str().to_owned(), folder.join(path.as_str()))).collect();
        if !files.is_empty() {
            return files;
        }
        steps = &steps[..steps.len() - 1];
    }
    Vec::new()
}
