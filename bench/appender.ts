import type { Message, Producer } from 'kafkajs';

interface QueuedAppend {
  readonly topic: string;
  readonly messages: readonly Message[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Appends in the order of the calls, which kafkajs does not keep among concurrent requests. Messages that arrive while a
 * request is in flight go with the next one.
 */
export class Appender {
  readonly #producer: Producer;
  #queue: QueuedAppend[] = [];
  #sending = false;

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  append(topic: string, messages: readonly Message[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ topic, messages, resolve, reject });
      if (!this.#sending) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#queue.length > 0) {
      const all = this.#queue;
      this.#queue = [];
      const topics = new Map<string, Message[]>();
      for (const { topic, messages } of all) {
        const together = topics.get(topic) ?? [];
        together.push(...messages);
        topics.set(topic, together);
      }
      const topicMessages = [...topics].map(([topic, messages]) => ({ topic, messages }));
      try {
        await this.#producer.sendBatch({ topicMessages, acks: -1 });
        for (const { resolve } of all) resolve();
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
    }
    this.#sending = false;
  }
}
