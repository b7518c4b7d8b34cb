import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D2 D3 D9 partitions that move between processes, as these join, freeze and die, lose and double nothing for the subscribers of each',
    guard: 'a process that has lost a partition hears it through Redis again',
    file: 'src/relay/direct-fanout.ts',
    find: 'channel.own = undefined;',
    replace: 'return;',
    also: [
      {
        file: 'src/hub/silence-check.ts',
        find: 'if (silent.length > 0) await this.#ask(silent);',
        replace: 'if (silent.length < 0) await this.#ask(silent);',
      },
    ],
  },
  {
    case: 'D2 D3 subscribers that come while events do get each event from their start on, also in a burst',
    guard: 'every event after the last one that was heard is handed over',
    file: 'src/relay/direct-fanout.ts',
    find: 'event.offset > last)',
    replace: 'event.offset > last + 1)',
  },
  {
    case: 'D3 D8 a subscriber that stops reading delays no other, and gets every event in order once it reads',
    guard: 'a subscriber that refuses an event stays before it',
    file: 'src/subscribe/delivery/subscriber.ts',
    find: 'this.fallBehind(event, { offset: offset(event.relayed.offset - 1), fingerprint: 0 });',
    replace: 'this.fallBehind(event, { offset: offset(event.relayed.offset), fingerprint: 0 });',
  },
];
