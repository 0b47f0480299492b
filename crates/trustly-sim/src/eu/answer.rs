//! Answers to the merchant's requests: results and errors, signed.

use rsa::RsaPrivateKey;
use serde_json::{Value, json};

use super::canonical::plaintext;
use super::codes::Code;
use crate::json::shuffled;
use crate::keys::{self, Algorithm};
use crate::rng::Rng;
use crate::sim::State;
use crate::web::{self, Response};

/// A method that merchants never call here.
const OTHER_METHOD: &str = "Refund";

/// An answer as it is remembered. Rendering it again gives the same bytes, because the shape
/// decides every choice and PKCS#1 v1.5 signatures have no randomness.
#[derive(Clone)]
pub(crate) struct Answer {
    /// Null, like `uuid`, where the request could not be read.
    pub(super) method: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) body: Body,
    pub(super) algorithm: Algorithm,
    pub(super) shape: Shape,
}

/// What was chosen for an answer where the documentation leaves it open.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    seed: u64,
    error_status: u16,
}

#[derive(Clone)]
pub(super) enum Body {
    Result(Value),
    Error(Code),
}

/// What is done about the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    Good,
    /// A signature of the right form over something else.
    Forged,
    /// The unsigned form of errors.
    None,
    /// A good signature over an answer to another request.
    OtherUuid,
    /// A good signature over an answer to another method.
    OtherMethod,
}

impl Shape {
    /// Which status errors have is undocumented, and clients disagree: the body counts, whatever
    /// the status.
    pub(super) fn choose(state: &mut State) -> Self {
        let seed = state.rng.next();
        let any = [200, 400, 500][Rng::new(seed).below(3)];
        Self { seed, error_status: state.eu.contract.error_status.unwrap_or(any) }
    }
}

impl Answer {
    /// For a request without a readable envelope, or as if it had none.
    pub(super) fn to_unreadable(code: Code, shape: Shape) -> Self {
        let body = Body::Error(code);
        Self { method: None, uuid: None, body, algorithm: Algorithm::Sha1, shape }
    }

    pub(super) fn render(&self, key: &RsaPrivateKey, seal: Seal) -> Response {
        let mut rng = Rng::new(self.shape.seed);
        let message = match &self.body {
            Body::Result(data) => json!({
                "version": "1.1",
                "result": self.signed(key, data, seal),
            }),
            Body::Error(code) => self.error(key, *code, seal),
        };
        let status = match self.body {
            Body::Result(_) => 200,
            Body::Error(_) => self.shape.error_status,
        };
        web::json_text(status, shuffled(&message, &mut rng))
    }

    fn error(&self, key: &RsaPrivateKey, code: Code, seal: Seal) -> Value {
        let data = json!({ "code": code.0, "message": code.name() });
        let mut error = json!({ "name": "JSONRPCError", "code": code.0, "message": code.name() });
        if seal != Seal::None {
            error["error"] = self.signed(key, &data, seal);
        }
        json!({ "version": "1.1", "error": error })
    }

    fn signed(&self, key: &RsaPrivateKey, data: &Value, seal: Seal) -> Value {
        let other = (seal == Seal::OtherUuid).then(|| Rng::new(self.shape.seed).uuid());
        let uuid = other.as_deref().or(self.uuid.as_deref());
        let method = match seal {
            Seal::OtherMethod => Some(OTHER_METHOD),
            Seal::Good | Seal::Forged | Seal::None | Seal::OtherUuid => self.method.as_deref(),
        };
        let mut text = plaintext(method.unwrap_or_default(), uuid.unwrap_or_default(), data);
        if seal == Seal::Forged {
            text.push_str("forged");
        }
        let signature = keys::sign(key, self.algorithm, &text);
        json!({ "signature": signature, "uuid": uuid, "method": method, "data": data })
    }
}
