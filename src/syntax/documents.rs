//! A text with several documents -> the text of each. [`parse`](super::parse()) reads one.

/// The texts between `---` lines, each with the line from 0 on which it starts.
pub fn split_documents(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut first_line, mut start, mut at) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" {
            parts.push((first_line, &text[start..at]));
            (first_line, start) = (number + 1, at + line.len());
        }
        at += line.len();
    }
    parts.push((first_line, &text[start..]));
    parts
}
