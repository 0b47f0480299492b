//! Request signatures. V1 and V2 come from Trustly's example back end; the others were computed
//! with a separate tool from the documented rules.

use trustly::amer::canonical::{CanonicalError, SIGNED_MEMBERS, canonical};
use trustly::amer::credentials::Credentials;
use trustly::amer::signature::{Algorithm, sign};
use trustly::json::Json;
use trustly::secret::Secret;

fn credentials(key: &str) -> Credentials {
    Credentials::new("1234".to_owned(), Secret::new(key.to_owned())).unwrap()
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), 10_000).unwrap()
}

const V1: &str = r#"{
    "merchantId":"1234","accessId":"1234","amount":"1.00","displayAmount":"1.00",
    "currency":"USD","description":"text","merchantReference":"ref123","paymentType":"Recurring",
    "returnUrl":"https://merchant.example/return","cancelUrl":"https://merchant.example/cancel",
    "metadata":{"lang":"en"},
    "recurrence":{"frequencyUnit":1,"frequencyUnitType":3,"recurringAmount":"1.00"},
    "customer":{"name":"John Doe","externalId":"1234","taxId":"123-45-6789",
        "driverLicense":{"state":"CA","number":"1010"},
        "address":{"zip":"94111","address1":"123 Main St","city":"San Francisco","state":"CA",
            "country":"US"},
        "phone":"123-456-7890","email":"john@ca.us","enrollDate":"1234567890",
        "dateOfBirth":"1990-01-01"},
    "account":{"type":1}}"#;

const V1_CANONICAL: &str = "accessId=1234&merchantId=1234&description=text&currency=USD\
    &amount=1.00&displayAmount=1.00&merchantReference=ref123&paymentType=Recurring\
    &recurrence.frequencyUnit=1&recurrence.frequencyUnitType=3&recurrence.recurringAmount=1.00\
    &customer.externalId=1234&customer.name=John Doe&customer.taxId=123-45-6789\
    &customer.driverLicense.number=1010&customer.driverLicense.state=CA\
    &customer.address.address1=123 Main St&customer.address.city=San Francisco\
    &customer.address.state=CA&customer.address.zip=94111&customer.address.country=US\
    &customer.phone=123-456-7890&customer.email=john@ca.us&customer.enrollDate=1234567890\
    &customer.dateOfBirth=1990-01-01&account.type=1";

#[test]
fn v1_and_v2_with_both_algorithms() {
    let message = canonical(&json(V1)).unwrap();
    assert_eq!(message, V1_CANONICAL);
    let key = credentials("123456");
    assert_eq!(sign(&key, Algorithm::Sha1, &message), "HrGQpg/NsPXmh+P9u37R121Rot0=");
    let sha512 = "HmacSHA512:DPldpGpPlYUvpeaxWVFdTvs+R1BSjeyLydwfVQiXplHSWpeBvluzzl4wMklegnmM\
        IuDmB484bniw2yn12AbgUw==";
    assert_eq!(sign(&key, Algorithm::Sha512, &message), sha512);

    let without = V1.replace(r#""displayAmount":"1.00","#, "");
    let message = canonical(&json(&without)).unwrap();
    assert_eq!(message, V1_CANONICAL.replace("&displayAmount=1.00", ""));
    assert_eq!(sign(&key, Algorithm::Sha1, &message), "L/tBy40/WKaWNH0dcdp9j09cMqs=");
}

/// Trustly's example has these members too and skips them, other signers do not: we refuse.
#[test]
fn the_empty_members_of_v1_are_refused() {
    let with = V1.replace(r#""account":{"#, r#""minimumBalance":0,"account":{"profile":0,"#);
    assert_eq!(canonical(&json(&with)), Err(CanonicalError::Falsy("minimumBalance")));
}

#[test]
fn v3_country_comes_before_email_and_values_are_utf_8() {
    let data = r#"{"accessId":"SIMACCESSID0000000001","merchantId":"1002463580",
        "description":"Connect Bank for Withdrawals","currency":"USD","amount":"0.00",
        "merchantReference":"auth-7f3c1","paymentType":"Deferred","customer":{
            "externalId":"user_123","name":"Zo\u00eb O'Neil","email":"zoe@example.com",
            "address":{"country":"US"}}}"#;
    let message = canonical(&json(data)).unwrap();
    let expected = "accessId=SIMACCESSID0000000001&merchantId=1002463580\
        &description=Connect Bank for Withdrawals&currency=USD&amount=0.00\
        &merchantReference=auth-7f3c1&paymentType=Deferred&customer.externalId=user_123\
        &customer.name=Zoë O'Neil&customer.address.country=US&customer.email=zoe@example.com";
    assert_eq!(message, expected);
    let key = credentials("sandbox-access-key-0001");
    assert_eq!(sign(&key, Algorithm::Sha1, &message), "MCBIz94sLPQOTJ6WdcIjfC4/Hjs=");
    let sha512 = "HmacSHA512:QvGIFH4PwWSC5c/FtFMG/K2hAV7QNNRbbWUYTsMIEzZakZ/UwITBWTkxUr43SFXV\
        w1c7nLP7J2i2hNSCIjBoIw==";
    assert_eq!(sign(&key, Algorithm::Sha512, &message), sha512);
}

#[test]
fn v4_an_account_is_signed() {
    let data = r#"{"accessId":"SIMACCESSID0000000001","merchantId":"1002463580",
        "description":"Payout account","currency":"USD","amount":"0.00",
        "merchantReference":"disb-auth-42","paymentType":"Disbursement",
        "account":{"routingNumber":"124003116","accountNumber":"123456576","type":1},
        "customer":{"externalId":"user_123","name":"Jane Smith","address":{"country":"US"}}}"#;
    let message = canonical(&json(data)).unwrap();
    let key = credentials("sandbox-access-key-0001");
    assert_eq!(sign(&key, Algorithm::Sha1, &message), "sWU1WgAQwdhMrPu7Q/bKmz1EHUg=");
}

/// The order as the page on request signatures gives it, group by group.
#[test]
fn the_members_keep_their_places() {
    let place = |member: &str| SIGNED_MEMBERS.iter().position(|signed| *signed == member).unwrap();
    for (index, member) in [
        (1, "accessId"),
        (11, "recurrence.startDate"),
        (18, "verification.status"),
        (20, "customer.customerId"),
        (25, "customer.driverLicense.number"),
        (27, "customer.address.address1"),
        (33, "customer.phone"),
        (39, "customer.dateOfBirth"),
        (40, "account.nameOnAccount"),
        (45, "account.routingNumber"),
        (46, "transactionId"),
        (47, "onlinePPSubType"),
    ] {
        assert_eq!(place(member) + 1, index, "{member}");
    }
}
