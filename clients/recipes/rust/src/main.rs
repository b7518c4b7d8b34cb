//! Follows placed orders with graphql-ws-client and loses none: ./resume ws://localhost:4000/graphql

use std::{error::Error, future::IntoFuture, time::Duration};

use futures_util::StreamExt;
use graphql_ws_client::{Client, graphql::GraphqlOperation};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

const ORDERS: &str = "subscription { ordersPlaced { orderId } }";

/// The operations of cynic and graphql_client have no extensions, so this one is our own.
#[derive(Serialize)]
struct Operation {
    query: &'static str,
    extensions: Value,
}

impl GraphqlOperation for Operation {
    type Response = Value;
    type Error = serde_json::Error;

    fn decode(&self, result: Value) -> Result<Value, Self::Error> {
        Ok(result)
    }
}

/// Returns when the connection is lost: the stream just ends, as it does when the server completes it.
async fn follow(url: &str, after: &mut Option<String>) -> Result<(), Box<dyn Error>> {
    let mut request = url.into_client_request()?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (connection, _) = connect_async(request).await?;
    // Without an interval it never notices that the network is gone.
    let interval = Duration::from_secs(20);
    let (client, actor) = Client::build(connection).keep_alive_interval(interval).await?;
    tokio::spawn(actor.into_future());
    let extensions = json!({ "startCursor": true, "after": after });
    let mut results = client.subscribe(Operation { query: ORDERS, extensions }).await?;
    while let Some(result) = results.next().await {
        let result = result?;
        match &result["extensions"]["cursor"] {
            Value::String(cursor) => {
                handle(&result);
                *after = Some(cursor.clone());
            }
            // An `error` message, which ends the subscription.
            _ if result["errors"][0]["extensions"]["retry"] == true => return Ok(()),
            _ => {
                eprintln!("{}", result["errors"]);
                std::process::exit(1);
            }
        }
    }
    Ok(())
}

fn handle(result: &Value) {
    match &result["data"]["ordersPlaced"]["orderId"] {
        Value::String(id) => println!("order {id}"),
        _ if result["extensions"]["start"] == true => println!("started"),
        _ => println!("{}", result["errors"]),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).expect("the address of the gateway");
    let mut after = None;
    loop {
        let _ = follow(&url, &mut after).await; // It cannot connect for now.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
