import com.apollographql.apollo.ApolloClient;
import com.apollographql.apollo.api.Adapter;
import com.apollographql.apollo.api.ApolloResponse;
import com.apollographql.apollo.api.CompiledField;
import com.apollographql.apollo.api.CustomScalarAdapters;
import com.apollographql.apollo.api.ObjectType;
import com.apollographql.apollo.api.Subscription;
import com.apollographql.apollo.api.json.JsonReader;
import com.apollographql.apollo.api.json.JsonWriter;
import java.util.List;
import java.util.Map;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.flow.FlowCollector;

/** A subscription with Apollo Kotlin and its defaults, which prints what it is told: java ApolloKotlin.java URL QUERY */
public class ApolloKotlin {
  record Fields(Object fields) implements Subscription.Data {}

  /** What Apollo generates from a document, for data of any shape. */
  record Document(String document) implements Subscription<Fields>, Adapter<Fields> {
    public String name() { return ""; }
    public String id() { return ""; }
    public Adapter<Fields> adapter() { return this; }
    public void serializeVariables(JsonWriter writer, CustomScalarAdapters adapters, boolean withDefaults) {}
    public CompiledField rootField() {
      return new CompiledField.Builder("data", new ObjectType.Builder("Subscription").build()).selections(List.of()).build();
    }
    public Fields fromJson(JsonReader reader, CustomScalarAdapters adapters) throws java.io.IOException {
      return new Fields(value(reader));
    }
    public void toJson(JsonWriter writer, CustomScalarAdapters adapters, Fields data) {}

    private static Object value(JsonReader reader) throws java.io.IOException {
      if (reader.peek() != JsonReader.Token.BEGIN_OBJECT) return reader.nextString();
      Map<String, Object> fields = new java.util.LinkedHashMap<>();
      reader.beginObject();
      while (reader.hasNext()) fields.put(reader.nextName(), value(reader));
      reader.endObject();
      return fields;
    }
  }

  public static void main(String[] args) throws InterruptedException {
    var client = new ApolloClient.Builder().serverUrl(args[0]).build();
    var ended = new java.util.concurrent.CountDownLatch(1);
    FlowCollector<ApolloResponse<Fields>> print = (response, continuation) -> {
      if (response.exception != null) System.out.println("error " + response.exception.getClass().getSimpleName() + " " + payloadOf(response.exception));
      else if (response.errors != null) System.out.println("errors " + response.errors);
      else System.out.println("data " + response.data.fields() + " " + response.extensions.get("cursor"));
      return Unit.INSTANCE;
    };
    client.subscription(new Document(args[1])).toFlow().collect(print, new Continuation<Unit>() {
      public CoroutineContext getContext() { return EmptyCoroutineContext.INSTANCE; }
      public void resumeWith(Object result) {
        System.out.println("end");
        ended.countDown();
      }
    });
    ended.await();
    System.exit(0);
  }

  private static Object payloadOf(Exception exception) {
    return exception instanceof com.apollographql.apollo.exception.SubscriptionOperationException failed
        ? failed.getPayload()
        : exception + " " + exception.getCause();
  }
}
