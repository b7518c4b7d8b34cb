import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The baseline of {@code bench saga}: the shop's order of two lines through the same steps, with the same states, as a
 * Kafka Streams topology with exactly-once, and customers who wait for the confirmation. Run as one source file:
 * {@code java -cp 'libs/*' StreamsSaga.java <brokers> <prefix> <orders> <rounds> <inFlight> <stateFolder>}. For each round
 * it prints one line: orders per second, and each order's milliseconds until it was confirmed.
 */
public class StreamsSaga {
  static final ObjectMapper JSON = new ObjectMapper();
  static final List<String> TOPICS = List.of("orders", "stock", "payments", "shipments", "notifications");
  static final List<String> SKUS = List.of("flour-rye", "oats");
  static final int PARTITIONS = 4;
  /** How many finished orders an SKU remembers, as in the shop. */
  static final int REMEMBERED_ORDERS = 50;

  interface Emit {
    void to(String topic, String key, ObjectNode event);
  }

  interface Step {
    /** Returns the state after the event; null removes it. */
    ObjectNode on(ObjectNode event, ObjectNode state, Emit emit);
  }

  static ObjectNode event(String type, String orderId) {
    return JSON.createObjectNode().put("type", type).put("orderId", orderId).put("customerId", "bench");
  }

  static ObjectNode order(ObjectNode event, ObjectNode state, Emit emit) {
    String id = event.get("orderId").asText();
    String at = state == null ? "UNKNOWN" : state.get("at").asText();
    switch (event.get("type").asText()) {
      case "OrderPlaced" -> {
        if (state != null) return state;
        event.get("lines").forEach(line -> {
          String sku = line.get("sku").asText();
          int quantity = line.get("quantity").asInt();
          emit.to("stock", sku, event("ReserveStock", id).put("sku", sku).put("quantity", quantity));
        });
        ObjectNode next = JSON.createObjectNode().put("at", "RESERVING");
        next.set("order", event);
        event.get("lines").forEach(line -> next.withArray("waiting").add(line.get("sku").asText()));
        return next;
      }
      case "StockReserved" -> {
        if (!at.equals("RESERVING")) return state;
        String sku = event.get("sku").asText();
        var waiting = state.withArray("waiting");
        for (int i = waiting.size() - 1; i >= 0; i--) if (waiting.get(i).asText().equals(sku)) waiting.remove(i);
        if (!waiting.isEmpty()) return state;
        emit.to("payments", id, event("ChargePayment", id).put("amount", 1_000));
        return state.put("at", "CHARGING");
      }
      case "PaymentCharged" -> {
        if (!at.equals("CHARGING")) return state;
        ObjectNode confirmed = event("OrderConfirmed", id).put("total", 1_000);
        confirmed.set("lines", state.get("order").get("lines"));
        emit.to("orders", id, confirmed);
        emit.to("shipments", id, event("RequestShipment", id).put("items", 3));
        return state.put("at", "SHIPPING");
      }
      case "OrderShipped" -> {
        if (!at.equals("SHIPPING")) return state;
        for (String sku : SKUS) emit.to("stock", sku, event("TakeStock", id).put("sku", sku));
        return JSON.createObjectNode().put("at", "SHIPPED").put("orderId", id).put("customerId", "bench");
      }
      default -> {
        return state;
      }
    }
  }

