//! Trustly Europe's wire, member by member: what is asked says all that the caller said, each under
//! its name, and nothing else; what is told is recorded.

use std::sync::{Arc, Mutex};

use api::v1::{
    Attention, CheckSettlementRequest, CreatePayoutRequest, Event, GetBalanceRequest,
    InvestigatePayoutRequest, Payout, PayoutEvent, PayoutState, Reason, WaitUntil, event,
};
use payout::day::Day;
use payout::time::Timestamp;
use serde_json::{Value, json};

use crate::attributes::{acme, full, known};
use crate::samples::{
    IBAN, details, iban_of_an_organisation, local, person, swedish_account, to_bank_details,
    to_handle,
};
use crate::trustly::{Keys, Notice};
use crate::world::{CUSTOMER, EU, Options, World, id_of};
use crate::{between, links};

/// The requests of a server, in order.
type Asked = Arc<Mutex<Vec<Value>>>;

/// A world whose server is overheard.
async fn overheard(options: &Options) -> (World, Asked) {
    let mut world = World::without_server(options).await;
    let asked = Asked::default();
    let heard = asked.clone();
    between::serve(&world, move |question, answer| {
        heard.lock().unwrap().push(serde_json::from_slice(question).unwrap());
        answer.to_vec()
    })
    .await;
    world.start_server().await;
    (world, asked)
}

/// The data of all requests by one method, in order, without the credentials, which all have.
fn data_of(world: &World, asked: &Asked, method: &str) -> Vec<Value> {
    let password = std::fs::read_to_string(world.directory().join("secrets/password")).unwrap();
    let mut found = Vec::new();
    for request in asked.lock().unwrap().iter().filter(|request| request["method"] == method) {
        assert_eq!(request["version"], "1.1");
        let mut data = request["params"]["Data"].clone();
        let members = data.as_object_mut().unwrap();
        assert_eq!(members.remove("Username").unwrap(), "demo_merchant");
        assert_eq!(members.remove("Password").unwrap(), password.trim());
        found.push(data);
    }
    found
}

async fn pay(world: &World, request: CreatePayoutRequest) {
    let key = request.idempotency_key.clone();
    world.payouts().create_payout(request).await.unwrap();
    world.wait_for(EU, &key, &[PayoutState::Completed]).await;
}

#[tokio::test]
async fn a_payout_is_sent_with_all_that_is_said_of_it() {
    let (world, asked) = overheard(&Options::default()).await;
    pay(&world, full("person")).await;
    pay(&world, CreatePayoutRequest { originator: Some(acme()), ..full("organisation") }).await;
    pay(&world, to_handle(EU, "plain", "1234567890")).await;
    let keys = Keys::of(&world);
    let expected = |key: &str, attributes: Value| {
        let address = keys.address(&id_of(EU, key));
        json!({
            "AccountID": "1234567890",
            "Amount": "10.00",
            "Currency": "EUR",
            "EndUserID": CUSTOMER,
            "MessageID": id_of(EU, key),
            "NotificationURL": format!("http://{}{address}", world.webhooks_at),
            "Attributes": attributes,
        })
    };
    let with = |partytype: &str, first_name: &str, last_name: &str, date_of_birth: &str| {
        json!({
            "ShopperStatement": "Skor Åäö",
            "ExternalReference": "invoice 7",
            "PSPMerchant": "Skor & Så 👟",
            "PSPMerchantURL": "www.merchant.com",
            "MerchantCategoryCode": "5499",
            "SenderInformation": {
                "Partytype": partytype,
                "Firstname": first_name,
                "Lastname": last_name,
                "Address": "Östra gatan 1, 12345 Malmö",
                "CountryCode": "SE",
                "CustomerID": "123456789",
                "DateOfBirth": date_of_birth,
            },
        })
    };
    let person = with("PERSON", "Åsa-Ülkü", "Öberg Ängström 🎉", "1990-03-31");
    let organisation = with("ORGANISATION", "Öberg & Söner AB", "", "556677-8899");
    let plain = json!({ "ShopperStatement": "Demo Merchant" });
    let sent = data_of(&world, &asked, "AccountPayout");
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0], expected("person", person));
    assert_eq!(sent[1], expected("organisation", organisation));
    assert_eq!(sent[2], expected("plain", plain));
}

