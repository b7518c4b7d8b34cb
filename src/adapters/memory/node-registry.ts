import { CarriedNodeRegistry } from '../../ports/carried-node-registry.js';
import type { Announced, NodeCarrier } from '../../ports/node-carrier.js';
import { MAX_NODES, type NodeRegistry, PRESENT_MS } from '../../ports/node-registry.js';
import type { OnProblem } from '../../ports/problem.js';

interface Kept {
  readonly report: string;
  readonly atMs: number;
}

/** The nodes of one process: as a rule one, several in tests. */
export class InProcessNodes {
  readonly #kept = new Map<string, Kept>();
  readonly #channels = new Map<string, Set<(message: string) => void>>();

  open(onProblem: OnProblem = () => undefined): NodeRegistry {
    const listening: Disposable[] = [];
    const carrier: NodeCarrier = {
      sentenceOf: () => 'This node was stopped.',
      put: async (id, report) => this.#put(id, report),
      list: async () => this.#list(),
      remove: async (id) => void this.#kept.delete(id),
      send: async (channel, message) => {
        for (const hear of [...(this.#channels.get(channel) ?? [])]) hear(message);
      },
      listen: async (channel, hear) => void listening.push(this.#listen(channel, hear)),
      [Symbol.asyncDispose]: async () => {
        for (const one of listening) one[Symbol.dispose]();
      },
    };
    return new CarriedNodeRegistry(carrier, onProblem);
  }

  #put(id: string, report: string): boolean {
    const isNew = !this.#list().some((node) => node.id === id);
    if (isNew && this.#kept.size >= MAX_NODES) return false;
    this.#kept.set(id, { report, atMs: performance.now() });
    return true;
  }

  #list(): readonly Announced[] {
    const now = performance.now();
    for (const [id, { atMs }] of this.#kept) if (now - atMs >= PRESENT_MS) this.#kept.delete(id);
    return [...this.#kept].map(([id, { report, atMs }]) => ({ id, report, ageMs: now - atMs }));
  }

  #listen(channel: string, hear: (message: string) => void): Disposable {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners.add(hear));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(hear);
        if (listeners.size === 0) this.#channels.delete(channel);
      },
    };
  }
}
