//! What the bank network says of a transaction (pages "Status codes" and "Decline codes").

/// A status of `paymentProviderTransaction`, with what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Such as `AC100` or `SW054`.
    pub(super) status: String,
    /// `extendedReason.code`; the `reasonCode` follows from it.
    pub(super) extended: Option<u32>,
    /// The `errorCode` of events.
    pub(super) error_code: Option<u16>,
    /// Of ACH (`R03`) or of the Canadian EFT (`905`).
    pub(super) return_code: Option<String>,
}

/// Declines with what goes with them unless a rule says otherwise.
const DECLINES: [(&str, Option<u32>, Option<u16>); 9] = [
    ("SW021", Some(120_000), Some(331)),
    ("SW051", None, Some(380)),
    ("SW052", None, Some(378)),
    ("SW053", None, Some(378)),
    ("SW054", Some(10_000), Some(390)),
    ("SW055", Some(50_000), Some(390)),
    ("SW056", Some(90_000), Some(330)),
    ("SW057", Some(110_000), Some(326)),
    ("SW060", None, Some(378)),
];

/// Returns that say there is no such account, or none any more.
const NO_ACCOUNT: [&str; 7] = ["R02", "R03", "R04", "R20", "902", "905", "912"];

impl Reason {
    /// A status that says nothing more.
    pub(super) fn plain(status: &str) -> Self {
        Self { status: status.to_owned(), extended: None, error_code: None, return_code: None }
    }

    pub(super) fn declined(status: &str) -> Self {
        let mut reason = Self::plain(status);
        if let Some((_, extended, error_code)) = DECLINES.iter().find(|(each, ..)| *each == status)
        {
            (reason.extended, reason.error_code) = (*extended, *error_code);
        }
        reason
    }

    pub(super) fn returned(code: &str) -> Self {
        let status = if NO_ACCOUNT.contains(&code) { "AC114" } else { "AC115" };
        Self { return_code: Some(code.to_owned()), ..Self::plain(status) }
    }

    /// As a rule names it: `SW054`, `SW055/60000` with an extended reason, `AC115`, or a return
    /// code such as `R02` or `905`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (code, extended) = match text.split_once('/') {
            Some((code, extended)) => (code, Some(extended.parse().ok()?)),
            None => (text, None),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (letters, number) = code.split_at_checked(code.len().checked_sub(3)?)?;
        match letters {
            "SW" | "AC" | "SE" if digits(number) => {
                let mut reason = Self::declined(code);
                reason.extended = extended.or(reason.extended);
                Some(reason)
            }
            "" if extended.is_none() && is_return_code(code) => Some(Self::returned(code)),
            _ => None,
        }
    }

    /// The group that the extended reason is in.
    pub(super) fn code(&self) -> Option<u32> {
        self.extended.map(|extended| extended / 10_000)
    }

    /// `reasonCodeMessage`, in the wording that consumers may see.
    pub(super) fn message(&self) -> &'static str {
        match self.code() {
            Some(12) => "Insufficient funds",
            Some(11) => "Authorization expired or revoked",
            Some(9 | 10) => "Account not supported",
            _ => "Transaction declined",
        }
    }
}

/// `R01` to `R84`, or 900 to 999.
fn is_return_code(code: &str) -> bool {
    let number = match code.strip_prefix('R') {
        Some(number) => number.parse().ok().filter(|number: &u16| (1..=84).contains(number)),
        None => code.parse().ok().filter(|number: &u16| *number >= 900),
    };
    number.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_as_rules_name_them() {
        let sanctions = Reason::parse("SW055/60000").unwrap();
        assert_eq!((sanctions.code(), sanctions.error_code), (Some(6), Some(390)));
        let velocity = Reason::parse("SW054/11024").unwrap();
        assert_eq!(velocity.code(), Some(1));
        assert_eq!(Reason::parse("SW057").unwrap().error_code, Some(326));
        assert_eq!(Reason::parse("R02").unwrap().status, "AC114");
        assert_eq!(Reason::parse("R29").unwrap().status, "AC115");
        assert_eq!(Reason::parse("905").unwrap().return_code.as_deref(), Some("905"));
        for text in ["", "R", "R85", "R00", "SW05", "54", "SW054/", "R02/1", "XX054", "é54"] {
            assert_eq!(Reason::parse(text), None, "{text}");
        }
    }
}