#[tokio::test]
async fn an_account_is_registered_with_all_that_is_known_of_its_holder() {
    let (world, asked) = overheard(&Options::default()).await;
    let british = details(local("GB", "20-00-52", "5577 9911"), person("Zoë", "Ångström"));
    pay(&world, to_bank_details("known", known(swedish_account()))).await;
    pay(&world, to_bank_details("organisation", iban_of_an_organisation())).await;
    pay(&world, to_bank_details("british", british)).await;
    let expected = |house: &str, [bank, account]: [&str; 2], [first, last]: [&str; 2]| {
        json!({
            "EndUserID": CUSTOMER,
            "ClearingHouse": house,
            "BankNumber": bank,
            "AccountNumber": account,
            "Firstname": first,
            "Lastname": last,
        })
    };
    let mut swedish = expected("SWEDEN", ["6112", "69706212"], ["Åsa", "Öberg"]);
    swedish["Attributes"] = json!({
        "DateOfBirth": "1979-01-31",
        "MobilePhone": "+46709876543",
        "NationalIdentificationNumber": "790131-1234",
        "Email": "asa@example.com",
        "AddressCountry": "SE",
        "AddressPostalCode": "211 20",
        "AddressCity": "Malmö",
        "AddressLine1": "Östra Förstadsgatan 7",
        "AddressLine2": "c/o Åkesson 🎉",
    });
    let sent = data_of(&world, &asked, "RegisterAccount");
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0], swedish);
    assert_eq!(sent[1], expected("GERMANY", ["", IBAN], ["Öberg & Söner AB", ""]));
    let british = expected("UNITED_KINGDOM", ["200052", "55779911"], ["Zoë", "Ångström"]);
    assert_eq!(sent[2], british);
}

#[tokio::test]
async fn a_choice_of_an_account_is_asked_for_with_all_that_is_said_of_it() {
    let (world, asked) = overheard(&Options::default()).await;
    let plain = links::start(&world, links::link("plain")).await.unwrap().destination.unwrap();
    let full = links::start(&world, links::full("full")).await.unwrap().destination.unwrap();
    let keys = Keys::of(&world);
    let expected = |id: &str| {
        json!({
            "EndUserID": CUSTOMER,
            "MessageID": id,
            "NotificationURL": format!("http://{}{}", world.webhooks_at, keys.address(id)),
            "Attributes": {
                "Country": "SE",
                "Locale": "sv_SE",
                "Firstname": "Åsa",
                "Lastname": "Öberg 😀",
                "SuccessURL": "https://shop.example/done?order=1",
                "FailURL": "https://shop.example/back?order=1",
                "ShopperStatement": "Demo Merchant",
            },
        })
    };
    let mut more = expected(&full.id);
    for (name, value) in [
        ("ShopperStatement", "Skor Åäö"),
        ("DateOfBirth", "1990-03-31"),
        ("MobilePhone", "+46701234567"),
        ("Email", "asa@example.com"),
        ("NationalIdentificationNumber", "790131-1234"),
        ("UnchangeableNationalIdentificationNumber", "1"),
        ("IP", "192.0.2.7"),
        ("ReturnToAppURL", "shopapp://back"),
        ("PSPMerchant", "Skor AB"),
        ("PSPMerchantURL", "www.skor.example"),
        ("MerchantCategoryCode", "5499"),
    ] {
        more["Attributes"][name] = json!(value);
    }
    assert_eq!(data_of(&world, &asked, "SelectAccount"), [expected(&plain.id), more]);
}

#[tokio::test]
async fn questions_name_what_they_are_about_and_nothing_else() {
    let replace = vec![("horizon = \"144000ms\"", "horizon = \"2s\"".to_owned())];
    let (world, asked) = overheard(&Options { replace, ..Options::default() }).await;
    for fault in ["lose_reply", "drop_notification"] {
        let on = "AccountPayout";
        world.fault(json!({ "region": "eu", "on": on, "fault": fault, "times": 1000 })).await;
    }
    let mut request = to_handle(EU, "lost", "1234567890");
    request.set_wait_until(WaitUntil::Recorded);
    world.payouts().create_payout(request).await.unwrap();
    let parked = Attention::Parked.into();
    world.wait_until(EU, "lost", "parked", |payout| payout.attention.contains(&parked)).await;
    world.quiet().await;

    let before = today();
    let (merchant, payout_id) = (EU.to_owned(), id_of(EU, "lost"));
    let investigation = InvestigatePayoutRequest { merchant, payout_id };
    world.operations().investigate_payout(investigation).await.unwrap();
    let settlement_date = before.before(1).to_string();
    let (merchant, currency_code) = (EU.to_owned(), "EUR".to_owned());
    let check = CheckSettlementRequest { merchant, settlement_date, currency_code };
    // Whether there is such a report does not matter here.
    let _ = world.operations().check_settlement(check).await;
    let balance = GetBalanceRequest { merchant: EU.to_owned() };
    world.provider().get_balance(balance).await.unwrap();

    let [ledger] = &data_of(&world, &asked, "AccountLedger")[..] else { panic!("one question") };
    let of = |day: Day| {
        let (from, to) = (day.before(1).to_string(), day.next().to_string());
        json!({ "FromDate": from, "ToDate": to, "Currency": "EUR" })
    };
    assert!([before, today()].map(of).contains(ledger), "{ledger}");
    let order = &world.movements(EU, "lost").await[0]["provider_id"];
    let withdrawals = data_of(&world, &asked, "GetWithdrawals");
    assert_eq!(withdrawals, [json!({ "OrderID": order })]);
    assert_eq!(data_of(&world, &asked, "Balance"), [json!({})]);
    let reports = data_of(&world, &asked, "ViewAutomaticSettlementDetailsCSV");
    let report = json!({
        "SettlementDate": before.before(1).to_string(),
        "Currency": "EUR",
        "Attributes": { "APIVersion": "1.2" },
    });
    assert!(reports.contains(&report), "{reports:?}");
}

