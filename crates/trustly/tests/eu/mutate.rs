//! What somebody may make of a message that Trustly signed.

use crate::random::Random;
use crate::tree::Tree;

/// What has to become of a changed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Must {
    /// It still says the same, and is taken as if it had not been changed.
    Pass,
    /// What was signed is not there any more, or it can be read in two ways.
    Fail,
    /// It may pass, if what it is taken for is what was signed.
    SayNoMore,
}

/// A message: `holder` names the members on the way to what has `data`, `uuid` and `signature`.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) tree: Tree,
    pub(crate) holder: &'static [&'static str],
}

impl Message {
    /// What has the signed parts.
    fn signed(&mut self) -> &mut Tree {
        let mut at = &mut self.tree;
        for name in self.holder {
            at = at.member(name);
        }
        at
    }

    fn data(&mut self) -> &mut Tree {
        self.signed().member("data")
    }
}

/// One changed copy of the first message; the second one lends parts.
pub(crate) fn mutate(one: &Message, other: &Message, random: &mut Random) -> (Vec<u8>, Must) {
    let (mut message, mut lender) = (one.clone(), other.clone());
    let must = match random.below(10) {
        0..2 => harmless(&mut message, random),
        2..5 => fatal(&mut message, random),
        5..7 => move_borders(&mut message, &mut lender, random),
        _ => {
            let mut bytes = message.tree.print(random).into_bytes();
            let lent = lender.tree.print(random).into_bytes();
            for _ in 0..=random.below(4) {
                damage(&mut bytes, &lent, random);
            }
            return (bytes, Must::SayNoMore);
        }
    };
    let bytes = message.tree.print(random).into_bytes();
    match random.below(12) {
        0 => (truncated(&bytes, random), Must::Fail),
        1 => (with_bad_utf8(bytes, random), Must::Fail),
        _ => (bytes, must),
    }
}

/// Changes what is not signed, or how it is written.
fn harmless(message: &mut Message, random: &mut Random) -> Must {
    match random.below(4) {
        0 => message.tree.members().push(("x-new".to_owned(), deep(20))),
        1 => message.signed().members().push(("x-new".to_owned(), Tree::Null)),
        2 => swap_text_and_number(message.data()),
        _ => {}
    }
    Must::Pass
}

/// Trustly writes the same amount as a number or as its text, and signs both alike.
fn swap_text_and_number(data: &mut Tree) {
    let Tree::Object(members) = data else { return };
    for (_, value) in members {
        *value = match std::mem::replace(value, Tree::Null) {
            Tree::Token(token) if token.starts_with(|c: char| c.is_ascii_digit()) => {
                Tree::Text(token)
            }
            Tree::Text(text) if is_plain_number(&text) => Tree::Token(text),
            other => other,
        };
    }
}

fn is_plain_number(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(rest) && (whole == "0" || !whole.starts_with('0'))
}

/// Changes what is signed, or adds what readers disagree about or choke on.
fn fatal(message: &mut Message, random: &mut Random) -> Must {
    match random.below(10) {
        0..3 => repeat_member(&mut message.tree, random),
        3 => add(message.data(), deep(40)),
        4 => add(&mut message.tree, Tree::Token("9".repeat(65 + random.below(5_000)))),
        5 => add(message.data(), Tree::Token("\"\\ud800\"".to_owned())),
        6 => alter_text(message.signed().member("uuid"), random),
        7 => alter_text(message.data(), random),
        8 => {
            let signature = message.signed().member("signature");
            let prefix = random.one_of(&["alg=RS1;", "alg=none;", "alg=RS256", "alg=rs512;", "!"]);
            let Tree::Text(text) = signature else { panic!("a signature is text") };
            text.insert_str(0, prefix);
        }
        _ => {
            let name = random.one_of(&["signature", "data", "uuid"]);
            message.signed().members().retain(|(key, _)| key != name);
        }
    }
    Must::Fail
}

fn add(to: &mut Tree, value: Tree) {
    match to {
        Tree::Array(elements) => elements.push(value),
        other => other.members().push(("zz-new".to_owned(), value)),
    }
}

fn deep(depth: usize) -> Tree {
    (0..depth).fold(Tree::Array(Vec::new()), |inner, _| Tree::Array(vec![inner]))
}

/// Repeats a member of some object, with the same value or another.
fn repeat_member(tree: &mut Tree, random: &mut Random) {
    let members = tree.members();
    let objects: Vec<usize> = members
        .iter()
        .enumerate()
        .filter(|(_, (_, value))| matches!(value, Tree::Object(inner) if !inner.is_empty()))
        .map(|(index, _)| index)
        .collect();
    if !objects.is_empty() && random.below(3) > 0 {
        let index = random.one_of(&objects);
        return repeat_member(&mut members[index].1, random);
    }
    let (key, value) = members[random.below(members.len())].clone();
    let value = random.below(2).checked_sub(1).map_or(value, |_| Tree::Null);
    members.push((key, value));
}

