//! Resource subscriptions, in both lifecycles.

use serde_json::json;

use crate::host::{Era, Host};

#[tokio::test]
async fn a_subscriber_is_notified_of_what_it_may_read() {
    for era in Era::BOTH {
        let mut host = Host::start(era, &["host", "notes:read"]).await;
        match era {
            Era::Session => {
                let subscribed = json!({"uri": "notes://1"});
                let done = host.request("resources/subscribe", subscribed).await;
                assert!(done.get("result").is_some(), "{done}");
                let denied = json!({"uri": "secrets://1"});
                let denied = host.request("resources/subscribe", denied).await;
                assert_eq!(denied["error"]["code"], -31403, "{denied}");
            }
            Era::Stateless => {
                let uris = json!({"resourceSubscriptions": ["secrets://1"]});
                let listen = json!({"notifications": uris});
                let denied = host.request("subscriptions/listen", listen).await;
                assert_eq!(denied["error"]["code"], -31403, "{denied}");
                let uris = json!({"resourceSubscriptions": ["notes://1"]});
                let listen = json!({"notifications": uris});
                host.begin("subscriptions/listen", listen).await;
                let acknowledged = host.next().await;
                let method = &acknowledged["method"];
                assert_eq!(*method, "notifications/subscriptions/acknowledged");
            }
        }
        let touch = json!({"name": "touch", "arguments": {}});
        host.begin("tools/call", touch).await;
        loop {
            let message = host.next().await;
            if message["method"] == "notifications/resources/updated" {
                assert_eq!(message["params"]["uri"], "notes://1");
                break;
            }
        }
    }
}
