//! Clearing houses and the documented forms of their account numbers (page "RegisterAccount").

/// What an account number looks like: literal letters and digits, then runs of `n` digits, `a`
/// capitals, or `c` either.
pub(super) struct ClearingHouse {
    name: &'static str,
    bank_number: Option<&'static [usize]>,
    prefix: &'static str,
    runs: &'static [(char, usize, usize)],
}

/// Trustly enables the house of Swedish IBANs on request only.
pub(super) fn find(name: &str, swedish_iban: bool) -> Option<&'static ClearingHouse> {
    if name == SWEDISH_IBAN.name && swedish_iban {
        return Some(&SWEDISH_IBAN);
    }
    CLEARING_HOUSES.iter().find(|house| house.name == name)
}

/// The house of a country by its two letters; whether Trustly Europe pays out there.
pub(super) fn of_country(code: &str) -> Option<&'static str> {
    let house = CLEARING_HOUSES.iter().find(|house| house.country() == code);
    house.map(|house| house.name)
}

impl ClearingHouse {
    /// IBANs begin with it; the two local forms do not.
    fn country(&self) -> &'static str {
        match self.name {
            "SWEDEN" => "SE",
            "UNITED_KINGDOM" => "GB",
            _ => self.prefix.split_at_checked(2).map_or("", |(country, _)| country),
        }
    }

    /// An IBAN needs no bank number, which is then the empty string.
    pub(super) fn takes_bank_number(&self, text: &str) -> bool {
        match self.bank_number {
            Some(lengths) => {
                lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            None => text.is_empty(),
        }
    }

    pub(super) fn takes_account_number(&self, text: &str) -> bool {
        let Some(mut rest) = text.strip_prefix(self.prefix) else { return false };
        for &(kind, least, most) in self.runs {
            let run = rest.chars().take_while(|char| is_of(kind, *char)).take(most).count();
            // Every run has one-byte characters only, so its length is where it ends.
            let Some((_, after)) = rest.split_at_checked(run) else { return false };
            if run < least {
                return false;
            }
            rest = after;
        }
        rest.is_empty()
    }
}

fn is_of(kind: char, char: char) -> bool {
    match kind {
        'n' => char.is_ascii_digit(),
        'a' => char.is_ascii_uppercase(),
        _ => char.is_ascii_digit() || char.is_ascii_uppercase(),
    }
}

const fn iban(
    name: &'static str,
    prefix: &'static str,
    runs: &'static [(char, usize, usize)],
) -> ClearingHouse {
    ClearingHouse { name, bank_number: None, prefix, runs }
}

static SWEDISH_IBAN: ClearingHouse = iban("IBAN", "SE", &[('n', 22, 22)]);

