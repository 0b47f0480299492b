//! Requests as Trustly's own clients made them, byte for byte: for Java (revision 123dc0f), for
//! JavaScript (1f06317) and for Python (dd44b9e). They were recorded between these clients and this
//! simulator, and the clients verified its answers; neither is in a registry to be run again.

use serde_json::{Value, json};
use trustly_sim::EuMerchant;

use crate::rig::Rig;

/// The key and password are those of a simulator that is gone.
const RECORDED: &str = include_str!("../golden/clients.json");

fn merchant(recorded: &Value) -> EuMerchant {
    let lines = recorded["public_key"].as_array().unwrap().iter();
    let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
    EuMerchant {
        username: "demo_merchant".to_owned(),
        password: recorded["password"].as_str().unwrap().to_owned(),
        public_keys_pem: vec![lines.join("\n")],
        balances: [].into(),
        contract: trustly_sim::EuContract {
            // As the client for Python pays out.
            attributes_optional: true,
            spacing_enforced: false,
            ..Default::default()
        },
    }
}

#[tokio::test]
async fn requests_of_trustlys_own_clients_are_understood() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    for seed in 0..3 {
        let rig = Rig::with(seed, |config| config.eu = merchant(&recorded)).await;
        // They name addresses that were theirs.
        let silence =
            json!({ "region": "eu", "on": "*", "fault": "drop_notification", "times": 99 });
        rig.fault(silence).await;
        for request in recorded["requests"].as_array().unwrap() {
            let text = |name: &str| request[name].as_str().unwrap();
            let (method, uuid) = (text("method"), text("uuid"));
            let reply = rig.post(text("body")).await;
            match request["refused"].as_u64() {
                Some(code) => assert_eq!(reply.error(method, uuid), code, "{}", text("client")),
                None => assert!(!reply.result(method, uuid).is_null()),
            }
        }
        assert_eq!(rig.movements().await.len(), 4);
    }
}

#[tokio::test]
async fn a_changed_character_is_noticed_in_each_of_them() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let rig = Rig::with(1, |config| config.eu = merchant(&recorded)).await;
    rig.terms(json!({ "disabled_methods": [] })).await;
    for request in recorded["requests"].as_array().unwrap() {
        let body =
            request["body"].as_str().unwrap().replacen("\"demo_merchant\"", "\"demo_Merchant\"", 1);
        let (method, uuid) =
            (request["method"].as_str().unwrap(), request["uuid"].as_str().unwrap());
        let code = rig.post(&body).await.error(method, uuid);
        assert!([636, 616, 624].contains(&code), "{method}: {code}");
    }
    assert!(rig.movements().await.is_empty());
}
