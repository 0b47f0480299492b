//! Bank details of every country, and whose they are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::merchant::register_account;
use crate::rig::Rig;

/// House, bank number, account number; examples that banks publish.
const DETAILS: [[&str; 3]; 29] = [
    ["AUSTRIA", "", "AT611904300234573201"],
    ["BELGIUM", "", "BE68539007547034"],
    ["BULGARIA", "", "BG80BNBG96611020345678"],
    ["CROATIA", "", "HR1210010051863000160"],
    ["CYPRUS", "", "CY17002001280000001200527600"],
    ["CZECH_REPUBLIC", "", "CZ6508000000192000145399"],
    ["DENMARK", "", "DK5000400440116243"],
    ["ESTONIA", "", "EE382200221020145685"],
    ["FINLAND", "", "FI2112345600000785"],
    ["FRANCE", "", "FR1420041010050500013M02606"],
    ["GERMANY", "", "DE75512108001245126199"],
    ["GREECE", "", "GR1601101250000000012300695"],
    ["HUNGARY", "", "HU42117730161111101800000000"],
    ["IRELAND", "", "IE29AIBK93115212345678"],
    ["ITALY", "", "IT60X0542811101000000123456"],
    ["LATVIA", "", "LV80BANK0000435195001"],
    ["LITHUANIA", "", "LT121000011101001000"],
    ["LUXEMBOURG", "", "LU280019400644750000"],
    ["MALTA", "", "MT84MALT011000012345MTLCAST001S"],
    ["NETHERLANDS", "", "NL02ABNA0123456789"],
    ["NORWAY", "", "NO9386011117947"],
    ["POLAND", "", "PL61109010140000071219812874"],
    ["PORTUGAL", "", "PT50000201231234567890154"],
    ["ROMANIA", "", "RO49AAAA1B31007593840000"],
    ["SLOVAKIA", "", "SK3112000000198742637541"],
    ["SLOVENIA", "", "SI56263300012039086"],
    ["SPAIN", "", "ES9121000418450200051332"],
    ["SWEDEN", "81059", "744202466"],
    ["UNITED_KINGDOM", "200000", "55779911"],
];

fn details([house, bank_number, account_number]: [&str; 3]) -> Value {
    let mut data = register_account();
    data["ClearingHouse"] = house.into();
    data["BankNumber"] = bank_number.into();
    data["AccountNumber"] = account_number.into();
    data
}

#[tokio::test]
async fn every_clearing_house_gives_an_account_and_the_same_one_again() {
    let rig = Rig::start(1).await;
    let mut accounts = BTreeSet::new();
    for (number, each) in (1..).zip(DETAILS) {
        let data = rig.ask("RegisterAccount", number, &details(each)).await;
        assert_eq!(data["clearinghouse"], each[0]);
        assert!(!data["descriptor"].as_str().unwrap().contains(each[2]));
        let again = rig.ask("RegisterAccount", 100 + number, &details(each)).await;
        assert_eq!(again["accountid"], data["accountid"]);
        accounts.insert(data["accountid"].as_str().unwrap().to_owned());
    }
    assert_eq!(accounts.len(), DETAILS.len());
}

#[tokio::test]
async fn numbers_of_another_house_or_form_are_refused() {
    let rig = Rig::start(2).await;
    for (number, (each, code)) in (1..).zip([
        (["SWEDEN", "81059", "DE75512108001245126199"], 624),
        (["GERMANY", "", "AT611904300234573201"], 624),
        (["GERMANY", "", "DE75 5121 0800 1245 1261 99"], 624),
        (["GERMANY", "", "de75512108001245126199"], 624),
        (["GERMANY", "51210800", "DE75512108001245126199"], 623),
        (["UNITED_KINGDOM", "20-00-00", "55779911"], 623),
        (["SWEDEN", "", "744202466"], 623),
        (["IBAN", "", "SE4550000000058398257466"], 623),
    ]) {
        let found = rig.refused("RegisterAccount", number, &details(each)).await;
        assert_eq!(found, code, "{each:?}");
    }
    let mut without = details(DETAILS[0]);
    without.as_object_mut().unwrap().remove("BankNumber");
    assert_eq!(rig.refused("RegisterAccount", 90, &without).await, 623);
}

#[tokio::test]
async fn swedish_ibans_are_taken_where_the_contract_allows() {
    let rig = Rig::start(3).await;
    rig.terms(json!({ "swedish_iban": true })).await;
    let data = details(["IBAN", "", "SE4550000000058398257466"]);
    assert_eq!(rig.ask("RegisterAccount", 1, &data).await["clearinghouse"], "IBAN");
    let other = details(["IBAN", "", "DE75512108001245126199"]);
    assert_eq!(rig.refused("RegisterAccount", 2, &other).await, 624);
}

#[tokio::test]
async fn organisations_and_addresses_are_taken_and_checked() {
    let rig = Rig::start(4).await;
    let mut data = register_account();
    data["Firstname"] = "Räksmörgås AB 🦐".into();
    data["Lastname"] = "".into();
    data["Attributes"] = json!({
        "MobilePhone": "+46709876543", "NationalIdentificationNumber": "556754-8655",
        "AddressCountry": "SE", "AddressPostalCode": "SE-11253", "AddressCity": "Stockholm",
        "AddressLine1": "Rådmansgatan 40", "AddressLine2": "", "Email": "info@example.se",
        "Address": null,
    });
    rig.ask("RegisterAccount", 1, &data).await;
    for (number, (name, value)) in (2..).zip([
        ("AddressPostalcode", json!("SE-11253")),
        ("AddressCountry", json!("Sweden")),
        ("AddressCity", json!(7)),
        ("Email", json!("nobody")),
        ("MobilePhone", json!("call me")),
    ]) {
        let mut wrong = data.clone();
        wrong["Attributes"][name] = value;
        assert_eq!(rig.refused("RegisterAccount", number, &wrong).await, 717, "{name}");
    }
    data["Attributes"] = Value::Null;
    rig.ask("RegisterAccount", 90, &data).await;
}