static CLEARING_HOUSES: [ClearingHouse; 29] = [
    iban("AUSTRIA", "AT", &[('n', 18, 18)]),
    iban("BELGIUM", "BE", &[('n', 14, 14)]),
    iban("BULGARIA", "BG", &[('n', 2, 2), ('a', 4, 4), ('n', 6, 6), ('c', 8, 8)]),
    iban("CROATIA", "HR", &[('n', 19, 19)]),
    iban("CYPRUS", "CY", &[('n', 10, 10), ('c', 16, 16)]),
    iban("CZECH_REPUBLIC", "CZ", &[('n', 22, 22)]),
    iban("DENMARK", "DK", &[('n', 16, 16)]),
    iban("ESTONIA", "EE", &[('n', 18, 18)]),
    iban("FINLAND", "FI", &[('n', 16, 16)]),
    iban("FRANCE", "FR", &[('n', 12, 12), ('c', 11, 11), ('n', 2, 2)]),
    iban("GERMANY", "DE", &[('n', 20, 20)]),
    iban("GREECE", "GR", &[('n', 25, 25)]),
    iban("HUNGARY", "HU", &[('n', 26, 26)]),
    iban("IRELAND", "IE", &[('n', 2, 2), ('a', 4, 4), ('n', 14, 14)]),
    iban("ITALY", "IT", &[('n', 2, 2), ('a', 1, 1), ('n', 10, 10), ('c', 12, 12)]),
    iban("LATVIA", "LV", &[('n', 2, 2), ('a', 4, 4), ('c', 13, 13)]),
    iban("LITHUANIA", "LT", &[('n', 18, 18)]),
    iban("LUXEMBOURG", "LU", &[('n', 18, 18)]),
    iban("MALTA", "MT", &[('n', 2, 2), ('a', 4, 4), ('n', 5, 5), ('c', 18, 18)]),
    iban("NETHERLANDS", "NL", &[('n', 2, 2), ('a', 4, 4), ('n', 10, 10)]),
    iban("NORWAY", "NO", &[('n', 13, 13)]),
    iban("POLAND", "PL", &[('n', 26, 26)]),
    iban("PORTUGAL", "PT", &[('n', 23, 23)]),
    iban("ROMANIA", "RO", &[('n', 2, 2), ('a', 4, 4), ('c', 16, 16)]),
    iban("SLOVAKIA", "SK", &[('n', 22, 22)]),
    iban("SLOVENIA", "SI56", &[('n', 15, 15)]),
    iban("SPAIN", "ES", &[('n', 22, 22)]),
    ClearingHouse { name: "SWEDEN", bank_number: Some(&[4, 5]), prefix: "", runs: &[('n', 1, 15)] },
    ClearingHouse {
        name: "UNITED_KINGDOM",
        bank_number: Some(&[6]),
        prefix: "",
        runs: &[('n', 8, 8)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// For each house a number of the documented form.
    const GOOD: [(&str, &str); 29] = [
        ("AUSTRIA", "AT611904300234573201"),
        ("BELGIUM", "BE68539007547034"),
        ("BULGARIA", "BG80BNBG96611020345678"),
        ("CROATIA", "HR1210010051863000160"),
        ("CYPRUS", "CY17002001280000001200527600"),
        ("CZECH_REPUBLIC", "CZ6508000000192000145399"),
        ("DENMARK", "DK5000400440116243"),
        ("ESTONIA", "EE382200221020145685"),
        ("FINLAND", "FI2112345600000785"),
        ("FRANCE", "FR1420041010050500013M02606"),
        ("GERMANY", "DE75512108001245126199"),
        ("GREECE", "GR1601101250000000012300695"),
        ("HUNGARY", "HU42117730161111101800000000"),
        ("IRELAND", "IE29AIBK93115212345678"),
        ("ITALY", "IT60X0542811101000000123456"),
        ("LATVIA", "LV80BANK0000435195001"),
        ("LITHUANIA", "LT121000011101001000"),
        ("LUXEMBOURG", "LU280019400644750000"),
        ("MALTA", "MT84MALT011000012345MTLCAST001S"),
        ("NETHERLANDS", "NL02ABNA0123456789"),
        ("NORWAY", "NO9386011117947"),
        ("POLAND", "PL61109010140000071219812874"),
        ("PORTUGAL", "PT50000201231234567890154"),
        ("ROMANIA", "RO49AAAA1B31007593840000"),
        ("SLOVAKIA", "SK3112000000198742637541"),
        ("SLOVENIA", "SI56263300012039086"),
        ("SPAIN", "ES9121000418450200051332"),
        ("SWEDEN", "69706212"),
        ("UNITED_KINGDOM", "31926819"),
    ];

    #[test]
    fn every_house_takes_its_form_and_nothing_longer_shorter_or_of_another() {
        let local = ["SWEDEN", "UNITED_KINGDOM"];
        for (name, number) in GOOD {
            let house = find(name, false).unwrap();
            assert!(house.takes_account_number(number), "{name}");
            let is_sweden = name == "SWEDEN";
            assert!(is_sweden || !house.takes_account_number(&format!("{number}0")), "{name}");
            let (shorter, _) = number.split_at(number.len() - 1);
            assert!(is_sweden || !house.takes_account_number(shorter), "{name}");
            assert!(!house.takes_account_number(&format!("{shorter}é")), "{name}");
            assert!(!house.takes_account_number(&format!(" {number}")), "{name}");
            for (other, _) in GOOD.iter().filter(|(other, _)| *other != name) {
                let taken = find(other, false).unwrap().takes_account_number(number);
                let both_local = local.contains(&name) && local.contains(other);
                assert!(!taken || both_local, "{other} takes {number}");
            }
        }
    }

    #[test]
    fn letters_and_digits_stand_where_they_are_documented() {
        for (house, number) in [
            ("SWEDEN", "1234567890123456"),
            ("SWEDEN", "6970621a"),
            ("NETHERLANDS", "NL02abna0123456789"),
            ("FRANCE", "FR76300060000112345678901AB"),
            ("SLOVENIA", "SI57263300012039086"),
            ("LUXEMBOURG", "LU28001940064475000A"),
        ] {
            assert!(!find(house, true).unwrap().takes_account_number(number), "{house} {number}");
        }
    }

    #[test]
    fn local_forms_need_a_bank_number_and_ibans_none() {
        for (house, number, good) in [
            ("SWEDEN", "6112", true),
            ("SWEDEN", "81059", true),
            ("SWEDEN", "", false),
            ("SWEDEN", "611", false),
            ("UNITED_KINGDOM", "200000", true),
            ("UNITED_KINGDOM", "20-00-00", false),
            ("GERMANY", "", true),
            ("GERMANY", "1", false),
        ] {
            let taken = find(house, false).unwrap().takes_bank_number(number);
            assert_eq!(taken, good, "{house} {number}");
        }
    }

    #[test]
    fn swedish_ibans_are_a_matter_of_contract() {
        assert!(find("IBAN", false).is_none());
        let house = find("IBAN", true).unwrap();
        assert!(house.takes_account_number("SE4550000000058398257466"));
        assert!(!house.takes_account_number("DE75512108001245126199"));
    }

    #[test]
    fn countries_have_one_house_each() {
        for (country, house) in
            [("SE", "SWEDEN"), ("GB", "UNITED_KINGDOM"), ("SI", "SLOVENIA"), ("AT", "AUSTRIA")]
        {
            assert_eq!(of_country(country), Some(house));
        }
        for country in ["US", "SW", "", "S", "GR "] {
            assert_eq!(of_country(country), None, "{country}");
        }
    }
}
