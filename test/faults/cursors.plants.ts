import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D5 S3 invalid cursors are refused with their reason on every transport, and nothing is read for them',
    guard: 'a cursor without a valid signature is refused',
    file: 'src/core/cursor.ts',
    find: "if (!known.some(({ secret }) => timingSafeEqual(mac(body, secret), given))) throw invalid('SIGNATURE');",
    replace:
      "if (known.length === 0 && given.length === 0 && timingSafeEqual(given, given)) throw invalid('SIGNATURE');",
  },
  {
    case: 'D5 a refused stream tells an EventSource not to reconnect',
    guard: 'a stream that ends for good leaves the id `over`',
    file: 'src/transport/sse/sse-framing.ts',
    find: 'if (isFinal) return [OVER_ID, ...event];',
    replace: 'if (isFinal) return event;',
  },
  {
    case: 'D5 after and since together are an error, whatever the cursor',
    guard: 'after and since exclude each other',
    file: 'src/subscribe/plan/plan.ts',
    find: "if (after != null && since != null) throw bad('Give either `after` or `since`, not both.');",
    replace: '',
  },
];
