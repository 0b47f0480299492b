//! Personal texts becoming values of the domain again.

use crate::codec::CodecError;
use crate::codec::field::malformed;
use crate::personal::Personal;
use crate::personal::kind::Kind;

pub(super) fn optional_personal<K: Kind>(
    text: Option<&str>,
    field: &'static str,
) -> Result<Option<Personal<K>>, CodecError> {
    text.map(Personal::parse).transpose().map_err(malformed(field))
}
