//! What a payout in Europe may say beyond amount and account: on whose behalf it is made, which
//! shop the customer sees, to which order it belongs, and what is known of the holder. The
//! simulator checks each part as Trustly would, and refuses what is missing or misshapen.

use api::v1::bank_account::Form;
use api::v1::originator::Party;
use api::v1::{
    BankDetails, CreatePayoutRequest, CreatePayoutResponse, DescribeProviderRequest, Originator,
    Outcome, Payout, PayoutState, PostalAddress, PreviewPayoutRequest, Reason, SubMerchant,
    preview_payout_request,
};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::calls::refused;
use crate::samples::{
    details, iban_of_a_person, local, person, swedish_account, to_bank_details, to_handle,
};
use crate::trustly::{Keys, Notice};
use crate::world::{CUSTOMER, EU, Options, US, World, id_of, request};

const PROFILE_ANCHOR: &str = "shopper_statement = ";

fn profile(name: &str) -> Options {
    let line = format!("profile = \"{name}\"\nshopper_statement = ");
    Options { replace: vec![(PROFILE_ANCHOR, line)], ..Options::default() }
}

fn steve() -> Originator {
    Originator {
        party: Some(Party::Person(api::v1::PersonName {
            first_name: "Åsa-Ülkü".to_owned(),
            last_name: "Öberg Ängström 🎉".to_owned(),
        })),
        address: "Östra gatan 1, 12345 Malmö".to_owned(),
        country_code: "SE".to_owned(),
        customer_id: "123456789".to_owned(),
        date_of_birth: "1990-03-31".to_owned(),
        organisation_number: String::new(),
    }
}

pub(crate) fn acme() -> Originator {
    Originator {
        party: Some(Party::OrganisationName("Öberg & Söner AB".to_owned())),
        organisation_number: "556677-8899".to_owned(),
        date_of_birth: String::new(),
        ..steve()
    }
}

fn shop() -> SubMerchant {
    SubMerchant {
        name: "Skor & Så 👟".to_owned(),
        url: "www.merchant.com".to_owned(),
        merchant_category_code: "5499".to_owned(),
    }
}

/// Everything that can be said, to an account that always exists.
pub(crate) fn full(key: &str) -> CreatePayoutRequest {
    CreatePayoutRequest {
        originator: Some(steve()),
        sub_merchant: Some(shop()),
        external_reference: "invoice 7".to_owned(),
        statement_descriptor: "Skor Åäö".to_owned(),
        ..to_handle(EU, key, "1234567890")
    }
}

async fn create(
    world: &World,
    request: CreatePayoutRequest,
) -> Result<CreatePayoutResponse, Status> {
    world.payouts().create_payout(request).await.map(tonic::Response::into_inner)
}

async fn settings(world: &World, settings: Value) {
    world.control(reqwest::Method::PUT, "settings", json!({ "eu": settings })).await;
}

/// The simulator refuses payouts without these parts, and any part that it does not know.
#[tokio::test]
async fn every_attribute_arrives() {
    let world = World::start().await;
    let strict = json!({ "sender_information_required": true, "psp_merchant_required": true });
    settings(&world, strict).await;
    let organisation = CreatePayoutRequest { originator: Some(acme()), ..full("organisation") };
    for (key, wanted) in [("person", full("person")), ("organisation", organisation)] {
        create(&world, wanted).await.unwrap();
        let paid = world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(paid.external_reference, "invoice 7");
    }
    for (key, lacking) in [
        ("no-sender", CreatePayoutRequest { originator: None, ..full("no-sender") }),
        ("no-shop", CreatePayoutRequest { sub_merchant: None, ..full("no-shop") }),
    ] {
        create(&world, lacking).await.unwrap();
        let failed = world.wait_for(EU, key, &[PayoutState::Failed]).await;
        assert_eq!(failed.cause.unwrap().provider_code, "717");
    }
    let masked = masked(&world, "person").await;
    let attributes = &masked["params"]["Data"]["Attributes"];
    for given in ["ExternalReference", "PSPMerchant", "PSPMerchantURL", "SenderInformation"] {
        assert!(attributes.get(given).is_some(), "{given} in {attributes}");
    }
    assert_eq!(attributes["MerchantCategoryCode"], "5499");
    assert_eq!(attributes["SenderInformation"]["Lastname"], "***");
    assert_eq!(attributes["SenderInformation"]["DateOfBirth"], "***");
}

