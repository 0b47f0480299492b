//! Requests that are refused: how, with which words, and that they leave no trace.

use std::collections::HashMap;

use api::v1::account_holder::Holder;
use api::v1::bank_account::Form;
use api::v1::{
    AccountHolder, BankAccount, BankDetails, CreatePayoutRequest, ImportDestinationRequest,
    ListPayoutsRequest, Money, RegisterDestinationRequest, create_payout_request::Destination,
};
use prost_types::Timestamp;
use serde_json::Value;
use tonic::Code;

use crate::calls::{Call, Case, invalid, refused};
use crate::samples::{IBAN, details, iban_of_a_person, local, person};
use crate::world::{CUSTOMER, EU, US, World, by_key, request};

const CUSTOMER_LENGTH_MAX: usize = 64;
const KEY_LENGTH_MAX: usize = 255;
/// Seconds of the first moment of the year 10000.
const YEAR_10000: i64 = 253_402_300_800;

type Change = fn(&mut CreatePayoutRequest);

/// One thing that is wrong with a payout, the fields it is told by, and what must not be repeated.
type Wrong = (&'static str, Change, &'static [&'static str], &'static str);

#[tokio::test]
async fn payouts_that_cannot_be_are_named_and_leave_no_trace() {
    let world = World::start().await;
    let (eu, us) = (world.destination(EU).await, world.destination(US).await);
    let mut cases = malformed_creations(&eu, &us);
    cases.extend(unknown_things(&eu));
    cases.extend(impossible_things(&eu, &us));
    let before = (world.events(EU).await, world.events(US).await);
    for case in &cases {
        case.check(&world).await;
        assert_no_payout(&world, case).await;
    }
    for merchant in [EU, US] {
        let listed = ListPayoutsRequest { merchant: merchant.into(), ..Default::default() };
        let listed = world.payouts().list_payouts(listed).await.unwrap().into_inner();
        assert!(listed.payouts.is_empty(), "{listed:?}");
    }
    assert_eq!((world.events(EU).await, world.events(US).await), before);
    let ledger = world.control(reqwest::Method::GET, "ledger", Value::Null).await;
    assert_eq!(ledger["movements"].as_array().unwrap().len(), 0, "{ledger}");
    let asked = world.control(reqwest::Method::GET, "requests", Value::Null).await;
    for line in asked["requests"].as_array().unwrap() {
        assert_eq!(line["method"], "get", "only authorizations were read: {asked}");
    }
}

#[tokio::test]
async fn every_field_is_taken_at_its_limit() {
    let world = World::start().await;
    let (eu, us) = (world.destination(EU).await, world.destination(US).await);
    let at_limit: [(&str, Change); 9] = [
        (EU, |it| it.idempotency_key = "~".repeat(KEY_LENGTH_MAX)),
        (EU, |it| it.amount = money("EUR", 1)),
        (EU, |it| it.amount = money("EUR", 1_000_000_000_000_000)),
        (EU, |it| it.amount = money("HUF", 100)),
        (EU, |it| it.statement_descriptor = "Ö".repeat(35)),
        (EU, |it| it.external_reference = "~ ".repeat(32)),
        (EU, |it| it.submit_before = Some(Timestamp { seconds: YEAR_10000 - 1, nanos: 0 })),
        (US, |it| it.amount = money("USD", 99)),
        (US, |it| it.amount = money("USD", 999_999_999)),
    ];
    for (index, (merchant, change)) in at_limit.into_iter().enumerate() {
        let destination = if merchant == EU { &eu } else { &us };
        let mut request = request(merchant, &format!("limit-{index}"), destination);
        change(&mut request);
        check_taken(&world, request).await;
    }
    let mut longest = request(EU, "limit-of-labels", &eu);
    for index in 0..16 {
        longest.metadata.insert(format!("{index:040}"), "v".repeat(256));
    }
    check_taken(&world, longest).await;
    let customer = "~".repeat(CUSTOMER_LENGTH_MAX);
    let registered = RegisterDestinationRequest {
        merchant: EU.to_owned(),
        customer: customer.clone(),
        bank_details: Some(details(
            local("SE", "61 12-0", &"1".repeat(15)),
            person(&"Å".repeat(70), &"Ö".repeat(70)),
        )),
    };
    let registered = world.destinations().register_destination(registered).await.unwrap();
    let destination = registered.into_inner().destination.unwrap().id;
    let mut theirs = request(EU, "limit-of-customer", &destination);
    theirs.customer = customer;
    check_taken(&world, theirs).await;
}

#[tokio::test]
async fn destinations_that_cannot_be_are_named_and_leave_no_trace() {
    let world = World::start().await;
    let before = (world.events(EU).await, world.events(US).await);
    for case in registrations().into_iter().chain(imports()) {
        case.check(&world).await;
    }
    assert_eq!((world.events(EU).await, world.events(US).await), before);
    let asked = world.control(reqwest::Method::GET, "requests", Value::Null).await;
    assert_eq!(asked["requests"], serde_json::json!([]), "the provider was not asked");
}

#[tokio::test]
async fn what_cannot_even_be_read_is_refused_in_the_same_form() {
    let world = World::start().await;
    let destination = world.destination(EU).await;
    let mut vast = request(EU, "vast", &destination);
    vast.metadata.insert("k".to_owned(), "v".repeat(8 * 1024 * 1024));
    invalid("8 MB", Call::Create(vast), &[], "vvvvvv").check(&world).await;
    let mut client = tonic::client::Grpc::new(world.channel());
    for (path, code, reason) in [
        ("/payouts.v1.Payouts/ReverseTime", Code::Unimplemented, "NOT_SUPPORTED"),
        ("/payouts.v1.Nothing/CreatePayout", Code::Unimplemented, "NOT_SUPPORTED"),
        ("/payouts.v1.Payouts/CreatePayout", Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        // To CreatePayout this is not a request at all: its first field is a text.
        let codec = tonic_prost::ProstCodec::<Timestamp, Timestamp>::default();
        let request = tonic::Request::new(Timestamp { seconds: 1, nanos: 1 });
        client.ready().await.unwrap();
        let status = client.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        let said = refused(&status);
        assert_eq!((said.code, said.reason.as_str()), (code, reason), "{path}");
        assert_eq!(said.metadata["recorded"], "no", "{path}");
    }
    let missing = world.payouts().get_payout(by_key(EU, "vast")).await.unwrap_err();
    assert_eq!(refused(&missing).reason, "PAYOUT_NOT_FOUND");
}

async fn check_taken(world: &World, request: CreatePayoutRequest) {
    let key = request.idempotency_key.clone();
    let answer = world.payouts().create_payout(request.clone()).await;
    let answer = answer.unwrap_or_else(|status| panic!("{key}: {:?}", refused(&status)));
    let payout = answer.into_inner().payout.unwrap();
    assert_eq!(payout.idempotency_key, key);
    assert_eq!((&payout.customer, &payout.amount), (&request.customer, &request.amount));
    assert_eq!(payout.statement_descriptor, request.statement_descriptor);
    assert_eq!(payout.external_reference, request.external_reference);
    assert_eq!(payout.submit_before, request.submit_before);
    assert_eq!(payout.metadata, request.metadata);
}

/// The key names nothing, unless it is not even a key or its merchant is not one.
async fn assert_no_payout(world: &World, case: &Case) {
    let Call::Create(request) = &case.call else { return };
    let looked_for = by_key(&request.merchant, &request.idempotency_key);
    let status = world.payouts().get_payout(looked_for).await.unwrap_err();
    let expected = match (case.reason, case.fields.as_slice()) {
        ("INVALID_FIELD", fields) if fields.contains(&"merchant") => "INVALID_FIELD",
        ("INVALID_FIELD", fields) if fields.contains(&"idempotency_key") => "INVALID_FIELD",
        ("UNKNOWN_MERCHANT", _) => "UNKNOWN_MERCHANT",
        _ => "PAYOUT_NOT_FOUND",
    };
    assert_eq!(refused(&status).reason, expected, "{}", case.name);
}

fn money(currency: &str, minor_units: i64) -> Option<Money> {
    Some(Money { currency_code: currency.to_owned(), minor_units })
}

fn bank(details: BankDetails) -> Option<Destination> {
    Some(Destination::BankDetails(Box::new(details)))
}

fn malformed_creations(eu: &str, us: &str) -> Vec<Case> {
    let europe: &[Wrong] = &[
        ("no amount", |it| it.amount = None, &["amount"], ""),
        ("zero", |it| it.amount = money("EUR", 0), &["amount.minor_units"], ""),
        ("negative", |it| it.amount = money("EUR", -123_456), &["amount.minor_units"], "123456"),
        ("least", |it| it.amount = money("EUR", i64::MIN), &["amount.minor_units"], "922337"),
        (
            "too large",
            |it| it.amount = money("EUR", 1_000_000_000_000_001),
            &["amount.minor_units"],
            "1000000000000001",
        ),
        ("greatest", |it| it.amount = money("EUR", i64::MAX), &["amount.minor_units"], "922337"),
        (
            "decimals of HUF",
            |it| it.amount = money("HUF", 777_750),
            &["amount.minor_units"],
            "7777",
        ),
        ("no currency", |it| it.amount = money("", 1), &["amount.currency_code"], ""),
        ("unknown currency", |it| it.amount = money("XYZ", 1), &["amount.currency_code"], "XYZ"),
        ("lower case", |it| it.amount = money("eur", 1), &["amount.currency_code"], "eur"),
        ("not of the region", |it| it.amount = money("USD", 1), &["amount.currency_code"], ""),
        ("no key", |it| it.idempotency_key.clear(), &["idempotency_key"], ""),
        (
            "long key",
            |it| it.idempotency_key = "k".repeat(KEY_LENGTH_MAX + 1),
            &["idempotency_key"],
            "kkkkkkkk",
        ),
        ("key not ASCII", |it| it.idempotency_key = "schlüssel".into(), &["idempotency_key"], "lü"),
        ("key with a blank", |it| it.idempotency_key = "a b".into(), &["idempotency_key"], "a b"),
        ("no merchant", |it| it.merchant.clear(), &["merchant"], ""),
        ("long merchant", |it| it.merchant = "m".repeat(64), &["merchant"], "mmmmmm"),
        ("merchant in capitals", |it| it.merchant = "DEMO-EU".into(), &["merchant"], "DEMO-EU"),
        ("no customer", |it| it.customer.clear(), &["customer"], ""),
        (
            "long customer",
            |it| it.customer = "c".repeat(CUSTOMER_LENGTH_MAX + 1),
            &["customer"],
            "cccccc",
        ),
        ("customer not ASCII", |it| it.customer = "Åsa-Öberg".into(), &["customer"], "Åsa"),
        ("no destination", |it| it.destination = None, &["destination"], ""),
        (
            "long destination",
            |it| it.destination = Some(Destination::DestinationId("d".repeat(65))),
            &["destination_id"],
            "dddddd",
        ),
        (
            "account id with letters",
            |it| it.destination = Some(Destination::ProviderHandle("12345abcde".into())),
            &["provider_handle"],
            "12345abcde",
        ),
        (
            "long handle",
            |it| it.destination = Some(Destination::ProviderHandle("7".repeat(129))),
            &["provider_handle"],
            "777777",
        ),
        (
            "check digits of an IBAN",
            |it| it.destination = bank(details(iban("DE76512108001245126199"), someone())),
            &["bank_details.account.iban"],
            "512108001245126199",
        ),
        ("speed", |it| it.speed = 99, &["speed"], ""),
        ("wait_until", |it| it.wait_until = 99, &["wait_until"], ""),
        (
            "long descriptor",
            |it| it.statement_descriptor = "Ö".repeat(36),
            &["statement_descriptor"],
            "ÖÖÖÖ",
        ),
        (
            "long reference",
            |it| it.external_reference = "r".repeat(65),
            &["external_reference"],
            "rrrrrr",
        ),
        (
            "reference not ASCII",
            |it| it.external_reference = "Rechnung für Åsa".into(),
            &["external_reference"],
            "Rechnung",
        ),
        (
            "time past the calendar",
            |it| it.submit_before = Some(Timestamp { seconds: YEAR_10000, nanos: 0 }),
            &["submit_before"],
            "",
        ),
        ("much metadata", |it| it.metadata = labels(17, 1, 1), &["metadata"], ""),
        ("metadata without key", |it| it.metadata = labels(1, 0, 1), &["metadata"], ""),
        ("long key of metadata", |it| it.metadata = labels(1, 41, 1), &["metadata"], "kkkkkk"),
        (
            "comma in a key of metadata",
            |it| drop(it.metadata.insert("amount,speed".into(), String::new())),
            &["metadata"],
            "amount,speed",
        ),
        ("long value of metadata", |it| it.metadata = labels(1, 1, 257), &["metadata"], "vvvvvv"),
        ("several at once", several_wrong, SEVERAL_WRONG, "Rechnung"),
    ];
    let americas: &[Wrong] = &[
        ("too little", |it| it.amount = money("USD", 98), &["amount.minor_units"], ""),
        ("too much", |it| it.amount = money("USD", 1_000_000_000), &["amount.minor_units"], ""),
        ("not of the region", |it| it.amount = money("EUR", 100), &["amount.currency_code"], ""),
        (
            "authorization with letters",
            |it| it.destination = Some(Destination::ProviderHandle("9876x54321".into())),
            &["provider_handle"],
            "9876x54321",
        ),
    ];
    let mut cases = Vec::new();
    for (merchant, destination, wrong) in [(EU, eu, europe), (US, us, americas)] {
        for (name, change, fields, hidden) in wrong {
            let mut request = request(merchant, &format!("bad-{}", cases.len()), destination);
            change(&mut request);
            let call = Call::Create(request);
            cases.push(invalid(&format!("{merchant} {name}"), call, fields, hidden));
        }
    }
    cases
}

const SEVERAL_WRONG: &[&str] = &[
    "amount.minor_units",
    "bank_details.account.iban",
    "bank_details.holder.person.first_name",
    "bank_details.holder.person.last_name",
    "customer",
    "external_reference",
    "idempotency_key",
    "merchant",
    "metadata",
    "speed",
    "statement_descriptor",
    "submit_before",
    "wait_until",
];

fn several_wrong(request: &mut CreatePayoutRequest) {
    request.merchant = "Ä".to_owned();
    request.idempotency_key.clear();
    request.customer.clear();
    request.amount = money("EUR", 0);
    request.destination = bank(details(iban("DE00512108001245126199"), person("", "")));
    request.speed = 99;
    request.statement_descriptor = "\n".to_owned();
    request.external_reference = "Rechnung für Åsa".to_owned();
    request.submit_before = Some(Timestamp { seconds: 0, nanos: -1 });
    request.metadata = labels(17, 1, 1);
    request.wait_until = 99;
}

fn unknown_things(eu: &str) -> Vec<Case> {
    let unknown = |name: &str, call: CreatePayoutRequest, reason| Case {
        name: name.to_owned(),
        call: Call::Create(call),
        code: Code::NotFound,
        reason,
        fields: Vec::new(),
        hidden: String::new(),
    };
    let to = |key: &str, id: &str| request(EU, key, id);
    let stranger = CreatePayoutRequest { customer: "stranger".into(), ..to("stranger", eu) };
    vec![
        unknown("merchant", request("nobody", "k", eu), "UNKNOWN_MERCHANT"),
        unknown("longest merchant", request(&"m".repeat(63), "k", eu), "UNKNOWN_MERCHANT"),
        unknown("another customer's destination", stranger, "DESTINATION_NOT_FOUND"),
        unknown("another merchant's destination", request(US, "x", eu), "DESTINATION_NOT_FOUND"),
        unknown("destination", to("u1", "ds_aaaaaaaaaaaaaaaaaaaaaaaaaa"), "DESTINATION_NOT_FOUND"),
        unknown("no id of ours", to("u2", &"d".repeat(64)), "DESTINATION_NOT_FOUND"),
    ]
}

/// What is right in itself, and the merchant's provider cannot do.
fn impossible_things(eu: &str, us: &str) -> Vec<Case> {
    let impossible = |name: &str, call: CreatePayoutRequest, field| Case {
        name: name.to_owned(),
        call: Call::Create(call),
        code: Code::Unimplemented,
        reason: "NOT_SUPPORTED",
        fields: vec![field],
        hidden: IBAN.to_owned(),
    };
    let instant = CreatePayoutRequest { speed: 2, ..request(EU, "instant", eu) };
    let to = |merchant: &str, key: &str, bank_details| CreatePayoutRequest {
        destination: bank(bank_details),
        ..request(merchant, key, us)
    };
    let swiss = details(iban("CH9300762011623852957"), someone());
    let swedish = details(iban("SE4550000000058398257466"), someone());
    let german = details(local("DE", "51210800", "1245126199"), someone());
    vec![
        impossible("instant", instant, "speed"),
        impossible("bank details", to(US, "bank", iban_of_a_person()), "bank_details"),
        impossible("country", to(EU, "swiss", swiss), "bank_details.account.iban"),
        impossible("IBAN of Sweden", to(EU, "swedish", swedish), "bank_details.account.iban"),
        impossible(
            "local account of Germany",
            to(EU, "german", german),
            "bank_details.account.local.country_code",
        ),
    ]
}

fn registrations() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bank_details, fields, hidden) in bad_details() {
        let request = RegisterDestinationRequest {
            merchant: EU.to_owned(),
            customer: CUSTOMER.to_owned(),
            bank_details,
        };
        cases.push(invalid(name, Call::Register(request), fields, hidden));
    }
    let nobody = RegisterDestinationRequest {
        merchant: String::new(),
        customer: String::new(),
        bank_details: None,
    };
    let all = &["bank_details", "customer", "merchant"];
    cases.push(invalid("nothing at all", Call::Register(nobody), all, ""));
    let elsewhere = RegisterDestinationRequest {
        merchant: US.to_owned(),
        customer: CUSTOMER.to_owned(),
        bank_details: Some(iban_of_a_person()),
    };
    cases.push(Case {
        code: Code::Unimplemented,
        reason: "NOT_SUPPORTED",
        ..invalid("bank details", Call::Register(elsewhere.clone()), &[], IBAN)
    });
    let nobody = RegisterDestinationRequest { merchant: "nobody".into(), ..elsewhere };
    cases.push(Case {
        code: Code::NotFound,
        reason: "UNKNOWN_MERCHANT",
        ..invalid("unknown merchant", Call::Register(nobody), &[], IBAN)
    });
    cases
}

