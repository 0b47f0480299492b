//! Why a payout was declined or came back, in words that name no Trustly concept.

use payout::reason::Reason;

/// What transactions and webhooks say about their way through the banks. Trustly does not document
/// which of the members carries a return code, so all of them are searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderDetail {
    /// A provider status such as `SW056` or `AC114`, or a return code.
    pub status: Option<String>,
    /// Its text.
    pub status_message: Option<String>,
    /// A number below the status.
    pub reason_code: Option<String>,
    /// A number below the reason code.
    pub extended_reason: Option<String>,
    /// Another party's code.
    pub third_party_decline_code: Option<String>,
    /// The type of return in dispute events.
    pub return_type: Option<String>,
}

impl ProviderDetail {
    /// The most specific reason there is: a bank's return code before Trustly's own. `None` if
    /// nothing here says that anything went wrong.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        if let Some(code) = self.return_code() {
            return Some(of_return_code(code));
        }
        let status = self.status.as_deref()?;
        match (status, self.reason_code.as_deref(), self.extended_reason.as_deref()) {
            ("SW054", Some("15"), _) => Some(Reason::Sanctions),
            ("SW055", _, Some("60000" | "70000")) => Some(Reason::Sanctions),
            _ => of_status(status),
        }
    }

    /// The bank's return code: `R02` and the like (NACHA), or three digits from 900 (Canadian EFT)
    /// if they are all there is in a member.
    #[must_use]
    pub fn return_code(&self) -> Option<&str> {
        let members =
            [&self.status, &self.return_type, &self.third_party_decline_code, &self.status_message];
        members.into_iter().flatten().find_map(|text| return_code(text))
    }
}

fn return_code(text: &str) -> Option<&str> {
    let is_nacha = |word: &&str| match word.as_bytes() {
        [b'R', tens, ones] => tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    };
    let whole = text.trim();
    let is_eft = match whole.as_bytes() {
        [b'9', tens, ones] => tens.is_ascii_digit() && ones.is_ascii_digit(),
        _ => false,
    };
    if is_eft {
        return Some(whole);
    }
    text.split(|char: char| !char.is_alphanumeric()).find(is_nacha)
}

fn of_return_code(code: &str) -> Reason {
    match code {
        "R02" | "R14" | "R15" | "905" | "910" => Reason::AccountClosed,
        "R03" | "R04" | "R12" | "R13" | "R20" => Reason::AccountInvalid,
        "900" | "902" | "909" | "911" | "912" | "914" => Reason::AccountInvalid,
        "R01" | "R09" | "901" | "908" => Reason::MerchantFundsInsufficient,
        "R16" => Reason::Sanctions,
        "R17" => Reason::RiskDeclined,
        _ => Reason::ReturnedByBank,
    }
}

fn of_status(status: &str) -> Option<Reason> {
    Some(match status {
        "SW021" | "AC113" => Reason::MerchantFundsInsufficient,
        "SW052" | "SW053" | "SW060" | "SE01" | "SE02" | "SE03" => Reason::BankUnavailable,
        "SW054" | "SW055" | "SW059" => Reason::RiskDeclined,
        "SW056" | "AC114" => Reason::AccountInvalid,
        "SW057" => Reason::ReauthenticationRequired,
        "AC112" | "AC115" => Reason::ReturnedByBank,
        "SW013" | "SW051" | "AC101" | "AC103" | "AC104" | "AC109" | "AC117" => Reason::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(status: &str, reason_code: &str, extended: &str) -> ProviderDetail {
        ProviderDetail {
            status: Some(status.to_owned()),
            reason_code: Some(reason_code.to_owned()),
            extended_reason: Some(extended.to_owned()),
            ..ProviderDetail::default()
        }
    }

    fn message(text: &str) -> ProviderDetail {
        let status = Some("AC115".to_owned());
        let status_message = Some(text.to_owned());
        ProviderDetail { status, status_message, ..ProviderDetail::default() }
    }

    #[test]
    fn statuses_have_reasons() {
        let reason = |status| detail(status, "", "").reason();
        assert_eq!(reason("SW056"), Some(Reason::AccountInvalid));
        assert_eq!(reason("SW060"), Some(Reason::BankUnavailable));
        assert_eq!(reason("SW057"), Some(Reason::ReauthenticationRequired));
        assert_eq!(reason("SW021"), Some(Reason::MerchantFundsInsufficient));
        assert_eq!(reason("AC115"), Some(Reason::ReturnedByBank));
        assert_eq!(reason("AC104"), Some(Reason::Other));
        for fine in ["AC100", "AC102", "AC105", "AC106", "AC118", "SW020", "UC01", "NEW99", ""] {
            assert_eq!(reason(fine), None, "{fine}");
        }
        assert_eq!(ProviderDetail::default().reason(), None);
    }

    #[test]
    fn risk_and_sanctions_are_told_apart() {
        assert_eq!(detail("SW055", "6", "60000").reason(), Some(Reason::Sanctions));
        assert_eq!(detail("SW055", "7", "70000").reason(), Some(Reason::Sanctions));
        assert_eq!(detail("SW054", "15", "").reason(), Some(Reason::Sanctions));
        assert_eq!(detail("SW055", "5", "50001").reason(), Some(Reason::RiskDeclined));
        assert_eq!(detail("SW054", "3", "30301").reason(), Some(Reason::RiskDeclined));
    }

    #[test]
    fn return_codes_are_found_and_come_first() {
        assert_eq!(message("R02").reason(), Some(Reason::AccountClosed));
        assert_eq!(message("Returned: R03 - no account").return_code(), Some("R03"));
        assert_eq!(message("(R23)").reason(), Some(Reason::ReturnedByBank));
        assert_eq!(message("905").reason(), Some(Reason::AccountClosed));
        assert_eq!(detail("R16", "", "").reason(), Some(Reason::Sanctions));
        for none in ["ERROR12", "R2", "R023", "xR02", "paid 905 dollars", "9000", "r02"] {
            assert_eq!(message(none).return_code(), None, "{none}");
        }
    }
}
