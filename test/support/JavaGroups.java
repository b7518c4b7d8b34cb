import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Members of groups with the newer protocols, which only Kafka's own client speaks. Run as one source file:
 * {@code java -cp 'libs/*' JavaGroups.java <brokers> <topic> <group> <count>}. The group {@code <group>-consumer} reads
 * {@code count} records and commits them, then {@code <group>-share} takes and acknowledges one batch. It then says
 * {@code ready}, and both stay members until standard input ends.
 */
public class JavaGroups {
  public static void main(String[] args) throws Exception {
    String topic = args[1];
    int count = Integer.parseInt(args[3]);
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("key.deserializer", StringDeserializer.class.getName());
    settings.put("value.deserializer", StringDeserializer.class.getName());
    settings.put("client.id", "java-reader");
    Properties consuming = new Properties();
    consuming.putAll(settings);
    consuming.put("group.id", args[2] + "-consumer");
    consuming.put("group.protocol", "consumer");
    consuming.put("auto.offset.reset", "earliest");
    consuming.put("enable.auto.commit", "false");
    consuming.put("max.poll.records", String.valueOf(count));
    Properties sharing = new Properties();
    sharing.putAll(settings);
    sharing.put("group.id", args[2] + "-share");
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(consuming);
        KafkaShareConsumer<String, String> share = new KafkaShareConsumer<>(sharing)) {
      consumer.subscribe(List.of(topic));
      share.subscribe(List.of(topic));
      for (int read = 0; read < count; ) {
        read += consumer.poll(Duration.ofMillis(100)).count();
        share.poll(Duration.ofMillis(100));
      }
      consumer.commitSync();
      System.out.println("ready");
      while (System.in.available() == 0) {
        consumer.poll(Duration.ofMillis(100));
        share.poll(Duration.ofMillis(100));
      }
    }
  }
}