const BANK_NUMBER: &[&str] = &["bank_details.account.local.bank_number"];
const ACCOUNT_NUMBER: &[&str] = &["bank_details.account.local.account_number"];
const FIRST_NAME: &[&str] = &["bank_details.holder.person.first_name"];
const LAST_NAME: &[&str] = &["bank_details.holder.person.last_name"];

type BadDetails = (&'static str, Option<BankDetails>, &'static [&'static str], &'static str);

fn bad_details() -> Vec<BadDetails> {
    let empty = || BankDetails { account: None, holder: None };
    let formless = || BankDetails {
        account: Some(BankAccount { form: None }),
        holder: Some(AccountHolder::default()),
    };
    let organisation = |name: String| Holder::OrganisationName(name);
    let of = |form: Form| Some(details(form, someone()));
    let by = |holder: Holder| Some(details(iban(IBAN), holder));
    vec![
        ("empty", Some(empty()), &["bank_details.account", "bank_details.holder"], ""),
        ("no form", Some(formless()), &["bank_details.account", "bank_details.holder"], ""),
        ("short IBAN", of(iban("DE7551210800")), &["bank_details.account.iban"], "51210800"),
        ("long IBAN", of(iban(&"DE75".repeat(9))), &["bank_details.account.iban"], "DE75DE75"),
        ("IBAN of no form", of(iban("DE91512108001245")), &["bank_details.account.iban"], "5121"),
        (
            "country in small letters",
            of(local("se", "6112", "69706212")),
            &["bank_details.account.local.country_code"],
            "69706212",
        ),
        ("bank number with letters", of(local("SE", "61I2", "69706212")), BANK_NUMBER, "61I2"),
        ("long bank number", of(local("SE", &"6".repeat(17), "69706212")), BANK_NUMBER, "666666"),
        ("short sort code", of(local("GB", "20201", "31926819")), BANK_NUMBER, "20201"),
        ("no account number", of(local("SE", "6112", "")), ACCOUNT_NUMBER, "6112"),
        ("long account number", of(local("SE", "6112", &"5".repeat(35))), ACCOUNT_NUMBER, "555555"),
        ("letters in Sweden", of(local("SE", "6112", "6970621A")), ACCOUNT_NUMBER, "6970621A"),
        ("no name", by(person("", "Hemligsson")), FIRST_NAME, "Hemligsson"),
        ("long first name", by(person(&"Å".repeat(71), "Ö")), FIRST_NAME, "ÅÅÅÅ"),
        ("long last name", by(person("Å", &"Ö".repeat(71))), LAST_NAME, "ÖÖÖÖ"),
        (
            "long organisation",
            by(organisation("Ö".repeat(141))),
            &["bank_details.holder.organisation_name"],
            "ÖÖÖÖ",
        ),
    ]
}

fn imports() -> Vec<Case> {
    let import = |merchant: &str, customer: &str, handle: &str| {
        Call::Import(ImportDestinationRequest {
            merchant: merchant.to_owned(),
            customer: customer.to_owned(),
            provider_handle: handle.to_owned(),
        })
    };
    let handle: &[&'static str] = &["provider_handle"];
    vec![
        invalid("no handle", import(EU, CUSTOMER, ""), handle, ""),
        invalid("letters", import(EU, CUSTOMER, "12345abcde"), handle, "12345abcde"),
        invalid("21 digits", import(EU, CUSTOMER, &"8".repeat(21)), handle, "888888"),
        invalid("129 characters", import(US, CUSTOMER, &"8".repeat(129)), handle, "888888"),
        invalid("path", import(US, CUSTOMER, "1/../2"), handle, "1/../2"),
        invalid("no customer", import(EU, "", "1234567890"), &["customer"], "1234567890"),
        Case {
            code: Code::NotFound,
            reason: "UNKNOWN_MERCHANT",
            ..invalid("nobody", import("nobody", CUSTOMER, "1234567890"), &[], "1234567890")
        },
    ]
}

fn iban(text: &str) -> Form {
    Form::Iban(text.to_owned())
}

fn someone() -> Holder {
    person("Åsa", "Hemligsson")
}

/// So many labels with keys and values of these lengths.
fn labels(count: usize, key_length: usize, value_length: usize) -> HashMap<String, String> {
    let mut labels = HashMap::new();
    for index in 0..count {
        let mut key = "k".repeat(key_length);
        if count > 1 {
            key = format!("k{index}");
        }
        labels.insert(key, "v".repeat(value_length));
    }
    labels
}