async fn masked(world: &World, key: &str) -> Value {
    let subject = preview_payout_request::Subject::PayoutId(id_of(EU, key));
    let request = PreviewPayoutRequest { merchant: EU.to_owned(), subject: Some(subject) };
    let answer = world.operations().preview_payout(request).await.unwrap().into_inner();
    serde_json::from_str(&answer.requests[0].content).unwrap()
}

/// What is sent again after a restart has its parties still; after the outcome nothing has.
#[tokio::test]
async fn parties_outlive_a_restart_before_the_first_send() {
    let mut world = World::start().await;
    settings(&world, json!({ "sender_information_required": true })).await;
    let refusal = json!({ "region": "eu", "on": "AccountPayout", "fault": "refuse", "code": 616 });
    world.fault(refusal).await;
    create(&world, full("held")).await.unwrap();
    world.wait_for(EU, "held", &[PayoutState::Pending]).await;
    world.kill_server();
    world.start_server().await;
    world.wait_for(EU, "held", &[PayoutState::Completed]).await;
    assert_eq!(world.stop_server(), Some(0));
    for entry in std::fs::read_dir(world.directory().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        for secret in ["Öberg Ängström", "Östra gatan", "1990-03-31", "Skor & Så", "www.merchant"]
        {
            let found = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
            assert!(!found, "{secret} lies open");
        }
    }
}

