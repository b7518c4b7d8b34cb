import { Kafka, logLevel } from 'kafkajs';
import { serve } from '../call.js';
import { now, pause } from '../clock.js';
import { percentile } from '../row.js';

export interface ConsumerFigures {
  readonly messages: number;
  /** When the last message arrived. */
  readonly last: number;
  readonly p50: number;
  readonly p99: number;
}

export interface ConsumerOptions {
  readonly brokers: string;
  /** TLS with SCRAM-SHA-512. */
  readonly security?: { readonly ca: string; readonly username: string; readonly password: string };
  readonly topic: string;
  readonly group: string;
  readonly fromBeginning: boolean;
  /** Whether messages are parsed for the time of their creation. */
  readonly latencies: boolean;
}

export interface ConsumerApi {
  /** @returns when it has joined its group */
  consume(options: ConsumerOptions): Promise<number>;
  mark(): void;
  /** Resolves once `messages` messages have arrived since the mark. */
  consumed(messages: number): Promise<ConsumerFigures>;
}

serve<ConsumerApi>('consumer', consumer());

/** A kafkajs consumer that only counts. */
function consumer(): ConsumerApi {
  let messages = 0;
  let last = 0;
  let latencies: number[] = [];
  return {
    async consume({ brokers, security, topic, group, fromBeginning, latencies: wanted }) {
      const kafka = new Kafka({
        brokers: brokers.split(','),
        logLevel: logLevel.NOTHING,
        ...(security && { ssl: { ca: security.ca }, sasl: { mechanism: 'scram-sha-512', ...security } }),
      });
      const bare = kafka.consumer({ groupId: group });
      await bare.connect();
      await bare.subscribe({ topics: [topic], fromBeginning });
      const joined = new Promise<number>((resolve) => {
        bare.on(bare.events.GROUP_JOIN, () => resolve(now()));
      });
      await bare.run({
        eachBatch: async ({ batch }) => {
          last = now();
          messages += batch.messages.length;
          if (!wanted) return;
          for (const { value } of batch.messages) {
            const { at } = JSON.parse(String(value)) as { at: number }; // The benchmark's own events.
            latencies.push(last - at);
          }
        },
      });
      return joined;
    },
    mark() {
      messages = 0;
      latencies = [];
    },
    async consumed(wanted) {
      while (messages < wanted) await pause(5);
      const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
      return { messages, last, p50, p99 };
    },
  };
}
