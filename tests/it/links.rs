//! Customers who choose an account on the provider's pages: completed, abandoned, interrupted,
//! forged and repeated.

use api::v1::event::Event as What;
use api::v1::{
    AccountHolder, Destination, DestinationEventKind, DestinationKind, DestinationState,
    PayoutState, StartDestinationLinkRequest, StartDestinationLinkResponse, SubMerchant,
};
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::calls::refused;
use crate::leaks::files_in;
use crate::samples::{details, local, person};
use crate::trustly::{Keys, Notice};
use crate::world::{CUSTOMER, EU, Options, US, World, request};

const DONE: &str = "https://shop.example/done?order=1";
const BACK: &str = "https://shop.example/back?order=1";

pub(crate) fn link(key: &str) -> StartDestinationLinkRequest {
    StartDestinationLinkRequest {
        merchant: EU.to_owned(),
        idempotency_key: key.to_owned(),
        customer: CUSTOMER.to_owned(),
        return_url: DONE.to_owned(),
        cancel_url: BACK.to_owned(),
        locale: "sv_SE".to_owned(),
        country_code: "SE".to_owned(),
        holder: Some(AccountHolder {
            holder: Some(person("Åsa", "Öberg 😀")),
            ..AccountHolder::default()
        }),
        ..StartDestinationLinkRequest::default()
    }
}

/// A link of which everything is said that can be.
pub(crate) fn full(key: &str) -> StartDestinationLinkRequest {
    let holder = AccountHolder {
        holder: Some(person("Åsa", "Öberg 😀")),
        date_of_birth: "1990-03-31".to_owned(),
        mobile_phone: "+46701234567".to_owned(),
        email: "asa@example.com".to_owned(),
        national_id: "790131-1234".to_owned(),
        address: None,
    };
    StartDestinationLinkRequest {
        app_url: "shopapp://back".to_owned(),
        holder: Some(holder),
        national_id_is_fixed: true,
        ip_address: "192.0.2.7".to_owned(),
        statement_descriptor: "Skor Åäö".to_owned(),
        sub_merchant: Some(SubMerchant {
            name: "Skor AB".to_owned(),
            url: "www.skor.example".to_owned(),
            merchant_category_code: "5499".to_owned(),
        }),
        ..link(key)
    }
}

