//! Turning bank details and given handles into what can be paid to.

use payout::bank::{
    Account, BankDetails, Country, Holder, HolderName, Iban, Particulars, PostalAddress,
};
use payout::id::Customer;
use payout::order::RawHandle;
use payout::personal::Personal;
use payout::port::{Onboarding, Resolution, Resolved};
use payout::reason::Reason;
use serde_json::{Value, json};
use trustly::eu::code::look_up;
use trustly::transport::NoReply;

use crate::rig::{body, config, error, europe, europe_of, offline, result};
use crate::sample::ring;
use crate::script::{Outcome, Script, Sent};
use crate::support::{OTHER_PAIR, PAIR};

const REGISTERED: &str = r#"{"accountid":"7653385737","clearinghouse":"FINLAND","bank":"Nordea",
    "descriptor":"***0785"}"#;

fn customer() -> Customer {
    Customer::parse("customer 1").unwrap()
}

fn details(holder: Holder) -> BankDetails {
    let account = Account::Iban(Iban::parse("FI2112345600000785").unwrap());
    BankDetails { account, holder, particulars: Box::default() }
}

fn person() -> Holder {
    let name = |text| HolderName::parse(text).unwrap();
    Holder::Person { first_name: name("Åsa"), last_name: name("Öberg 🎉") }
}

async fn registered(
    play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static,
) -> (Resolution, Value) {
    let (europe, script) = europe(play);
    let resolution = europe.register(&customer(), &details(person())).await;
    (resolution, body(&script.sent()[0]))
}

#[tokio::test]
async fn an_account_is_registered_for_its_holder() {
    let (resolution, sent) = registered(|sent| Ok((200, result(&PAIR, sent, REGISTERED)))).await;
    let Resolution::Resolved(Resolved { handle, summary }) = resolution else { panic!() };
    assert_eq!(handle.reveal(), b"7653385737");
    assert_eq!(
        (summary.masked.as_str(), summary.bank_name.as_deref()),
        ("FI*****0785", Some("Nordea"))
    );
    let expected = json!({
        "AccountNumber": "FI2112345600000785", "BankNumber": "", "ClearingHouse": "FINLAND",
        "EndUserID": "customer 1", "Firstname": "Åsa", "Lastname": "Öberg 🎉",
        "Password": "tr3asure", "Username": "your_username",
    });
    assert_eq!((&sent["method"], &sent["params"]["Data"]), (&json!("RegisterAccount"), &expected));

    let (europe, script) = europe(|sent| Ok((200, result(&PAIR, sent, REGISTERED))));
    let holder = Holder::Organisation { name: HolderName::parse("Acme Oy").unwrap() };
    europe.register(&customer(), &details(holder)).await;
    let data = body(&script.sent()[0])["params"]["Data"].clone();
    assert_eq!((&data["Firstname"], &data["Lastname"]), (&json!("Acme Oy"), &json!("")));
}

#[tokio::test]
async fn what_is_known_of_a_holder_goes_where_it_belongs() {
    let (europe, script) = europe(|sent| Ok((200, result(&PAIR, sent, REGISTERED))));
    let mut known = details(person());
    *known.particulars = Particulars {
        address: PostalAddress {
            country: Country::parse("FI").ok(),
            postal_code: Personal::parse("00100").ok(),
            city: Personal::parse("Åbo").ok(),
            line_1: Personal::parse("Ölgatan 1").ok(),
            line_2: Personal::parse("🎉").ok(),
        },
        date_of_birth: Personal::parse("1990-03-31").ok(),
        mobile_phone: Personal::parse("+358401234567").ok(),
        email: Personal::parse("asa@example.com").ok(),
        national_id: Personal::parse("310390-123A").ok(),
    };
    europe.register(&customer(), &known).await;
    let attributes = body(&script.sent()[0])["params"]["Data"]["Attributes"].clone();
    let expected = json!({
        "AddressCountry": "FI", "AddressPostalCode": "00100", "AddressCity": "Åbo",
        "AddressLine1": "Ölgatan 1", "AddressLine2": "🎉", "DateOfBirth": "1990-03-31",
        "MobilePhone": "+358401234567", "Email": "asa@example.com",
        "NationalIdentificationNumber": "310390-123A",
    });
    assert_eq!(attributes, expected);
}

