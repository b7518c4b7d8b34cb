import { expect, it, vi } from 'vitest';
import { CarriedNodeRegistry } from '../../src/ports/carried-node-registry.js';
import type { Announced, NodeCarrier } from '../../src/ports/node-carrier.js';
import { MAX_MESSAGE_BYTES, MAX_NODES, MAX_REPORT_BYTES } from '../../src/ports/node-registry.js';

/** A node, and a backend to which anybody may write. */
function world(announced: Announced[] = []) {
  const heard = new Map<string, (message: string) => void>();
  const sent = vi.fn<(channel: string, message: string) => Promise<void>>(() => Promise.resolve());
  const carrier: NodeCarrier = {
    sentenceOf: String,
    put: () => Promise.resolve(true),
    list: () => Promise.resolve(announced),
    remove: () => Promise.resolve(),
    send: sent,
    listen: (channel, hear) => {
      heard.set(channel, hear);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const registry = new CarriedNodeRegistry(carrier, () => undefined);
  const say = (message: object): void => heard.get(registry.id)?.(JSON.stringify(message));
  return { registry, say, sent };
}

const node = (id: string, report = '{}'): Announced => ({ id, ageMs: 1, report });

it('C4 what another program announces is bounded: a long report is not read, and no more nodes than may be', async () => {
  const long = node('long', JSON.stringify('x'.repeat(MAX_REPORT_BYTES)));
  const { registry } = world([long, ...Array.from({ length: 2 * MAX_NODES }, (_, i) => node(`n${i}`))]);
  const { nodes } = await registry.list();
  expect(nodes).toHaveLength(MAX_NODES);
  expect(nodes[0]).toMatchObject({ id: 'long', report: undefined });
  await registry[Symbol.asyncDispose]();
});

it('C4 only nodes that were asked may answer, and an answer that is too long is not read', async () => {
  const { registry, say, sent } = world([node('one'), node('two')]);
  const asked = registry.ask('x', null, 300);
  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  const { number } = JSON.parse(sent.mock.calls[0]?.[1] ?? '') as { number: number };
  const answer = { kind: 'answer', number, outcome: 'answered' };
  for (let i = 0; i < 1_000; i++) say({ ...answer, from: `stranger ${i}`, answer: i });
  say({ ...answer, from: 'two', answer: 'x'.repeat(2 * MAX_MESSAGE_BYTES) });
  say({ ...answer, from: 'one', answer: 1 });
  expect(await asked).toMatchObject({ answers: [{ node: 'one', answer: 1 }], silent: ['two'] });
  await registry[Symbol.asyncDispose]();
});
