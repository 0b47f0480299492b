//! stub
#![allow(missing_docs)]
pub fn encode_target(_: &crate::order::TargetRequest) -> zeroize::Zeroizing<Vec<u8>> {
    panic!()
}
pub fn decode_target(_: &[u8]) -> Result<crate::order::TargetRequest, CodecError> {
    panic!()
}
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("x")]
pub struct CodecError;
