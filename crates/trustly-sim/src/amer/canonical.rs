//! What a `requestSignature` signs (page "Generate request signatures").

use super::fields::Fields;

/// Exactly these, in exactly this order; `returnUrl`, `cancelUrl`, `notificationUrl`, `metadata`
/// and `authToken` are not signed.
pub(super) const KEYS: [&str; 47] = [
    "accessId",
    "merchantId",
    "description",
    "currency",
    "amount",
    "displayAmount",
    "minimumBalance",
    "merchantReference",
    "paymentType",
    "timeZone",
    "recurrence.startDate",
    "recurrence.endDate",
    "recurrence.frequency",
    "recurrence.frequencyUnit",
    "recurrence.frequencyUnitType",
    "recurrence.recurringAmount",
    "recurrence.automaticCapture",
    "verification.status",
    "verification.verifyCustomer",
    "customer.customerId",
    "customer.externalId",
    "customer.name",
    "customer.vip",
    "customer.taxId",
    "customer.driverLicense.number",
    "customer.driverLicense.state",
    "customer.address.address1",
    "customer.address.address2",
    "customer.address.city",
    "customer.address.state",
    "customer.address.zip",
    "customer.address.country",
    "customer.phone",
    "customer.email",
    "customer.balance",
    "customer.currency",
    "customer.enrollDate",
    "customer.externalTier",
    "customer.dateOfBirth",
    "account.nameOnAccount",
    "account.name",
    "account.type",
    "account.profile",
    "account.accountNumber",
    "account.routingNumber",
    "transactionId",
    "onlinePPSubType",
];

/// Raw values under dotted names. Trustly's code leaves out what is empty, zero or false, its page
/// only what is absent, so a signature may be over either text.
pub(super) fn canonical(fields: &Fields, skip_falsy: bool) -> String {
    let mut text = String::new();
    for key in KEYS {
        let Some(value) = fields.text(key) else { continue };
        if skip_falsy && fields.is_falsy(key) {
            continue;
        }
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(key);
        text.push('=');
        text.push_str(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::signature::{Algorithm, sign};
    use super::*;

    /// The example that Trustly publishes with its code, its members shuffled.
    const PUBLISHED: &str = r#"{
        "paymentType":"Recurring","minimumBalance":0,"accessId":"1234","merchantId":"1234",
        "description":"text","currency":"USD","amount":"1.00","displayAmount":"1.00",
        "merchantReference":"ref123","returnUrl":"https://m.example/r","timeZone":"",
        "recurrence":{"recurringAmount":"1.00","frequencyUnit":1,"frequencyUnitType":3,
            "automaticCapture":false},
        "account":{"profile":0,"type":1},
        "customer":{"name":"John Doe","externalId":"1234","taxId":"123-45-6789",
            "dateOfBirth":"1990-01-01","enrollDate":1234567890,"email":"john@ca.us",
            "phone":"123-456-7890","driverLicense":{"state":"CA","number":"1010"},
            "address":{"country":"US","zip":"94111","state":"CA","city":"San Francisco",
                "address1":"123 Main St","address2":""}}}"#;

    #[test]
    fn the_published_examples_are_signed_alike() {
        let fields = Fields::nested(PUBLISHED.as_bytes()).unwrap();
        let text = canonical(&fields, true);
        assert_eq!(sign(Algorithm::Sha1, "123456", &text), "HrGQpg/NsPXmh+P9u37R121Rot0=");
        assert_eq!(
            sign(Algorithm::Sha512, "123456", &text),
            "HmacSHA512:DPldpGpPlYUvpeaxWVFdTvs+R1BSjeyLydwfVQiXplHSWpeBvluzzl4wMklegnmMIuDmB484bn\
             iw2yn12AbgUw=="
        );
        let shorter = PUBLISHED.replace("\"displayAmount\":\"1.00\",", "");
        let text = canonical(&Fields::nested(shorter.as_bytes()).unwrap(), true);
        assert_eq!(sign(Algorithm::Sha1, "123456", &text), "L/tBy40/WKaWNH0dcdp9j09cMqs=");
    }

    #[test]
    fn what_is_empty_zero_or_false_may_be_signed_too() {
        let json = br#"{"amount":"0.00","account":{"type":0},"description":"",
            "verification":{"verifyCustomer":false,"status":null}}"#;
        let fields = Fields::nested(json).unwrap();
        assert_eq!(canonical(&fields, true), "amount=0.00");
        assert_eq!(
            canonical(&fields, false),
            "description=&amount=0.00&verification.verifyCustomer=false&account.type=0"
        );
    }
}
