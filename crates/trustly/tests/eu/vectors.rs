//! The published vectors: genuine messages of Trustly's test environment, and signatures made with
//! the key pair of Trustly's signature tester, of which the public half is enough: M1, M2, M4 and M5
//! are published with Trustly's clients, M6 and M8 were computed once from Trustly's examples.

use trustly::eu::canonical;
use trustly::eu::key::TrustlyKey;
use trustly::eu::published::{self, Published};
use trustly::eu::signature::{self, SignatureError};
use trustly::eu::uuid::Uuid;
use trustly::eu::wire::Unverified;
use trustly::eu::wire::notification::{Method, UnverifiedNotification};
use trustly::eu::wire::reply::{Reply, UnverifiedReply};

use crate::support::{PAIR, UUID, json};

fn trustly_test() -> TrustlyKey {
    TrustlyKey::parse(include_bytes!("../keys/trustly-test.pem")).unwrap()
}

fn tester() -> TrustlyKey {
    TrustlyKey::parse(include_bytes!("../keys/signature-tester.pem")).unwrap()
}

fn trustly_live() -> TrustlyKey {
    TrustlyKey::parse(include_bytes!("../keys/trustly-live.pem")).unwrap()
}

/// Verifies a genuine message, and its copy with one changed character.
fn genuine(text: &str, method: &str, uuid: &str, change: (&str, &str)) -> Reply {
    let uuid = Uuid::parse(uuid).unwrap();
    let verify = |text: &str, keys: &[TrustlyKey]| {
        UnverifiedReply::parse(text.as_bytes()).unwrap().verify(keys, method, &uuid)
    };
    let keys = [trustly_live(), trustly_test()];
    let forged = text.replacen(change.0, change.1, 1);
    assert_ne!(forged, text);
    let no_match = Unverified::Signature(SignatureError::NoMatch);
    assert_eq!(verify(&forged, &keys).unwrap_err().reason, no_match);
    assert_eq!(verify(text, &keys[..1]).unwrap_err().reason, no_match);
    verify(text, &keys).unwrap()
}

#[test]
fn v1_account_payout() {
    let text = include_str!("data/v1.json");
    let uuid = "82cf5fac-6cf3-11e5-9d5e-0800279bcb51";
    let reply = genuine(text, "AccountPayout", uuid, ("3256646606", "3256646607"));
    let Reply::Result(data) = reply else { panic!("{reply:?}") };
    let payout = data.payout().unwrap();
    assert_eq!((payout.order_id.as_deref(), payout.accepted), (Some("3256646606"), true));
}

#[test]
fn v3_select_account() {
    let text = include_str!("data/v3.json");
    let uuid = "b0001ec2-6cf2-11e5-9d5e-0800279bcb51";
    let reply = genuine(text, "SelectAccount", uuid, ("sv_SE", "sv_FI"));
    let Reply::Result(data) = reply else { panic!("{reply:?}") };
    let url = data.tree().get("url").unwrap().scalar().unwrap();
    assert!(url.starts_with("https://test.trustly.com/_/orderclient.php?SessionID=7bff4fd5"));
}

#[test]
fn v4_error_with_a_numeric_code() {
    let text = include_str!("data/v4.json");
    let uuid = "ad4f3dbe-6c1d-11e5-9d5e-0800279bcb51";
    let reply = genuine(text, "Deposit", uuid, (r#""code": 616}"#, r#""code": 615}"#));
    let message = "ERROR_INVALID_CREDENTIALS".to_owned();
    assert_eq!(reply, Reply::Error { code: 616, message });
}

/// Builds the plaintext with our serialiser and checks the published signature over it.
fn published(method: &str, uuid: &str, data: &str, plaintext: &str, signatures: &[&str]) {
    let ours = canonical::plaintext(method, uuid, &json(data));
    assert_eq!(ours.as_str(), plaintext);
    for signature in signatures {
        assert_eq!(signature::verify(&[tester()], &ours, signature), Ok(()), "{method}");
        let changed = ours.replacen(uuid, UUID, 1) + "x";
        let refused = signature::verify(&[tester()], &changed, signature);
        assert_eq!(refused, Err(SignatureError::NoMatch));
    }
}

const OK: &str = r#"{"status":"OK"}"#;

#[test]
fn m1_m4_and_m8_acknowledgements() {
    let uuid = "e76ffbe5-e0f9-4402-8689-f868ed2021f8";
    let plain = "accounte76ffbe5-e0f9-4402-8689-f868ed2021f8statusOK";
    published("account", uuid, OK, plain, &[include_str!("data/m1.sha1.txt")]);
    let plain = "credit258a2184-2842-b485-25ca-293525152425statusOK";
    published("credit", UUID, OK, plain, &[include_str!("data/m4.sha1.txt")]);
    let plain = "payoutconfirmation258a2184-2842-b485-25ca-293525152425statusOK";
    let signatures = [include_str!("data/m8.sha1.txt"), include_str!("data/m8.rs256.txt")];
    published("payoutconfirmation", UUID, OK, plain, &signatures);
}

#[test]
fn m2_a_request() {
    let data = r#"{"Attributes":{"Amount":"100.00","Currency":"SEK","Country":"SE",
        "Firstname":"John","Lastname":"Doe"},"NotificationURL":"localhost:1000",
        "MessageID":"82bdbc09-7605-4265-b416-1e9549397edd","EndUserID":"127.0.0.1",
        "Username":"team_ceres","Password":"a6e404c9-7ca8-1204-863d-5642e27c2747"}"#;
    let plain = "Deposit258a2184-2842-b485-25ca-293525152425AttributesAmount100.00CountrySE\
        CurrencySEKFirstnameJohnLastnameDoeEndUserID127.0.0.1\
        MessageID82bdbc09-7605-4265-b416-1e9549397eddNotificationURLlocalhost:1000\
        Passworda6e404c9-7ca8-1204-863d-5642e27c2747Usernameteam_ceres";
    published("Deposit", UUID, data, plain, &[include_str!("data/m2.sha1.txt")]);
}

