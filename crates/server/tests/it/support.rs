//! A server on real ports, with a store that does not answer or with a real one, and a provider
//! whose answers follow from the handle that is paid to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::v1::payouts_client::PayoutsClient;
use async_trait::async_trait;
use bytes::Bytes;
use engine::{Engine, Limits, Parts, Work};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use payout::attempt::RequestDigest;
use payout::bank::BankDetails;
use payout::cursor::Cursor;
use payout::destination::{Destination, Summary};
use payout::id::{
    Customer, DestinationId, Incarnation, Merchant, PayoutId, ProviderAccount, ProviderReference,
    ReceiptId, StoreId,
};
use payout::input::{Certainty, Input, Refusal, RefusalKind, Report, Reported, What};
use payout::keys::{KEY_LENGTH, KeyId, KeyRing};
use payout::money::Currency;
use payout::order::{Order, RawHandle, TargetRequest};
use payout::party::Parties;
use payout::policy::{Backoff, DoubtPolicy, Policy};
use payout::port::*;
use payout::queue::{QueueHold, QueueHoldKind};
use payout::reason::Reason;
use payout::reconcile::SettlementBreak;
use payout::record::{Fence, Payout, Record};
use payout::time::{Time, Timestamp};
use server::{Drained, Listeners, Probes, ServerConfig, serve};
use store_embedded::EmbeddedStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

/// A server under test, with what is needed to look at it from outside.
pub(crate) struct Running<S> {
    pub(crate) grpc: SocketAddr,
    pub(crate) webhooks: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) store: Arc<S>,
    pub(crate) provider: Arc<TestProvider>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Drained>,
    engine: Engine,
    work: Option<Work>,
}

impl Running<DownStore> {
    pub(crate) async fn start(config: ServerConfig) -> Self {
        Self::start_on(config, Probes::default(), DownStore::refusing()).await
    }
}

impl Running<EmbeddedStore> {
    /// With a store in `directory`, and with the engine at work.
    pub(crate) async fn start_stored(config: ServerConfig, directory: &Path) -> Self {
        let id = StoreId::parse("store-1").unwrap();
        let now = RealClock(Instant::now()).wall();
        store_embedded::vouch(directory).unwrap();
        let store = EmbeddedStore::open(directory, now, &id, 1).unwrap();
        let mut running = Self::start_on(config, Probes::default(), store).await;
        let work = running.work.take().unwrap();
        let forever = std::future::pending();
        let engine = running.engine.clone();
        tokio::spawn(engine::serve(engine, work, forever, Duration::ZERO));
        running
    }
}

impl<S: Store + 'static> Running<S> {
    pub(crate) async fn start_on(config: ServerConfig, probes: Probes, store: S) -> Self {
        let (store, provider) = (Arc::new(store), Arc::new(TestProvider::new()));
        let (engine, work) = Engine::new(parts(Arc::clone(&store), Arc::clone(&provider)));
        let bind = || TcpListener::bind("127.0.0.1:0");
        let (grpc, webhooks, admin) =
            (bind().await.unwrap(), bind().await.unwrap(), bind().await.unwrap());
        let [grpc_at, webhooks_at, admin_at] =
            [&grpc, &webhooks, &admin].map(|listener| listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let listeners = Listeners { grpc, webhooks, admin };
        let served = tokio::spawn(serve(engine.clone(), listeners, config, probes, shutdown));
        let (grpc, webhooks, admin) = (grpc_at, webhooks_at, admin_at);
        let (stop, work) = (Some(stop), Some(work));
        Self { grpc, webhooks, admin, store, provider, stop, served, engine, work }
    }

    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub(crate) async fn payouts(&self) -> PayoutsClient<Channel> {
        PayoutsClient::new(self.channel().await)
    }

    pub(crate) fn begin_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn stopped(self) -> Drained {
        self.served.await.unwrap()
    }
}

