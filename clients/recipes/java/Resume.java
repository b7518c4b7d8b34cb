import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.graphql.client.ClientGraphQlResponse;
import org.springframework.graphql.client.SubscriptionErrorException;
import org.springframework.graphql.client.WebSocketGraphQlClient;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.util.retry.Retry;

/** Follows placed orders with Spring for GraphQL and loses none: java Resume.java ws://localhost:4000/graphql */
class Resume {
  /** By default 64 KiB. A larger result closes the connection, and is the first one again when it resumes. */
  static final int MAX_RESULT_BYTES = 16 << 20;
  static final String ORDERS = "subscription { ordersPlaced { orderId } }";

  public static void main(String[] args) {
    var webSocket = new ReactorNettyWebSocketClient(
        HttpClient.create(), () -> WebsocketClientSpec.builder().maxFramePayloadLength(MAX_RESULT_BYTES));
    var client = WebSocketGraphQlClient.builder(URI.create(args[0]), webSocket).build();
    var after = new AtomicReference<>("");
    Flux.defer(() -> subscribe(client, after.get()))
        .doOnNext(result -> {
          handle(result);
          after.set((String) result.getExtensions().get("cursor"));
        })
        .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(500))
            .maxBackoff(Duration.ofSeconds(5))
            .transientErrors(true)
            .filter(Resume::mayRetry))
        .blockLast();
  }

  /** Called in `defer`, once for each attempt: a request keeps the extensions that it was built with. */
  static Flux<ClientGraphQlResponse> subscribe(WebSocketGraphQlClient client, String after) {
    var request = client.document(ORDERS).extensions(Map.of("startCursor", true, "after", after));
    // `retrieveSubscription` would end at a result with errors, and has no extensions.
    return request.executeSubscription();
  }

  static boolean mayRetry(Throwable error) {
    if (!(error instanceof SubscriptionErrorException refused)) return true;
    return Boolean.TRUE.equals(refused.getErrors().get(0).getExtensions().get("retry"));
  }

  static void handle(ClientGraphQlResponse result) {
    if (result.getExtensions().get("start") == Boolean.TRUE) System.out.println("started");
    else if (result.getErrors().isEmpty())
      System.out.println("order " + result.field("ordersPlaced.orderId").toEntity(String.class));
    else System.out.println(result.getErrors());
  }
}
