//! The demonstration bank: what a person types decides what happens (page "Test your
//! integration").

use std::time::Duration;

use super::authorization::{Account, Bank, DEMO_BANK, SLOW_BANK};
use super::form;
use super::reason::Reason;

/// Nobody waits longer, whatever was typed.
const SLEEP_MAX: Duration = Duration::from_secs(120);

/// Documented for `TimeoutError`.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What was typed into the form. What is left out is as the form shows it at first.
pub(super) struct Typed {
    bank: String,
    username: String,
    password: String,
    code: String,
    account: String,
}

pub(super) enum Login {
    In(Box<Access>),
    /// Any second factor is good.
    AsksCode,
    /// Other accounts than the one that was chosen.
    Offers(&'static [&'static str]),
    /// What is shown, and the panel the customer is at then.
    Refused(&'static str, &'static str),
}

/// What a login gives.
pub(super) struct Access {
    pub(super) bank: Bank,
    pub(super) account: Account,
    /// How long its split token is good.
    pub(super) token_lifetime: Option<Duration>,
    pub(super) denial: Option<Reason>,
}

pub(super) const ACCOUNTS: [&str; 2] = ["Checking", "Savings"];
const TROUBLED_ACCOUNTS: [&str; 3] = ["SW054", "SW055", "SW056"];

pub(super) const USERNAME: &str = "demo";
pub(super) const PASSWORD: &str = "demo123";

impl Typed {
    pub(super) fn parse(pairs: &[(String, String)]) -> Self {
        let text = |name, first: &str| form::value(pairs, name).unwrap_or(first).to_owned();
        Self {
            bank: text("bank", DEMO_BANK.id),
            username: text("username", USERNAME),
            password: text("password", PASSWORD),
            code: text("code", ""),
            account: text("account", ACCOUNTS[0]),
        }
    }

    /// How long the bank takes, before compression.
    pub(super) fn sleep(&self) -> Option<Duration> {
        if self.is("TimeoutError") {
            return Some(TIMEOUT);
        }
        let seconds = self.password.parse().ok()?;
        self.username
            .eq_ignore_ascii_case("Sleep")
            .then(|| Duration::from_secs(seconds).min(SLEEP_MAX))
    }

    pub(super) fn login(&self) -> Login {
        let Some(bank) = [DEMO_BANK, SLOW_BANK].into_iter().find(|bank| bank.id == self.bank)
        else {
            return Login::Refused("This bank is not listed.", "UC12");
        };
        if let Some((_, message, panel)) = FAILURES.iter().find(|(phrase, ..)| self.is(phrase)) {
            return Login::Refused(message, panel);
        }
        let slept = self.sleep().is_some();
        let is_good = self.password.bytes().filter(u8::is_ascii_alphanumeric).count() >= 3;
        if !slept && !is_good {
            return Login::Refused("Wrong credentials.", "UC03");
        }
        if self.is("2FA") && self.code.is_empty() {
            return Login::AsksCode;
        }
        self.choose(bank)
    }

    fn choose(&self, bank: Bank) -> Login {
        if self.is("tckerror") {
            let Some(name) = TROUBLED_ACCOUNTS.iter().find(|name| self.account == **name) else {
                return Login::Offers(&TROUBLED_ACCOUNTS);
            };
            let denial = Some(Reason::declined(name));
            return Login::In(Box::new(Access { denial, ..self.access(bank, Some("123456576")) }));
        }
        if !ACCOUNTS.contains(&self.account.as_str()) {
            return Login::Offers(&ACCOUNTS);
        }
        let number = Account::sample_number(&self.account);
        let mut access = match self.username.split_once('_') {
            _ if self.is("AccNumberNull") => self.access(bank, None),
            Some((_, typed)) if self.is("AccFromUsername") => self.access(bank, Some(typed)),
            _ => self.access(bank, Some(number)),
        };
        if self.is("AccNumberNull") {
            access.denial = Some(Reason::declined("SW056"));
        }
        access.account.is_virtual = self.is("Virtual");
        if self.is("ExpiredSplitToken") {
            access.token_lifetime = Some(TIMEOUT);
        }
        let lower = self.password.to_ascii_lowercase();
        if let Some(code) = lower.strip_prefix("extendedreasoncode_") {
            access.denial = Reason::parse(&format!("SW054/{code}"));
        }
        Login::In(Box::new(access))
    }