/// Changes one character of some text in what is signed.
fn alter_text(tree: &mut Tree, random: &mut Random) {
    match tree {
        Tree::Object(members) if !members.is_empty() => {
            let index = random.below(members.len());
            alter_text(&mut members[index].1, random);
        }
        Tree::Array(elements) if !elements.is_empty() => {
            let index = random.below(elements.len());
            alter_text(&mut elements[index], random);
        }
        Tree::Text(text) if !text.is_empty() => {
            let mut chars: Vec<char> = text.chars().collect();
            let at = random.below(chars.len());
            chars[at] = if chars[at] == '7' { '8' } else { '7' };
            *text = chars.into_iter().collect();
        }
        Tree::Token(token) => token.push('1'),
        other => *other = Tree::text("7"),
    }
}

/// Moves text over the borders between members, which the signature does not cover: by itself,
/// into another kind of message, or into another's place.
fn move_borders(message: &mut Message, lender: &mut Message, random: &mut Random) -> Must {
    match random.below(6) {
        0 => swallow_next(message.data(), random),
        1 => nest_value(message.data(), random),
        2 => split_key(message.data(), random),
        3 => swallow_all(message.data()),
        4 => *message.data() = lender.data().clone(),
        _ => other_envelope(message),
    }
    Must::SayNoMore
}

fn sorted(data: &mut Tree) -> Option<&mut Vec<(String, Tree)>> {
    match data {
        Tree::Object(members) if members.len() > 1 => {
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Some(members)
        }
        _ => None,
    }
}

/// One member's value takes in the member behind it.
fn swallow_next(data: &mut Tree, random: &mut Random) {
    let Some(members) = sorted(data) else { return };
    let at = random.below(members.len() - 1);
    let (key, value) = members.remove(at + 1);
    if let (Tree::Text(text), Tree::Text(next)) = (&mut members[at].1, value) {
        text.push_str(&key);
        text.push_str(&next);
    }
}

/// All of the data becomes one value under the empty key.
fn swallow_all(data: &mut Tree) {
    let Some(members) = sorted(data) else { return };
    let mut all = String::new();
    for (key, value) in members.iter() {
        let Tree::Text(text) = value else { return };
        all.push_str(key);
        all.push_str(text);
    }
    *members = vec![(String::new(), Tree::Text(all))];
}

/// A value becomes an array of its parts, or an object with it as a key.
fn nest_value(data: &mut Tree, random: &mut Random) {
    let Some(members) = sorted(data) else { return };
    let at = random.below(members.len());
    let value = &mut members[at].1;
    let Tree::Text(text) = value.clone() else { return };
    let cut = (0..=random.below(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at));
    let (head, tail) = text.split_at(cut.unwrap_or(0));
    *value = match random.below(3) {
        0 => Tree::Array(vec![Tree::text(head), Tree::text(tail)]),
        1 => Tree::Object(vec![(head.to_owned(), Tree::text(tail))]),
        _ => Tree::Array(vec![Tree::text(head), Tree::Null, Tree::Array(vec![Tree::text(tail)])]),
    };
}

/// A member's name loses its end to its value.
fn split_key(data: &mut Tree, random: &mut Random) {
    let Some(members) = sorted(data) else { return };
    let at = random.below(members.len());
    let (key, value) = &mut members[at];
    let Tree::Text(text) = value else { return };
    let cut = (0..=random.below(key.len() + 1)).rev().find(|at| key.is_char_boundary(*at));
    let tail = key.split_off(cut.unwrap_or(0));
    text.insert_str(0, &tail);
}

/// A result is passed off as an error, an error as a result.
fn other_envelope(message: &mut Message) {
    let signed = message.signed().clone();
    let envelope = match message.holder {
        ["result"] => {
            let error = vec![("code".to_owned(), Tree::text("624")), ("error".to_owned(), signed)];
            ("error".to_owned(), Tree::Object(error))
        }
        ["error", "error"] => ("result".to_owned(), signed),
        _ => return,
    };
    message.tree = Tree::Object(vec![("version".to_owned(), Tree::text("1.1")), envelope]);
}

/// What a bad line, or a bad hand without a plan, does to bytes.
fn damage(bytes: &mut Vec<u8>, lent: &[u8], random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(40)).min(bytes.len());
    match random.below(8) {
        0..3 => bytes[at] ^= 1 << random.below(8),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let again = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, again));
        }
        5 => bytes.insert(at, random.one_of(b"\"\\{}[],:0-eE. \x00\xff\xc3\xed\xa0")),
        6 => {
            let from = random.below(lent.len());
            let until = (from + 1 + random.below(200)).min(lent.len());
            drop(bytes.splice(at..end, lent[from..until].iter().copied()));
        }
        _ => bytes.truncate(at),
    }
}

/// Blanks at the end are no part of a message; everything before them is.
fn truncated(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let whole = bytes.trim_ascii_end();
    whole[..random.below(whole.len())].to_vec()
}

fn with_bad_utf8(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let bad: &[u8] = random.one_of(&[b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]);
    let at = random.below(bytes.len() + 1);
    drop(bytes.splice(at..at, bad.iter().copied()));
    bytes
}