  static ObjectNode inventory(ObjectNode event, ObjectNode before, Emit emit) {
    ObjectNode state = before == null ? JSON.createObjectNode().put("onHand", 1_000_000_000) : before;
    ObjectNode reserved = state.withObject("/reserved");
    String type = event.get("type").asText();
    if (type.equals("StockLevel")) return before;
    String id = event.get("orderId").asText();
    String sku = event.get("sku").asText();
    if (type.equals("ReserveStock")) {
      if (reserved.has(id)) return before;
      reserved.put(id, event.get("quantity").asInt());
      emit.to("orders", id, event("StockReserved", id).put("sku", sku).put("quantity", reserved.get(id).asInt()));
    } else {
      if (!reserved.has(id)) return before;
      state.put("onHand", state.get("onHand").asInt() - reserved.remove(id).asInt());
      var done = state.withArray("done").add(id);
      if (done.size() > REMEMBERED_ORDERS) done.remove(0);
    }
    int onHand = state.get("onHand").asInt();
    int held = 0;
    for (var quantity : reserved) held += quantity.asInt();
    ObjectNode level = JSON.createObjectNode().put("type", "StockLevel").put("sku", sku).put("onHand", onHand);
    emit.to("stock", sku, level.put("reserved", held).put("available", onHand - held));
    return state;
  }

  static ObjectNode payment(ObjectNode event, ObjectNode state, Emit emit) {
    if (state != null) return state;
    String id = event.get("orderId").asText();
    emit.to("orders", id, event("PaymentCharged", id).put("chargeId", "c-" + id).put("amount", 1_000));
    return JSON.createObjectNode().put("at", "CHARGED").put("chargeId", "c-" + id);
  }

  static ObjectNode shipping(ObjectNode event, ObjectNode state, Emit emit) {
    if (state != null) return state;
    String id = event.get("orderId").asText();
    emit.to("orders", id, event("OrderShipped", id).put("trackingId", "MR-" + id));
    return JSON.createObjectNode().put("at", "SENT");
  }

  static ObjectNode notification(ObjectNode event, ObjectNode state, Emit emit) {
    String type = event.get("type").asText();
    if (!type.equals("OrderConfirmed") && !type.equals("OrderShipped")) return null;
    String id = event.get("orderId").asText();
    String text = type.equals("OrderShipped") ? "Your order is on its way." : "Your order is confirmed.";
    emit.to("notifications", "bench", event("Notified", id).put("text", text));
    return null;
  }

  /** Runs a step on each event, with the state of its key in {@code store}; without a store, without a state. */
  record Runner(Step step, String store) {
    Processor<String, String, String, String> get() {
      return new Processor<>() {
        ProcessorContext<String, String> context;
        KeyValueStore<String, String> states;

        @Override
        public void init(ProcessorContext<String, String> given) {
          context = given;
          if (store != null) states = given.getStateStore(store);
        }

        @Override
        public void process(Record<String, String> record) {
          try {
            String json = states == null ? null : states.get(record.key());
            ObjectNode state = json == null ? null : (ObjectNode) JSON.readTree(json);
            ObjectNode event = (ObjectNode) JSON.readTree(record.value());
            ObjectNode next =
                step.on(event, state, (topic, key, out) ->
                    context.forward(new Record<>(key, out.toString(), record.timestamp()), step(store) + topic));
            String after = next == null ? null : next.toString();
            if (states != null && after != null && !after.equals(json)) states.put(record.key(), after);
          } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
          }
        }
      };
    }

