//! A name nobody knows -> the one that was probably meant, and lists of names as words.
//!
//! People mix up `-`, `_` and camelCase far more often than letters, so spelling is compared without them.

use std::cmp::Reverse;

use crate::diag::Fix;
use crate::source::Span;

/// From this similarity on (1 is equal, 0 has nothing in common) a name is suggested: two wrong letters in five.
const THRESHOLD: f64 = 0.6;

/// More names than this are counted, not listed.
const LISTED: usize = 10;

/// The known name that is most like `given`, if any is; the same whatever order the names come in.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let part = format!("{given}-").to_lowercase();
    let given = folded(given);
    known
        .into_iter()
        .filter_map(|name| {
            let folded = folded(name);
            let score = similarity(&given, &folded);
            // The first word of a longer name is half of what was meant.
            let begins = given.len() > 2 && name.starts_with(&part);
            let score = if begins { score.max(THRESHOLD) } else { score };
            (score >= THRESHOLD).then_some((score, name))
        })
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| Reverse(left).cmp(&Reverse(right))))
        .map(|(_, name)| name)
}

/// The known name that was meant without a doubt: the only one in another spelling, or else the only one that is one letter off.
pub fn slip_of<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = folded(given);
    let (mut same, mut near) = (Vec::new(), Vec::new());
    for name in known {
        let folded = folded(name);
        if folded == given {
            same.push(name);
        } else if folded.len() > 4 && strsim::generic_damerau_levenshtein(&given, &folded) == 1 {
            near.push(name);
        }
    }
    match (same.as_slice(), near.as_slice()) {
        ([only], _) | ([], [only]) => Some(only),
        _ => None,
    }
}

/// The fix of a name nobody knows. Which of several things was meant, only who wrote it knows, so it is a guess.
pub fn respelt<'a>(at: Span, given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Fix> {
    nearest(given, known).map(|name| Fix::rename(at, given, name).guessed())
}

/// The fix of a key nobody knows, `known` being those that are not there yet. It is safe where there is one that can be meant.
pub fn respelt_key<'a>(at: Span, given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<Fix> {
    match slip_of(given, known.clone()) {
        Some(name) => Some(Fix::rename(at, given, name)),
        None => respelt(at, given, known),
    }
}

/// `` `a`, `b` or `c` ``; of more than ten names the first ten and how many there are besides.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let more = quoted.len().saturating_sub(LISTED);
    if more > 0 {
        quoted.truncate(LISTED);
        quoted.push(format!("{more} more"));
    }
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// ``did you mean `x`?`` for a name that is like a known one.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(given, known).map(|name| format!("did you mean `{name}`?"))
}

/// The way out of a name nobody knows: the one that was probably meant, else those there are; nothing when there are none.
pub fn known_instead<'a>(given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    did_you_mean(given, known.clone()).or_else(|| {
        let names = one_of(known);
        (!names.is_empty()).then(|| format!("choose {names}"))
    })
}

fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ' | '.')).flat_map(char::to_lowercase).collect()
}

#[expect(clippy::cast_precision_loss, reason = "names are short")]
fn similarity(left: &[char], right: &[char]) -> f64 {
    let (short, long) = (left.len().min(right.len()) as f64, left.len().max(right.len()) as f64);
    // The distance is at least the difference in length: this also keeps a pasted page from being compared.
    if short == 0.0 || short / long < THRESHOLD {
        return 0.0;
    }
    let distance = strsim::generic_damerau_levenshtein(left, right);
    1.0 - distance as f64 / long
}

#[cfg(test)]
mod tests {
    use super::{known_instead, nearest, one_of};

    const FIELDS: [&str; 8] =
        ["name", "nodeGroups", "nodes", "network", "controlPlane", "replicas", "podCidrs", "kubernetes"];

    #[test]
    fn a_slip_finds_the_name() {
        for (given, meant) in [
            ("nodegroups", "nodeGroups"),
            ("node-groups", "nodeGroups"),
            ("NODE_GROUPS", "nodeGroups"),
            ("nodeGroup", "nodeGroups"),
            ("noeds", "nodes"),
            ("node", "nodes"),
            ("netwrok", "network"),
            ("networks", "network"),
            ("controlplane", "controlPlane"),
            ("control_plan", "controlPlane"),
            ("replica", "replicas"),
            ("podCIDR", "podCidrs"),
            ("kubernets", "kubernetes"),
            ("nmae", "name"),
        ] {
            assert_eq!(nearest(given, FIELDS), Some(meant), "{given}");
        }
    }

    #[test]
    fn what_is_like_nothing_finds_nothing() {
        for given in ["", "-", "_-_", "x", "storage", "id", "日本", &"nodes".repeat(100_000)] {
            assert_eq!(nearest(given, FIELDS), None);
        }
        assert_eq!(nearest("nodes", []), None);
        assert_eq!(nearest("", ["", "-"]), None);
    }

    #[test]
    fn among_equals_the_first_in_the_alphabet_wins() {
        assert_eq!(nearest("pod", ["pog", "pob", "poc"]), Some("pob"));
        assert_eq!(nearest("pod", ["poc", "pob", "pog"]), Some("pob"));
        assert_eq!(nearest("a_b", ["aB", "a-b"]), nearest("a_b", ["a-b", "aB"]));
    }

    #[test]
    fn the_way_out_is_a_guess_or_the_list() {
        let way_out = |given, known: &[&'static str]| known_instead(given, known.iter().copied());
        assert_eq!(way_out("noeds", &FIELDS).as_deref(), Some("did you mean `nodes`?"));
        assert_eq!(way_out("x", &["lan", "public"]).as_deref(), Some("choose `lan` or `public`"));
        assert_eq!(way_out("x", &[]), None);
    }

    #[test]
    fn lists_read_as_words() {
        assert_eq!(one_of([]), "");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b"]), "`a` or `b`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        let ten = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        assert_eq!(one_of(ten), "`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8` or `9`");
        let twelve = ten.into_iter().chain(["10", "11"]);
        assert_eq!(one_of(twelve), "`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9` or 2 more");
    }
}
