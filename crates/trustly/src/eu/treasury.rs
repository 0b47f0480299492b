//! Questions about the merchant's money, as Trustly Europe answers them.

use std::fmt::Display;
use std::time::Duration;

use async_trait::async_trait;
use payout::day::Day;
use payout::id::ProviderReference;
use payout::money::Currency;
use payout::port::{Treasury, TreasuryError};
use payout::treasury::{LedgerRow, ReportOf, ReportRow, Signed, Transfer};

use super::provider::{Europe, Outcome};
use super::wire::MESSAGE_BYTES_MAX;
use super::wire::reply::{Data, Reply};
use super::wire::report;
use super::wire::request::{AccountLedger, Call, SettlementDetails};

/// Trustly's pages Balance and GetWithdrawals: not more than once in 15 minutes.
const SPACING: Duration = Duration::from_secs(15 * 60);

/// The longest report that is read: some 100,000 rows.
const REPORT_BYTES_MAX: usize = 32 * 1024 * 1024;

#[async_trait]
impl Treasury for Europe {
    fn spacing(&self) -> Duration {
        SPACING
    }

    fn settled_currencies(&self) -> &[Currency] {
        &self.config.settled_currencies
    }

    async fn balance(&self) -> Result<Vec<Signed>, TreasuryError> {
        let data = self.question(&Call::Balance, MESSAGE_BYTES_MAX).await?;
        report::balances(data.tree()).map_err(|error| unreadable(&error))
    }

    async fn settlement(&self, of: ReportOf) -> Result<Vec<ReportRow>, TreasuryError> {
        let day = of.day.to_string();
        let call = Call::SettlementDetails(SettlementDetails {
            settlement_date: &day,
            currency: of.currency.code(),
        });
        let data = self.question(&call, REPORT_BYTES_MAX).await?;
        report::settlement(data.tree(), of.currency).map_err(|error| unreadable(&error))
    }

    async fn withdrawal(&self, order: &ProviderReference) -> Result<Vec<Transfer>, TreasuryError> {
        let data = self.question(&Call::GetWithdrawals(order.as_str()), MESSAGE_BYTES_MAX).await?;
        report::withdrawals(data.tree(), order).map_err(|error| unreadable(&error))
    }

    async fn ledger(
        &self,
        from: Day,
        to: Day,
        currency: Currency,
    ) -> Result<Vec<LedgerRow>, TreasuryError> {
        let (from_date, to_date) = (from.to_string(), to.to_string());
        let call = Call::AccountLedger(AccountLedger {
            from_date: &from_date,
            to_date: &to_date,
            currency: currency.code(),
        });
        let data = self.question(&call, REPORT_BYTES_MAX).await?;
        report::ledger(data.tree()).map_err(|error| unreadable(&error))
    }
}

impl Europe {
    /// Asks, under a UUID of its own each time, and takes a verified result only.
    async fn question(
        &self,
        call: &Call<'_>,
        reply_length_max: usize,
    ) -> Result<Data, TreasuryError> {
        let method = call.method();
        let uuid = self.fresh_uuid(method);
        let body = self.request(call, &uuid).map_err(|error| unreadable(&error))?;
        match self.call_for(method, &uuid, &body, reply_length_max).await.0 {
            Outcome::NotSent => Err(TreasuryError::NotSent),
            Outcome::Doubtful(reason, _) => Err(TreasuryError::Unanswered(reason)),
            Outcome::Verified(Reply::Error { code, .. }) => {
                Err(TreasuryError::Refused(code.to_string()))
            }
            Outcome::Verified(Reply::Result(data)) => Ok(data),
        }
    }
}

fn unreadable(error: &impl Display) -> TreasuryError {
    TreasuryError::Unreadable(error.to_string())
}
