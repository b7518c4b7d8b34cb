import type { Plant } from './support/plant.js';

const RESUBSCRIBE = {
  guard: 'after a reconnect every channel is subscribed again',
  file: 'src/adapters/redis/channel-subscriptions.ts',
  find: 'if (this.#wasReady) void this.#resubscribe();',
  replace: '',
};
const CHAIN = {
  guard: "a message that does not continue the node's position is a gap",
  file: 'src/core/chain.ts',
  find: 'if (message.prev <= chain.at) {',
  replace: 'if (message.prev >= -1) {',
};

export const plants: readonly Plant[] = [
  {
    case: 'D3 D6 a gateway whose connections to Redis are cut again and again repairs what it missed and subscribes again',
    ...RESUBSCRIBE,
  },
  {
    case: 'D3 messages that Redis delivers late, after the gap was repaired, are shown once',
    guard: 'a node drops events that it has delivered before',
    file: 'src/core/chain.ts',
    find: 'if (last === undefined || last <= chain.at) return { chain, deliver: NOTHING };',
    replace: 'if (last === undefined) return { chain, deliver: NOTHING };',
    also: [
      {
        file: 'src/core/chain.ts',
        find: '  return events.filter((event) => event.offset > at);',
        replace: '  return events;',
      },
    ],
  },
  {
    case: 'D6 a gateway whose traffic to Redis is swallowed reads the log meanwhile, and subscribes again afterwards',
    guard: 'a connection that does not answer is reopened',
    file: 'src/adapters/redis/health-check.ts',
    find: 'redis.disconnect(true);',
    replace: '',
  },
  {
    case: 'D6 a gateway whose traffic to Redis is swallowed reads the log meanwhile, and subscribes again afterwards',
    guard: 'the log is asked for the end of a partition if the fan-out does not know it',
    file: 'src/hub/silence-check.ts',
    find: 'if (last === undefined || !partition.applyNewest(last)) unknown.push(partition);',
    replace: 'if (last === undefined) continue;',
  },
  { case: 'D3 D7 nothing is missing when every third message is dropped, beats included', ...CHAIN },
  {
    case: 'D7 a dropped message that nothing follows is noticed by the beats after it',
    guard: "a beat above the node's position is a gap",
    file: 'src/core/chain.ts',
    find: `if (chain.state === 'live') {
    const gap: ChainState = { state: 'repairing', at: chain.at, upTo: newest, held: [], heldEvents: 0 };`,
    replace: `if (chain.state === 'live') {
    const gap: ChainState = { state: 'live', at: chain.at };`,
  },
  {
    case: 'D7 a dropped message whose beats are dropped too is noticed by the next silence check',
    guard: 'a node that receives nothing asks for the end of the partition',
    file: 'src/hub/silence-check.ts',
    find: 'if (silent.length > 0) await this.#ask(silent);',
    replace: '',
  },
  {
    case: 'D3 D6 channels are subscribed again after Redis closes the subscriber connection under load',
    ...RESUBSCRIBE,
  },
  { case: 'D3 D6 messages that Redis discards at its output buffer limit are repaired', ...RESUBSCRIBE },
];
