//! Trustly Americas as documented, nothing going wrong.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::rig::{ACCESS_ID, ACCESS_KEY, Rig};

/// A reply's status and body.
pub(crate) type Reply = (u16, Value);

impl Rig {
    pub(crate) async fn authorize(&self) -> String {
        self.authorize_with(json!({})).await
    }

    pub(crate) async fn authorize_with(&self, body: Value) -> String {
        let (status, answer) = self.control(Method::POST, "authorizations", body).await;
        assert_eq!(status, 200, "{answer}");
        answer["transaction_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn set_webhooks(&self, url: &str) {
        let (status, answer) = self.control(Method::PUT, "webhooks", json!({ "url": url })).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) async fn amer(&self, request: reqwest::RequestBuilder) -> Option<Reply> {
        let response = request.basic_auth(ACCESS_ID, Some(ACCESS_KEY)).send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub(crate) async fn deposit(&self, authorization: &str, body: Value) -> Option<Reply> {
        let url = format!("{}/api/v1/transactions/{authorization}/deposit", self.base);
        let request = self.client.post(url).header("content-type", "application/json");
        self.amer(request.body(body.to_string())).await
    }

    /// A deposit that must be accepted; gives its transaction id.
    pub(crate) async fn deposit_ok(
        &self,
        authorization: &str,
        reference: &str,
        amount: &str,
    ) -> String {
        let body = json!({ "merchantReference": reference, "amount": amount });
        let (status, answer) = self.deposit(authorization, body).await.unwrap();
        let transaction = unwrapped(&answer);
        assert_eq!((status, code(&transaction["status"])), (200, 2), "{answer}");
        transaction["transactionId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn transaction(&self, id: &str) -> Reply {
        let request = self.client.get(format!("{}/api/v1/transactions/{id}", self.base));
        self.amer(request).await.unwrap()
    }

    pub(crate) async fn list(&self, query: &str) -> Reply {
        let request = self.client.get(format!("{}/api/v1/transactions?{query}", self.base));
        self.amer(request).await.unwrap()
    }

    /// The references a list shows, in its order.
    pub(crate) async fn listed(&self, query: &str) -> Vec<String> {
        let (status, page) = self.list(query).await;
        assert_eq!(status, 200, "{page}");
        let elements = page["transactions"].as_array().unwrap();
        let reference = |each| unwrapped(each)["merchantReference"].as_str().unwrap().to_owned();
        elements.iter().map(reference).collect()
    }
}

/// Objects come bare, or wrapped in `transaction`.
pub(crate) fn unwrapped(value: &Value) -> &Value {
    value.get("transaction").unwrap_or(value)
}

/// Codes come as numbers or as strings.
pub(crate) fn code(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

pub(crate) fn refused((status, answer): &Reply) -> (u16, u64) {
    (*status, answer["errors"][0]["code"].as_u64().unwrap())
}

#[tokio::test]
async fn a_deposit_is_authorized_processed_and_completed() {
    let (rig, receiver) = (Rig::start(1).await, Receiver::amer().await);
    rig.set_webhooks(&receiver.url).await;
    let request = json!({ "customer_id": "user_7", "name": "Zoë O'Neil", "currency": "CAD" });
    let authorization = rig.authorize_with(request).await;
    let id = rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.settle("po_1").await;
    let seen = receiver.seen();
    assert!(seen.iter().all(crate::receiver::Seen::is_signed_form));
    let told: Vec<[String; 3]> = seen
        .iter()
        .map(|each| ["merchantReference", "objectId", "status"].map(|name| each.field(name)))
        .collect();
    let expected = |status: &str| ["po_1".to_owned(), id.clone(), status.to_owned()];
    assert_eq!(told, ["2", "3", "4"].map(expected));
    assert!(seen[0].body.starts_with("merchantId=1002463580&merchantReference=po_1&paymentType=2"));
    let (_, answer) = rig.transaction(&id).await;
    let transaction = &answer["transaction"];
    assert_eq!((code(&transaction["status"]), code(&transaction["transactionType"])), (4, 6));
    assert_eq!(transaction["originalTransactionId"], authorization.as_str());
    assert_eq!(transaction["payment"]["customer"]["externalId"], "user_7");
    assert_ne!(transaction["payment"]["merchantReference"], "po_1");
    let movement = rig.movements().await.remove(0);
    assert_eq!((&movement["state"], &movement["currency"]), (&json!("completed"), &json!("CAD")));
    assert_eq!((&movement["amount"], &movement["provider_id"]), (&json!("25.00"), &json!(id)));
}

#[tokio::test]
async fn bodies_may_be_json_or_forms_and_amounts_numbers_or_strings() {
    let rig = Rig::start(2).await;
    let authorization = rig.authorize().await;
    for (reference, amount) in [("po_1", json!("25.5")), ("po_2", json!(25))] {
        let body = json!({
            "merchantReference": reference, "amount": amount, "instantPayoutRequest": true,
        });
        assert_eq!(rig.deposit(&authorization, body).await.unwrap().0, 200);
    }
    let url = format!("{}/api/v1/transactions/{authorization}/deposit", rig.base);
    let form = rig.client.post(url).header("content-type", "application/x-www-form-urlencoded");
    let form = form.body("merchantReference=po_3&amount=0.99&splitToken=a%2Bb%3D");
    assert_eq!(rig.amer(form).await.unwrap().0, 200);
    let amounts: Vec<Value> =
        rig.movements().await.iter().map(|movement| movement["amount"].clone()).collect();
    assert_eq!(amounts, ["25.50", "25.00", "0.99"]);
}

#[tokio::test]
async fn wrong_credentials_get_401_and_375_whatever_is_asked() {
    let rig = Rig::start(3).await;
    for path in ["transactions", "transactions/1"] {
        let url = format!("{}/api/v1/{path}", rig.base);
        let response = rig.client.get(url).basic_auth(ACCESS_ID, Some("no")).send().await.unwrap();
        assert_eq!(response.status(), 401);
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["errors"][0]["code"], 375);
    }
}

#[tokio::test]
async fn every_single_mistake_is_a_400_with_200_whatever_the_seed() {
    for seed in 0..4 {
        let rig = Rig::start(seed).await;
        let authorization = rig.authorize_with(json!({ "limit": "100.00" })).await;
        let deposit = rig.deposit_ok(&authorization, "po_0", "25.00").await;
        for body in [
            json!({ "amount": "25.00" }),
            json!({ "merchantReference": "", "amount": "25.00" }),
            json!({ "merchantReference": "po_1" }),
            json!({ "merchantReference": "po_1", "amount": "0.98" }),
            json!({ "merchantReference": "po_1", "amount": "1.005" }),
            json!({ "merchantReference": "po_1", "amount": "12345678.00" }),
            json!({ "merchantReference": "po_1", "amount": "-25.00" }),
            json!({ "merchantReference": "po_1", "amount": "75.01" }),
            json!({ "merchantReference": "po_1", "amount": "25.00", "currency": "USD" }),
            json!({ "merchantReference": "po_1", "amount": "25.00", "instantPayoutRequest": 1 }),
            json!({ "merchantReference": "po_1", "amount": { "value": "25.00" } }),
            json!([]),
        ] {
            let reply = rig.deposit(&authorization, body.clone()).await.unwrap();
            assert_eq!(refused(&reply), (400, 200), "seed {seed}: {body}");
        }
        let good = json!({ "merchantReference": "po_1", "amount": "75.00" });
        for wrong in ["1", deposit.as_str()] {
            assert_eq!(refused(&rig.deposit(wrong, good.clone()).await.unwrap()), (400, 200));
        }
        assert_eq!(rig.movements().await.len(), 1);
        assert_eq!(rig.deposit(&authorization, good).await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn an_unknown_transaction_is_400_and_an_unknown_route_404() {
    let rig = Rig::start(4).await;
    assert_eq!(refused(&rig.transaction("4711").await), (400, 200));
    let route = rig.client.get(format!("{}/api/v1/payments", rig.base));
    assert_eq!(rig.amer(route).await.unwrap().0, 404);
}

#[tokio::test]
async fn a_reference_is_a_duplicate_only_while_its_deposit_lives() {
    // A batch lasts a second: long enough for two requests to meet the deposit before it fails.
    let rig = Rig::with(5, |config| config.time_factor = 300).await;
    let authorization = rig.authorize().await;
    let body = json!({ "merchantReference": "po_1", "amount": "25.00" });
    rig.fault(json!({ "region": "amer", "on": "deposit", "fault": "no_funds" })).await;
    assert_eq!(rig.deposit(&authorization, body.clone()).await.unwrap().0, 200);
    assert_eq!(refused(&rig.deposit(&authorization, body.clone()).await.unwrap()), (400, 210));
    rig.reach("po_1", &["failed"]).await;
    rig.deposit_ok(&authorization, "po_1", "25.00").await;
    rig.reach("po_1", &["failed", "completed"]).await;
    assert_eq!(refused(&rig.deposit(&authorization, body).await.unwrap()), (400, 210));
}

#[tokio::test]
async fn lists_filter_by_the_documented_names_and_ignore_a_childs_reference() {
    let rig = Rig::start(6).await;
    let first = json!({ "customer_id": "anna", "merchant_reference": "auth-a" });
    let (first, second) = (rig.authorize_with(first).await, rig.authorize().await);
    rig.deposit_ok(&first, "po_1", "10.00").await;
    rig.deposit_ok(&first, "po_2", "20.00").await;
    rig.deposit_ok(&second, "po_3", "30.00").await;
    let both = ["po_2", "po_1"];
    let children = format!("originalTransactionId={first}&transactionType=6");
    assert_eq!(rig.listed(&children).await, both);
    assert_eq!(rig.listed(&format!("{children}&sortOrder=asc")).await, ["po_1", "po_2"]);
    assert_eq!(rig.listed(&format!("{children}&amount.min=15")).await, ["po_2"]);
    assert_eq!(rig.listed(&format!("{children}&merchantReference=po_1")).await, both);
    assert_eq!(rig.listed("payment.customer.externalId=anna&transactionType=6").await, both);
    assert_eq!(rig.listed("payment.merchantReference=auth-a").await, ["po_2", "po_1", "auth-a"]);
    assert_eq!(rig.listed("transactionType=1&transactionType=6").await.len(), 5);
    assert_eq!(rig.listed(&format!("{children}&createdAt.start=4102444800000")).await.len(), 0);
    assert_eq!(rig.listed(&format!("{children}&createdAt.end=4102444800")).await, both);
    assert_eq!(refused(&rig.list("payment.paymentProvider.framework=x").await), (400, 200));
}

#[tokio::test]
async fn lists_page_with_bare_and_wrapped_elements() {
    let rig = Rig::start(7).await;
    let authorization = rig.authorize().await;
    for number in 0..30 {
        rig.deposit_ok(&authorization, &format!("po_{number}"), "1.00").await;
    }
    let query = "transactionType=6&sortOrder=asc";
    let mut all = Vec::new();
    for start in [0, 25] {
        all.extend(rig.listed(&format!("{query}&startIndex={start}")).await);
    }
    let expected: Vec<String> = (0..30).map(|number| format!("po_{number}")).collect();
    assert_eq!(all, expected);
    let (_, page) = rig.list(&format!("{query}&count=100")).await;
    let elements = page["transactions"].as_array().unwrap();
    let shapes: BTreeSet<bool> =
        elements.iter().map(|each| each.get("transaction").is_some()).collect();
    assert_eq!(shapes.len(), 2);
    let statuses: BTreeSet<bool> =
        elements.iter().map(|each| unwrapped(each)["status"].is_string()).collect();
    assert_eq!(statuses.len(), 2);
    assert_eq!(refused(&rig.list("count=101").await), (400, 200));
}
