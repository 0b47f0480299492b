//! Letting a customer choose an account: what is sent, what is made of the answers, and what
//! notifications say about it.

use payout::bank::{Country, Holder, HolderName, Particulars};
use payout::id::{Customer, DestinationId, IdempotencyKey, Merchant};
use payout::identity::{link_id, notification_segment, request_uuid};
use payout::link::{KnownHolder, LinkRequest, Locale};
use payout::order::StatementDescriptor;
use payout::party::{CategoryCode, SubMerchant, WebAddress};
use payout::personal::Personal;
use payout::port::{Inbound, LinkNews, LinkStart, Onboarding, Provider, Receipt, Rejection};
use payout::reason::Reason;
use serde_json::json;
use zeroize::Zeroizing;

use crate::rig::{body, config, error, europe, europe_of, offline, result};
use crate::sample::ring;
use crate::script::{Outcome, Script, Sent};
use crate::support::{PAIR, signed_notification};

const URL: &str = "https://test.trustly.com/_/orderclient.php?SessionID=7bff4fd5&OrderID=1";

fn request() -> LinkRequest {
    let name = |text| HolderName::parse(text).unwrap();
    LinkRequest {
        merchant: Merchant::parse("demo-eu").unwrap(),
        idempotency_key: IdempotencyKey::parse("link-1").unwrap(),
        customer: Customer::parse("customer 1").unwrap(),
        return_url: Personal::parse("https://shop.example/done").unwrap(),
        cancel_url: Personal::parse("https://shop.example/back").unwrap(),
        app_url: None,
        locale: Locale::parse("sv_SE").ok(),
        country: Country::parse("SE").ok(),
        holder: Some(KnownHolder {
            holder: Holder::Person { first_name: name("Åsa"), last_name: name("Öberg 🎉") },
            particulars: Box::default(),
        }),
        national_id_is_fixed: false,
        ip_address: None,
        statement_descriptor: None,
        sub_merchant: None,
    }
}

fn id() -> DestinationId {
    let LinkRequest { merchant, idempotency_key, .. } = request();
    link_id(&ring(&[1]), &merchant, &idempotency_key).unwrap()
}

fn answer(url: &str) -> String {
    json!({ "orderid": "1713267740", "url": url }).to_string()
}

async fn started(play: impl Fn(&Sent) -> Outcome + Send + Sync + 'static) -> LinkStart {
    let (europe, _) = europe(play);
    europe.start_link(&id(), &request()).await
}

#[tokio::test]
async fn a_selection_is_asked_for_the_same_way_each_time() {
    let (europe, script) = europe(|sent| Ok((200, result(&PAIR, sent, &answer(URL)))));
    for _ in 0..2 {
        match europe.start_link(&id(), &request()).await {
            LinkStart::Started { url, reference } => {
                assert_eq!(url.as_str(), URL);
                assert_eq!(reference.unwrap().as_str(), "1713267740");
            }
            _ => panic!("it was not started"),
        }
    }
    let sent = script.sent();
    assert_eq!(sent[0].body, sent[1].body);
    let sent = body(&sent[0]);
    assert_eq!(sent["method"], "SelectAccount");
    assert_eq!(sent["params"]["UUID"], request_uuid(&id(), "SelectAccount", 1));
    let segment = notification_segment(&ring(&[1]), &id()).unwrap();
    let expected = json!({
        "Username": "your_username", "Password": "tr3asure",
        "NotificationURL": format!("{}/{segment}", config().notification_url),
        "EndUserID": "customer 1", "MessageID": id().as_str(),
        "Attributes": {
            "Country": "SE", "Locale": "sv_SE", "Firstname": "Åsa", "Lastname": "Öberg 🎉",
            "SuccessURL": "https://shop.example/done", "FailURL": "https://shop.example/back",
            "ShopperStatement": "Trustly.com",
        },
    });
    assert_eq!(sent["params"]["Data"], expected);
}

#[tokio::test]
async fn everything_that_is_known_is_sent() {
    let (europe, script) = europe(|sent| Ok((200, result(&PAIR, sent, &answer(URL)))));
    let mut full = request();
    *full.holder.as_mut().unwrap().particulars = Particulars {
        date_of_birth: Personal::parse("1990-03-31").ok(),
        mobile_phone: Personal::parse("+46701234567").ok(),
        email: Personal::parse("asa@example.com").ok(),
        national_id: Personal::parse("790131-1234").ok(),
        ..Particulars::default()
    };
    full.app_url = Personal::parse("shopapp://back").ok();
    full.national_id_is_fixed = true;
    full.ip_address = "2001:db8::7".parse().ok();
    full.statement_descriptor = StatementDescriptor::parse("Skor Åäö").ok();
    full.sub_merchant = Some(SubMerchant {
        name: HolderName::parse("Skor AB").unwrap(),
        url: WebAddress::parse("www.skor.example").unwrap(),
        category: CategoryCode::parse("5499").unwrap(),
    });
    assert_eq!(europe.check_link(&full), Ok(()));
    europe.start_link(&id(), &full).await;
    let expected = json!({
        "Country": "SE", "Locale": "sv_SE", "Firstname": "Åsa", "Lastname": "Öberg 🎉",
        "SuccessURL": "https://shop.example/done", "FailURL": "https://shop.example/back",
        "Email": "asa@example.com", "IP": "2001:db8::7", "MobilePhone": "+46701234567",
        "NationalIdentificationNumber": "790131-1234",
        "UnchangeableNationalIdentificationNumber": "1", "DateOfBirth": "1990-03-31",
        "ShopperStatement": "Skor Åäö", "ReturnToAppURL": "shopapp://back",
        "PSPMerchant": "Skor AB", "PSPMerchantURL": "www.skor.example",
        "MerchantCategoryCode": "5499",
    });
    assert_eq!(body(&script.sent()[0])["params"]["Data"]["Attributes"], expected);
}

