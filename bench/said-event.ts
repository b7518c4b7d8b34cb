import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';

/** A text that makes an event of about 250 bytes. */
export const TEXT = 'x'.repeat(180);

/** A CloudEvent of type `Said` in binary mode, as any producer could write it. */
export function saidEvent(key: string, data: unknown): Message {
  return {
    key,
    value: JSON.stringify(data),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/bench',
      ce_type: 'Said',
      'content-type': 'application/json',
    },
  };
}