#[tokio::test]
async fn only_a_verified_refusal_of_the_contents_is_final() {
    for (code, expected) in [
        (624, Some(Reason::AccountInvalid)),
        (623, Some(Reason::RequestRejected)),
        (638, Some(Reason::CustomerBlocked)),
        (616, None),
        (602, None),
        (607, None),
        (712, None),
        (732, None),
        (620, None),
        (688, None),
        (999, None),
    ] {
        let (resolution, _) =
            registered(move |sent| Ok((200, error(Some(&PAIR), sent, code)))).await;
        match (resolution, expected) {
            (Resolution::Refused(reason, words), Some(expected)) => {
                assert_eq!(reason, expected, "{code}");
                assert_eq!(words.code, Some(code.to_string()));
                assert_eq!(words.text.as_deref(), Some(look_up(code).meaning), "in our words");
            }
            (Resolution::NoAccess(reason, words), None) => {
                assert_eq!(Some(reason), not_let_in(code), "{code}");
                assert_eq!(words.code, Some(code.to_string()));
            }
            (Resolution::Unknown(_), None) => assert_eq!(not_let_in(code), None, "{code}"),
            (other, _) => panic!("{code}: {other:?}"),
        }
        for signer in [None, Some(&*OTHER_PAIR)] {
            let (unsure, _) = registered(move |sent| Ok((200, error(signer, sent, code)))).await;
            match unsure {
                Resolution::NoAccess(reason, words) => {
                    assert_eq!(Some(reason), not_let_in(code), "{code}");
                    assert_eq!(words.code, Some(format!("{code} (unverified)")));
                }
                Resolution::Unknown(_) => assert_eq!(not_let_in(code), None, "{code}"),
                other => panic!("{code}: {other:?}"),
            }
        }
    }
}

/// What a refusal of our access to this function says: nothing about payouts, if it is about the
/// function.
fn not_let_in(code: u64) -> Option<Reason> {
    match code {
        602 | 712 | 732 => Some(Reason::NotEnabled),
        607 | 616 => Some(Reason::AccessRefused),
        _ => None,
    }
}

#[tokio::test]
async fn everything_else_is_not_known() {
    for (data, why) in [
        (r"{}", "no account"),
        (r#"{"accountid":"12a"}"#, "no digits"),
        (r#"{"accountid":""}"#, "empty"),
        (r#"{"accountid":"123456789012345678901"}"#, "too long"),
    ] {
        let (resolution, _) = registered(move |sent| Ok((200, result(&PAIR, sent, data)))).await;
        assert_eq!(resolution, Resolution::Unknown(Reason::AnswerUntrusted), "{why}");
    }
    for (outcome, expected) in [
        (Err(NoReply::NotSent), Reason::ConnectionFailed),
        (Err(NoReply::Lost), Reason::AnswerLost),
        (Ok((503, b"<html>".to_vec())), Reason::ProviderUnavailable),
        (Ok((200, b"<html>".to_vec())), Reason::AnswerUntrusted),
    ] {
        let (resolution, _) = registered(move |_| outcome.clone()).await;
        assert_eq!(resolution, Resolution::Unknown(expected));
    }
}

/// Trustly refuses a UUID that it has seen, also one that it has seen from another merchant.
#[tokio::test]
async fn no_two_calls_share_a_uuid() {
    let script = Script::new(|sent| Ok((200, result(&PAIR, sent, REGISTERED))));
    let mut other = config();
    other.username = "other_username".to_owned();
    let mut twin = config();
    twin.notification_url = "https://merchant.example/notifications/twin".to_owned();
    for config in [config(), other, twin] {
        let europe = europe_of(config, ring(&[1]), script.clone());
        for _ in 0..3 {
            europe.register(&customer(), &details(person())).await;
        }
    }
    let sent = script.sent();
    let uuids: std::collections::BTreeSet<String> =
        sent.iter().map(|sent| body(sent)["params"]["UUID"].to_string()).collect();
    assert_eq!((sent.len(), uuids.len()), (9, 9));
}

#[tokio::test]
async fn a_given_account_id_is_taken_as_it_is() {
    let raw = |text| RawHandle::parse(text).unwrap();
    let resolution = offline().import(&customer(), &raw("1234567890")).await;
    let Resolution::Resolved(resolved) = resolution else { panic!() };
    assert_eq!(resolved.handle.reveal(), b"1234567890");
    assert_eq!(resolved.summary.masked, "*****7890");
    let refused = offline().import(&customer(), &raw("12-34")).await;
    assert!(matches!(refused, Resolution::Refused(Reason::AccountInvalid, _)));
}
