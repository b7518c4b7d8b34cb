import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes with Kafka's own client, for tests of what others write. Run as one source file:
 * {@code java -cp 'libs/*' JavaProducer.java <brokers> codecs <topic> <count> <codec>…} writes `count`
 * records with each codec, all with keys and in batches of many;
 * {@code … transactions <topic>} leaves a partition with aborted, committed and plain records.
 */
public class JavaProducer {
  public static void main(String[] args) throws Exception {
    if (args[1].equals("codecs")) {
      for (int i = 4; i < args.length; i++) codec(args[0], args[2], Integer.parseInt(args[3]), args[i]);
    } else {
      transactions(args[0], args[2]);
    }
  }

  private static void codec(String brokers, String topic, int count, String codec) throws Exception {
    Properties settings = new Properties();
    settings.put("compression.type", codec);
    settings.put("linger.ms", "500");
    settings.put("batch.size", "500000");
    try (KafkaProducer<String, String> producer = open(brokers, settings)) {
      for (int i = 0; i < count; i++) {
        String key = codec + " ключ " + i;
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, key, (key + " ").repeat(50));
        record.headers().add("codec", codec.getBytes(StandardCharsets.UTF_8));
        producer.send(record);
      }
      producer.flush();
    }
  }

  /** Offsets: 0 a1, 1 b1, 2 plain, 3 a2, 4 b2, 5 and 6 their abort markers, 7 kept, 8 its marker, 9 gone, 10. */
  private static void transactions(String brokers, String topic) throws Exception {
    try (KafkaProducer<String, String> a = transactional(brokers, topic + "-a");
        KafkaProducer<String, String> b = transactional(brokers, topic + "-b");
        KafkaProducer<String, String> plain = open(brokers, new Properties())) {
      a.beginTransaction();
      b.beginTransaction();
      send(a, topic, "a1");
      send(b, topic, "b1");
      send(plain, topic, "plain");
      send(a, topic, "a2");
      send(b, topic, "b2");
      a.abortTransaction();
      b.abortTransaction();
      a.beginTransaction();
      send(a, topic, "kept");
      a.commitTransaction();
      b.beginTransaction();
      send(b, topic, "gone");
      b.abortTransaction();
    }
  }

  private static void send(KafkaProducer<String, String> producer, String topic, String text) throws Exception {
    producer.send(new ProducerRecord<>(topic, text, text)).get();
  }

  private static KafkaProducer<String, String> transactional(String brokers, String id) {
    Properties settings = new Properties();
    settings.put("transactional.id", id);
    KafkaProducer<String, String> producer = open(brokers, settings);
    producer.initTransactions();
    return producer;
  }

  private static KafkaProducer<String, String> open(String brokers, Properties settings) {
    settings.put("bootstrap.servers", brokers);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }
}
