//! `SelectAccount`: the person chooses and verifies an account in a checkout (page
//! "SelectAccount").

use std::net::IpAddr;

use reqwest::Url;
use serde_json::{Map, Value, json};

use super::check::{Case, Check};
use super::checkout::{self, Selection};
use super::clearing;
use super::codes::Code;
use super::fields::{
    Field, field, fits, fits_if_given, is_date, is_email, is_flag_if_given, is_phone, is_set, only,
};
use super::methods::Work;
use super::order_checks::{end_user, message_id, message_unused, notification_url};
use super::subject::Subject;
use crate::announce::Series;
use crate::faults::Operation;

/// Beyond it selections are refused, so that memory stays bounded.
const SELECTIONS_MAX: usize = 100_000;

pub(super) static CHECKS: [Check; 12] = [
    members,
    end_user,
    message_id,
    message_unused,
    notification_url,
    country,
    locale,
    urls,
    target,
    address,
    direct_debit,
    attributes,
];

const MEMBERS: [&str; 6] =
    ["Username", "Password", "NotificationURL", "EndUserID", "MessageID", "Attributes"];

const TEXTS: [&str; 16] = [
    "Country",
    "Locale",
    "Firstname",
    "Lastname",
    "SuccessURL",
    "FailURL",
    "Email",
    "IP",
    "MobilePhone",
    "NationalIdentificationNumber",
    "DateOfBirth",
    "ShopperStatement",
    "ReturnToAppURL",
    "URLScheme",
    "TemplateURL",
    "URLTarget",
];

const PSP: [&str; 3] = ["PSPMerchant", "PSPMerchantURL", "MerchantCategoryCode"];

const FLAGS: [&str; 3] =
    ["UnchangeableNationalIdentificationNumber", "RequestDirectDebitMandate", "HoldNotifications"];

pub(super) fn carry_out(work: &mut Work<'_>) -> Result<Value, Code> {
    if work.state.eu.selections.len() >= SELECTIONS_MAX {
        return Err(Code::UNKNOWN);
    }
    let order_id = work.state.ids.next();
    let session = work.state.rng.uuid();
    let subject = work.state.eu.add_subject(subject(work, &order_id));
    let attribute = |name| work.call.attribute_text(name).map(str::to_owned);
    let locale = attribute("Locale").unwrap_or_default();
    let (host, path) = (&work.call.host, checkout::PATH);
    let url = format!("http://{host}{path}?SessionID={session}&OrderID={order_id}&Locale={locale}");
    checkout::open(
        work,
        Selection {
            subject,
            session,
            country: attribute("Country").unwrap_or_default(),
            name: [attribute("Firstname"), attribute("Lastname")].map(Option::unwrap_or_default),
            person_id: attribute("NationalIdentificationNumber").unwrap_or_default(),
            success_url: attribute("SuccessURL").unwrap_or_default(),
            fail_url: attribute("FailURL"),
            app_url: attribute("ReturnToAppURL").or_else(|| attribute("URLScheme")),
            target: attribute("URLTarget").unwrap_or_else(|| "_self".to_owned()),
            mandate: is_set(work.call.attribute("RequestDirectDebitMandate")),
            touched_at: work.now.since_start,
            is_open: true,
        },
    );
    Ok(json!({ "orderid": order_id, "url": url }))
}

fn subject(work: &Work<'_>, order_id: &str) -> Subject {
    let text = |name: &str| work.call.text(name).unwrap_or_default().to_owned();
    Subject {
        order_id: order_id.to_owned(),
        message_id: text("MessageID"),
        end_user_id: text("EndUserID"),
        notification_url: text("NotificationURL"),
        algorithm: work.call.algorithm,
        began_with: Operation::SelectAccount,
        held: is_set(work.call.attribute("HoldNotifications")),
        sum: None,
        series: Series::default(),
    }
}

fn members(case: &Case<'_>) -> Result<(), Code> {
    let good = only(&case.call.data, &MEMBERS)
        && matches!(case.call.data.get("Attributes"), Some(Value::Object(_)));
    if good { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

/// `None` where they are no object, which [`members`] says.
fn given<'a>(case: &Case<'a>) -> Option<&'a Map<String, Value>> {
    case.call.data.get("Attributes")?.as_object()
}

