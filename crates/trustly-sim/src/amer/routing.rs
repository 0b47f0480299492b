//! Account and routing numbers, and the account numbers that stand for something in the sandbox
//! (page "Test your integration").

use super::refusal::Refusal;

const ACCOUNT_DIGITS: std::ops::RangeInclusive<usize> = 4..=17;

/// What verifications say of an account of which nothing is known.
const SCORE: u32 = 8;
const THIRD_PARTY_SCORE: u32 = 800;

/// An account as it was named, or why it cannot be one. `currency` decides the country.
pub(super) fn check(
    account_number: &str,
    routing_number: &str,
    currency: Option<&str>,
) -> Result<(), Refusal> {
    if let Some(code) = trigger(account_number) {
        return Err(Refusal::triggered(code));
    }
    let has_digits = ACCOUNT_DIGITS.contains(&account_number.len()) && is_digits(account_number);
    if !has_digits {
        return Err(Refusal::parameter("account.accountNumber", "Not an account number"));
    }
    let good = match currency {
        Some("CAD") => is_canadian(routing_number),
        Some(_) => is_routing_number(routing_number),
        None => is_routing_number(routing_number) || is_canadian(routing_number),
    };
    if good {
        return Ok(());
    }
    Err(Refusal::parameter("account.routingNumber", "Not a routing number"))
}

/// `score` and `thirdPartyScore`.
pub(super) fn scores(account_number: &str) -> (u32, u32) {
    let number: u64 = account_number.parse().unwrap_or_default();
    let below = |base: u64| u32::try_from(number - base).expect("it is below a thousand");
    match number {
        1_000_000_000..=1_000_000_010 => (below(1_000_000_000), THIRD_PARTY_SCORE),
        1_000_001_000..=1_000_001_999 => (SCORE, below(1_000_001_000)),
        _ => (SCORE, THIRD_PARTY_SCORE),
    }
}

fn trigger(account_number: &str) -> Option<u16> {
    match account_number {
        "1001000000" => Some(100),
        "1002000000" => Some(200),
        "1003000000" => Some(300),
        "1003250000" => Some(325),
        "1003750000" => Some(375),
        _ => None,
    }
}

/// Nine digits, the last of which checks the others.
fn is_routing_number(text: &str) -> bool {
    const WEIGHTS: [u32; 9] = [3, 7, 1, 3, 7, 1, 3, 7, 1];
    let weighted = text.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit & 0xf) * weight);
    text.len() == WEIGHTS.len() && is_digits(text) && weighted.sum::<u32>() % 10 == 0
}

/// A zero, the institution and the branch, without a check digit.
fn is_canadian(text: &str) -> bool {
    text.len() == 9 && text.starts_with('0') && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_numbers_have_a_check_digit_in_the_united_states() {
        for (routing_number, currency, good) in [
            ("124003116", Some("USD"), true),
            ("021000021", Some("USD"), true),
            ("124003117", Some("USD"), false),
            ("12400311", Some("USD"), false),
            ("12400311x", Some("USD"), false),
            ("000312345", Some("CAD"), true),
            ("124003116", Some("CAD"), false),
            ("000312345", None, true),
            ("124003116", None, true),
        ] {
            let checked = check("123456576", routing_number, currency);
            assert_eq!(checked.is_ok(), good, "{routing_number} {currency:?}");
        }
    }

    #[test]
    fn account_numbers_stand_for_errors_and_scores() {
        for (number, code) in [
            ("1001000000", 100),
            ("1002000000", 200),
            ("1003000000", 300),
            ("1003250000", 325),
            ("1003750000", 375),
            ("123", 200),
            ("123456789012345678", 200),
            ("12345x", 200),
        ] {
            let refusal = check(number, "124003116", None).unwrap_err();
            assert_eq!(refusal.code, code, "{number}");
        }
        assert_eq!(scores("1000000005"), (5, 800));
        assert_eq!(scores("1000001499"), (8, 499));
        assert_eq!(scores("123456576"), (8, 800));
    }
}
