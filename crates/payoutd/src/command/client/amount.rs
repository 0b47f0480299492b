//! Amounts as people write them: exact, or refused with what to write instead.

use api::v1::Money;
use payout::money::{self, Currency, MINOR_UNITS_MAX};

use crate::command::Usage;

/// A decimal amount in minor units of its currency.
pub(crate) fn parse(amount: &str, currency: &str) -> Result<Money, Usage> {
    let Ok(currency) = Currency::parse(currency) else {
        let known: Vec<&str> = Currency::all().map(Currency::code).collect();
        let why = "--currency is not one that is known here: write one of";
        return Err(Usage(format!("{why} {}", known.join(", "))));
    };
    let minor_units = match minor_units(amount, currency) {
        Ok(minor_units) => minor_units,
        Err(why) => return Err(Usage(format!("--amount {why}"))),
    };
    Ok(Money { currency_code: currency.code().to_owned(), minor_units })
}

fn minor_units(amount: &str, currency: Currency) -> Result<i64, String> {
    let example = example(currency);
    if amount.starts_with(['-', '+']) {
        return Err(format!("has a sign: write how much is paid, such as {example}"));
    }
    if amount.contains(',') {
        return Err(format!(
            "has a comma: write a point before the decimals and nothing between thousands, such as \
             {example}"
        ));
    }
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return Err(format!("is not a plain decimal number: write digits only, such as {example}"));
    }
    let places = usize::from(currency.exponent());
    let decimals = if decimals.bytes().all(|b| b == b'0') { "" } else { decimals };
    if decimals.len() > places || (!decimals.is_empty() && currency.step() > 1) {
        return Err(format!("is too fine for {currency}: write it such as {example}"));
    }
    let too_much =
        || format!("is more than one payout may carry: write at most {}", most(currency));
    let minor_units: i64 =
        format!("{whole}{decimals:0<places$}").parse().map_err(|_| too_much())?;
    match money::Money::new(minor_units, currency) {
        Ok(money) => Ok(money.minor_units()),
        Err(_) if minor_units > MINOR_UNITS_MAX => Err(too_much()),
        Err(_) => Err(format!("must be above zero: write it such as {example}")),
    }
}

/// An amount as fine as a currency allows.
fn example(currency: Currency) -> &'static str {
    match (currency.exponent(), currency.step()) {
        (2, 1) => "10.50",
        _ => "10",
    }
}

fn most(currency: Currency) -> String {
    let most = money::Money::new(MINOR_UNITS_MAX, currency);
    most.expect("the bound itself may be paid, in any currency").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, currency, minor_units) in [
            ("10.50", "EUR", 1050),
            ("10.5", "EUR", 1050),
            ("0.01", "EUR", 1),
            ("007", "USD", 700),
            ("10.000", "EUR", 1000),
            ("7", "ISK", 7),
            ("7.00", "ISK", 7),
            ("250", "HUF", 25_000),
            ("250.00", "HUF", 25_000),
            ("10000000000000", "EUR", MINOR_UNITS_MAX),
        ] {
            assert_eq!(parse(text, currency).unwrap().minor_units, minor_units, "{text}");
        }
    }

    /// Each says which flag is meant, what is wrong with it, and what to write.
    #[test]
    fn what_is_not_exact_is_refused_with_what_to_write() {
        const PLAIN: &str = "--amount is not a plain decimal number";
        const FINE: &str = "--amount is too fine for";
        const MUCH: &str = "--amount is more than one payout may carry: write at most EUR 1000000";
        for (text, currency, said, example) in [
            ("", "EUR", PLAIN, "10.50"),
            ("1e3", "EUR", PLAIN, "10.50"),
            ("10.", "EUR", PLAIN, "10.50"),
            (".5", "EUR", PLAIN, "10.50"),
            ("1.2.3", "EUR", PLAIN, "10.50"),
            ("1 000", "EUR", PLAIN, "10.50"),
            ("EUR 10", "EUR", PLAIN, "10.50"),
            ("-5", "EUR", "--amount has a sign", "10.50"),
            ("+5", "EUR", "--amount has a sign", "10.50"),
            ("10,00", "EUR", "--amount has a comma", "10.50"),
            ("1,000.00", "ISK", "--amount has a comma", "such as 10"),
            ("10.005", "EUR", FINE, "EUR: write it such as 10.50"),
            ("10.50", "ISK", FINE, "ISK: write it such as 10"),
            ("10.50", "HUF", FINE, "HUF: write it such as 10"),
            ("0", "EUR", "--amount must be above zero", "10.50"),
            ("0.00", "EUR", "--amount must be above zero", "10.50"),
            ("10000000000000.01", "EUR", MUCH, ".00"),
            ("99999999999999999999", "EUR", MUCH, ".00"),
            ("10", "JPY", "--currency is not one that is known here: write one of", "EUR"),
            ("10", "eur", "--currency is not one that is known here: write one of", "EUR"),
        ] {
            let refused = parse(text, currency).unwrap_err().to_string();
            let told = refused.starts_with(said) && refused.contains(example);
            assert!(told, "{text} {currency}: {refused}");
        }
    }
}
