import type { EventDraft, GatewayContext, Publish } from '../../src/binding/runtime/context.js';
import type { Claims } from '../../src/core/identity.js';
import { eventId, offset, partition } from '../../src/core/ids.js';
import type { Published } from '../../src/core/published.js';

/** A context whose `publish` collects the drafts, and answers with offset 2^40. */
export function fakeContext(claims: Claims): { context: GatewayContext; drafts: EventDraft[] } {
  const drafts: EventDraft[] = [];
  const one = (draft: EventDraft): Published => {
    drafts.push(draft);
    const at = { topic: draft.topic, partition: partition(0), offset: offset(2 ** 40) };
    return { ...at, eventId: eventId('e-1'), correlationId: 'c-1', time: '2026-01-31T09:30:00Z' };
  };
  async function publish(draft: EventDraft): Promise<Published>;
  async function publish(list: readonly EventDraft[]): Promise<readonly Published[]>;
  async function publish(
    given: EventDraft | readonly EventDraft[],
  ): Promise<Published | readonly Published[]> {
    return 'topic' in given ? one(given) : given.map(one);
  }
  const context: GatewayContext = {
    identity: { claims, expiresAt: undefined },
    trace: { traceparent: '', correlationId: 'c-1' },
    idempotencyKey: undefined,
    signal: new AbortController().signal,
    publish: publish satisfies Publish,
    outcome: async (list, wanted) => {
      await publish(list);
      return { __typename: wanted.types[0], waited: wanted };
    },
    mutate: (_call, run) => run(context),
  };
  return { context, drafts };
}
