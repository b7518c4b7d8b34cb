import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CASE_TIMEOUT } from '../../../../test/faults/support/ceiling.js';
import { TcpProxy } from '../../../../test/faults/support/proxy.js';
import { storedEvents } from '../../../../test/faults/support/stored-events.js';
import { folderOf } from '../../../../test/support/gateway-process.js';
import { kafkaBrokers } from '../../../../test/support/services.js';
import { type ClientOptions, createClient } from '../../src/index.js';
import { keptMutations } from '../../src/mutations.js';
import { fileStore } from '../../src/node.js';
import { ScenarioWorld } from './scenario-world.js';

const ASK = 'mutation Ask($text: String!) { ask(text: $text) { text } }';
const ANSWER = 'mutation Answer($text: String!) { answer(text: $text) { offset } }';
const variables = { text: 'how much' };

/** Mutations whose answers are lost or late, and processes that end before them. */
describe('mutations of the client', { timeout: CASE_TIMEOUT }, () => {
  let world: ScenarioWorld;
  beforeAll(async () => {
    world = await ScenarioWorld.open({ env: { TOPIC_PARTITIONS: '1' } });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('D1 a mutation whose answers are lost, and whose outcome comes after a restart of its process, acts once and returns the outcome', async () => {
    await using folder = await folderOf({});
    await using proxy = await TcpProxy.open({ target: world.home.url });
    const openClient = (url: string, options: Partial<ClientOptions> = {}) =>
      createClient({ ...options, url: `${url}/graphql`, webSocket: WebSocket });
    const open = () => {
      const client = openClient(`http://${proxy.address}`, {
        credentials: () => ({ 'x-correlation-id': 'the question' }),
      });
      return keptMutations(client, fileStore(folder.path), 'alice');
    };
    // The request arrives, and its answer does not.
    let lost = 0;
    proxy.judge = (_chunk, { direction }) => (direction === 'down' && lost++ < 2 ? 'cut' : 'pass');
    await expect(open().run('order 1', ASK, { variables, timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'OUTCOME_PENDING',
      extensions: { correlationId: 'the question' },
    });
    expect(lost).toBeGreaterThan(2);

    const later = open();
    expect(await later.pending('order 1')).toMatchObject({ variables });
    const other = later.run('order 1', ASK, { variables: { text: 'how many' } });
    await expect(other).rejects.toMatchObject({ code: 'MUTATION_PENDING', extensions: { variables } });
    const answer = later.run('order 1', ASK, { variables });
    const service = openClient(world.home.url, {
      credentials: () => ({ 'x-correlation-id': 'the question' }),
    });
    await service.mutate(ANSWER, { variables });
    expect(await answer).toEqual({ ask: variables });
    expect(await later.pending('order 1')).toBeUndefined();
    const stored = await storedEvents(kafkaBrokers().join(), `${world.faults.topic}.asked`);
    expect(stored).toHaveLength(2);
  });
});
