//! What a caller asks for when a customer is to choose an account with the provider.

use std::fmt;
use std::net::IpAddr;

use crate::bank::{Country, Holder, Particulars};
use crate::fingerprint::{
    CompareError, Fields, Fingerprint, differing_fields, of_fields, of_holder, of_sub_merchant,
};
use crate::id::{Customer, IdempotencyKey, Merchant};
use crate::keys::KeyRing;
use crate::order::StatementDescriptor;
use crate::party::SubMerchant;
use crate::personal::{AppUrl, PageUrl, Personal};
use crate::text::Invalid;

/// A caller's request to let a customer choose an account. What of it is mandatory is the
/// provider's knowledge. Holds personal data, is never stored as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// Whose destination it will be.
    pub merchant: Merchant,
    /// The caller's name for this link.
    pub idempotency_key: IdempotencyKey,
    /// Who chooses, and is paid there afterwards.
    pub customer: Customer,
    /// Where the customer comes back to with an account chosen.
    pub return_url: PageUrl,
    /// Where the customer comes back to without one.
    pub cancel_url: PageUrl,
    /// The app that the customer comes from and goes back to from a bank's app.
    pub app_url: Option<AppUrl>,
    /// The language of the provider's pages.
    pub locale: Option<Locale>,
    /// Where the customer's bank is.
    pub country: Option<Country>,
    /// What is known of the customer, so that it need not be typed.
    pub holder: Option<KnownHolder>,
    /// Whether the customer may not change the national id that is given.
    pub national_id_is_fixed: bool,
    /// Where the customer's browser is.
    pub ip_address: Option<IpAddr>,
    /// The text for the customer's bank statement; the merchant's configured text when absent.
    pub statement_descriptor: Option<StatementDescriptor>,
    /// The shop that the customer sees, where that is not the merchant.
    pub sub_merchant: Option<SubMerchant>,
}

/// What is known of the holder of an account that is yet to be chosen.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownHolder {
    /// The name.
    pub holder: Holder,
    /// The rest.
    pub particulars: Box<Particulars>,
}

/// A language, and a territory if that matters: `sv` or `sv_SE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(String);

impl Locale {
    /// Takes an ISO 639-1 code, with `_` or `-` and an ISO 3166-1 alpha-2 code or without.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (language, territory) = match text.split_once(['_', '-']) {
            Some((language, territory)) => (language, Some(territory)),
            None => (text, None),
        };
        let letters =
            |text: &str, are: fn(&u8) -> bool| text.len() == 2 && text.bytes().all(|b| are(&b));
        let territory_fits = territory.is_none_or(|it| letters(it, u8::is_ascii_uppercase));
        match letters(language, u8::is_ascii_lowercase) && territory_fits {
            true => Ok(Self(text.replace('-', "_"))),
            false => Err(Invalid::new("must be a language such as sv, or with a territory, sv_SE")),
        }
    }

    /// The language, with an underscore and the territory where there is one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkRequest").field("merchant", &self.merchant).finish_non_exhaustive()
    }
}

impl LinkRequest {
    /// The fingerprint under the current key.
    pub fn fingerprint(&self, keys: &KeyRing) -> Fingerprint {
        of_fields(keys, self.fields())
    }

    /// The paths of the fields in which it differs from the one that `first` was made of; empty if
    /// they are the same.
    pub fn differences(
        &self,
        keys: &KeyRing,
        first: &Fingerprint,
    ) -> Result<Vec<String>, CompareError> {
        differing_fields(keys, first, self.fields())
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        let mut add = |path: &str, text: Option<&str>| {
            if let Some(text) = text {
                fields.push((path.to_owned(), vec![text.to_owned()]));
            }
        };
        add("customer", Some(self.customer.as_str()));
        add("return_url", Some(self.return_url.reveal()));
        add("cancel_url", Some(self.cancel_url.reveal()));
        add("app_url", self.app_url.as_ref().map(Personal::reveal));
        add("locale", self.locale.as_ref().map(Locale::as_str));
        add("country_code", self.country.as_ref().map(Country::as_str));
        add("national_id_is_fixed", self.national_id_is_fixed.then_some("true"));
        add("ip_address", self.ip_address.map(|ip| ip.to_string()).as_deref());
        let statement = self.statement_descriptor.as_ref();
        add("statement_descriptor", statement.map(StatementDescriptor::as_str));
        if let Some(KnownHolder { holder, particulars }) = &self.holder {
            fields.extend(of_holder("holder", holder, particulars));
        }
        fields.extend(self.sub_merchant.iter().flat_map(of_sub_merchant));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::ring;

    fn request() -> LinkRequest {
        LinkRequest {
            merchant: Merchant::parse("demo-eu").unwrap(),
            idempotency_key: IdempotencyKey::parse("link-1").unwrap(),
            customer: Customer::parse("customer-1").unwrap(),
            return_url: PageUrl::parse("https://shop.example/done").unwrap(),
            cancel_url: PageUrl::parse("https://shop.example/back").unwrap(),
            app_url: None,
            locale: Locale::parse("sv-SE").ok(),
            country: Country::parse("SE").ok(),
            holder: None,
            national_id_is_fixed: false,
            ip_address: None,
            statement_descriptor: None,
            sub_merchant: None,
        }
    }

    #[test]
    fn locales_are_languages_with_or_without_a_territory() {
        for (good, kept) in [("sv", "sv"), ("sv_SE", "sv_SE"), ("sv-SE", "sv_SE")] {
            assert_eq!(Locale::parse(good).unwrap().as_str(), kept);
        }
        for bad in ["", "SV", "swe", "sv_", "sv_se", "sv_SE_x", "s\u{e5}"] {
            assert!(Locale::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_field_is_part_of_the_contents() {
        let keys = ring(&[1]);
        let first = request().fingerprint(&keys);
        assert_eq!(request().differences(&ring(&[1, 2]), &first), Ok(Vec::new()));
        let particulars = crate::codec::tests::samples::particulars();
        let name = |text| crate::bank::HolderName::parse(text).unwrap();
        let other = LinkRequest {
            customer: Customer::parse("customer-2").unwrap(),
            return_url: PageUrl::parse("https://shop.example/done2").unwrap(),
            cancel_url: PageUrl::parse("https://shop.example/back2").unwrap(),
            app_url: AppUrl::parse("app://x").ok(),
            locale: None,
            country: None,
            holder: Some(KnownHolder {
                holder: Holder::Person { first_name: name("Steve"), last_name: name("Smith") },
                particulars: Box::new(particulars),
            }),
            national_id_is_fixed: true,
            ip_address: "127.0.0.1".parse().ok(),
            statement_descriptor: StatementDescriptor::parse("shop").ok(),
            sub_merchant: crate::codec::tests::samples::parties().remove(1).sub_merchant,
            ..request()
        };
        let paths = other.differences(&keys, &first).unwrap();
        let (own, holder): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| !path.starts_with("holder"));
        assert_eq!(holder.len(), 10);
        let expected = [
            "app_url",
            "cancel_url",
            "country_code",
            "customer",
            "ip_address",
            "locale",
            "national_id_is_fixed",
            "return_url",
            "statement_descriptor",
            "sub_merchant.merchant_category_code",
            "sub_merchant.name",
            "sub_merchant.url",
        ];
        assert_eq!(own, expected);
    }
}
