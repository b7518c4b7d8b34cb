import { describe, expect, it } from 'vitest';
import type { ResolverCall } from '../../src/binding/runtime/resolvers.js';
import { MillraceError } from '../../src/core/errors.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { readLineage } from '../../src/lineage/read-lineage.js';
import { openWorld } from '../support/world.js';
import { codesOf, eventsOf, nodeAt, RESOLVERS, SAY } from './idempotency-stage.js';

describe('an idempotency key', () => {
  it('D1 a key gets the same answer again, on another node too, and publishes once', async () => {
    await using world = await openWorld();
    const [one, two] = [nodeAt(world), nodeAt(world)];
    const call = { variables: { n: 1 }, idempotencyKey: 'once' };
    const first = await one.run(SAY, call);
    expect(first.errors).toBeUndefined();
    expect(await one.run(SAY, call)).toEqual(first);
    expect(await two.run(SAY, call)).toEqual(first);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a key may be an argument, which takes precedence over the header', async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    const tell = 'mutation { tell(n: 1, idempotencyKey: "mine") { eventId } }';
    const first = await node.run(tell, { idempotencyKey: 'a' });
    expect(await node.run(tell, { idempotencyKey: 'b' })).toEqual(first);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 the log finds the events of a key by the key that the client gave, as a header or an argument', async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    await node.run(SAY, { variables: { n: 1 }, idempotencyKey: 'of the header' });
    await node.run('mutation { tell(n: 2, idempotencyKey: "of the field") { eventId } }', {
      idempotencyKey: 'of the header',
    });
    await node.run(SAY, { variables: { n: 3 } });
    const options = {
      ...{ log: world.log, decoder: new RecordDecoder(), topics: [world.topic], suffix: '.dlt' },
      ...{ since: 0, recordsPerTopic: 100, maxEvents: 100 },
    };
    for (const [key, offsets] of [
      ['of the header', [0]],
      ['of the field', [1]],
      ['of nobody', []],
    ] as const) {
      const { events } = await readLineage(key, options, AbortSignal.timeout(30_000));
      expect(events.map((event) => event.offset)).toEqual(offsets);
    }
  });

  it('D1 a key with other arguments is refused with IDEMPOTENCY_CONFLICT, and nothing is published', async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    await node.run(SAY, { variables: { n: 1 }, idempotencyKey: 'k' });
    const other = await node.run(SAY, { variables: { n: 2 }, idempotencyKey: 'k' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a retry waits for the running first attempt, also on another node', async () => {
    await using world = await openWorld();
    let made = 0;
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const own = async () => {
      made += 1;
      await finished;
      return { n: 1, made };
    };
    const resolvers = { Mutation: { ...RESOLVERS.Mutation, own } };
    const [one, two] = [nodeAt(world, { resolvers }), nodeAt(world, { resolvers })];
    const query = 'mutation { own(n: 1) { n made } }';
    const first = one.run(query, { idempotencyKey: 'k' });
    await expect.poll(() => made).toBe(1);
    const others = [one.run(query, { idempotencyKey: 'k' }), two.run(query, { idempotencyKey: 'k' })];
    const conflict = await two.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(conflict)).toEqual(['IDEMPOTENCY_CONFLICT']);
    finish();
    const answer = { data: { own: { n: 1, made: 1 } } };
    expect(await Promise.all([first, ...others])).toEqual([answer, answer, answer]);
  });

  it('D1 a mutation is answered also when its answer is null, or cannot be stored', async () => {
    await using world = await openWorld();
    const own = () => ({ n: 1, made: 1, more: 1n });
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    for (const _ of [1, 2]) {
      const nothing = await node.run('mutation { none(n: 1) { n } }', { idempotencyKey: 'k' });
      expect(nothing).toEqual({ data: { none: null } });
      const unkept = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
      expect(unkept).toEqual({ data: { own: { n: 1 } } });
    }
  });

  it('D1 a key stays bound once something was published, whatever error follows', async () => {
    await using world = await openWorld();
    let fail = true;
    const own = async ({ args, publish }: ResolverCall<{ readonly n: number }>) => {
      await publish({ topic: 'said', type: 'Said', key: 'k', data: { n: args.n } });
      if (fail) throw new MillraceError('BAD_REQUEST', 'not like this');
      return { n: args.n, made: 1 };
    };
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    const first = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(first)).toEqual(['BAD_REQUEST']);
    fail = false;
    const other = await node.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_CONFLICT']);
    const again = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(again).toEqual({ data: { own: { n: 1 } } });
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a key is released after an error that proves that nothing was published', async () => {
    await using world = await openWorld();
    let fail = true;
    const own = () => {
      if (fail) throw new MillraceError('BAD_REQUEST', 'not like this');
      return { n: 2, made: 1 };
    };
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    const first = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(first)).toEqual(['BAD_REQUEST']);
    fail = false;
    const second = await node.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(second).toEqual({ data: { own: { n: 2 } } });
  });
});