fn country(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let known = fits(attributes, "Country", |code| clearing::of_country(code).is_some());
    if known { Ok(()) } else { Err(Code::INVALID_COUNTRY) }
}

/// `lang[_TERRITORY]`.
fn locale(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let two = |text: &str, is_letter: fn(&u8) -> bool| {
        text.len() == 2 && text.bytes().all(|byte| is_letter(&byte))
    };
    let good = fits(attributes, "Locale", |locale| match locale.split_once('_') {
        Some((language, territory)) => {
            two(language, u8::is_ascii_lowercase) && two(territory, u8::is_ascii_uppercase)
        }
        None => two(locale, u8::is_ascii_lowercase),
    });
    if good { Ok(()) } else { Err(Code::INVALID_LOCALE) }
}

fn urls(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    if !fits(attributes, "SuccessURL", is_url) {
        return Err(Code::MALFORMED_SUCCESSURL);
    }
    // One of the documentation's samples leaves it out.
    if !fits_if_given(attributes, "FailURL", is_url) {
        return Err(Code::MALFORMED_FAILURL);
    }
    if !fits_if_given(attributes, "TemplateURL", |url| url.starts_with("https://") && is_url(url)) {
        return Err(Code::MALFORMED_TEMPLATEURL);
    }
    Ok(())
}

/// Absolute; apps have schemes of their own, and a script is no place to go.
fn is_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    !matches!(url.scheme(), "javascript" | "data") && text.is_ascii()
}

fn target(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let known = |target: &str| matches!(target, "_top" | "_self" | "_parent");
    let good = fits_if_given(attributes, "URLTarget", known);
    if good { Ok(()) } else { Err(Code::MALFORMED_URLTARGET) }
}

/// One address, not a list of them.
fn address(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let good = fits_if_given(attributes, "IP", |text| text.parse::<IpAddr>().is_ok());
    if good { Ok(()) } else { Err(Code::INVALID_IP) }
}

/// A mandate needs the contract's leave and an e-mail address.
fn direct_debit(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let wanted = is_set(attributes.get("RequestDirectDebitMandate"));
    if wanted && !case.book.contract.direct_debit {
        return Err(Code::DIRECT_DEBIT_NOT_ALLOWED);
    }
    match field(attributes, "Email") {
        Field::Text(email) if is_email(email) => Ok(()),
        Field::Absent | Field::Null if !wanted => Ok(()),
        _ => Err(Code::INVALID_EMAIL),
    }
}

/// What is left of them. A personal number can only be fixed if it is given, and in Sweden.
fn attributes(case: &Case<'_>) -> Result<(), Code> {
    let Some(attributes) = given(case) else { return Ok(()) };
    let fixed = is_set(attributes.get("UnchangeableNationalIdentificationNumber"));
    let fixable = fits(attributes, "NationalIdentificationNumber", |number| !number.is_empty())
        && fits(attributes, "Country", |country| country == "SE");
    let known = |name: &str| TEXTS.contains(&name) || PSP.contains(&name) || FLAGS.contains(&name);
    let good = attributes.keys().all(|name| known(name))
        && ["Firstname", "Lastname"].iter().all(|name| fits(attributes, name, |t| !t.is_empty()))
        && fits_if_given(attributes, "MobilePhone", is_phone)
        && fits_if_given(attributes, "DateOfBirth", is_date)
        && fits_if_given(attributes, "NationalIdentificationNumber", |_| true)
        && ["ReturnToAppURL", "URLScheme"]
            .iter()
            .all(|name| fits_if_given(attributes, name, is_url))
        && ["ShopperStatement", PSP[0], PSP[1], PSP[2]]
            .iter()
            .all(|name| fits_if_given(attributes, name, |text| !text.is_empty()))
        && FLAGS.iter().all(|name| is_flag_if_given(attributes, name))
        && (!fixed || fixable);
    if good { Ok(()) } else { Err(Code::INVALID_ORDER_ATTRIBUTE) }
}
