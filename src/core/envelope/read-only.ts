import type { Topic } from '../ids.js';
import type { TopicFormat } from '../topic-format.js';

/** Why nothing of ours can write to a topic, and what to do instead. */
interface ReadOnly {
  readonly problem: string;
  readonly hint: string;
}

/** `undefined`: its records can be written. */
export function readOnlyReason(topic: Topic, { kind, mapping }: TopicFormat): ReadOnly | undefined {
  if (mapping !== undefined)
    return {
      problem: `The topic ${topic} has records that expressions read (@topic(event:)). Expressions cannot be inverted, so Millrace cannot publish to it.`,
      hint: 'Publish to another topic, or let the producers of this one write.',
    };
  if (kind !== 'DEBEZIUM') return undefined;
  return {
    problem: `The topic ${topic} has change events of a database, so nothing but its connector can publish to it.`,
    hint: 'Publish to another topic, or write to the database.',
  };
}