#[test]
fn m5_a_notification() {
    let data = r#"{"enduserid":"32123","messageid":"98348932","notificationid":"4876513450",
        "orderid":"87654567","timestamp":"2013-12-20 14:42:04.675645+01"}"#;
    let plain = "cancel258a2184-9021-b874-21ca-293425152415enduserid32123messageid98348932\
        notificationid4876513450orderid87654567timestamp2013-12-20 14:42:04.675645+01";
    let uuid = "258a2184-9021-b874-21ca-293425152415";
    let signature = include_str!("data/m5.sha1.txt");
    published("cancel", uuid, data, plain, &[signature]);
    let body = format!(
        r#"{{"method":"cancel","params":{{"signature":"{signature}","uuid":"{uuid}",
            "data":{data}}},"version":"1.1"}}"#
    );
    let parsed = UnverifiedNotification::parse(body.as_bytes()).unwrap();
    let cancel = parsed.verify(&[trustly_live(), tester()]).unwrap();
    assert_eq!((cancel.method, cancel.uuid.as_str()), (Method::Cancel, uuid));
    assert_eq!(cancel.message_id.as_deref(), Some("98348932"));
    assert_eq!(cancel.occurred_at_ms, Some(1_387_546_924_675));
}

#[test]
fn m6_a_payout_in_every_algorithm() {
    let data = r#"{"AccountID":"1234567890","Amount":"800.00",
        "Attributes":{"ShopperStatement":"Trustly.com"},"Currency":"EUR","EndUserID":"123123",
        "MessageID":"771463386074",
        "NotificationURL":"https://mynotifications.com/listener/f346212d",
        "Password":"*","Username":"your_username"}"#;
    let plain = "AccountPayout258a2184-2842-b485-25ca-293525152425AccountID1234567890\
        Amount800.00AttributesShopperStatementTrustly.comCurrencyEUREndUserID123123\
        MessageID771463386074NotificationURLhttps://mynotifications.com/listener/f346212d\
        Password*Usernameyour_username";
    let signatures = [
        include_str!("data/m6.sha1.txt"),
        include_str!("data/m6.rs256.txt"),
        include_str!("data/m6.rs512.txt"),
    ];
    published("AccountPayout", UUID, data, plain, &signatures);
}

#[test]
fn the_published_keys_have_the_published_fingerprints() {
    let keys = [trustly_test(), trustly_live(), tester()];
    let named = keys.map(|key| published::published(key.fingerprint()));
    let expected = [Published::TrustlyTest, Published::TrustlyLive, Published::SignatureTester];
    assert_eq!(named, expected.map(Some));
    assert_eq!(published::published(PAIR.trustly[0].fingerprint()), None);
    assert_eq!(
        [trustly_test().fingerprint(), trustly_live().fingerprint(), tester().fingerprint()],
        [
            "3c45411e0532933c3c97215b375d238c08b6a06d40793999444f6459c917a935",
            "7e09f288f4ed5b6e31c4665efe9b364347083ad8d03427d2d1cfb963ce7551c5",
            "95dfd03243d259fe5cd43c2e4ff32e36f79152480a54d87451b56ba235ec3813",
        ]
    );
}
