import type { Bindings } from '../binding/bindings.js';
import { partition } from '../core/ids.js';
import type { ActiveRefusals } from '../observe/active-refusals.js';
import { Readiness } from '../observe/readiness.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { StateStore } from '../ports/state-store.js';
import type { SchemaRegistry } from './backends.js';

export interface ReadinessParts {
  readonly log: EventLog;
  /** `undefined`, as is `store`: no part of the process uses it. */
  readonly fanout: Fanout | undefined;
  readonly store: StateStore | undefined;
  readonly registry: SchemaRegistry | undefined;
  readonly bindings: Bindings;
  /** Resolves when credentials can be verified. */
  readonly check: (() => Promise<void>) | undefined;
  readonly warnings: WarningThrottle;
  readonly refusals: ActiveRefusals;
}

/** What a process needs to do its work, each asked with the cheapest question that its port has. */
export function readinessOf(parts: ReadinessParts): Readiness {
  const { log, fanout, store, registry, bindings, check, warnings, refusals } = parts;
  const [topic] = bindings.topics.keys();
  return new Readiness(
    {
      log: (signal) => log.describe(topic === undefined ? [] : [topic], signal),
      ...(fanout !== undefined && {
        fanout: () =>
          topic === undefined ? Promise.resolve() : fanout.newest([{ topic, partition: partition(0) }]),
      }),
      ...(store !== undefined && { store: () => store.get('readyz') }),
      ...(registry !== undefined && { registry: (signal: AbortSignal) => registry.client.check(signal) }),
      ...(check !== undefined && { credentials: check }),
    },
    warnings,
    () => refusals.active,
  );
}
