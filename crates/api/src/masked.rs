//! `Debug` for messages that can hold bank details, names or provider handles.
//!
//! The generated code leaves them out, so a message that contains one cannot be printed by
//! accident, neither alone nor as a part of another.

use std::fmt::{Debug, Formatter, Result};

use crate::v1;

impl Debug for v1::AccountHolder {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("AccountHolder(***)")
    }
}

impl Debug for v1::account_holder::Holder {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Person(_) => "Person(***)",
            Self::OrganisationName(_) => "OrganisationName(***)",
        })
    }
}

impl Debug for v1::PersonName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("PersonName(***)")
    }
}

impl Debug for v1::PostalAddress {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("PostalAddress(***)")
    }
}

impl Debug for v1::Originator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("Originator(***)")
    }
}

impl Debug for v1::originator::Party {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Person(_) => "Person(***)",
            Self::OrganisationName(_) => "OrganisationName(***)",
        })
    }
}

impl Debug for v1::SubMerchant {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SubMerchant(***)")
    }
}

impl Debug for v1::BankAccount {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("BankAccount(***)")
    }
}

impl Debug for v1::bank_account::Form {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Iban(_) => "Iban(***)",
            Self::Local(_) => "Local(***)",
        })
    }
}

impl Debug for v1::LocalAccount {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("LocalAccount(***)")
    }
}

impl Debug for v1::create_payout_request::Destination {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::DestinationId(id) => f.debug_tuple("DestinationId").field(id).finish(),
            Self::BankDetails(_) => f.write_str("BankDetails(***)"),
            Self::ProviderHandle(_) => f.write_str("ProviderHandle(***)"),
        }
    }
}

impl Debug for v1::CreatePayoutRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // The caller's free texts are left out too: a customer's name can hide in any of them.
        f.debug_struct("CreatePayoutRequest")
            .field("merchant", &self.merchant)
            .field("idempotency_key", &self.idempotency_key)
            .field("customer", &self.customer)
            .field("amount", &self.amount)
            .field("destination", &self.destination)
            .finish_non_exhaustive()
    }
}

impl Debug for v1::ImportDestinationRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("ImportDestinationRequest")
            .field("merchant", &self.merchant)
            .field("customer", &self.customer)
            .field("provider_handle", &"***")
            .finish()
    }
}

impl Debug for v1::StartDestinationLinkRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("StartDestinationLinkRequest")
            .field("merchant", &self.merchant)
            .field("idempotency_key", &self.idempotency_key)
            .field("customer", &self.customer)
            .finish_non_exhaustive()
    }
}

impl Debug for v1::StartDestinationLinkResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("StartDestinationLinkResponse")
            .field("destination", &self.destination)
            .field("replayed", &self.replayed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::v1::account_holder::Holder;
    use crate::v1::bank_account::Form;
    use crate::v1::create_payout_request::Destination;
    use crate::v1::originator::Party;
    use crate::v1::{
        AccountHolder, BankAccount, BankDetails, CreatePayoutRequest, ImportDestinationRequest,
        LocalAccount, Originator, PersonName, PostalAddress, RegisterDestinationRequest,
        StartDestinationLinkRequest, StartDestinationLinkResponse, SubMerchant,
    };

    const SECRET: &str = "canary";

    fn secret() -> String {
        SECRET.to_owned()
    }

    fn local() -> LocalAccount {
        LocalAccount { country_code: secret(), bank_number: secret(), account_number: secret() }
    }

    fn person() -> PersonName {
        PersonName { first_name: secret(), last_name: secret() }
    }

    fn address() -> PostalAddress {
        PostalAddress {
            country_code: secret(),
            postal_code: secret(),
            city: secret(),
            line_1: secret(),
            line_2: secret(),
        }
    }

    fn originator(party: Party) -> Originator {
        Originator {
            party: Some(party),
            address: secret(),
            country_code: secret(),
            customer_id: secret(),
            date_of_birth: secret(),
            organisation_number: secret(),
        }
    }

    fn shop() -> SubMerchant {
        SubMerchant { name: secret(), url: secret(), merchant_category_code: secret() }
    }

    fn details(form: Form, holder: Holder) -> BankDetails {
        BankDetails {
            account: Some(BankAccount { form: Some(form) }),
            holder: Some(AccountHolder {
                holder: Some(holder),
                address: Some(address()),
                date_of_birth: secret(),
                mobile_phone: secret(),
                email: secret(),
                national_id: secret(),
            }),
        }
    }

    #[test]
    fn nothing_personal_is_printed() {
        let by_iban = details(Form::Iban(secret()), Holder::OrganisationName(secret()));
        let by_local = details(Form::Local(local()), Holder::Person(person()));
        let create = |destination| CreatePayoutRequest {
            destination: Some(destination),
            originator: Some(originator(Party::OrganisationName(secret()))),
            sub_merchant: Some(shop()),
            ..CreatePayoutRequest::default()
        };
        let printed = [
            format!("{by_iban:?}"),
            format!("{by_local:#?}"),
            format!("{:?}", local()),
            format!("{:?}", person()),
            format!("{:?}", address()),
            format!("{:?}", shop()),
            format!("{:?}", originator(Party::Person(person()))),
            format!("{:?}", Party::OrganisationName(secret())),
            format!("{:?}", Form::Local(local())),
            format!("{:?}", Holder::OrganisationName(secret())),
            format!("{:?}", create(Destination::BankDetails(Box::new(by_iban.clone())))),
            format!("{:?}", create(Destination::ProviderHandle(secret()))),
            format!(
                "{:?}",
                RegisterDestinationRequest {
                    bank_details: Some(by_local),
                    ..RegisterDestinationRequest::default()
                }
            ),
            format!(
                "{:?}",
                ImportDestinationRequest {
                    provider_handle: secret(),
                    ..ImportDestinationRequest::default()
                }
            ),
        ];
        for text in printed {
            assert!(!text.contains(SECRET), "{text}");
            assert!(text.contains("***"), "{text}");
        }
    }

    #[test]
    fn nothing_that_a_customer_could_be_impersonated_with_is_printed() {
        let request = StartDestinationLinkRequest {
            merchant: "m-1".to_owned(),
            return_url: secret(),
            cancel_url: secret(),
            app_url: secret(),
            ip_address: secret(),
            ..StartDestinationLinkRequest::default()
        };
        let response = StartDestinationLinkResponse {
            url: secret(),
            ..StartDestinationLinkResponse::default()
        };
        for text in [format!("{request:?}"), format!("{response:?}")] {
            assert!(!text.contains(SECRET), "{text}");
        }
    }

    #[test]
    fn a_stored_destination_is_printed() {
        let destination = Destination::DestinationId("dest_1".to_owned());
        assert_eq!(format!("{destination:?}"), r#"DestinationId("dest_1")"#);
    }
}
