//! Completion: the keys and values that the language has at the cursor, and the names that the cloud has.

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, MarkupContent, MarkupKind, Range,
    TextEdit,
};

use super::cursor::{self, Cursor, Slot};
use super::names::Thing;
use super::open::{Open, keys};
use super::position::Encoding;
use crate::explain::{Offer, offers};
use crate::source::{Sources, Span};
use crate::syntax::{self, Document};

/// What may be written at a byte of the text.
pub(super) fn at(open: &Open, offset: usize, encoding: Encoding) -> Vec<CompletionItem> {
    let file = open.file();
    let Some(cursor) = cursor::find(&file.text, offset) else { return Vec::new() };
    let Some(offers) = offers(&open.shelf.catalog.schema().value, &cursor.place) else { return Vec::new() };
    let mended = mended(&file.text, &cursor);
    let document = mended.as_ref().unwrap_or_else(|| open.document());
    let word = &file.text[cursor.word.clone()];
    let span = Span::new(open.document().file, cursor.word.start, cursor.word.end);
    let place = Place { text: &file.text, cursor: &cursor, range: encoding.range(file, span) };

    let mut items = Vec::new();
    if cursor.slot != Slot::Value {
        let there = keys(document, &cursor.place);
        let open_keys = offers.keys.iter().filter(|offer| offer.name == word || !there.contains(&offer.name.as_str()));
        items.extend(open_keys.map(|offer| place.key(offer)));
    }
    if cursor.slot != Slot::Key {
        items.extend(
            offers.values.iter().map(|offer| place.value(&offer.name, &offer.about, CompletionItemKind::EnumMember)),
        );
        if let Some(thing) = Thing::at(&cursor.place, &offers) {
            let model = open.compiled.as_ref().map(|compiled| &compiled.model);
            let names = thing.names(document, model);
            items.extend(names.iter().map(|name| place.value(name, "", CompletionItemKind::Reference)));
        }
    }
    // What must be there comes first, everything else as the language has it.
    for (index, item) in items.iter_mut().enumerate() {
        let rank = u8::from(item.label_details.is_none());
        item.sort_text = Some(format!("{rank}{index:04}"));
    }
    items
}

/// The cloud without the word that is being typed, when that can be read.
fn mended(text: &str, cursor: &Cursor) -> Option<Document> {
    let mut without = text.to_owned();
    without.replace_range(cursor.word.clone(), "");
    let file = Sources::default().add("", "");
    let (document, findings) = syntax::parse(file, &without);
    (!findings.has_errors()).then_some(document)
}

/// Where an item goes.
struct Place<'a> {
    text: &'a str,
    cursor: &'a Cursor,
    range: Range,
}

impl Place<'_> {
    fn key(&self, offer: &Offer) -> CompletionItem {
        let follows = self.text[self.cursor.word.end..].trim_start_matches(['"', '\'']).starts_with(':');
        let colon = match (follows, offer.is_block && !self.cursor.is_flow) {
            (true, _) => "",
            (false, true) => ":",
            (false, false) => ": ",
        };
        let required = offer.required.then(|| gen_lsp_types::CompletionItemLabelDetails {
            description: Some("required".to_owned()),
            ..Default::default()
        });
        CompletionItem {
            label_details: required,
            detail: Some(offer.takes.clone()),
            ..self.item(&offer.name, format!("{}{colon}", offer.name), &offer.about, CompletionItemKind::Property)
        }
    }

    fn value(&self, name: &str, about: &str, kind: CompletionItemKind) -> CompletionItem {
        // Behind a colon YAML wants a space.
        let tight = self.text[..self.cursor.word.start].ends_with(':');
        let space = if tight { " " } else { "" };
        self.item(name, format!("{space}{name}"), about, kind)
    }

    fn item(&self, label: &str, text: String, about: &str, kind: CompletionItemKind) -> CompletionItem {
        let about = MarkupContent { kind: MarkupKind::Markdown, value: about.to_owned() };
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            documentation: (!about.value.is_empty()).then_some(Documentation::MarkupContent(about)),
            filter_text: Some(label.to_owned()),
            text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range: self.range, new_text: text })),
            ..CompletionItem::default()
        }
    }
}