/// Nobody is sent to a page that is less safe than our own way to the provider.
#[tokio::test]
async fn an_address_that_is_none_is_not_handed_on() {
    for bad in ["http://test.trustly.com/", "javascript:alert(1)", "", "https://a b", "https://å"]
    {
        let start = started(|sent| Ok((200, result(&PAIR, sent, &answer(bad))))).await;
        assert!(start == LinkStart::Unknown(Reason::AnswerUntrusted), "{bad}");
    }
}

#[tokio::test]
async fn errors_end_a_link_only_if_they_are_signed_and_final() {
    for (code, ends) in [
        (645, Some(Reason::RequestRejected)),
        (737, Some(Reason::RequestRejected)),
        (638, Some(Reason::CustomerBlocked)),
        (637, None),
        (688, None),
        (602, None),
        (732, None),
        (616, None),
        (620, None),
        (999, None),
    ] {
        match (started(move |sent| Ok((200, error(Some(&PAIR), sent, code)))).await, ends) {
            (LinkStart::Refused(reason, words), Some(expected)) => {
                assert_eq!(reason, expected, "{code}");
                assert_eq!(words.code, Some(code.to_string()));
            }
            (LinkStart::NoAccess(reason, words), None) => {
                let expected = if code == 616 { Reason::AccessRefused } else { Reason::NotEnabled };
                assert_eq!((reason, words.code), (expected, Some(code.to_string())));
            }
            (LinkStart::Unknown(_), None) => {
                assert!(matches!(code, 620 | 637 | 688 | 999), "{code}");
            }
            _ => panic!("{code}"),
        }
        let unsigned = started(move |sent| Ok((200, error(None, sent, code)))).await;
        match unsigned {
            LinkStart::NoAccess(reason, words) => {
                let expected = if code == 616 { Reason::AccessRefused } else { Reason::NotEnabled };
                let unverified = Some(format!("{code} (unverified)"));
                assert_eq!((reason, words.code), (expected, unverified));
            }
            LinkStart::Unknown(_) => assert!(!matches!(code, 602 | 732 | 616), "{code}"),
            _ => panic!("{code}"),
        }
    }
}

#[test]
fn what_the_pages_demand_is_checked_first() {
    let europe = europe_of(config(), ring(&[1]), Script::new(|_| panic!("nothing is sent")));
    let field = |spoil: fn(&mut LinkRequest)| {
        let mut request = request();
        spoil(&mut request);
        europe.check_link(&request).map_err(|unfit| unfit.field)
    };
    assert_eq!(field(|_| {}), Ok(()));
    assert_eq!(field(|request| request.locale = None), Err("locale"));
    assert_eq!(field(|request| request.country = None), Err("country_code"));
    assert_eq!(field(|request| request.country = Country::parse("US").ok()), Err("country_code"));
    assert_eq!(field(|request| request.holder = None), Err("holder.person"));
    assert_eq!(field(|request| request.national_id_is_fixed = true), Err("national_id_is_fixed"));
    let organisation: fn(&mut LinkRequest) = |request| {
        let name = HolderName::parse("Acme AB").unwrap();
        request.holder.as_mut().unwrap().holder = Holder::Organisation { name };
    };
    assert_eq!(field(organisation), Err("holder.organisation_name"));
}

fn received(method: &str, members: &str) -> Result<Receipt, Rejection> {
    let data = format!(
        r#"{{"messageid":"{}","orderid":"1713267740","notificationid":"98"{members}}}"#,
        id()
    );
    let body = signed_notification(&PAIR, method, &data);
    offline().receive(&Inbound {
        path: notification_segment(&ring(&[1]), &id()).unwrap(),
        content_type: None,
        authorization: None,
        body: Zeroizing::new(body.into_bytes()),
    })
}

/// Members of the documented sample.
const ACCOUNT: &str = r#","accountid":"7653385737","verified":"1","attributes":{
    "clearinghouse":"SWEDEN","bank":"SEB","descriptor":"**** *084057","lastdigits":"084057"}"#;

#[test]
fn the_account_that_was_chosen_is_shown_masked() {
    let receipt = received("account", ACCOUNT).unwrap();
    assert_eq!(receipt.names.as_str(), id().as_str());
    let Some(LinkNews::Chosen(chosen)) = receipt.link else { panic!() };
    assert_eq!(chosen.handle.reveal(), b"7653385737");
    assert_eq!(chosen.summary.masked, "*****4057");
    assert_eq!(chosen.summary.bank_name.as_deref(), Some("SEB"));
    assert_eq!(chosen.summary.country, Country::parse("SE").ok());
    assert!(chosen.summary.holder_verified);
    let Some(LinkNews::Chosen(bare)) =
        received("account", r#","accountid":"1","verified":"0""#).unwrap().link
    else {
        panic!()
    };
    assert_eq!((bare.summary.masked.as_str(), bare.summary.holder_verified), ("*****", false));
}

#[test]
fn only_account_and_cancel_change_a_link() {
    let news = |method| received(method, "").map(|receipt| receipt.link);
    assert_eq!(news("cancel"), Ok(Some(LinkNews::Abandoned(Reason::ProviderAborted))));
    for method in ["credit", "payoutconfirmation", "payoutfailed", "pending", "debit", "kyc", "new"]
    {
        assert_eq!(news(method), Ok(Some(LinkNews::Remarked)), "{method}");
    }
    for members in ["", r#","accountid":"abc""#, r#","accountid":"1","verified":"maybe""#] {
        assert_eq!(received("account", members), Err(Rejection::Malformed), "{members}");
    }
}
