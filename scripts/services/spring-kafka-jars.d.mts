/** The folder of Spring Kafka's jars: that of SPRING_KAFKA_LIBS, or downloaded ones. */
export function springKafkaJars(): Promise<string>;
