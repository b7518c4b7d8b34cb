import type { DeadLetterGroupsSubscription } from './operations';

export type Group = DeadLetterGroupsSubscription['deadLetterGroups']['groups'][number];

interface Fault {
  readonly format: string;
  readonly kind: string;
  readonly field: string | null;
  readonly service: string | null;
  readonly view: string | null;
  readonly consumerGroup: string | null;
}

/** What failed, in a few words: `the filter of orderEvents`. */
export function whatFailed({ format, kind, field, service, view, consumerGroup }: Fault): string {
  if (field !== null) return kind === 'filter' ? `The filter of ${field}` : `The field ${field}`;
  if (service !== null) return `The service ${service}`;
  if (view !== null) return `The view ${view}`;
  if (format === 'UNKNOWN') return 'An unknown program';
  if (format === 'MILLRACE') return `Decoding (${kind})`;
  return consumerGroup === null ? (FORMATS[format] ?? format) : `The group ${consumerGroup}`;
}

export const FORMATS: Readonly<Record<string, string>> = {
  MILLRACE: 'Millrace',
  SPRING: 'Spring Kafka',
  CONNECT: 'Kafka Connect',
  UNKNOWN: 'Another program',
};
