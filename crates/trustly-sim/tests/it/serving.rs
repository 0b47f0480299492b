//! Starting and stopping.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use trustly_sim::{
    AmerMerchant, Config, EuContract, EuMerchant, ServeError, generate_key_pem, public_key_pem,
};

use crate::merchant::{account_payout, request, uuid};
use crate::rig::Rig;

#[tokio::test]
async fn it_stops_in_bounded_time_with_requests_and_connections_open() {
    let rig = Rig::start(1).await;
    rig.fault(json!({ "region": "eu", "on": "*", "fault": "delay", "delay_ms": 600_000 })).await;
    let address = rig.base.trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).await.unwrap();
    let mut waiting = TcpStream::connect(&address).await.unwrap();
    let body = request("AccountPayout", &uuid(1), &account_payout("po_1", "https://m.example/n"));
    let head = format!("POST /api/1 HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    waiting.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    rig.reach("po_1", &["completed"]).await;
    assert!(rig.stop().await < Duration::from_secs(5));
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.ok();
    assert!(rest.is_empty());
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let rig = Rig::start(2).await;
    rig.show("ledger").await;
    assert!(rig.stop().await < Duration::from_secs(1));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_served_is_refused() {
    let good = generate_key_pem();
    type Spoil = fn(&mut Config);
    let attempts: [(&str, Spoil); 4] = [
        ("time_factor", |config| config.time_factor = 0),
        ("trustly_key_pem", |config| config.trustly_key_pem = "secret".to_owned()),
        ("public_keys_pem[1]", |config| config.eu.public_keys_pem.push("x".to_owned())),
        ("webhook_url", |config| {
            config.amer.webhook_url = Some("http://merchant.example/".to_owned());
        }),
    ];
    for (member, spoil) in attempts {
        let mut config = Config {
            seed: 1,
            time_factor: 1,
            eu: EuMerchant {
                username: "user".to_owned(),
                password: "password".to_owned(),
                public_keys_pem: vec![public_key_pem(&good).unwrap()],
                balances: [].into(),
                contract: EuContract::default(),
            },
            amer: AmerMerchant {
                access_id: "id".to_owned(),
                access_key: "key".to_owned(),
                merchant_id: "1".to_owned(),
                webhook_url: None,
            },
            trustly_key_pem: good.clone(),
        };
        spoil(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = trustly_sim::serve(listener, config, std::future::pending()).await;
        let Err(ServeError::Config(error)) = served else { panic!("{member} was accepted") };
        assert!(error.to_string().contains(member), "{error}");
    }
}
