//! `payouts.v1` in Rust: messages, clients, server traits, and the descriptor set for reflection.
//!
//! Everything here is generated from `proto/payouts/v1` by `cargo xtask codegen`, except how
//! secrets print. It holds no rules: what a valid request is, and what follows from it, is decided
//! by the server and the domain behind it.

mod masked;

/// The package `payouts.v1`. The comments are those of the proto files, which are the contract.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::doc_lazy_continuation,
    unused_qualifications,
    reason = "generated"
)]
pub mod v1 {
    include!("gen/payouts.v1.rs");
}

/// All files of `payouts.v1` and what they import, as an encoded
/// `google.protobuf.FileDescriptorSet` without comments, for the reflection service.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/payouts.v1.binpb");

/// The domain of every `google.rpc.ErrorInfo` of this API.
pub const ERROR_DOMAIN: &str = "payouts.v1";