fn parts<S: Store + 'static>(store: Arc<S>, provider: Arc<TestProvider>) -> Parts {
    let keys = BTreeMap::from([(KeyId(1), zeroize::Zeroizing::new([1; KEY_LENGTH]))]);
    let adapter: Arc<dyn Adapter> = provider;
    Parts {
        store,
        shared: Arc::new(NothingShared),
        clock: Arc::new(RealClock(Instant::now())),
        keys: KeyRing::new(keys).unwrap(),
        merchants: BTreeMap::from([(Merchant::parse("demo-eu").unwrap(), adapter)]),
        incarnation: Incarnation::parse("run-1").unwrap(),
        limits: Limits {
            creations_max: 64,
            recoveries_max: 1,
            lease: Duration::from_secs(60),
            recovery_interval: Duration::from_secs(1),
            wait_max: Duration::from_secs(5),
            settlement_check_at: Duration::from_secs(12 * 3600),
        },
    }
}

/// The provider here answers no questions that would have to wait for their turn.
struct NothingShared;

#[async_trait]
impl Shared for NothingShared {
    async fn take_turn(&self, _: &str, _: Duration, _: Timestamp) -> Result<Turn, SharedError> {
        Ok(Turn::Ours)
    }
    async fn give_back_turn(&self, _: &str) -> Result<(), SharedError> {
        Ok(())
    }
    async fn keep(&self, _: &str, _: &[u8]) -> Result<(), SharedError> {
        Ok(())
    }
    async fn kept(&self, _: &str) -> Result<Option<Vec<u8>>, SharedError> {
        Ok(None)
    }
}

struct RealClock(Instant);

#[async_trait]
impl Clock for RealClock {
    fn time(&self) -> Time {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Time::steady(Timestamp::EPOCH.plus(now))
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep_until(&self, until: Duration) {
        tokio::time::sleep_until((self.0 + until).into()).await;
    }
}

/// A store that cannot be reached: every call is refused, or is never answered. It counts them, so
/// that a test can tell that a request did not even get that far.
pub(crate) struct DownStore {
    id: StoreId,
    calls: AtomicUsize,
    hangs: bool,
}

impl DownStore {
    pub(crate) fn refusing() -> Self {
        let id = StoreId::parse("store-1").unwrap();
        Self { id, calls: AtomicUsize::new(0), hangs: false }
    }

    pub(crate) fn hanging() -> Self {
        Self { hangs: true, ..Self::refusing() }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn down<T>(&self) -> Result<T, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(StoreError::NotWritten("it is down".to_owned()))
    }
}

#[async_trait]
impl Store for DownStore {
    fn id(&self) -> &StoreId {
        &self.id
    }
    fn others_are_gone(&self) -> bool {
        true
    }
    async fn continuous_since(&self, _: Timestamp) -> Result<Timestamp, StoreError> {
        self.down().await
    }
    async fn remember(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.down().await
    }
    async fn load(&self, _: &PayoutId) -> Result<Option<payout::record::Stored>, StoreError> {
        self.down().await
    }
    async fn create(&self, _: &Creation) -> Result<CreationOutcome, StoreError> {
        self.down().await
    }
    async fn append(&self, _: &Append) -> Result<Appended, StoreError> {
        self.down().await
    }
    async fn fence(&self, _: &Fence) -> Result<Fenced, StoreError> {
        self.down().await
    }
    async fn park(&self, _: &ParkedNotification) -> Result<Parking, StoreError> {
        self.down().await
    }
    async fn list_parked(
        &self,
        _: Option<&Merchant>,
        _: &Page,
    ) -> Result<(Vec<ParkedNotification>, Option<PageToken>), StoreError> {
        self.down().await
    }
    async fn write_settlement_breaks(&self, _: &[SettlementBreak]) -> Result<(), StoreError> {
        self.down().await
    }
    async fn list_settlement_breaks(
        &self,
        _: &BreakFilter,
        _: &Page,
    ) -> Result<(Vec<SettlementBreak>, Option<PageToken>), StoreError> {
        self.down().await
    }
    async fn evidence(&self, _: &PayoutId) -> Result<Vec<SealedEvidence>, StoreError> {
        self.down().await
    }
    async fn queue_holds(&self) -> Result<Vec<QueueHold>, StoreError> {
        self.down().await
    }
    async fn hold_queue(&self, _: &QueueHold) -> Result<(), StoreError> {
        self.down().await
    }
    async fn resume_queue(&self, _: &Merchant, _: QueueHoldKind) -> Result<bool, StoreError> {
        self.down().await
    }
    async fn list(
        &self,
        _: &Filter,
        _: &Page,
    ) -> Result<(Vec<Payout>, Option<PageToken>), StoreError> {
        self.down().await
    }
    async fn list_operators_business(
        &self,
        _: Option<&Merchant>,
        _: &Page,
    ) -> Result<(Vec<Record>, Option<PageToken>), StoreError> {
        self.down().await
    }
    async fn claim(&self, _: &Claim) -> Result<Vec<PayoutId>, StoreError> {
        self.down().await
    }
    async fn release(&self, _: &Incarnation, _: &[PayoutId]) -> Result<(), StoreError> {
        self.down().await
    }
    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.down().await
    }
    async fn read(&self, _: &Cursor, _: &Selection, _: usize) -> Result<Batch, ReadError> {
        Ok(self.down().await?)
    }
    async fn changed(&self, _: &Cursor, _: &Selection) -> Result<(), StoreError> {
        self.down().await
    }
    async fn ends(&self) -> Result<Ends, StoreError> {
        self.down().await
    }
    async fn load_destination(&self, _: &DestinationId) -> Result<Option<Destination>, StoreError> {
        self.down().await
    }
    async fn write_destination(
        &self,
        _: &DestinationWrite,
    ) -> Result<DestinationWritten, StoreError> {
        self.down().await
    }
    async fn list_destinations(
        &self,
        _: &DestinationFilter,
        _: &Page,
    ) -> Result<(Vec<Destination>, Option<PageToken>), StoreError> {
        self.down().await
    }
}