#[tokio::test]
async fn the_same_key_with_other_parties_is_refused_by_their_paths() {
    let world = World::start().await;
    create(&world, full("order")).await.unwrap();
    assert!(create(&world, full("order")).await.unwrap().replayed);
    let mut other = full("order");
    other.originator.as_mut().unwrap().address = "elsewhere".to_owned();
    other.sub_merchant.as_mut().unwrap().url = "www.other.com".to_owned();
    other.related_order_reference = "p2p-1".to_owned();
    let said = refused(&create(&world, other).await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED"));
    for path in ["originator.address", "sub_merchant.url", "related_order_reference"] {
        assert!(said.text.contains(path), "{path} in {}", said.text);
    }
    for secret in ["elsewhere", "Östra", "merchant.com", "other.com"] {
        assert!(!said.text.contains(secret), "{secret} in {}", said.text);
    }
}

#[tokio::test]
async fn each_profile_refuses_what_is_missing_before_anything_is_recorded() {
    for (name, required) in [
        ("standard", &[][..]),
        ("transfer_service", &["originator"]),
        ("emo_partner", &["originator", "sub_merchant"]),
        ("e_wallet", &["originator", "sub_merchant"]),
    ] {
        let world = World::start_with(&profile(name)).await;
        let mut homeless = full("homeless");
        homeless.originator.as_mut().unwrap().address = String::new();
        let mut lacking = vec![(homeless, "originator.address")];
        for &field in required {
            let mut without = full(field);
            match field {
                "originator" => without.originator = None,
                _ => without.sub_merchant = None,
            }
            lacking.push((without, field));
        }
        for (request, field) in lacking {
            let said = refused(&create(&world, request).await.unwrap_err());
            assert_eq!((said.code, said.reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
            assert_eq!(
                (said.fields, said.metadata["recorded"].as_str()),
                (vec![field.to_owned()], "no")
            );
        }
        assert_eq!(world.events(EU).await.len(), 0, "{name}");
        create(&world, full("complete")).await.unwrap();
        world.wait_for(EU, "complete", &[PayoutState::Completed]).await;
        let asked = DescribeProviderRequest { merchant: EU.to_owned() };
        let told = world.provider().describe_provider(asked).await.unwrap().into_inner();
        let told = told.description.unwrap().required_fields;
        assert!(required.iter().all(|field| told.iter().any(|it| it == field)), "{told:?}");
        assert_eq!(told.is_empty(), required.is_empty(), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn the_americas_refuse_what_they_have_no_member_for() {
    let world = World::start().await;
    let plain = |key| to_handle(US, key, "99999999");
    for (request, field) in [
        (CreatePayoutRequest { originator: Some(steve()), ..plain("a") }, "originator"),
        (CreatePayoutRequest { sub_merchant: Some(shop()), ..plain("b") }, "sub_merchant"),
        (
            CreatePayoutRequest { related_order_reference: "p2p-1".to_owned(), ..plain("c") },
            "related_order_reference",
        ),
    ] {
        let said = refused(&create(&world, request).await.unwrap_err());
        assert_eq!(said.reason, "NOT_SUPPORTED", "{field}");
        assert!(said.text.contains(field), "{field} in {}", said.text);
    }
    assert_eq!(world.events(US).await, []);
}

async fn p2p_order(world: &World, message_id: &str, amount: &str) {
    let order = json!({ "message_id": message_id, "amount": amount, "currency": "EUR" });
    world.control(reqwest::Method::POST, "p2p_orders", order).await;
}

/// Ten euros out of an order made before.
fn out_of(order: &str, key: &str) -> CreatePayoutRequest {
    CreatePayoutRequest {
        related_order_reference: order.to_owned(),
        ..to_handle(EU, key, "1234567890")
    }
}

#[tokio::test]
async fn payouts_share_an_order_up_to_its_amount() {
    let world = World::start().await;
    p2p_order(&world, "p2p-1", "20.00").await;
    for key in ["first", "second"] {
        create(&world, out_of("p2p-1", key)).await.unwrap();
    }
    for key in ["first", "second"] {
        let paid = world.wait_for(EU, key, &[PayoutState::Completed]).await;
        assert_eq!(paid.related_order_reference, "p2p-1");
    }
    create(&world, out_of("p2p-1", "third")).await.unwrap();
    let failed = world.wait_for(EU, "third", &[PayoutState::Failed]).await;
    assert_eq!(
        (failed.outcome(), failed.cause.unwrap().provider_code.as_str()),
        (Outcome::NotPaid, "615")
    );
    assert!(failed.give_back.is_some());
}

/// The notifications of both name the same order: only their addresses tell them apart.
#[tokio::test]
async fn what_becomes_of_one_payout_does_not_touch_another_of_its_order() {
    let world = World::start().await;
    p2p_order(&world, "p2p-2", "100.00").await;
    create(&world, out_of("p2p-2", "kept")).await.unwrap();
    world.wait_for(EU, "kept", &[PayoutState::Completed]).await;
    let fault =
        json!({ "region": "eu", "on": "AccountPayout", "fault": "credit_after_confirmation" });
    world.fault(fault).await;
    create(&world, out_of("p2p-2", "returned")).await.unwrap();
    let back = world.wait_for(EU, "returned", &[PayoutState::Returned]).await;
    world.quiet().await;
    let kept: Payout = world.wait_for(EU, "kept", &[PayoutState::Completed]).await;
    assert!(kept.give_back.is_none() && kept.attention.is_empty(), "{kept:?}");
    assert!(back.give_back.is_some() && back.attention.is_empty(), "{back:?}");
    assert_ne!(kept.provider_references, back.provider_references);
}

/// Without the provider's memory of the request nothing tells a repeat from a second payout.
#[tokio::test]
async fn a_payout_of_an_order_is_not_sent_again_for_long() {
    let options = Options {
        replace: vec![(
            "horizon = \"144000ms\"",
            "horizon = \"144000ms\"\nrelated_horizon = \"1s\"".to_owned(),
        )],
        ..Options::default()
    };
    let world = World::start_with(&options).await;
    p2p_order(&world, "p2p-3", "100.00").await;
    let silence = json!({
        "region": "eu", "on": "AccountPayout", "fault": "http_500", "times": 1000, "reference": "p2p-3"
    });
    world.fault(silence).await;
    create(&world, out_of("p2p-3", "doubtful")).await.unwrap();
    let parked =
        world.wait_until(EU, "doubtful", "parked", |payout| !payout.attention.is_empty()).await;
    assert_eq!(parked.state(), PayoutState::Indeterminate);
    assert_eq!(parked.cause.unwrap().reason(), Reason::HorizonPassed);
}

/// A store that may have forgotten cannot know whether the order was paid out before.
#[tokio::test]
async fn a_forgetful_store_sends_nothing_out_of_an_order() {
    let world = World::start_with(&Options { forgetful: true, ..Options::default() }).await;
    p2p_order(&world, "p2p-4", "100.00").await;
    create(&world, out_of("p2p-4", "unsure")).await.unwrap();
    let parked =
        world.wait_until(EU, "unsure", "parked", |payout| !payout.attention.is_empty()).await;
    assert!(parked.attempts.is_empty(), "{parked:?}");
    let ledger = world.control(reqwest::Method::GET, "ledger", Value::Null).await;
    assert_eq!(ledger["movements"], json!([]));
}

pub(crate) fn known(mut details: BankDetails) -> BankDetails {
    let holder = details.holder.as_mut().unwrap();
    holder.address = Some(PostalAddress {
        country_code: "SE".to_owned(),
        postal_code: "211 20".to_owned(),
        city: "Malmö".to_owned(),
        line_1: "Östra Förstadsgatan 7".to_owned(),
        line_2: "c/o Åkesson 🎉".to_owned(),
    });
    holder.date_of_birth = "1979-01-31".to_owned();
    holder.mobile_phone = "+46709876543".to_owned();
    holder.email = "asa@example.com".to_owned();
    holder.national_id = "790131-1234".to_owned();
    details
}

async fn registrations(world: &World) -> u64 {
    let asked = world.control(reqwest::Method::GET, "requests", Value::Null).await;
    let lines = asked["requests"].as_array().unwrap();
    lines
        .iter()
        .filter(|line| {
            line["method"] == "RegisterAccount" || line["operation"] == "RegisterAccount"
        })
        .map(|line| line["count"].as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn an_account_is_registered_once_however_often_it_is_paid() {
    let mut world = World::start().await;
    let british = details(local("GB", "20-00-52", "5577 9911"), person("Zoë", "Ångström"));
    for (number, bank) in
        [known(swedish_account()), british, known(iban_of_a_person())].into_iter().enumerate()
    {
        let before = registrations(&world).await;
        for key in ["first", "second"] {
            let key = format!("{key}-{number}");
            create(&world, to_bank_details(&key, bank.clone())).await.unwrap();
            world.wait_for(EU, &key, &[PayoutState::Completed]).await;
        }
        assert_eq!(registrations(&world).await, before + 1);
        let request = api::v1::RegisterDestinationRequest {
            merchant: EU.to_owned(),
            customer: CUSTOMER.to_owned(),
            bank_details: Some(bank.clone()),
        };
        let made = world.destinations().register_destination(request).await.unwrap().into_inner();
        assert_eq!(registrations(&world).await, before + 1);
        let key = format!("third-{number}");
        create(&world, request_to(&key, &made.destination.unwrap().id)).await.unwrap();
        world.wait_for(EU, &key, &[PayoutState::Completed]).await;
    }
    let before = registrations(&world).await;
    world.kill_server();
    world.start_server().await;
    create(&world, to_bank_details("later", known(swedish_account()))).await.unwrap();
    world.wait_for(EU, "later", &[PayoutState::Completed]).await;
    assert_eq!(registrations(&world).await, before, "what is kept outlives a restart");
    let mut moved = known(swedish_account());
    moved.holder.as_mut().unwrap().email = "other@example.com".to_owned();
    create(&world, to_bank_details("moved", moved)).await.unwrap();
    world.wait_for(EU, "moved", &[PayoutState::Completed]).await;
    assert_eq!(registrations(&world).await, before + 1, "other details are another account");
}

fn request_to(key: &str, destination: &str) -> CreatePayoutRequest {
    request(EU, key, destination)
}

#[tokio::test]
async fn a_long_statement_is_taken_and_warned_of() {
    let world = World::start().await;
    let long = CreatePayoutRequest { statement_descriptor: "Å".repeat(35), ..full("long") };
    let validated = CreatePayoutRequest { validate_only: true, ..long.clone() };
    for (request, replayed) in [(validated, false), (long.clone(), false), (long, true)] {
        let answer = create(&world, request).await.unwrap();
        assert_eq!(answer.replayed, replayed);
        let [warning] = answer.warnings.as_slice() else { panic!("{:?}", answer.warnings) };
        assert_eq!(warning.field, "statement_descriptor");
        assert!(!warning.text.contains('Å'));
    }
    assert_eq!(create(&world, full("short")).await.unwrap().warnings, []);
    world.wait_for(EU, "long", &[PayoutState::Completed]).await;
}

/// A notification counts for a payout only if it names the order that this one was created from.
#[tokio::test]
async fn a_notification_about_another_order_is_refused() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    p2p_order(&world, "p2p-5", "100.00").await;
    world.fault(json!({ "region": "eu", "on": "AccountPayout", "fault": "silent_success" })).await;
    create(&world, out_of("p2p-5", "order")).await.unwrap();
    let paid = world.wait_for(EU, "order", &[PayoutState::Accepted]).await;
    for (named, status) in [("p2p-6", 401), (id_of(EU, "other").as_str(), 401), ("p2p-5", 200)] {
        let mut notice = Notice::about("credit", &paid, "7000000007");
        notice.data.insert("messageid", named.to_owned());
        let body = notice.signed(&keys.trustly).to_string();
        let url = format!("http://{}{}", world.webhooks_at, keys.address(&paid.id));
        let request = world.http.post(url).header("Content-Type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{named}");
        let expected = if status == 200 { PayoutState::Failed } else { PayoutState::Accepted };
        world.wait_for(EU, "order", &[expected]).await;
    }
    // To a payout that is not here it is not taken in either: it could not be told apart later.
    let elsewhere = keys.address(&id_of(EU, "unknown"));
    let mut notice = Notice::about("credit", &paid, "7000000008");
    notice.data.insert("messageid", "p2p-5".to_owned());
    let url = format!("http://{}{elsewhere}", world.webhooks_at);
    let request = world.http.post(url).header("Content-Type", "application/json");
    let answer = request.body(notice.signed(&keys.trustly).to_string()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 401);
}

/// Examples of the IBAN registry, and the two countries that write accounts otherwise.
#[tokio::test]
async fn every_clearing_house_takes_its_accounts() {
    const IBANS: [&str; 27] = [
        "AT611904300234573201",
        "BE68539007547034",
        "BG80BNBG96611020345678",
        "HR1210010051863000160",
        "CY17002001280000001200527600",
        "CZ6508000000192000145399",
        "DK5000400440116243",
        "EE382200221020145685",
        "FI2112345600000785",
        "FR1420041010050500013M02606",
        "DE89370400440532013000",
        "GR1601101250000000012300695",
        "HU42117730161111101800000000",
        "IE29AIBK93115212345678",
        "IT60X0542811101000000123456",
        "LV80BANK0000435195001",
        "LT121000011101001000",
        "LU280019400644750000",
        "MT84MALT011000012345MTLCAST001S",
        "NL91ABNA0417164300",
        "NO9386011117947",
        "PL61109010140000071219812874",
        "PT50000201231234567890154",
        "RO49AAAA1B31007593840000",
        "SK3112000000198742637541",
        "SI56263300012039086",
        "ES9121000418450200051332",
    ];
    let world = World::start().await;
    let mut forms: Vec<Form> = IBANS.iter().map(|iban| Form::Iban((*iban).to_owned())).collect();
    forms.push(local("SE", "8129-9", "904 386 722-9"));
    forms.push(local("GB", "20-00-52", "5577 9911"));
    for form in forms {
        let request = api::v1::RegisterDestinationRequest {
            merchant: EU.to_owned(),
            customer: CUSTOMER.to_owned(),
            bank_details: Some(known(details(form, person("Åsa", "Öberg")))),
        };
        let country = match &request.bank_details.as_ref().unwrap().account.as_ref().unwrap().form {
            Some(Form::Iban(iban)) => iban.chars().take(2).collect(),
            Some(Form::Local(local)) => local.country_code.clone(),
            None => unreachable!(),
        };
        let answer = world.destinations().register_destination(request).await;
        let made = answer.unwrap_or_else(|status| panic!("{country}: {status:?}")).into_inner();
        assert_eq!(made.destination.unwrap().summary.unwrap().country_code, country);
    }
    assert_eq!(registrations(&world).await, 29);
}