fn today() -> Day {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Day::of(Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap()))
}

/// A payout of ten euros that Trustly has, and of which it says nothing by itself.
async fn accepted(world: &World, key: &str) -> Payout {
    let (on, reference) = ("AccountPayout", id_of(EU, key));
    let rule =
        json!({ "region": "eu", "on": on, "fault": "silent_success", "reference": reference });
    world.fault(rule).await;
    world.payouts().create_payout(to_handle(EU, key, "1234567890")).await.unwrap();
    world.wait_for(EU, key, &[PayoutState::Accepted]).await
}

async fn tell(world: &World, keys: &Keys, payout: &Payout, notice: &Notice) {
    let url = format!("http://{}{}", world.webhooks_at, keys.address(&payout.id));
    let request = world.http.post(url).header("Content-Type", "application/json");
    let answer = request.body(notice.signed(&keys.trustly).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{notice:?}");
    assert!(notice.is_acknowledged(keys, &answer.text().await.unwrap()), "{notice:?}");
}

/// The latest event of a payout.
async fn latest(world: &World, payout: &Payout) -> PayoutEvent {
    let about = |event: Event| match event.event {
        Some(event::Event::PayoutEvent(about)) if about.payout_id == payout.id => Some(*about),
        _ => None,
    };
    world.events(EU).await.into_iter().filter_map(about).next_back().unwrap()
}

#[tokio::test]
async fn what_a_notification_says_is_recorded() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    // Without an answer nothing but the notification can name the order.
    let on = "AccountPayout";
    world.fault(json!({ "region": "eu", "on": on, "fault": "http_500", "times": 1000 })).await;
    for (number, method, after) in [
        (1, "credit", PayoutState::Failed),
        (2, "cancel", PayoutState::Failed),
        (3, "payoutconfirmation", PayoutState::Completed),
        (4, "payoutfailed", PayoutState::Indeterminate),
        (5, "pending", PayoutState::Indeterminate),
        (6, "debit", PayoutState::Indeterminate),
    ] {
        world.payouts().create_payout(to_handle(EU, method, "1234567890")).await.unwrap();
        let payout = world.wait_for(EU, method, &[PayoutState::Indeterminate]).await;
        let mut notice = Notice::new(method, &payout.id, &format!("500000000{number}"));
        notice.data.insert("orderid", "7000000009".to_owned());
        if method == "payoutfailed" {
            notice.data.insert("errorcode", "incorrect_account_number".to_owned());
            notice.data.insert("errormessage", "Account 69706212 is wrong".to_owned());
        }
        tell(&world, &keys, &payout, &notice).await;
        let event = latest(&world, &payout).await;
        assert_eq!((event.sequence, event.state_after()), (payout.sequence + 1, after), "{method}");
        // 2026-01-20 14:42:04.675645+01, in milliseconds.
        let occurred_at = prost_types::Timestamp { seconds: 1_768_916_524, nanos: 675_000_000 };
        assert_eq!(event.occurred_at, Some(occurred_at), "{method}");
        let order = event.provider_references.iter().any(|it| it.value == "7000000009");
        assert_eq!(order, !matches!(method, "pending" | "debit"), "{method}: {event:?}");
        if method == "payoutfailed" {
            let cause = event.cause.unwrap();
            assert_eq!(cause.reason(), Reason::AccountInvalid);
            assert_eq!(cause.provider_code, "incorrect_account_number");
            assert!(!cause.provider_text.contains("69706212"), "{}", cause.provider_text);
        }
        let now = world.wait_for(EU, method, &[after]).await;
        assert_eq!(now.give_back.is_some(), after == PayoutState::Failed, "{method}");
    }
}

/// Decimals vary, and are compared as numbers; another amount or currency is for people.
#[tokio::test]
async fn only_the_amount_that_was_ordered_moves_a_payout() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    for (number, (amount, currency, moves)) in [
        ("10", "EUR", true),
        ("10.000", "EUR", true),
        ("9.99", "EUR", false),
        ("10.001", "EUR", false),
        ("10.00", "SEK", false),
        ("10.00", "euro", false),
        ("0.00", "EUR", false),
    ]
    .into_iter()
    .enumerate()
    {
        for method in ["credit", "payoutconfirmation"] {
            let key = format!("{method}-{number}");
            let payout = accepted(&world, &key).await;
            let mut notice = Notice::about(method, &payout, "5000000001");
            notice.data.insert("amount", amount.to_owned());
            notice.data.insert("currency", currency.to_owned());
            tell(&world, &keys, &payout, &notice).await;
            let event = latest(&world, &payout).await;
            let moved = event.state_after() != PayoutState::Accepted;
            assert_eq!(moved, moves, "{method} {amount} {currency}: {event:?}");
            let now = world.wait_for(EU, &key, &[event.state_after()]).await;
            let mismatch = now.attention.contains(&Attention::AmountMismatch.into());
            assert_eq!(mismatch, !moves, "{method} {amount} {currency}: {now:?}");
            assert_eq!(now.give_back.is_some(), moves && method == "credit", "{key}");
        }
    }
}
