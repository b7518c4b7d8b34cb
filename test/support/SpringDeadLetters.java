import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Spring Kafka's own dead letters, for tests. Run as one source file:
 * {@code java -cp 'libs/*' SpringDeadLetters.java <brokers> fail <topic> <count>} consumes {@code count} records with a
 * listener that always throws, so that Spring's recoverer writes them to its dead-letter topic;
 * {@code … letters <topic> <count>} prints what a listener's {@code @Header} parameters are given, one line for each
 * dead letter.
 */
public class SpringDeadLetters {
  private static String[] arguments;
  private static CountDownLatch left;

  public static void main(String[] args) throws Exception {
    arguments = args;
    left = new CountDownLatch(Integer.parseInt(args[3]));
    Class<?> listener = args[1].equals("fail") ? Failing.class : Letters.class;
    try (var context = new AnnotationConfigApplicationContext(Settings.class, listener)) {
      left.await();
    }
  }

  @Configuration
  @EnableKafka
  public static class Settings {
    @Bean
    public ConcurrentKafkaListenerContainerFactory<byte[], byte[]> kafkaListenerContainerFactory() {
      var consumers = new DefaultKafkaConsumerFactory<byte[], byte[]>(
          Map.of("bootstrap.servers", arguments[0], "auto.offset.reset", "earliest"),
          new ByteArrayDeserializer(), new ByteArrayDeserializer());
      var producers = new DefaultKafkaProducerFactory<byte[], byte[]>(
          Map.of("bootstrap.servers", arguments[0]), new ByteArraySerializer(), new ByteArraySerializer());
      var recoverer = new DeadLetterPublishingRecoverer(new KafkaTemplate<>(producers));
      var factory = new ConcurrentKafkaListenerContainerFactory<byte[], byte[]>();
      factory.setConsumerFactory(consumers);
      factory.setCommonErrorHandler(new DefaultErrorHandler((record, exception) -> {
        recoverer.accept(record, exception);
        left.countDown();
      }, new FixedBackOff(0, 0)));
      return factory;
    }

    @Bean
    public String topic() {
      return arguments[2];
    }
  }

  public static class Failing {
    @KafkaListener(topics = "#{topic}", groupId = "billing")
    public void on(ConsumerRecord<byte[], byte[]> record) {
      throw new IllegalStateException("No credit");
    }
  }

  public static class Letters {
    @KafkaListener(topics = "#{topic}", groupId = "#{topic + '-readers'}")
    public void on(
        ConsumerRecord<byte[], byte[]> letter,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_TOPIC) String topic,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_PARTITION) int partition,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) long offset,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP) long timestamp,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP_TYPE) String type,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_ORIGINAL_CONSUMER_GROUP) String group,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_EXCEPTION_FQCN) String exception,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_EXCEPTION_MESSAGE) String message,
        @org.springframework.messaging.handler.annotation.Header(KafkaHeaders.DLT_EXCEPTION_STACKTRACE) String trace) {
      String key = HexFormat.of().formatHex(letter.key());
      System.out.println(String.join("|", key, topic, "" + partition, "" + offset, "" + timestamp, type, group,
          exception, message, trace.split("\n")[0]));
      left.countDown();
    }
  }
}
