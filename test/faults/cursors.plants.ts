import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'are refused with the reason on every transport',
    guard: 'a cursor is nothing without a signature that holds',
    file: 'src/core/cursor.ts',
    find: "if (!known.some(({ secret }) => timingSafeEqual(mac(body, secret), given))) throw invalid('SIGNATURE');",
    replace:
      "if (known.length === 0 && given.length === 0 && timingSafeEqual(given, given)) throw invalid('SIGNATURE');",
  },
  {
    case: 'tells an EventSource to stay away',
    guard: 'what ends for good leaves an id that says so',
    file: 'src/transport/sse/sse-framing.ts',
    find: 'return isFinal ? [OVER_ID, ...event] : event;',
    replace: 'return isFinal ? event : event;',
  },
  {
    case: 'after and since together are an error',
    guard: 'nobody is asked to start at two places',
    file: 'src/subscribe/plan/plan.ts',
    find: "if (after != null && since != null) throw bad('Give either `after` or `since`, not both.');",
    replace: '',
  },
];
