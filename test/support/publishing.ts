import type { Bindings } from '../../src/binding/bindings.js';
import type { CursorCodec } from '../../src/core/cursor.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import type { Hub } from '../../src/hub/hub.js';
import { openLogger } from '../../src/observe/log.js';
import type { Metrics } from '../../src/observe/metrics.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import { type EventLog, MAX_BATCH_BYTES } from '../../src/ports/event-log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { History } from '../../src/publish/history.js';
import { Idempotency } from '../../src/publish/idempotency.js';
import type { MutationParts, MutationViews } from '../../src/publish/mutation-context.js';
import { Outcomes } from '../../src/publish/outcomes.js';
import { Publisher } from '../../src/publish/publisher.js';
import { followUpOf } from '../../src/subscribe/start/follow-up.js';

/** A node's publish path, as node.ts composes it. */
export function mutationsOn(parts: {
  readonly log: EventLog;
  readonly store: StateStore;
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly bindings: Bindings;
  readonly codec: CursorCodec;
  readonly leaseMs?: number;
  readonly views?: MutationViews | undefined;
}): MutationParts {
  const { log, store, hub, metrics, bindings, codec, leaseMs, views } = parts;
  const bounds = {
    deadline: 10_000,
    maxWaiting: 2_000,
    maxWaitingBytes: 10_000_000,
    maxBatchBytes: MAX_BATCH_BYTES,
  };
  const warnings = new WarningThrottle(openLogger('silent'));
  const history = new History({
    log,
    warnings,
    decoder: new RecordDecoder(),
    withinMs: 10_000,
  });
  return {
    publisher: new Publisher(
      log,
      { source: '/test', history, encoder: new RecordEncoder(), ...bounds },
      metrics,
    ),
    idempotency: new Idempotency({
      store,
      warnings,
      ttlMs: 86_400_000,
      ...(leaseMs === undefined ? {} : { leaseMs }),
    }),
    outcomes: new Outcomes({
      source: hub,
      history,
      maxWaiting: 2_000,
      followUp: (field, args, identity) => followUpOf(bindings, codec, field, args, identity),
    }),
    ...(views && { views }),
  };
}
