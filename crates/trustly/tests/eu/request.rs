//! Requests: the three examples of the AccountPayout page, every attribute, and what may be shown.

use serde_json::{Value, json};
use trustly::decimal::{DecimalError, Decimals};
use trustly::eu::clearing_house::{BankAccount, SwedishIban};
use trustly::eu::signature::Algorithm;
use trustly::eu::uuid::Uuid;
use trustly::eu::wire;
use trustly::eu::wire::request::{
    AccountPayout, Address, Call, Caller, Party, RegisterAccount, RequestError, Sender,
    SubMerchant, request,
};
use trustly::secret::Secret;

use crate::support::{PAIR, UUID, is_signed, serialise};

/// The example payout of the AccountPayout page.
fn payout() -> AccountPayout<'static> {
    AccountPayout {
        account_id: "1234567890",
        minor_units: 80_000,
        decimals: Decimals::Two,
        currency: "EUR",
        end_user_id: "123123",
        message_id: "771463386074",
        notification_url: "https://mynotifications.com/listener/f346212d",
        shopper_statement: "Trustly.com",
        external_reference: None,
        sender: None,
        sub_merchant: None,
        hold_notifications: false,
    }
}

fn send(call: &Call<'_>, algorithm: Algorithm) -> Result<Vec<u8>, RequestError> {
    let password = Secret::new("*".to_owned());
    let caller =
        Caller { username: "your_username", password: &password, key: &PAIR.merchant, algorithm };
    let bytes = request(call, &Uuid::parse(UUID).unwrap(), &caller)?;
    Ok(bytes.to_vec())
}

/// Checks envelope and signature with the second implementation and returns `Data`.
fn data(call: &Call<'_>, algorithm: Algorithm) -> Value {
    let bytes = send(call, algorithm).unwrap();
    assert_eq!(bytes, send(call, algorithm).unwrap(), "the same call has the same bytes");
    let mut body: Value = serde_json::from_slice(&bytes).unwrap();
    let method = body["method"].as_str().unwrap();
    assert_eq!((method, &body["version"]), (call.method(), &json!("1.1")));
    assert_eq!(body["params"]["UUID"], UUID);
    let signature = body["params"]["Signature"].as_str().unwrap();
    assert_eq!(signature.starts_with("alg=RS256;"), algorithm == Algorithm::Rs256);
    let plaintext = format!("{method}{UUID}{}", serialise(&body["params"]["Data"]));
    assert!(is_signed(&PAIR.merchant.public_pem(), &plaintext, signature), "{plaintext}");
    body["params"]["Data"].take()
}

/// `Data` of the page's example with these attributes.
fn example(attributes: &Value) -> Value {
    json!({
        "AccountID": "1234567890", "Amount": "800.00", "Attributes": attributes,
        "Currency": "EUR", "EndUserID": "123123", "MessageID": "771463386074",
        "NotificationURL": "https://mynotifications.com/listener/f346212d",
        "Password": "*", "Username": "your_username",
    })
}

#[test]
fn the_plain_example() {
    for algorithm in [Algorithm::Sha1, Algorithm::Rs256] {
        let expected = example(&json!({ "ShopperStatement": "Trustly.com" }));
        assert_eq!(data(&Call::AccountPayout(payout()), algorithm), expected);
    }
}

#[test]
fn the_exact_bytes() {
    let bytes = send(&Call::AccountPayout(payout()), Algorithm::Sha1).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    let signature = body["params"]["Signature"].as_str().unwrap();
    let expected = [
        r#"{"method":"AccountPayout","params":{"Signature":""#,
        signature,
        r#"","UUID":"258a2184-2842-b485-25ca-293525152425","Data":{"AccountID":"1234567890","#,
        r#""Amount":"800.00","Attributes":{"ShopperStatement":"Trustly.com"},"Currency":"EUR","#,
        r#""EndUserID":"123123","MessageID":"771463386074","#,
        r#""NotificationURL":"https://mynotifications.com/listener/f346212d","#,
        r#""Password":"*","Username":"your_username"}},"version":"1.1"}"#,
    ];
    assert_eq!(text, expected.concat());
}

#[test]
fn the_example_for_transfer_services() {
    let sender = Sender {
        party: Party::Person { first_name: "Steve", last_name: "Smith" },
        address: "Street 1, 12345 Barcelona",
        country_code: "ES",
        customer_id: Some("123456789"),
        date_of_birth: Some("1990-03-31"),
    };
    let call = Call::AccountPayout(AccountPayout { sender: Some(sender), ..payout() });
    let expected = example(&json!({
        "SenderInformation": {
            "Address": "Street 1, 12345 Barcelona", "CountryCode": "ES",
            "CustomerID": "123456789", "DateOfBirth": "1990-03-31", "Firstname": "Steve",
            "Lastname": "Smith", "Partytype": "PERSON",
        },
        "ShopperStatement": "Trustly.com",
    }));
    assert_eq!(data(&call, Algorithm::Sha1), expected);
}

#[test]
fn the_example_for_partners() {
    let sender = Sender {
        party: Party::Organisation { name: "merchant_name" },
        address: "Street 1, 12345 Barcelona",
        country_code: "ES",
        customer_id: None,
        date_of_birth: None,
    };
    let merchant = SubMerchant {
        name: "merchant_name",
        url: "https://merchantURL.com/",
        category_code: "1234",
    };
    let call = Call::AccountPayout(AccountPayout {
        sender: Some(sender),
        sub_merchant: Some(merchant),
        shopper_statement: "merchant_name",
        ..payout()
    });
    let expected = example(&json!({
        "SenderInformation": {
            "Address": "Street 1, 12345 Barcelona", "CountryCode": "ES",
            "Firstname": "merchant_name", "Lastname": "", "Partytype": "ORGANISATION",
        },
        "PSPMerchant": "merchant_name", "PSPMerchantURL": "https://merchantURL.com/",
        "MerchantCategoryCode": "1234", "ShopperStatement": "merchant_name",
    }));
    assert_eq!(data(&call, Algorithm::Rs256), expected);
}