    fn access(&self, bank: Bank, number: Option<&str>) -> Access {
        let account = Account::at_demo_bank(number, &self.account);
        Access { bank, account, token_lifetime: None, denial: None }
    }

    fn is(&self, phrase: &str) -> bool {
        self.password.eq_ignore_ascii_case(phrase)
    }
}

/// Passwords that lead nowhere, with what is shown and where the customer is then.
const FAILURES: [(&str, &str, &str); 8] = [
    ("NoEligibleAccounts", "There is no eligible account.", "UC08"),
    ("LoginError", "The bank reports an error.", "UC09"),
    ("Unavailable", "The bank is not available.", "UC09"),
    ("AccountLocked", "The account is locked.", "UC03"),
    ("WrongCredentials", "Wrong credentials.", "UC03"),
    ("SessionTimeout", "The session timed out.", "UC02"),
    ("NotSupported", "The account is not supported.", "UC23"),
    ("TimeoutError", "The bank did not answer in time.", "UC09"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn login(query: &str) -> Login {
        Typed::parse(&form::pairs(query).unwrap()).login()
    }

    fn access(query: &str) -> Access {
        match login(query) {
            Login::In(access) => *access,
            _ => panic!("{query} does not log in"),
        }
    }

    #[test]
    fn passwords_decide_what_a_login_gives() {
        let plain = access("");
        assert_eq!(plain.account.last_digits.as_deref(), Some("6576"));
        assert!(plain.bank.instant_available && plain.denial.is_none());
        assert!(!access("bank=200005503").bank.instant_available);
        assert_eq!(access("account=Savings").account.kind, 2);
        assert_eq!(access("password=accnumbernull").account.last_digits, None);
        let typed = access("password=AccFromUsername&username=x_987654321");
        assert_eq!(typed.account.last_digits.as_deref(), Some("4321"));
        assert!(access("password=virtual").account.is_virtual);
        assert_eq!(access("password=ExpiredSplitToken").token_lifetime, Some(TIMEOUT));
        let denied = access("password=ExtendedReasonCode_30401").denial.unwrap();
        assert_eq!((denied.status.as_str(), denied.extended), ("SW054", Some(30_401)));
        let troubled = access("password=tckerror&account=SW055").denial.unwrap();
        assert_eq!(troubled.error_code, Some(390));
        access("password=Balance1000");
        access("password=2FA&code=123");
    }

    #[test]
    fn passwords_decide_how_a_login_fails() {
        for (phrase, _, expected) in FAILURES {
            let Login::Refused(_, panel) = login(&format!("password={phrase}")) else {
                panic!("{phrase} logs in");
            };
            assert_eq!(panel, expected, "{phrase}");
        }
        assert!(matches!(login("password=ab"), Login::Refused(_, "UC03")));
        assert!(matches!(login("bank=1"), Login::Refused(_, "UC12")));
        assert!(matches!(login("password=2fa"), Login::AsksCode));
        assert!(matches!(login("password=tckerror"), Login::Offers(_)));
        assert!(matches!(login("account=Gold"), Login::Offers(_)));
    }

    #[test]
    fn sleepers_sleep() {
        let typed = |query: &str| Typed::parse(&form::pairs(query).unwrap());
        assert_eq!(typed("username=sleep&password=5").sleep(), Some(Duration::from_secs(5)));
        assert!(matches!(typed("username=Sleep&password=5").login(), Login::In(_)));
        assert_eq!(typed("username=Sleep&password=500000").sleep(), Some(SLEEP_MAX));
        assert_eq!(typed("username=demo&password=555").sleep(), None);
    }
}
