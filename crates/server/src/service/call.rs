//! What every call has in common: it is bounded in number and in time, answered with a status of
//! ours, counted, and told in one line of the log, never with its contents.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use futures_util::future::{Either, select};
use payout::id::Merchant;
use tokio::sync::{Semaphore, mpsc};
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use super::method::Method;
use super::watch::Watch;
use crate::config::ServerConfig;
use crate::drain::Drain;
use crate::metrics::Metrics;
use crate::status::{ABANDONED, ANSWERED, Failure, code_name, failure_name, fault, status};

/// The part of a caller's deadline, one in so many, that is kept for the answer's way back; at
/// most [`RETURN_MAX`].
const RETURN_SHARE: u32 = 10;

/// Enough for an answer's way back over any sensible network.
const RETURN_MAX: Duration = Duration::from_millis(200);

/// What all services share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) config: ServerConfig,
    pub(crate) drain: Drain,
    pub(crate) metrics: Metrics,
    /// One permit per call being answered.
    pub(crate) calls: Semaphore,
    /// One permit per call that was carried out and waits for an outcome.
    pub(crate) waits: Semaphore,
    /// One permit per open watch.
    pub(crate) watches: Arc<Semaphore>,
    /// Where watches are started.
    pub(crate) started: mpsc::Sender<Watch>,
}

/// One call. Dropped without an answer, it counts as abandoned by its caller.
pub(crate) struct Call {
    shared: Arc<Shared>,
    method: Method,
    /// As the caller sent it, if it can be one.
    merchant: Option<Merchant>,
    began: Duration,
    /// When the caller stops waiting.
    deadline: Option<Duration>,
    told: bool,
}

impl Call {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        method: Method,
        metadata: &MetadataMap,
        merchant: &str,
    ) -> Self {
        let began = shared.engine.clock().monotonic();
        let deadline = timeout(metadata).map(|timeout| began.saturating_add(timeout));
        let merchant = Merchant::parse(merchant).ok();
        Self { shared: Arc::clone(shared), method, merchant, began, deadline, told: false }
    }

    /// The longest that the answer may be waited for, if it is to reach the caller in time.
    pub(crate) fn wait_max(&self) -> Duration {
        let Some(deadline) = self.deadline else { return Duration::MAX };
        let whole = deadline.saturating_sub(self.began);
        whole.saturating_sub((whole / RETURN_SHARE).min(RETURN_MAX))
    }

    /// Handles the call unless there is too much to do, and answers it. The handler is dropped at
    /// the caller's deadline; what it gave to the engine goes on.
    pub(crate) async fn answer<T>(
        self,
        handler: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Response<T>, Status> {
        let result = self.bounded(pin!(handler)).await;
        self.answered(result)
    }

    /// Like [`Call::answer`], and then waits: not in the place of a call, so that those who wait
    /// shut out nobody, and not at all if too many do.
    pub(crate) async fn answer_after<T, W: Future<Output = T>>(
        self,
        handler: impl Future<Output = Result<T, Failure>>,
        wait: impl FnOnce(T) -> W,
    ) -> Result<Response<T>, Status> {
        let mut result = self.bounded(pin!(handler)).await;
        if let Ok(done) = result {
            result = match self.shared.waits.try_acquire() {
                Ok(_permit) => self.in_time(pin!(async { Ok(wait(done).await) })).await,
                Err(_) => Ok(done),
            };
        }
        self.answered(result)
    }

    async fn bounded<T>(
        &self,
        handler: Pin<&mut impl Future<Output = Result<T, Failure>>>,
    ) -> Result<T, Failure> {
        if self.method.is_mutation() && self.shared.drain.has_begun() {
            return Err(Failure::ShuttingDown);
        }
        let Ok(_permit) = self.shared.calls.try_acquire() else {
            return Err(Failure::Overloaded);
        };
        self.in_time(handler).await
    }

    async fn in_time<T>(
        &self,
        handler: Pin<&mut impl Future<Output = Result<T, Failure>>>,
    ) -> Result<T, Failure> {
        let Some(deadline) = self.deadline else { return handler.await };
        let late = self.shared.engine.clock().sleep_until(deadline);
        match select(handler, late).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Failure::DeadlineExceeded),
        }
    }

    fn answered<T>(mut self, result: Result<T, Failure>) -> Result<Response<T>, Status> {
        self.tell(result.as_ref().err());
        result.map(Response::new).map_err(|failure| status(&failure, self.method.is_mutation()))
    }
}

impl Call {
    /// Refuses the call, or fails it in its midst: what the caller gets.
    pub(crate) fn fail(mut self, failure: &Failure) -> Status {
        self.tell(Some(failure));
        status(failure, self.method.is_mutation())
    }

    /// The call has been answered in full.
    pub(crate) fn succeed(mut self) {
        self.tell(None);
    }

    fn tell(&mut self, failure: Option<&Failure>) {
        self.told = true;
        let code = failure.map_or(ANSWERED, code_name);
        self.count(code, failure.map(failure_name));
        if let Some(error) = failure.and_then(fault) {
            let method = self.method.name();
            tracing::warn!(method, error, "call failed, and not by what the caller asked");
        }
    }

    fn count(&self, code: &'static str, reason: Option<&'static str>) {
        let method = self.method.name();
        self.shared.metrics.call(method, code);
        let duration = self.shared.engine.clock().monotonic().saturating_sub(self.began);
        let merchant = self.merchant.as_ref().map(tracing::field::display);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(method, code, reason, merchant, duration_us = micros, "call");
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.told {
            self.count(ABANDONED, None);
        }
    }
}

/// The time a caller gives us, from the `grpc-timeout` header: at most eight digits and a unit.
/// What cannot be read bounds nothing, as in other servers.
fn timeout(metadata: &MetadataMap) -> Option<Duration> {
    const DIGITS_MAX: usize = 8;
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.len() > DIGITS_MAX || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("10S", Some(Duration::from_secs(10))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("7n", Some(Duration::from_nanos(7))),
            ("999999999m", None),
            ("-1S", None),
            ("S", None),
            ("", None),
            ("10", None),
        ] {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            assert_eq!(timeout(&metadata), expected, "{text}");
        }
        assert_eq!(timeout(&MetadataMap::new()), None);
    }
}
