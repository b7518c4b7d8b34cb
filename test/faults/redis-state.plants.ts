import type { Edit, Plant } from './support/plant.js';

const BROUGHT_AGAIN = {
  guard: 'a batch that could not be relayed is brought again',
  file: 'src/relay/relay.ts',
  find: "if (!batch.signal.aborted) this.#problem('relay', batch, error);\n      throw error;",
  replace: "if (!batch.signal.aborted) this.#problem('relay', batch, error);\n      return;",
};
const CLAIMS_AGAIN = {
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
  { case: 'all of Redis is emptied', ...CLAIMS_AGAIN },
  {
    case: 'the progress of the partitions is evicted',
    guard: 'when the progress is set anew, the old window goes',
    ...script("redis.call('DEL', KEYS[2])"),
  },
  {
    case: 'the windows of the partitions are evicted',
    guard: 'the window proves by its first entry that nothing before it is missing',
    ...script('if prev(entries[1]) > after then return false end'),
  },
  {
    case: 'a replica that is behind takes its place',
    guard: 'a stretch that begins after the progress is refused',
    ...script("if tonumber(ARGV[2]) > passed then return { 'GAP', meta[2] } end"),
  },
  { case: 'Redis is full and refuses to write', ...BROUGHT_AGAIN },
  { case: 'Redis is busy with a script', ...BROUGHT_AGAIN },
  { case: 'Redis loads its data again', ...BROUGHT_AGAIN },
];
