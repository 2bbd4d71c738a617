//! YAML events -> tree, under a [`Budget`], so that no input can exhaust the machine.
//!
//! When the text cannot be read as a whole, it is cut at its top-level keys and each section is read alone: the errors of
//! all sections are reported in one run, and sound sections are kept for the checks that follow.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::budget::{self, Budget};
use super::core_schema;
use super::{Comment, Document, Entries, Entry, Node, NodeKind};
use crate::diag::{Diagnostic, Diagnostics, Fix, MOST};
use crate::source::{FileId, Span};

/// The most sections that are read alone of a text that cannot be read as a whole; the language has some thirty keys.
const MAX_SECTIONS: usize = 1000;

/// Reads a text. The document is empty (null) where nothing could be read.
pub fn parse(file: FileId, text: &str) -> (Document, Diagnostics) {
    let mut diags = Diagnostics::default();
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    let mut comments = Vec::new();
    let root = match Builder::new(file, offset, &mut Budget::default()).build(body) {
        Ok(built) => {
            comments = built.comments;
            built.diags.into_iter().for_each(|d| diags.push(d));
            built
                .roots
                .into_iter()
                .next()
                .unwrap_or(Node { span: Span::new(file, offset, offset), kind: NodeKind::Null })
        }
        // What is too large is not read a second time, and of what has no end of sections, no more can be said.
        Err(failure) if failure.rule == "too-large" || sections(body).nth(MAX_SECTIONS).is_some() => {
            diags.push(*failure);
            Node { span: Span::new(file, offset, offset), kind: NodeKind::Null }
        }
        Err(failure) => {
            let root = recover(file, body, offset, &mut comments, &mut diags);
            if !diags.has_errors() {
                diags.push(*failure);
            }
            root
        }
    };
    (Document { file, root, comments }, diags)
}

/// Reads a text of any number of documents, such as people hand to kubectl. Nothing is recovered of a broken one.
pub fn parse_all(file: FileId, text: &str) -> (Vec<Document>, Diagnostics) {
    let mut diags = Diagnostics::default();
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut budget = Budget::default();
    let mut builder = Builder::new(file, text.len() - body.len(), &mut budget);
    builder.many = true;
    match builder.build(body) {
        Ok(built) => {
            built.diags.into_iter().for_each(|d| diags.push(d));
            let document = |root| Document { file, root, comments: Vec::new() };
            (built.roots.into_iter().map(document).collect(), diags)
        }
        Err(failure) => {
            diags.push(*failure);
            (Vec::new(), diags)
        }
    }
}

/// Reads each top-level section alone and joins what can be read.
fn recover(file: FileId, text: &str, offset: usize, comments: &mut Vec<Comment>, diags: &mut Diagnostics) -> Node {
    let mut entries = Entries::default();
    let mut budget = Budget::default();
    for (start, section) in sections(text) {
        let mut builder = Builder::new(file, offset + start, &mut budget);
        builder.section = true;
        match builder.build(section) {
            Ok(built) => {
                comments.extend(built.comments);
                built.diags.into_iter().for_each(|d| diags.push(d));
                if let Some(NodeKind::Map(more)) = built.roots.into_iter().next().map(|root| root.kind) {
                    entries.extend(more);
                }
            }
            Err(diagnostic) => {
                let is_too_large = diagnostic.rule == "too-large";
                diags.push(*diagnostic);
                if is_too_large {
                    break;
                }
            }
        }
    }
    Node { span: Span::new(file, offset, offset + text.len()), kind: NodeKind::Map(entries) }
}

/// Cuts before every line that begins a top-level key.
fn sections(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let begins = |at: usize| text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '"' || c == '\'');
    let lines = text.match_indices('\n').map(|(at, _)| at + 1).filter(move |&at| begins(at));
    let mut start = 0;
    lines
        .chain([text.len()])
        .map(move |end| (std::mem::replace(&mut start, end), end))
        .map(|(start, end)| (start, &text[start..end]))
        .filter(|(_, section)| !section.trim().is_empty())
}

struct Built {
    /// One per document.
    roots: Vec<Node>,
    comments: Vec<Comment>,
    diags: Vec<Diagnostic>,
}

struct Builder<'b> {
    file: FileId,
    /// Bytes before the text that is read.
    offset: usize,
    stack: Vec<Frame>,
    roots: Vec<Node>,
    anchors: BTreeMap<usize, Node>,
    comments: Vec<Comment>,
    diags: Vec<Diagnostic>,
    budget: &'b mut Budget,
    /// Reads one section of a broken file.
    section: bool,
    /// Reads more than one document.
    many: bool,
}

