import { randomUUID } from 'node:crypto';

/** Rooms in which things are said: each is a key of the topic. */
export const roomsOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Subscription { saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { room: ID! text: String! at: Float! }
`;

/** A small event, as many are. */
export const TEXT = 'x'.repeat(180);

/** A record that says something in a room. */
export function eventOf(room: string, at = 0, text = TEXT) {
  return {
    key: room,
    value: JSON.stringify({ room, text, at }),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/bench',
      ce_type: 'Said',
      'content-type': 'application/json',
    },
  };
}
