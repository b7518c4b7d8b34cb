import { describe, expect, it } from 'vitest';
import { rightsFor } from '../../src/adapters/kafka/rights-for.js';
import { logUse } from '../../src/node/log-use.js';
import type { Project } from '../../src/project/project.js';
import { bound } from '../binding/schema.js';

const BINDINGS = bound(`
  type Query { ok: Boolean }
  type Mutation {
    say(text: String!): Answered!
      @publish(topic: "said", type: "Said", key: "args.text", outcome: { topic: "answers", types: ["Answered"] })
  }
  type Subscription { heard: Heard! @subscribe(topic: "heard") }
  type Said { text: String! }
  type Heard { text: String! }
  type Answered { text: String! }`);
const NOTHING = { gateway: false, relay: false, services: [] };
const config = { DEAD_LETTER_SUFFIX: '.dlt', NAMESPACE: 'shop' };

/** The rights that a process asks for at its start, as Kafka names them. */
function asked(parts: Partial<Parameters<typeof logUse>[0]>): readonly string[] {
  const project: Project = {};
  const use = logUse({
    roles: NOTHING,
    bindings: BINDINGS,
    project,
    config,
    services: [],
    views: [],
    ...parts,
  });
  return rightsFor(use).map(({ on, name, right }) => `${right} ${on} ${name}`);
}

describe('what a process does with the log', () => {
  it('of a gateway: it reads what it follows and waits for, and writes what it publishes and dead letters', () => {
    expect(asked({ roles: { ...NOTHING, gateway: true } })).toEqual([
      'READ topic heard',
      'READ topic answers',
      'WRITE topic said',
      'WRITE topic heard.dlt',
    ]);
  });

  it('of a gateway with resolvers of mutations: these may publish several events in one transaction', () => {
    const project = { resolvers: { Mutation: { other: () => undefined } } };
    expect(asked({ roles: { ...NOTHING, gateway: true }, project })).toContain(
      'WRITE transactional id millrace-append-',
    );
  });

  it('of a relay: it reads every topic that has types, and writes their dead letters', () => {
    const rights = asked({ roles: { ...NOTHING, relay: true } });
    expect([...rights].sort()).toEqual(
      ['answers', 'heard', 'said']
        .flatMap((name) => [`READ topic ${name}`, `WRITE topic ${name}.dlt`])
        .sort(),
    );
  });

  it('of a service and a view: inputs, dead letters, and the transactions of the service', () => {
    const service = { name: 'echo', topics: ['said'], handle: () => [] };
    const view = { name: 'last', topics: ['heard'], initial: {}, fold: () => ({}) };
    expect(asked({ services: [service], views: [view] })).toEqual([
      'READ topic said',
      'READ topic said.dlt',
      'READ topic heard',
      'WRITE topic said.dlt',
      'WRITE topic heard.dlt',
      'WRITE transactional id shop-service-echo-said-0',
    ]);
  });
});
