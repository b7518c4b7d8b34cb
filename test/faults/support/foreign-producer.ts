import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Producer, type RecordMetadata, type Transaction } from 'kafkajs';
import { encodeEvent } from '../../../src/core/envelope/encode.js';
import { eventId, topic as topicName } from '../../../src/core/ids.js';
import type { Accepted, Appended } from '../../support/appended.js';

/** Its events count as appended once it is committed, and never if it is aborted. */
export interface OpenTransaction {
  append(texts: readonly string[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Writes to partition 0 without the gateway, in ways that mutations do not use: transactions, several at once. */
export class ForeignProducer implements AsyncDisposable {
  readonly #producers: Producer[] = [];
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #appended: Appended;

  constructor(brokers: string, topic: string, appended: Appended) {
    this.#kafka = new Kafka({
      clientId: 'millrace-faults',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    this.#topic = topic;
    this.#appended = appended;
  }

  /** Appends one record for each text, all of one room. */
  async append(texts: readonly string[], room = 'room'): Promise<void> {
    const producer = this.#producers[0] ?? (await this.#open({}));
    const { ids, messages } = this.#records(texts, room);
    const placed = await producer.send({ topic: this.#topic, messages });
    for (const event of acceptedOf(ids, placed)) this.#appended.accept(event);
  }

  /** Begins a transaction with a producer of its own, so that several can be open at once. */
  async begin(room = 'room'): Promise<OpenTransaction> {
    const transactionalId = `${this.#topic}-${randomUUID()}`;
    const producer = await this.#open({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    const transaction: Transaction = await producer.transaction();
    const events: Accepted[] = [];
    return {
      append: async (texts) => {
        const { ids, messages } = this.#records(texts, room);
        events.push(...acceptedOf(ids, await transaction.send({ topic: this.#topic, messages })));
      },
      commit: async () => {
        await transaction.commit();
        for (const event of events) this.#appended.accept(event);
      },
      abort: () => transaction.abort(),
    };
  }

  async #open(config: Parameters<Kafka['producer']>[0]): Promise<Producer> {
    const producer = this.#kafka.producer(config);
    this.#producers.push(producer);
    await producer.connect();
    return producer;
  }

  #records(texts: readonly string[], room: string) {
    const events = texts.map((text) => ({
      id: eventId(randomUUID()),
      source: '/faults',
      type: 'Said',
      subject: room,
      time: new Date().toISOString(),
      data: Buffer.from(JSON.stringify({ room, text })),
    }));
    const messages = events.map((event) => {
      const { key, headers, value } = encodeEvent(topicName(this.#topic), event);
      return { key, headers: { ...headers }, value, partition: 0 };
    });
    return { ids: events.map(({ id }) => id), messages };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#producers.map((producer) => producer.disconnect()));
  }
}

/** All records of one send are in one partition, one after the other. */
function acceptedOf(ids: readonly string[], [placed]: readonly RecordMetadata[]): Accepted[] {
  if (placed === undefined) throw new Error('Kafka returned no position for the records');
  const { partition, baseOffset } = placed;
  return ids.map((id, i) => ({ id, partition, offset: Number(baseOffset) + i }));
}