/// A collection that is still open.
struct Frame {
    anchor: usize,
    start: usize,
    end: usize,
    flow: bool,
    collection: Collection,
}

enum Collection {
    List(Vec<Node>),
    Map {
        entries: Entries,
        /// What merge keys bring in; the mapping's own words win over it.
        merged: Entries,
        /// The key whose value comes next, as it is written.
        key: Option<(String, Span)>,
    },
}

impl<'b> Builder<'b> {
    const fn new(file: FileId, offset: usize, budget: &'b mut Budget) -> Self {
        Self {
            file,
            offset,
            stack: Vec::new(),
            roots: Vec::new(),
            anchors: BTreeMap::new(),
            comments: Vec::new(),
            diags: Vec::new(),
            budget,
            section: false,
            many: false,
        }
    }

    fn build(mut self, text: &str) -> Result<Built, Box<Diagnostic>> {
        let options = granit_parser::options! {
            flow_nesting_limit: budget::MAX_DEPTH,
            block_nesting_limit: budget::MAX_DEPTH,
            emit_unresolved_aliases: true,
        };
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| Box::new(self.syntax_error(text, &error)))?;
            let span = self.span(span);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 && !self.many {
                        return Err(Box::new(second_document(span)));
                    }
                }
                Event::Comment(comment, _) => {
                    self.budget.one(span)?;
                    self.comments.push(Comment { span, text: comment.into_owned() });
                }
                // A key is the text as it is written: `1.30` and `0755` are names here, not numbers.
                Event::Scalar(name, _, 0, None) if self.awaits_key() => {
                    budget::key(&name, span)?;
                    self.name(name.into_owned(), span);
                }
                Event::Scalar(value, style, anchor, tag) => {
                    budget::text(&value, span)?;
                    let kind = self.scalar(&value, style, tag.as_deref(), span);
                    self.place(Node { span, kind }, anchor)?;
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.check_tag(tag.as_deref(), "seq", span);
                    let is_flow = matches!(style, granit_parser::StructureStyle::Flow);
                    self.open(span, anchor, is_flow, Collection::List(Vec::new()))?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    self.check_tag(tag.as_deref(), "map", span);
                    let is_flow = matches!(style, granit_parser::StructureStyle::Flow);
                    let map = Collection::Map { entries: Entries::default(), merged: Entries::default(), key: None };
                    self.open(span, anchor, is_flow, map)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
                Event::Alias(id) => {
                    // A self-reference is never complete, so it is not among the anchors.
                    let Some(node) = self.anchors.get(&id).cloned() else {
                        return Err(Box::new(recursive_alias(span)));
                    };
                    self.budget.repeat(&budget::weigh(&node), self.stack.len(), span)?;
                    self.place(node, 0)?;
                }
                Event::UnresolvedAlias(name) => {
                    // Of one section alone, the anchor may stand in another.
                    if !self.section {
                        self.diags.push(unknown_alias(span, &name));
                    }
                    self.place(Node { span, kind: NodeKind::Null }, 0)?;
                }
                _ => {}
            }
            // More than are told are not kept.
            self.diags.truncate(MOST + 1);
        }
        Ok(Built { roots: self.roots, comments: self.comments, diags: self.diags })
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span::new(self.file, self.offset + range.start, self.offset + range.end)
    }

    /// What a scalar means, by its tag, else by how it is written.
    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, at: Span) -> NodeKind {
        let plain = || match style {
            ScalarStyle::Plain => core_schema::resolve(value),
            _ => NodeKind::String(value.to_owned()),
        };
        let Some(tag) = tag else { return plain() };
        let kind = core_schema::resolve(value);
        let fits = match (tag.core_suffix(), &kind) {
            (Some("str"), _) => return NodeKind::String(value.to_owned()),
            (Some("null"), NodeKind::Null)
            | (Some("bool"), NodeKind::Bool(_))
            | (Some("float"), NodeKind::Number(_)) => true,
            (Some("int"), NodeKind::Number(number)) => !number.is_f64(),
            _ => false,
        };
        if fits {
            return kind;
        }
        if is_unspecific(tag) {
            return NodeKind::String(value.to_owned());
        }
        self.refuse_tag(tag, at);
        plain()
    }

    /// Whether a collection is what its tag says.
    fn check_tag(&mut self, tag: Option<&Tag>, kind: &str, at: Span) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(kind) && !is_unspecific(tag)) {
            self.refuse_tag(tag, at);
        }
    }

    /// Manifests of the user's own are for readers that may know more tags.
    fn refuse_tag(&mut self, tag: &Tag, at: Span) {
        if !self.many {
            self.diags.push(wrong_tag(tag, at));
        }
    }

    fn open(&mut self, span: Span, anchor: usize, flow: bool, collection: Collection) -> Result<(), Box<Diagnostic>> {
        budget::depth(self.stack.len(), span)?;
        self.stack.push(Frame { anchor, start: span.start, end: span.end, flow, collection });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        // A block collection ends where its last child ends; the parser reports the place after it.
        let end = if frame.flow { span.end } else { frame.end };
        let kind = match frame.collection {
            Collection::List(items) => NodeKind::List(items),
            Collection::Map { mut entries, merged, .. } => {
                for entry in merged {
                    if entries.find(&entry.key).is_none() {
                        entries.push(entry);
                    }
                }
                NodeKind::Map(entries)
            }
        };
        self.place(Node { span: Span::new(self.file, frame.start, end), kind }, frame.anchor)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Box<Diagnostic>> {
        self.budget.one(node.span)?;
        if anchor != 0 {
            self.budget.repeat(&budget::weigh(&node), self.stack.len(), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.stack.last_mut() else {
            self.roots.push(node);
            return Ok(());
        };
        frame.end = frame.end.max(node.span.end);
        match &mut frame.collection {
            Collection::List(items) => items.push(node),
            Collection::Map { entries, merged, key } => match key.take() {
                None => {
                    let (text, span) = key_text(node, &mut self.diags);
                    budget::key(&text, span)?;
                    *key = Some((text, span));
                }
                Some((name, _)) if name == "<<" && self.section && node.kind == NodeKind::Null => {}
                Some((name, _)) if name == "<<" => merge(merged, &node, &mut self.diags),
                Some((name, span)) => insert(entries, name, span, node, &mut self.diags),
            },
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { collection: Collection::Map { key: None, .. }, .. }))
    }

    fn name(&mut self, text: String, span: Span) {
        if let Some(Frame { collection: Collection::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some((text, span));
        }
    }

    fn syntax_error(&self, text: &str, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        explain_syntax(self.file, self.offset, text, at, &error.kind().to_string())
    }
}

/// The text of a key that is more than a plain scalar (an alias, an anchor, a tag).
fn key_text(key: Node, diags: &mut Vec<Diagnostic>) -> (String, Span) {
    let text = match key.kind {
        NodeKind::String(text) => text,
        NodeKind::Bool(flag) => flag.to_string(),
        NodeKind::Number(number) => number.to_string(),
        NodeKind::Null => "null".to_owned(),
        NodeKind::List(_) | NodeKind::Map(_) => {
            diags.push(
                Diagnostic::error("syntax", key.span, "a key must be a plain text")
                    .help("quote text that begins with `{`, `[` or contains `{{`"),
            );
            String::new()
        }
    };
    (text, key.span)
}

/// Adds an entry, or reports that its key is taken.
fn insert(entries: &mut Entries, key: String, key_span: Span, value: Node, diags: &mut Vec<Diagnostic>) {
    match entries.find(&key) {
        Some(first) => {
            // What an alias stands for is elsewhere.
            let is_here = value.span.start >= key_span.end;
            let same = is_here && first.value.is_same(&value);
            let fix = same.then(|| Fix::remove("remove the second, which says the same", key_span.to(value.span)));
            diags.push(
                Diagnostic::error("duplicate-key", key_span, format!("`{key}` is given twice"))
                    .note("second")
                    .label(first.key_span, "first")
                    .help("keep one of the two; each name has one entry")
                    .fix_if(fix),
            );
        }
        None => entries.push(Entry { key, key_span, value }),
    }
}

/// YAML 1.1 merge keys: `<<: *base` or `<<: [*a, *b]`; earlier wins over later, own keys win over both.
fn merge(merged: &mut Entries, value: &Node, diags: &mut Vec<Diagnostic>) {
    match &value.kind {
        NodeKind::Map(more) => {
            for entry in more {
                if merged.find(&entry.key).is_none() {
                    merged.push(entry.clone());
                }
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| merge(merged, item, diags)),
        _ => diags.push(
            Diagnostic::error("syntax", value.span, "a merge key takes a mapping or a list of mappings")
                .help("write `<<: *anchor`"),
        ),
    }
}

/// The parser reports a missing colon at the line below; this says it where it is.
fn explain_syntax(file: FileId, offset: usize, text: &str, at: usize, message: &str) -> Diagnostic {
    let here = Span::new(file, offset + at, offset + next_boundary(text, at));
    if message.contains("nesting") || message.contains("recursion") || message.contains("depth") {
        return budget::too_deep(here);
    }
    let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    if text[line_start..].trim_start_matches(' ').starts_with('\t') {
        let tab = line_start + text[line_start..].find('\t').unwrap_or(0);
        return Diagnostic::error(
            "syntax",
            Span::new(file, offset + tab, offset + tab + 1),
            "a tab cannot indent YAML",
        )
        .help("indent with spaces");
    }
    let previous = text[..line_start].trim_end_matches('\n');
    let previous_start = previous.rfind('\n').map_or(0, |n| n + 1);
    for (start, line) in
        [(line_start, text[line_start..].lines().next().unwrap_or("")), (previous_start, &previous[previous_start..])]
    {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if content.starts_with('#') || content.is_empty() {
            continue;
        }
        let bare = content.split(" #").next().unwrap_or("").trim_end();
        if let Some(colon) = bare.find(':')
            && !bare[..colon].contains([' ', '"', '\'', '{', '['])
            && bare[colon + 1..].starts_with(|c: char| c.is_alphanumeric())
            && !bare[colon + 1..].starts_with("//")
        {
            let from = offset + start + indent;
            let behind = from + colon + 1;
            return Diagnostic::error("syntax", Span::new(file, from, behind), "no space after the colon")
                .help(format!("write `{}: {}`", &bare[..colon], &bare[colon + 1..]))
                .fix(Fix::text("put a space after the colon", Span::new(file, behind, behind), " "));
        }
        if !bare.contains([':', '-', '{', '}', '[', ']', '"', '\'', '|', '>']) {
            let from = offset + start + indent;
            let end = from + bare.len();
            return Diagnostic::error("syntax", Span::new(file, from, end), "a key without a colon")
                .help(format!("write `{bare}:`"))
                .fix(Fix::text("put a colon behind it", Span::new(file, end, end), ":").guessed());
        }
    }
    if let Some(open) = unclosed(text, at).filter(|open| *open < line_start) {
        let span = Span::new(file, offset + open, offset + open + 1);
        let bracket = &text[open..=open];
        return Diagnostic::error("syntax", span, format!("nobody closes this `{bracket}`"))
            .label(here, "here it cannot go on")
            .help(format!("add the `{}`", if bracket == "[" { "]" } else { "}" }));
    }
    Diagnostic::error("syntax", here, format!("not valid YAML: {message}"))
}

/// The innermost bracket that is open at a place.
fn unclosed(text: &str, at: usize) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut quote: Option<char> = None;
    // What stands before, spaces aside: only behind some a bracket or a quote begins something.
    let mut before = '\n';
    let mut comment = false;
    let mut previous = '\n';
    for (index, c) in text[..at].char_indices() {
        match (c, quote) {
            ('\n', None) => comment = false,
            _ if comment => {}
            (_, Some('"')) if previous == '\\' => {}
            (_, Some(mark)) => quote = quote.filter(|_| c != mark),
            ('#', None) if previous.is_whitespace() => comment = true,
            ('"' | '\'', None) if matches!(before, '\n' | ':' | ',' | '[' | '{' | '-') => quote = Some(c),
            ('[' | '{', None) if !open.is_empty() || matches!(before, '\n' | ':' | '-') => open.push(index),
            (']' | '}', None) => drop(open.pop()),
            _ => {}
        }
        if !comment && (c == '\n' || !c.is_whitespace()) {
            before = c;
        }
        previous = if previous == '\\' { ' ' } else { c };
    }
    open.pop()
}

fn next_boundary(text: &str, at: usize) -> usize {
    text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8())
}

fn second_document(span: Span) -> Diagnostic {
    Diagnostic::error("syntax", span, "a second document in one file").help("keep one cloud per file; remove the `---`")
}

fn recursive_alias(span: Span) -> Diagnostic {
    Diagnostic::error("syntax", span, "an alias inside the value that it stands for")
}

fn unknown_alias(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("syntax", span, format!("no anchor `&{name}` before this alias"))
}

/// `! text` says only that it is no number.
fn is_unspecific(tag: &Tag) -> bool {
    tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty()
}

fn wrong_tag(tag: &Tag, at: Span) -> Diagnostic {
    Diagnostic::error(
        "syntax",
        at,
        format!("the value is not what its tag `{}{}` says", tag.original_handle(), tag.suffix()),
    )
    .note("known are !!str, !!int, !!float, !!bool, !!null, !!seq and !!map")
    .help("leave the tag away: the schema says what a value is")
}