/// A provider that believes notifications by their `Authorization` header alone.
pub(crate) struct TestProvider {
    policy: Policy,
    account: ProviderAccount,
    /// Path, media type and length of what came in last.
    pub(crate) received: Mutex<Option<(String, Option<String>, usize)>>,
}

impl TestProvider {
    fn new() -> Self {
        let minute = Duration::from_secs(60);
        let policy = Policy {
            doubt: DoubtPolicy::Resend,
            horizon: minute,
            related_horizon: minute,
            send_window: minute,
            request_timeout: minute,
            retry: Backoff { first: minute, max: minute },
            hold: minute,
            polling: None,
            return_window: minute,
            presumed_after: None,
        };
        let account = ProviderAccount::parse("account").unwrap();
        Self { policy, account, received: Mutex::new(None) }
    }
}

#[async_trait]
impl Provider for TestProvider {
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn account(&self) -> &ProviderAccount {
        &self.account
    }
    fn describe(&self) -> Description {
        Description {
            name: "Test".to_owned(),
            region: "Here".to_owned(),
            currencies: vec![(Currency::parse("EUR").unwrap(), None, None)],
            countries: Vec::new(),
            methods: vec![Method::ImportDestination, Method::PayDestination],
            presumed_after: None,
            duplicate_protection: true,
            return_window: self.policy.return_window,
            required_fields: Vec::new(),
            unsupported_fields: Vec::new(),
        }
    }
    fn warnings(&self, _: &Order) -> Vec<Warning> {
        Vec::new()
    }
    fn check(&self, order: &Order, _: &Parties) -> Result<(), Unfit> {
        match order.amount.currency().code() {
            "EUR" => Ok(()),
            _ => Err(Unfit {
                field: "amount.currency_code",
                why: "is not paid here; send EUR".to_owned(),
                kind: UnfitKind::NotPossible,
            }),
        }
    }
    fn prepare(
        &self,
        payout: &Payout,
        handle: &Handle,
        _: &Parties,
        _: u32,
    ) -> Result<Request, Unfit> {
        Ok(Request {
            bytes: handle.reveal().to_vec().into(),
            masked: payout.id.to_string(),
            digest: RequestDigest([0; 32]),
            account: self.account.clone(),
        })
    }
    async fn send(&self, _: &Payout, request: &Request) -> Answer {
        let what = match request.bytes.as_slice() {
            b"silent" => std::future::pending().await,
            b"refused" => {
                What::Refused(Refusal { kind: RefusalKind::Content, reason: Reason::AccountClosed })
            }
            _ => What::Reported(report(Reported::Accepted)),
        };
        Answer { inputs: vec![Input::own(what)], evidence: Vec::new() }
    }
    async fn ask(&self, _: &Payout, _: Option<&Handle>, _: Option<&Request>) -> Answer {
        Answer::default()
    }
    fn admits(&self, path: &str, _: Option<&str>) -> bool {
        path != "stranger"
    }
    fn receive(&self, inbound: &Inbound) -> Result<Receipt, Rejection> {
        let seen = (inbound.path.clone(), inbound.content_type.clone(), inbound.body.len());
        *self.received.lock().unwrap() = Some(seen);
        match inbound.authorization.as_ref().map(|text| text.as_str()) {
            Some("good") => Ok(receipt(std::str::from_utf8(&inbound.body).unwrap())),
            Some("malformed") => Err(Rejection::Malformed),
            _ => Err(Rejection::Forged),
        }
    }
}

