import type { Message } from 'kafkajs';
import { saidEvent, TEXT } from './said-event.js';

/** A schema of rooms. Each room is a key of the topic. */
export const roomsOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Subscription { saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { room: ID! text: String! at: Float! }
`;

/** An event in a room. @param at when it was sent, in milliseconds; 0 if that does not matter */
export function eventOf(room: string, at = 0, text = TEXT): Message {
  return saidEvent(room, { room, text, at });
}
