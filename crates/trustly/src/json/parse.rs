//! The parser behind [`Json::parse`]: RFC 8259, recursive, bounded.

use std::collections::BTreeMap;

use super::{DEPTH_MAX, Json, JsonError, NUMBER_CHARS_MAX, Number};

/// One value with nothing but blanks around it.
pub(super) fn document(text: &str) -> Result<Json, JsonError> {
    let mut parser = Parser { text, at: 0 };
    parser.skip_blanks();
    let value = parser.value(DEPTH_MAX)?;
    parser.skip_blanks();
    if parser.at == text.len() { Ok(value) } else { Err(parser.syntax()) }
}

struct Parser<'a> {
    text: &'a str,
    /// A byte offset. It moves over ASCII one byte at a time and over other characters only inside
    /// strings, whose ends are ASCII, so slices taken between stops are whole characters.
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth_left: usize) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'{') => self.object(depth_left),
            Some(b'[') => self.array(depth_left),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.literal("null", Json::Null),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            _ => Err(self.syntax()),
        }
    }

    fn object(&mut self, depth_left: usize) -> Result<Json, JsonError> {
        let depth_left = depth_left.checked_sub(1).ok_or(JsonError::TooDeep)?;
        let mut members = BTreeMap::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            let key = self.string()?;
            let key_end = self.at;
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            let value = self.value(depth_left)?;
            if members.insert(key, value).is_some() {
                return Err(JsonError::DuplicateKey { at: key_end });
            }
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(Json::Object(members));
            }
            self.expect(b',')?;
            self.skip_blanks();
        }
    }

    fn array(&mut self, depth_left: usize) -> Result<Json, JsonError> {
        let depth_left = depth_left.checked_sub(1).ok_or(JsonError::TooDeep)?;
        let mut elements = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b']') {
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value(depth_left)?);
            self.skip_blanks();
            if self.take(b']') {
                return Ok(Json::Array(elements));
            }
            self.expect(b',')?;
            self.skip_blanks();
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(self.slice(start));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.syntax()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let char = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        Ok(char)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.syntax());
        }
        let lone = JsonError::LoneSurrogate { at: self.at };
        if first >= 0xdc00 || !self.take(b'\\') || self.peek() != Some(b'u') {
            return Err(lone);
        }
        let second = self.code_unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(JsonError::LoneSurrogate { at: self.at });
        }
        let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(joined).ok_or(lone)
    }

    /// The four hexadecimal digits after the `u` that is next.
    fn code_unit(&mut self) -> Result<u32, JsonError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.syntax())?;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        if self.at - start > NUMBER_CHARS_MAX {
            return Err(JsonError::NumberTooLong { at: start });
        }
        Ok(Json::Number(Number(self.slice(start).to_owned())))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.syntax());
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn literal(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        for byte in word.bytes() {
            self.expect(byte)?;
        }
        Ok(value)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax()) }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn slice(&self, start: usize) -> &str {
        self.text.get(start..self.at).expect("every stop is next to an ASCII byte or an end")
    }

    fn syntax(&self) -> JsonError {
        JsonError::Syntax { at: self.at }
    }
}
