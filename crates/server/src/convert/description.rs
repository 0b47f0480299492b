//! What a provider can do, as callers see it.

use api::v1;
use payout::money::{Currency, MINOR_UNITS_MAX, Money};
use payout::port::{Description, Method, Warning};

use super::destination::clipped;
use super::time::duration;

/// Longest name of a provider, in characters, as the API promises.
const DISPLAY_NAME_LENGTH_MAX: usize = 64;

/// What a merchant's provider can do; `methods` are the names of the RPCs that work for it.
pub(crate) fn description(
    description: &Description,
    methods: Vec<String>,
) -> v1::ProviderDescription {
    let mut country_codes: Vec<String> =
        description.countries.iter().map(|country| country.as_str().to_owned()).collect();
    country_codes.sort_unstable();
    let mut currencies: Vec<v1::CurrencyCapability> =
        description.currencies.iter().map(|(code, min, max)| currency(*code, *min, *max)).collect();
    currencies.sort_unstable_by(|a, b| a.currency_code.cmp(&b.currency_code));
    v1::ProviderDescription {
        display_name: clipped(&description.name, DISPLAY_NAME_LENGTH_MAX),
        region: clipped(&description.region, DISPLAY_NAME_LENGTH_MAX),
        methods,
        country_codes,
        currencies,
        destination_forms: destination_forms(&description.methods),
        speeds: speeds(&description.methods),
        confirmation: match description.presumed_after {
            None => v1::Confirmation::Confirmed.into(),
            Some(_) => v1::Confirmation::Presumed.into(),
        },
        presumed_after: description.presumed_after.map(duration),
        return_window: Some(duration(description.return_window)),
        cancel_support: v1::CancelSupport::BeforeSubmission.into(),
        duplicate_protection: match description.duplicate_protection {
            true => v1::DuplicateProtection::Confirmed.into(),
            false => v1::DuplicateProtection::Unconfirmed.into(),
        },
        required_fields: sorted(&description.required_fields),
        unsupported_fields: sorted(&description.unsupported_fields),
        // Nothing is ever trimmed.
        retention: None,
    }
}

/// What a caller should know of an order although it is taken.
pub(crate) fn warnings(warnings: &[Warning]) -> Vec<v1::Warning> {
    let shown = |warning: &Warning| v1::Warning {
        field: warning.field.to_owned(),
        text: warning.why.clone(),
    };
    warnings.iter().map(shown).collect()
}

fn sorted(paths: &[&str]) -> Vec<String> {
    let mut paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    paths.sort_unstable();
    paths
}

fn currency(currency: Currency, min: Option<Money>, max: Option<Money>) -> v1::CurrencyCapability {
    let step = currency.step();
    v1::CurrencyCapability {
        currency_code: currency.code().to_owned(),
        minor_unit_multiple: step,
        minor_units_min: min.map_or(step, Money::minor_units),
        minor_units_max: max.map_or(MINOR_UNITS_MAX, Money::minor_units),
    }
}

fn destination_forms(methods: &[Method]) -> Vec<i32> {
    let mut forms = Vec::new();
    if methods.contains(&Method::PayDestination) {
        forms.push(v1::DestinationForm::Stored.into());
    }
    for (method, form) in [
        (Method::PayIban, v1::DestinationForm::Iban),
        (Method::PayLocalAccount, v1::DestinationForm::LocalAccount),
        (Method::PayProviderHandle, v1::DestinationForm::ProviderHandle),
    ] {
        if methods.contains(&method) {
            forms.push(form.into());
        }
    }
    forms
}

fn speeds(methods: &[Method]) -> Vec<i32> {
    let mut speeds = vec![v1::Speed::Standard.into()];
    if methods.contains(&Method::PayInstantly) {
        speeds.push(v1::Speed::Instant.into());
    }
    speeds
}