/// A notification that the payout it names is completed.
fn receipt(names: &str) -> Receipt {
    let input = Input {
        receipt: Some(ReceiptId::parse(&format!("receipt-of-{names}")).unwrap()),
        ..Input::own(What::Reported(report(Reported::Completed)))
    };
    Receipt {
        names: ProviderReference::parse(names).unwrap(),
        related: None,
        input,
        link: None,
        may_concern_payouts: true,
        acknowledgement: Acknowledgement { content_type: "text/plain", body: b"ack".to_vec() },
        method: "completed".to_owned(),
    }
}

fn report(status: Reported) -> Report {
    let certainty = Certainty::Certain;
    Report { status, reason: None, certainty, amount: None, speed_achieved: None }
}

impl Treasury for TestProvider {}

#[async_trait]
impl Onboarding for TestProvider {
    fn check_handle(&self, _: &Order, _: &Handle) -> Result<(), Unfit> {
        Ok(())
    }

    fn check_target(&self, target: &TargetRequest) -> Result<Option<Handle>, Unfit> {
        match target {
            TargetRequest::ProviderHandle(handle) => Ok(Some(handle_of(handle))),
            TargetRequest::Destination(_) | TargetRequest::BankAccount(_) => Ok(None),
        }
    }
    async fn register(&self, _: &Customer, _: &BankDetails) -> Resolution {
        Resolution::Unknown(Reason::Other)
    }
    async fn import(&self, _: &Customer, handle: &RawHandle) -> Resolution {
        let masked = handle.masked();
        let summary = Summary { masked, bank_name: None, country: None, holder_verified: false };
        Resolution::Resolved(Resolved { handle: handle_of(handle), summary })
    }
}

fn handle_of(handle: &RawHandle) -> Handle {
    Handle::new(handle.reveal().as_bytes().to_vec())
}

/// Sends bytes and reads until the peer closes.
pub(crate) async fn exchange(at: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    rest(&mut stream).await
}

/// What is still to be read, until the peer closes. Closing in the midst is an end as well.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(answer).unwrap()
}

/// A request without a body, on a connection of its own.
pub(crate) async fn ask(at: SocketAddr, method: &str, path: &str) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    exchange(at, head.as_bytes()).await
}

/// A gRPC call as bytes, for what a generated client would not send. Returns the headers.
pub(crate) async fn call(
    at: SocketAddr,
    path: &str,
    timeout: &str,
    body: &[u8],
) -> http::HeaderMap {
    let io = TokioIo::new(TcpStream::connect(at).await.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
    let (mut sender, connection) = handshake.await.unwrap();
    let connection = tokio::spawn(connection);
    let length = u32::try_from(body.len()).unwrap();
    let framed = [&[0], length.to_be_bytes().as_slice(), body].concat();
    let request = http::Request::post(format!("http://{at}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .body(Full::new(Bytes::from(framed)))
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    drop(body.collect().await);
    drop(sender);
    connection.abort();
    head.headers
}
