//! Webhooks: the vectors, and what must not pass.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use payout::reason::Reason;
use proptest::prelude::*;
use trustly::amer::credentials::Credentials;
use trustly::amer::signature::{Algorithm, SignatureError, sign};
use trustly::amer::status::{Status, TransactionType};
use trustly::amer::wire::webhook::{MEMBERS_MAX, WEBHOOK_BYTES_MAX, Webhook, WebhookError};
use trustly::field::FieldError;
use trustly::secret::Secret;

const ACCESS_ID: &str = "SIMACCESSID0000000001";

fn credentials(access_id: &str, key: &str) -> Credentials {
    Credentials::new(access_id.to_owned(), Secret::new(key.to_owned())).unwrap()
}

fn ours() -> Credentials {
    credentials(ACCESS_ID, "sandbox-access-key-0001")
}

fn header(signature: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{ACCESS_ID}:{signature}")))
}

/// Verifies `body` with a signature over `signed`.
fn received(body: &str, signed: &str) -> Result<Webhook, WebhookError> {
    let signature = sign(&ours(), Algorithm::Sha1, signed);
    Webhook::verify(&[ours()], &header(&signature), body.as_bytes())
}

const N1: &str = "merchantId=1002463580&merchantReference=payout_001&paymentType=2\
    &transactionType=6&eventId=1033100695&eventType=Complete&objectId=1025376256\
    &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489387266\
    &fiCode=200005501&fiName=Demo+Bank&paymentProviderTransaction.status=AC105\
    &paymentProviderTransaction.statusMessage=AC105&status=4&statusMessage=Completed";

const N2: &str = "merchantId=1002463580&merchantReference=auth-7f3c1&paymentType=2\
    &transactionType=1&eventId=1033100001&eventType=Authorize&objectId=1025376200\
    &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489380000\
    &fiCode=200005501&status=2&statusMessage=Authorized&splitToken=CKD%2Bab%2F1234%3D";

#[test]
fn n1_in_all_three_decodings() {
    let published = "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOktudktPVHlzcUlaa2Q5cGozQndZbno3czQvWT0=";
    assert_eq!(header("KnvKOTysqIZkd9pj3BwYnz7s4/Y="), published);
    for (signature, name) in [
        ("KnvKOTysqIZkd9pj3BwYnz7s4/Y=", "Demo Bank"),
        ("M+BXwl7yChbUK1/lSt/ZoaJLHYU=", "Demo+Bank"),
        ("nKBAA0qbj0JxpVjCXJgFaZ5XLsQ=", "Demo Bank"),
    ] {
        let webhook = Webhook::verify(&[ours()], &header(signature), N1.as_bytes()).unwrap();
        assert_eq!(webhook.member("fiName"), Some(name), "{signature}");
        assert_eq!(webhook.event_id, "1033100695");
        assert_eq!(webhook.object_id.as_deref(), Some("1025376256"));
        assert_eq!(webhook.merchant_reference.as_deref(), Some("payout_001"));
        assert_eq!(webhook.transaction_type, Some(TransactionType::Deposit));
        assert_eq!(webhook.status, Some(Status::Completed));
        assert_eq!(webhook.created_at_ms, Some(1_723_489_387_266));
        assert_eq!(
            (webhook.member("timeZone"), webhook.member("message")),
            (Some("Etc/UTC"), Some(""))
        );
        assert!(webhook.split_token.is_none());
    }
}

#[test]
fn n2_carries_a_token_that_is_not_shown() {
    let signature = "sGvWRTHEk8M9x1uVYSyXhXT358o=";
    let published = "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOnNHdldSVEhFazhNOXgxdVZZU3lYaFhUMzU4bz0=";
    assert_eq!(header(signature), published);
    let webhook = Webhook::verify(&[ours()], published, N2.as_bytes()).unwrap();
    assert_eq!(webhook.split_token.as_ref().unwrap().expose(), "CKD+ab/1234=");
    assert!(!format!("{webhook:?}").contains("CKD"));
}

/// The example header of the page on notification signatures; its key is not published.
#[test]
fn the_published_header_is_split_at_its_first_colon() {
    let published = "Basic TThSYUhnRWpCRTU0enVGWU1SUXE6RVlOM0dYYXNyVlUxdlExdXlZejIyTk5RZHk0PQ==";
    let verify = |access_id| {
        let credentials = [credentials(access_id, "not the key")];
        Webhook::verify(&credentials, published, b"eventId=1").unwrap_err()
    };
    assert_eq!(verify("M8RaHgEjBE54zuFYMRQq"), WebhookError::Signature(SignatureError::NoMatch));
    assert_eq!(verify("M8RaHgEjBE54zuFYMRQ"), WebhookError::UnknownAccessId);
}