    static String step(String store) {
      return (store == null ? "notification" : store) + "-to-";
    }
  }

  static void add(Topology topology, String prefix, String name, String source, Step step, List<String> sinks) {
    String store = name.equals("notification") ? null : name;
    topology.addProcessor(name, () -> new Runner(step, store).get(), source);
    if (store != null) {
      var states = Stores.inMemoryKeyValueStore(store);
      topology.addStateStore(Stores.keyValueStoreBuilder(states, Serdes.String(), Serdes.String()), name);
    }
    for (String sink : sinks) topology.addSink(Runner.step(store) + sink, prefix + sink, name);
  }

  public static void main(String[] args) throws Exception {
    String prefix = args[1];
    int orders = Integer.parseInt(args[2]);
    int rounds = Integer.parseInt(args[3]);
    int inFlight = Integer.parseInt(args[4]);
    Properties common = new Properties();
    common.put("bootstrap.servers", args[0]);
    try (Admin admin = Admin.create(common)) {
      admin.createTopics(TOPICS.stream().map(t -> new NewTopic(prefix + t, PARTITIONS, (short) 1)).toList()).all().get();
    }
    Topology topology = new Topology();
    for (String topic : TOPICS.subList(0, 4)) topology.addSource("from-" + topic, prefix + topic);
    add(topology, prefix, "order", "from-orders", StreamsSaga::order, List.of("stock", "payments", "orders", "shipments"));
    add(topology, prefix, "notification", "from-orders", StreamsSaga::notification, List.of("notifications"));
    add(topology, prefix, "inventory", "from-stock", StreamsSaga::inventory, List.of("orders", "stock"));
    add(topology, prefix, "payment", "from-payments", StreamsSaga::payment, List.of("orders"));
    add(topology, prefix, "shipping", "from-shipments", StreamsSaga::shipping, List.of("orders"));
    Properties settings = new Properties();
    settings.putAll(common);
    settings.put("application.id", prefix + "streams");
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("state.dir", args[5]);
    settings.put("replication.factor", "1");
    settings.put("default.key.serde", Serdes.StringSerde.class.getName());
    settings.put("default.value.serde", Serdes.StringSerde.class.getName());
    settings.put("auto.offset.reset", "earliest");
    // A step is seen by the next one once it is committed. The default, 100 ms, makes this baseline half as fast.
    settings.put("commit.interval.ms", "10");
    Map<String, Long> sent = new ConcurrentHashMap<>();
    List<Double> latencies = java.util.Collections.synchronizedList(new ArrayList<>());
    Semaphore places = new Semaphore(inFlight);
    var shipped = new Object() {
      volatile CountDownLatch left = new CountDownLatch(0);
    };
    Thread reader = new Thread(() -> {
      Properties reading = new Properties();
      reading.putAll(common);
      reading.put("group.id", prefix + "customers");
      reading.put("auto.offset.reset", "earliest");
      reading.put("isolation.level", "read_committed");
      try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer())) {
        consumer.subscribe(List.of(prefix + "orders", prefix + "notifications"));
        for (;;) {
          for (var record : consumer.poll(Duration.ofMillis(100))) {
            ObjectNode event = (ObjectNode) JSON.readTree(record.value());
            String type = event.get("type").asText();
            if (type.equals("Notified") && event.get("text").asText().contains("on its way")) shipped.left.countDown();
            if (!type.equals("OrderConfirmed")) continue;
            Long at = sent.remove(event.get("orderId").asText());
            if (at == null) continue;
            latencies.add((System.nanoTime() - at) / 1e6);
            places.release();
          }
        }
      } catch (Exception error) {
        error.printStackTrace();
        System.exit(1);
      }
    });
    reader.setDaemon(true);
    try (KafkaStreams streams = new KafkaStreams(topology, settings);
        var producer = new KafkaProducer<>(common, new StringSerializer(), new StringSerializer())) {
      streams.start();
      reader.start();
      // The first round warms up, as it does for the shop.
      for (int round = 0; round <= rounds; round++) {
        int count = round == 0 ? inFlight : orders;
        latencies.clear();
        shipped.left = new CountDownLatch(count);
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
          places.acquire();
          String id = UUID.randomUUID().toString();
          ObjectNode placed = event("OrderPlaced", id);
          placed.withArray("lines").addObject().put("sku", SKUS.get(0)).put("quantity", 2).put("unitPrice", 320);
          placed.withArray("lines").addObject().put("sku", SKUS.get(1)).put("quantity", 1).put("unitPrice", 360);
          sent.put(id, System.nanoTime());
          producer.send(new ProducerRecord<>(prefix + "orders", id, placed.toString()));
        }
        shipped.left.await();
        double perSecond = count * 1e9 / (System.nanoTime() - start);
        if (round == 0) continue;
        ObjectNode line = JSON.createObjectNode().put("perSecond", perSecond);
        for (double latency : latencies) line.withArray("latencies").add(latency);
        System.out.println(line);
      }
    }
    System.exit(0);
  }
}
