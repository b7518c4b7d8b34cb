import type { Edit, Plant } from './support/plant.js';

const REDELIVER = {
  guard: 'a batch that could not be relayed is fetched again',
  file: 'src/relay/relay.ts',
  find: "if (!batch.signal.aborted) this.#problem('relay', batch, error);\n      throw error;",
  replace: "if (!batch.signal.aborted) this.#problem('relay', batch, error);\n      return;",
};
const RECLAIM = {
  guard: 'a relay that Redis refuses claims the partition again',
  file: 'src/relay/partition-relay.ts',
  find: 'if (this.#token === undefined) {\n      await this.claim(signal);',
  replace: 'if (this.#token === undefined) {',
};
const script = (find: string, replace = ''): Edit => ({
  file: 'src/adapters/redis/scripts.ts',
  find,
  replace,
});

export const plants: readonly Plant[] = [
  {
    case: 'D6 emptying all of Redis again and again while events are published loses nothing',
    ...RECLAIM,
  },
  {
    case: 'D6 evicting the progress of the partitions, but not their windows, loses nothing',
    guard: 'the old window is deleted when the progress is reset',
    ...script("redis.call('DEL', KEYS[2])"),
  },
  {
    case: 'D4 D6 evicting the windows of the partitions, but not their progress, loses nothing',
    guard: 'the window proves by its first entry that nothing before it is missing',
    ...script('if prev(entries[1]) > after then return false end'),
  },
  {
    case: 'D4 D6 a failover to a Redis replica that is behind loses nothing',
    guard: 'a chunk that starts after the progress is refused',
    ...script("if tonumber(ARGV[2]) > passed then return { 'GAP', meta[2] } end"),
  },
  { case: 'D6 events that a full Redis refuses to write are relayed later', ...REDELIVER },
  { case: 'D6 a Redis that is busy with an endless script delays events and loses none', ...REDELIVER },
  { case: 'D6 a Redis that is loading its data delays events and loses none', ...REDELIVER },
];
