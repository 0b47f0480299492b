//! One field of a mirror becoming a value of the domain.

use crate::codec::CodecError;
use crate::id::Name;
use crate::id::kind::Kind;
use crate::time::Timestamp;

/// An enum of the domain whose variants are stored as numbers. No number is ever reused.
pub(super) trait Numbered: Sized {
    /// The number that stands for it.
    fn number(self) -> u8;

    /// What a number stands for; nothing, if it is not known here.
    fn from_number(number: u8) -> Option<Self>;
}

/// For `map_err`: a field that the domain refuses. Its own error is dropped with the value.
pub(super) fn malformed<E>(field: &'static str) -> impl FnOnce(E) -> CodecError {
    move |_| CodecError::Malformed(field)
}

/// A field that must be there beside the others that are.
pub(super) fn required<T>(field: Option<T>, name: &'static str) -> Result<T, CodecError> {
    field.ok_or(CodecError::Malformed(name))
}

pub(super) fn name<K: Kind>(text: &str, field: &'static str) -> Result<Name<K>, CodecError> {
    Name::parse(text).map_err(malformed(field))
}

pub(super) fn optional_name<K: Kind>(
    text: Option<&str>,
    field: &'static str,
) -> Result<Option<Name<K>>, CodecError> {
    text.map(|text| name(text, field)).transpose()
}

pub(super) fn numbered<T: Numbered>(number: u8, field: &'static str) -> Result<T, CodecError> {
    required(T::from_number(number), field)
}

pub(super) fn optional_numbered<T: Numbered>(
    number: Option<u8>,
    field: &'static str,
) -> Result<Option<T>, CodecError> {
    number.map(|number| numbered(number, field)).transpose()
}

pub(super) fn optional_time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(super) fn optional_millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_millis)
}