#[test]
fn algorithms_are_named_before_a_second_colon() {
    let sha512 = sign(&ours(), Algorithm::Sha512, "eventId=1");
    assert!(sha512.starts_with("HmacSHA512:"));
    let verify = |signature: &str| Webhook::verify(&[ours()], &header(signature), b"eventId=1");
    assert!(verify(&sha512).is_ok());
    let sha1 = sign(&ours(), Algorithm::Sha1, "eventId=1");
    assert!(verify(&format!("HmacSHA1:{sha1}")).is_ok());
    let refused = |signature: &str| match verify(signature).unwrap_err() {
        WebhookError::Signature(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!(refused(&format!("HmacSHA256:{sha1}")), SignatureError::UnknownAlgorithm);
    assert_eq!(refused(&format!("HmacSHA512:{sha1}")), SignatureError::NoMatch);
    assert_eq!(refused(":"), SignatureError::UnknownAlgorithm);
    assert_eq!(refused("!"), SignatureError::NotBase64);
    assert_eq!(refused(""), SignatureError::NoMatch);
}

#[test]
fn any_of_the_rotating_keys_will_do() {
    let signature = header(&sign(&ours(), Algorithm::Sha1, "eventId=1"));
    let old = credentials(ACCESS_ID, "old key");
    let stranger = credentials("SOMEBODYELSE", "sandbox-access-key-0001");
    let verify = |keys: &[Credentials]| Webhook::verify(keys, &signature, b"eventId=1").err();
    assert_eq!(verify(&[old.clone(), ours()]), None);
    assert_eq!(verify(&[old]), Some(WebhookError::Signature(SignatureError::NoMatch)));
    assert_eq!(verify(&[stranger]), Some(WebhookError::UnknownAccessId));
    assert_eq!(verify(&[]), Some(WebhookError::UnknownAccessId));
}

#[test]
fn a_header_without_a_signature_is_refused() {
    let pair = STANDARD.encode("no colon");
    for text in
        ["", "Basic", "Basic ", "Bearer x", "Basic %%%", &format!("Basic {pair}"), "Basic /w=="]
    {
        let refused = Webhook::verify(&[ours()], text, b"eventId=1").unwrap_err();
        assert_eq!(refused, WebhookError::Unsigned, "{text}");
    }
}

#[test]
fn a_changed_body_is_refused() {
    let no_match = Some(WebhookError::Signature(SignatureError::NoMatch));
    assert_eq!(received("eventId=1&status=4", "eventId=1&status=8").err(), no_match);
    assert_eq!(received("eventId=1&status=4&x=1", "eventId=1&status=4").err(), no_match);
    assert_eq!(received("status=4&eventId=1", "eventId=1&status=4").err(), no_match);
}

/// The signature covers the decoded body, so an escape can be taken away without breaking it.
#[test]
fn an_ampersand_that_was_unescaped_shows_as_a_repeated_member() {
    let genuine = "eventId=1&message=a%26status%3D4&status=8";
    let signed = "eventId=1&message=a&status=4&status=8";
    assert_eq!(received(genuine, signed).unwrap().status, Some(Status::Denied));
    assert_eq!(received(signed, signed).err(), Some(WebhookError::NotAForm));
}

#[test]
fn a_form_that_cannot_be_read_is_refused() {
    for body in ["eventId=1&x", "eventId=1&x=%zz", "eventId=1&x=%4", "eventId=1&eventId=1"] {
        assert_eq!(received(body, body).err(), Some(WebhookError::NotAForm), "{body}");
    }
    let not_utf8 = Webhook::verify(
        &[ours()],
        &header(&sign(&ours(), Algorithm::Sha1, "eventId=1&x=%FF")),
        b"eventId=1&x=%FF",
    );
    assert_eq!(not_utf8.err(), Some(WebhookError::NotAForm));
    let many: String = (0..=MEMBERS_MAX).map(|index| format!("k{index}=v&")).collect();
    assert_eq!(received(&many, &many).err(), Some(WebhookError::NotAForm));
    let long = "x".repeat(WEBHOOK_BYTES_MAX + 1);
    assert_eq!(received(&long, &long).err(), Some(WebhookError::TooLong));
    let missing = WebhookError::Field(FieldError::Missing("eventId"));
    assert_eq!(received("status=4&eventId=", "status=4&eventId=").err(), Some(missing));
}

#[test]
fn odd_members_are_kept_and_decide_nothing() {
    let body = "&eventId=1&status=odd&transactionType=&createdAt=-1&new=x&errorCode=330\
        &paymentProviderTransaction.status=SW056&";
    let webhook = received(body, body).unwrap();
    assert_eq!((webhook.status, webhook.transaction_type), (None, None));
    assert_eq!((webhook.created_at_ms, webhook.error_code), (None, Some(330)));
    assert_eq!((webhook.member("status"), webhook.member("new")), (Some("odd"), Some("x")));
    assert_eq!(webhook.detail.reason(), Some(Reason::AccountInvalid));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let signature = header(&sign(&ours(), Algorithm::Sha1, "x"));
        prop_assert!(Webhook::verify(&[ours()], &signature, &bytes).is_err());
    }

    #[test]
    fn signed_texts_never_panic(body in "[a-c=&%+0-9A-F]{0,40}", authorization in ".{0,40}") {
        let _ = received(&body, &body);
        prop_assert!(Webhook::verify(&[ours()], &authorization, body.as_bytes()).is_err());
    }
}