pub(crate) async fn start(
    world: &World,
    request: StartDestinationLinkRequest,
) -> Result<StartDestinationLinkResponse, Status> {
    let answer = world.destinations().start_destination_link(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn started(world: &World, key: &str) -> (Destination, String) {
    let answer = start(world, link(key)).await.unwrap();
    let destination = answer.destination.unwrap();
    assert_eq!(destination.state(), DestinationState::Linking, "{destination:?}");
    assert!(!answer.url.is_empty());
    (destination, answer.url)
}

async fn fault(world: &World, mut rule: Value) {
    rule["region"] = json!("eu");
    rule["on"] = json!("SelectAccount");
    world.fault(rule).await;
}

/// What the customer's browser does with the page; where it is sent on to.
pub(crate) async fn decide(url: &str, form: &'static str) -> String {
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap();
    let page = browser.get(url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let request = browser.post(url).header("Content-Type", "application/x-www-form-urlencoded");
    let answer = request.body(form).send().await.unwrap();
    answer.headers()[LOCATION].to_str().unwrap().to_owned()
}

async fn kinds(world: &World) -> Vec<DestinationEventKind> {
    let mut kinds = Vec::new();
    for event in world.events(EU).await {
        if let Some(What::DestinationEvent(about)) = event.event {
            assert_eq!(event.customer, CUSTOMER);
            kinds.push(about.kind());
        }
    }
    kinds
}

/// The precondition that a payout to this destination fails.
async fn why_not_payable(world: &World, key: &str, destination: &str) -> String {
    let status = world.payouts().create_payout(request(EU, key, destination)).await.unwrap_err();
    let said = refused(&status);
    assert_eq!(said.code, Code::FailedPrecondition);
    assert_eq!(said.reason, "DESTINATION_NOT_USABLE");
    assert_eq!(said.metadata["recorded"], "no");
    status.get_error_details().precondition_failure().unwrap().violations[0].r#type.clone()
}

#[tokio::test]
async fn a_customer_chooses_an_account_and_is_paid_there() {
    let world = World::start().await;
    let (linking, url) = started(&world, "link-1").await;
    assert_eq!(linking.kind(), DestinationKind::Linked);
    assert_eq!(linking.summary.clone().unwrap().masked_account, "");
    let again = start(&world, link("link-1")).await.unwrap();
    assert_eq!(
        (again.destination.unwrap().id, again.url.clone()),
        (linking.id.clone(), url.clone())
    );
    assert!(again.replayed);
    assert_eq!(why_not_payable(&world, "early", &linking.id).await, "LINKING");
    assert_eq!(decide(&url, "decision=complete&accountnumber=69706212").await, DONE);
    let active = world.wait_for_destination(EU, &linking.id, DestinationState::Active).await;
    let summary = active.summary.clone().unwrap();
    assert!(summary.masked_account.ends_with("6212"), "{summary:?}");
    assert!(!summary.masked_account.contains("69706212"), "{summary:?}");
    assert_eq!((summary.country_code.as_str(), summary.holder_verified), ("SE", true));
    assert_eq!(active.kind(), DestinationKind::Linked);
    assert_eq!(
        kinds(&world).await,
        [DestinationEventKind::LinkStarted, DestinationEventKind::Linked]
    );
    // There is nothing to choose any more.
    let late = start(&world, link("link-1")).await.unwrap();
    assert_eq!((late.url.as_str(), late.replayed), ("", true));
    assert_eq!(late.destination.unwrap(), active);
    world.payouts().create_payout(request(EU, "order-1", &active.id)).await.unwrap();
    world.wait_for(EU, "order-1", &[PayoutState::Completed]).await;
    assert_eq!(world.movements(EU, "order-1").await.len(), 1);
}

#[tokio::test]
async fn what_the_provider_has_not_verified_is_said() {
    let world = World::start().await;
    let (linking, url) = started(&world, "link-1").await;
    decide(&url, "decision=complete_unverified").await;
    let active = world.wait_for_destination(EU, &linking.id, DestinationState::Active).await;
    assert!(!active.summary.unwrap().holder_verified);
}

#[tokio::test]
async fn a_customer_who_gives_up_leaves_nothing_to_pay_to() {
    let world = World::start().await;
    let (linking, url) = started(&world, "link-1").await;
    assert_eq!(decide(&url, "decision=cancel").await, BACK);
    let abandoned = world.wait_for_destination(EU, &linking.id, DestinationState::Abandoned).await;
    assert_eq!(abandoned.cause.unwrap().reason(), api::v1::Reason::ProviderAborted);
    assert_eq!(why_not_payable(&world, "order-1", &linking.id).await, "ABANDONED");
    let again = start(&world, link("link-1")).await.unwrap();
    assert_eq!((again.url.as_str(), again.replayed), ("", true));
    // Another key is another link.
    assert_ne!(started(&world, "link-2").await.0.id, linking.id);
    assert_eq!(
        kinds(&world).await,
        [
            DestinationEventKind::LinkStarted,
            DestinationEventKind::LinkAbandoned,
            DestinationEventKind::LinkStarted,
        ]
    );
}

/// Nobody touches the page for twenty minutes, which pass in seconds here.
#[tokio::test]
async fn a_page_that_nobody_touches_is_given_up() {
    let world = World::start_with(&Options { time_factor: 1200, ..Options::default() }).await;
    let (linking, _) = started(&world, "link-1").await;
    world.wait_for_destination(EU, &linking.id, DestinationState::Abandoned).await;
}

/// Everything that can be said reaches the page; the simulator refuses what it does not know.
#[tokio::test]
async fn every_attribute_arrives() {
    let world = World::start().await;
    let answer = start(&world, full("full")).await.unwrap();
    let page = world.http.get(&answer.url).send().await.unwrap().text().await.unwrap();
    for shown in ["Åsa Öberg 😀", "SE", "shopapp://back"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(answer.url.contains("Locale=sv_SE"), "{}", answer.url);
}

/// The answer is lost, in several ways and across a restart; a repeat gets it.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let mut world = World::start().await;
    for (index, rule) in [
        json!({ "fault": "lose_reply" }),
        json!({ "fault": "http_500" }),
        json!({ "fault": "bad_signature" }),
        json!({ "fault": "unsigned_error", "code": 645 }),
        json!({ "fault": "refuse", "code": 616 }),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("link-{index}");
        fault(&world, rule.clone()).await;
        let status = start(&world, link(&key)).await.unwrap_err();
        let said = refused(&status);
        assert_eq!((said.code, said.reason.as_str()), (Code::Unavailable, "PROVIDER_UNAVAILABLE"));
        if index == 0 {
            world.kill_server();
            world.start_server().await;
        }
        let answer = start(&world, link(&key)).await.unwrap_or_else(|why| panic!("{rule}: {why}"));
        assert!(answer.replayed && !answer.url.is_empty(), "{rule}");
        decide(&answer.url, "decision=complete").await;
        let id = answer.destination.unwrap().id;
        world.wait_for_destination(EU, &id, DestinationState::Active).await;
    }
}

/// The provider may remember that it did not know why. Then nothing is said of this link for ever,
/// and another one can be started.
#[tokio::test]
async fn an_unknown_error_ends_nothing() {
    let world = World::start().await;
    for code in [620, 637, 688] {
        fault(&world, json!({ "fault": "refuse", "code": code })).await;
        let key = format!("link-{code}");
        for _ in 0..2 {
            let said = refused(&start(&world, link(&key)).await.unwrap_err());
            let told = (said.code, said.reason.as_str());
            assert_eq!(told, (Code::Unavailable, "PROVIDER_UNAVAILABLE"), "{code}");
        }
    }
    assert_eq!(kinds(&world).await, [DestinationEventKind::LinkStarted; 3]);
    started(&world, "another").await;
}

#[tokio::test]
async fn what_the_provider_refuses_is_abandoned_with_the_cause() {
    let world = World::start().await;
    for (code, reason) in
        [(645, api::v1::Reason::RequestRejected), (638, api::v1::Reason::CustomerBlocked)]
    {
        fault(&world, json!({ "fault": "refuse", "code": code })).await;
        let key = format!("link-{code}");
        let first = start(&world, link(&key)).await.unwrap();
        let destination = first.destination.unwrap();
        assert_eq!(destination.state(), DestinationState::Abandoned);
        let cause = destination.cause.clone().unwrap();
        assert_eq!((cause.reason(), cause.provider_code), (reason, code.to_string()));
        let again = start(&world, link(&key)).await.unwrap();
        assert_eq!((again.destination.unwrap(), again.replayed), (destination, true));
    }
}

#[tokio::test]
async fn a_key_is_used_for_one_link() {
    let world = World::start().await;
    let (linking, _) = started(&world, "link-1").await;
    let mut other = link("link-1");
    other.return_url = "https://shop.example/elsewhere".to_owned();
    other.customer = "customer-2".to_owned();
    let said = refused(&start(&world, other).await.unwrap_err());
    assert_eq!((said.code, said.reason.as_str()), (Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(said.metadata["fields"], "customer,return_url");
    assert_eq!(said.metadata["destination_id"], linking.id);
    // Keys of payouts are others.
    let destination = world.destination(EU).await;
    world.payouts().create_payout(request(EU, "link-1", &destination)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_started_is_refused_by_its_field() {
    let world = World::start().await;
    type Spoil = fn(&mut StartDestinationLinkRequest);
    let invalid: [(&str, Spoil); 13] = [
        ("idempotency_key", |link| link.idempotency_key.clear()),
        ("customer", |link| link.customer = "a".repeat(65)),
        ("return_url", |link| link.return_url = "shop.example".to_owned()),
        ("cancel_url", |link| link.cancel_url = "javascript:alert(1)".to_owned()),
        ("return_url", |link| link.return_url = format!("https://{}", "a".repeat(2041))),
        ("app_url", |link| link.app_url = "javascript:alert(1)".to_owned()),
        ("locale", |link| link.locale = "swedish".to_owned()),
        ("locale", |link| link.locale.clear()),
        ("country_code", |link| link.country_code.clear()),
        ("holder.person", |link| link.holder = None),
        ("ip_address", |link| link.ip_address = "192.0.2.7, 192.0.2.8".to_owned()),
        ("statement_descriptor", |link| link.statement_descriptor = "a".repeat(36)),
        ("sub_merchant.url", |link| link.sub_merchant = Some(SubMerchant::default())),
    ];
    for (field, spoil) in invalid {
        let mut bad = link("bad");
        spoil(&mut bad);
        let status = start(&world, bad).await.unwrap_err();
        let said = refused(&status);
        assert_eq!((said.code, said.reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        assert!(violations.iter().any(|v| v.field == field), "{field}: {violations:?}");
    }
    let impossible: [(&str, Spoil); 4] = [
        ("country_code", |link| link.country_code = "US".to_owned()),
        ("national_id_is_fixed", |link| link.national_id_is_fixed = true),
        ("holder.organisation_name", |link| {
            let organisation = api::v1::account_holder::Holder::OrganisationName("A".to_owned());
            link.holder = details(local("SE", "6112", "69706212"), organisation).holder;
        }),
        ("", |link| link.merchant = US.to_owned()),
    ];
    for (field, spoil) in impossible {
        let mut bad = link("bad");
        spoil(&mut bad);
        let said = refused(&start(&world, bad).await.unwrap_err());
        assert_eq!((said.code, said.reason.as_str()), (Code::Unimplemented, "NOT_SUPPORTED"));
        assert!(said.text.contains(field), "{field}: {said:?}");
    }
    assert_eq!(world.events(EU).await, []);
}

/// An `account` notification of the provider's, about one link, sent to the address of any record.
async fn notify(
    world: &World,
    keys: &Keys,
    (to, about): (&str, &str),
    (method, id, account): (&'static str, &str, &str),
) -> u16 {
    let mut notice = Notice::new(method, about, id);
    for gone in ["amount", "currency", "timestamp", "enduserid"] {
        notice.data.remove(gone);
    }
    if method == "account" {
        notice.data.insert("accountid", account.to_owned());
        notice.data.insert("verified", "1".to_owned());
    }
    let url = format!("http://{}{}", world.webhooks_at, keys.address(to));
    let body = notice.signed(&keys.trustly).to_string();
    let post = world.http.post(url).header("Content-Type", "application/json").body(body);
    let answer = post.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(status == 200, notice.is_acknowledged(keys, &text), "{text}");
    status
}

#[tokio::test]
async fn notifications_are_believed_only_at_the_address_of_their_link() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let (one, _) = started(&world, "link-1").await;
    let (two, _) = started(&world, "link-2").await;
    let destination = world.destination(EU).await;
    let payout = world.payouts().create_payout(request(EU, "order-1", &destination)).await;
    let payout = payout.unwrap().into_inner().payout.unwrap();
    for (to, about) in
        [(&one.id, &two.id), (&one.id, &payout.id), (&payout.id, &one.id), (&destination, &one.id)]
    {
        let status = notify(&world, &keys, (to, about), ("account", "1", "7653385737")).await;
        assert_ne!(status, 200, "{to} {about}");
    }
    // An id that nobody gave out, at an address that only we can make: nothing is lost by refusing.
    let unknown = format!("ds_{}", "a".repeat(26));
    let status = notify(&world, &keys, (&unknown, &unknown), ("cancel", "2", "")).await;
    assert_eq!(status, 503);
    // Not an account id, so nothing could be paid to it.
    let pair = (one.id.as_str(), one.id.as_str());
    assert_eq!(notify(&world, &keys, pair, ("account", "3", "abc")).await, 400);
    // Of no consequence, and answered.
    for method in ["kyc", "pending", "credit", "something_new"] {
        assert_eq!(notify(&world, &keys, pair, (method, "4", "")).await, 200, "{method}");
    }
    let still = world.wait_for_destination(EU, &one.id, DestinationState::Linking).await;
    assert_eq!(still.summary.unwrap().masked_account, "");
}

#[tokio::test]
async fn repeated_late_and_contradictory_notifications_change_nothing_twice() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let (linking, _) = started(&world, "link-1").await;
    let pair = (linking.id.as_str(), linking.id.as_str());
    assert_eq!(notify(&world, &keys, pair, ("cancel", "1", "")).await, 200);
    // The account comes after all: it is the customer's.
    for _ in 0..3 {
        assert_eq!(notify(&world, &keys, pair, ("account", "2", "1234567890")).await, 200);
    }
    assert_eq!(notify(&world, &keys, pair, ("cancel", "3", "")).await, 200);
    assert_eq!(notify(&world, &keys, pair, ("account", "4", "9999999999")).await, 200);
    let active = world.wait_for_destination(EU, &linking.id, DestinationState::Active).await;
    assert_eq!(active.cause, None);
    assert_eq!(
        kinds(&world).await,
        [
            DestinationEventKind::LinkStarted,
            DestinationEventKind::LinkAbandoned,
            DestinationEventKind::Linked,
        ]
    );
    // It is the first account that is paid.
    world.payouts().create_payout(request(EU, "order-1", &linking.id)).await.unwrap();
    world.wait_for(EU, "order-1", &[PayoutState::Completed]).await;
}

#[tokio::test]
async fn a_deleted_link_stays_deleted() {
    let world = World::start().await;
    let keys = Keys::of(&world);
    let (linking, url) = started(&world, "link-1").await;
    let delete = api::v1::DeleteDestinationRequest {
        merchant: EU.to_owned(),
        destination_id: linking.id.clone(),
    };
    world.destinations().delete_destination(delete).await.unwrap();
    decide(&url, "decision=complete").await;
    world.quiet().await;
    let pair = (linking.id.as_str(), linking.id.as_str());
    assert_eq!(notify(&world, &keys, pair, ("account", "2", "1234567890")).await, 200);
    let gone = world.wait_for_destination(EU, &linking.id, DestinationState::Deleted).await;
    assert_eq!(why_not_payable(&world, "order-1", &gone.id).await, "DELETED");
    let again = start(&world, link("link-1")).await.unwrap();
    assert_eq!((again.url.as_str(), again.replayed), ("", true));
    assert_eq!(again.destination.unwrap(), gone);
}

/// What is known of the customer goes to the provider and nowhere else; the address of the page,
/// with which anybody could act in the customer's place, is sealed.
#[tokio::test]
async fn nothing_of_the_customer_is_kept_or_logged() {
    let log = "payoutd=trace,engine=trace,server=trace,trustly=trace,store_embedded=trace";
    let options = Options { server_log: log.to_owned(), ..Options::default() };
    let mut world = World::start_with(&options).await;
    let mut request = link("link-1");
    request.return_url = "https://shop.example/secretreturn".to_owned();
    request.holder = Some(AccountHolder {
        holder: Some(person("Heimlinde", "Verborgen")),
        email: "hidden@example.com".to_owned(),
        national_id: "790131-1234".to_owned(),
        ..AccountHolder::default()
    });
    fault(&world, json!({ "fault": "refuse", "code": 616 })).await;
    let mut told = format!("{:?}", start(&world, request.clone()).await);
    let url = start(&world, request.clone()).await.unwrap().url;
    let mut bad = request.clone();
    bad.holder.as_mut().unwrap().email = "hidden@example.com@".to_owned();
    bad.cancel_url = String::new();
    told.push_str(&format!("{:?}", start(&world, bad).await));
    decide(&url, "decision=complete&accountnumber=69706212").await;
    world.quiet().await;
    assert_eq!(world.stop_server(), Some(0));
    told.push_str(&std::fs::read_to_string(world.server_log()).unwrap());
    let session = url.split("SessionID=").nth(1).unwrap().split('&').next().unwrap();
    for secret in
        ["Heimlinde", "Verborgen", "hidden@", "790131", "secretreturn", "69706212", session]
    {
        assert!(!told.contains(secret), "{secret} is told");
        for (name, bytes) in files_in(&world.directory().join("data")) {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {name}");
        }
    }
}