#[test]
fn other_attributes_and_amounts() {
    let call = Call::AccountPayout(AccountPayout {
        minor_units: 1_234_500,
        decimals: Decimals::None,
        currency: "HUF",
        external_reference: Some("23423525234"),
        hold_notifications: true,
        ..payout()
    });
    let data = data(&call, Algorithm::Sha1);
    assert_eq!((&data["Amount"], &data["Currency"]), (&json!("12345"), &json!("HUF")));
    assert_eq!(data["Attributes"]["ExternalReference"], "23423525234");
    assert_eq!(data["Attributes"]["HoldNotifications"], "1");
}

#[test]
fn an_amount_that_cannot_be_sent_is_not_sent() {
    for (minor_units, decimals, error) in [
        (0, Decimals::Two, DecimalError::NotPositive),
        (-1, Decimals::Two, DecimalError::NotPositive),
        (1_234_501, Decimals::None, DecimalError::TooFine),
    ] {
        let call = Call::AccountPayout(AccountPayout { minor_units, decimals, ..payout() });
        let refused = send(&call, Algorithm::Sha1).unwrap_err();
        assert_eq!(refused, RequestError::Amount(error));
    }
}

fn register(account: &BankAccount) -> RegisterAccount<'_> {
    RegisterAccount {
        end_user_id: "123123",
        account,
        first_name: "Åsa \"Ä\" 😀\n",
        last_name: "",
        date_of_birth: None,
        mobile_phone: None,
        national_id: None,
        email: None,
        address: None,
    }
}

#[test]
fn an_account_by_iban_with_nothing_else_known() {
    let account = BankAccount::from_iban("FI2112345600000785", SwedishIban::Refused).unwrap();
    let expected = json!({
        "EndUserID": "123123", "ClearingHouse": "FINLAND", "BankNumber": "",
        "AccountNumber": "FI2112345600000785", "Firstname": "Åsa \"Ä\" 😀\n", "Lastname": "",
        "Password": "*", "Username": "your_username",
    });
    assert_eq!(data(&Call::RegisterAccount(register(&account)), Algorithm::Sha1), expected);
}

#[test]
fn a_local_account_with_everything_known() {
    let account = BankAccount::from_local("SE", "6112", "69706212").unwrap();
    let mut call = RegisterAccount {
        last_name: "Svensson",
        date_of_birth: Some("1979-01-31"),
        mobile_phone: Some("+46709876543"),
        national_id: Some("790131-1234"),
        email: Some("asa@example.com"),
        address: Some(Address::Parts {
            country: Some("SE"),
            postal_code: Some("SE-11253"),
            city: Some("Stockholm"),
            line_1: Some("Main street 1"),
            line_2: Some("Apartment 123"),
        }),
        ..register(&account)
    };
    let expected = json!({
        "DateOfBirth": "1979-01-31", "MobilePhone": "+46709876543",
        "NationalIdentificationNumber": "790131-1234", "Email": "asa@example.com",
        "AddressCountry": "SE", "AddressPostalCode": "SE-11253", "AddressCity": "Stockholm",
        "AddressLine1": "Main street 1", "AddressLine2": "Apartment 123",
    });
    let parts = data(&Call::RegisterAccount(call), Algorithm::Sha1);
    assert_eq!(parts["Attributes"], expected);
    assert_eq!((&parts["BankNumber"], &parts["ClearingHouse"]), (&json!("6112"), &json!("SWEDEN")));

    call = RegisterAccount { address: Some(Address::Whole("Main 1")), ..register(&account) };
    let whole = data(&Call::RegisterAccount(call), Algorithm::Sha1);
    assert_eq!(whole["Attributes"], json!({ "Address": "Main 1" }));
}

#[test]
fn the_masked_copy_shows_no_secret_and_no_person() {
    let sender = Sender {
        party: Party::Person { first_name: "Steve", last_name: "Smith" },
        address: "Street 1, 12345 Barcelona",
        country_code: "ES",
        customer_id: Some("123456789"),
        date_of_birth: Some("1990-03-31"),
    };
    let call = Call::AccountPayout(AccountPayout { sender: Some(sender), ..payout() });
    let bytes = send(&call, Algorithm::Sha1).unwrap();
    let masked: Value = serde_json::from_str(&wire::masked(&bytes).unwrap()).unwrap();
    let expected = json!({
        "method": "AccountPayout", "version": "1.1",
        "params": { "Signature": "***", "UUID": UUID, "Data": {
            "AccountID": "***", "Amount": "800.00", "Currency": "EUR", "EndUserID": "***",
            "MessageID": "771463386074", "NotificationURL": "***", "Password": "***",
            "Username": "your_username", "Attributes": {
                "ShopperStatement": "Trustly.com",
                "SenderInformation": {
                    "Address": "***", "CountryCode": "ES", "CustomerID": "***",
                    "DateOfBirth": "***", "Firstname": "***", "Lastname": "***",
                    "Partytype": "PERSON",
                },
            },
        }},
    });
    assert_eq!(masked, expected);
}
