import type { Plant } from './support/plant.js';

const CHANNELS_AGAIN = {
  guard: 'after a reconnect every channel is subscribed again',
  file: 'src/adapters/redis/subscriptions.ts',
  find: 'if (this.#wasReady) void this.#resubscribe();',
  replace: '',
};
const CHAIN = {
  guard: 'a message that does not follow what the node has shows a gap',
  file: 'src/core/chain.ts',
  find: 'if (heard.prev <= link.at) {',
  replace: 'if (heard.prev >= -1) {',
};

export const plants: readonly Plant[] = [
  { case: 'cut again and again', ...CHANNELS_AGAIN },
  {
    case: 'late by a second',
    guard: 'a node drops what it has shown before',
    file: 'src/core/chain.ts',
    find: 'if (last === undefined || last <= link.at) return { link, deliver: NOTHING };',
    replace: 'if (last === undefined) return { link, deliver: NOTHING };',
    also: [
      {
        file: 'src/core/chain.ts',
        find: '  return events.filter((event) => event.offset > at);',
        replace: '  return events;',
      },
    ],
  },
  {
    case: 'swallowed without closing',
    guard: 'a connection that does not answer is made anew',
    file: 'src/adapters/redis/health-check.ts',
    find: 'redis.disconnect(true);',
    replace: '',
  },
  {
    case: 'swallowed without closing',
    guard: 'where the fan-out does not say where a partition stands, the log is asked',
    file: 'src/hub/silence-check.ts',
    find: 'if (last === undefined || !partition.applyNewest(last)) unknown.push(partition);',
    replace: 'if (last === undefined) continue;',
  },
  { case: 'every third message dropped', ...CHAIN },
  {
    case: 'is noticed by the beats after it',
    guard: 'a beat above where a node stands shows a gap',
    file: 'src/core/chain.ts',
    find: `if (link.state === 'live') {
    const gap: Link = { state: 'repairing', at: link.at, upTo: newest, held: [], heldEvents: 0 };`,
    replace: `if (link.state === 'live') {
    const gap: Link = { state: 'live', at: link.at };`,
  },
  {
    case: 'the first look after it notices',
    guard: 'a node that hears nothing asks where the partition stands',
    file: 'src/hub/silence-check.ts',
    find: 'if (silent.length > 0) await this.#ask(silent);',
    replace: '',
  },
  { case: 'Redis ends the subscriber connection', ...CHANNELS_AGAIN },
  { case: 'the limit of the output buffer', ...CHANNELS_AGAIN },
];
