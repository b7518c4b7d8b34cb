// A topic of the shop as typed code: which events it has, and what their data looks like.
import type { OutgoingEvent, ServiceEvent } from 'millrace';
import type { z } from 'zod';

/** The shapes of a topic's events, by event type. */
type Shapes = Readonly<Record<string, z.ZodObject>>;

/** One event of a topic: its type and its data in one object. */
export type MessageOf<S extends Shapes> = {
  [Type in keyof S & string]: { readonly type: Type } & Readonly<z.infer<S[Type]>>;
}[keyof S & string];

export class ShopTopic<S extends Shapes> {
  constructor(
    readonly topic: string,
    readonly shapes: S,
  ) {}

  /** Parses an event; `undefined` for a tombstone, a type of another topic, or data of another shape. */
  read(event: ServiceEvent): MessageOf<S> | undefined {
    const shape = Object.hasOwn(this.shapes, event.type) ? this.shapes[event.type] : undefined;
    const parsed = shape?.safeParse(event.data);
    // The shape was found under this very type.
    return parsed?.success ? ({ ...parsed.data, type: event.type } as MessageOf<S>) : undefined;
  }

  /** Makes an event of this topic. */
  event<Type extends keyof S & string>(type: Type, key: string, data: z.input<S[Type]>): OutgoingEvent {
    return { topic: this.topic, type, key, data };
  }
}
