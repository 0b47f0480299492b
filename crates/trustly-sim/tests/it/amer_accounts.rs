//! `/accounts/verify` and `/accounts/tokenize`.

use serde_json::{Value, json};

use crate::amer_merchant::{MERCHANT_ID, disbursement_data};
use crate::rig::Rig;

fn account(number: &str) -> Value {
    json!({ "accountNumber": number, "routingNumber": "124003116", "nameOnAccount": "Jane Smith" })
}

fn verify(number: &str) -> Value {
    let merchant: u64 = MERCHANT_ID.parse().unwrap();
    json!({ "merchantId": merchant, "account": account(number) })
}

#[tokio::test]
async fn scores_decide_what_is_verified() {
    let rig = Rig::still(1).await;
    for score in 0..=10_u64 {
        let number = (1_000_000_000 + score).to_string();
        let (status, answer) = rig.post_json("accounts/verify", &verify(&number)).await;
        assert_eq!((status, &answer["verification"]["score"]), (200, &json!(score)));
        assert_eq!(answer["verified"], score >= 6);
        assert!(!answer.to_string().contains(&number), "{answer}");
    }
    let path = "accounts/verify?expand=account.paymentProvider";
    let (_, answer) = rig.post_json(path, &verify("1000001234")).await;
    assert_eq!(answer["verification"]["thirdPartyScore"], 234);
    assert_eq!(answer["paymentProvider"]["name"], "Demo Bank");
    let iban = json!({ "iban": "GB33BUKB20201555555555" });
    let body = json!({ "merchantId": verify("1")["merchantId"], "account": iban });
    assert_eq!(rig.post_json("accounts/verify", &body).await.1["accountNumber"], "5555");
}

#[tokio::test]
async fn a_token_is_the_accounts_own() {
    let rig = Rig::still(2).await;
    let body = |number: &str| json!({ "merchantId": MERCHANT_ID, "account": account(number) });
    let token = async |number: &str| {
        let (status, answer) =
            rig.post_json("accounts/tokenize?verifyAccount=false", &body(number)).await;
        assert_eq!((status, &answer["verified"]), (200, &json!(false)));
        answer["token"].as_str().unwrap().to_owned()
    };
    let first = token("123456576").await;
    assert_eq!(first, token("123456576").await);
    assert_ne!(first, token("123456577").await);
    let (_, verified) =
        rig.post_json("accounts/tokenize?verifyAccount=true", &body("123456576")).await;
    assert_eq!(verified["verified"], true);
    let (id, _) = rig.establish(&disbursement_data("disb-1", "123456576", "124003116")).await;
    let (_, answer) = rig.transaction(&id).await;
    assert_eq!(answer["transaction"]["payment"]["account"]["token"], first.as_str());
}

#[tokio::test]
async fn mistakes_have_an_error_or_a_bare_message() {
    let rig = Rig::still(3).await;
    let mut shapes = [false, false];
    for _ in 0..20 {
        let (status, answer) = rig.post_json("accounts/verify", &verify("1002000000")).await;
        assert_eq!(status, 400);
        match answer.get("errors") {
            Some(errors) => shapes[0] = errors[0]["code"] == 200,
            None => shapes[1] = answer["message"].is_string(),
        }
    }
    assert_eq!(shapes, [true, true]);
    let text = json!({ "merchantId": MERCHANT_ID, "account": account("123456576") });
    assert_eq!(rig.post_json("accounts/verify", &text).await.0, 400, "it must be a number");
    assert_eq!(rig.post_json("accounts/tokenize", &verify("123456576")).await.0, 400);
    let other = json!({ "merchantId": 1, "account": account("123456576") });
    assert_eq!(rig.post_json("accounts/verify", &other).await.0, 401);
    assert_eq!(rig.post_json("accounts/verify", &verify("1001000000")).await.0, 500);
    let mut more = verify("123456576");
    more["account"]["colour"] = "red".into();
    assert_eq!(rig.post_json("accounts/verify", &more).await.0, 400);
}
