import type { Plant } from './support/plant.js';

const LINES = 'clients/ts/test/scenarios/lines.test.ts';
const MUTATIONS = 'clients/ts/test/scenarios/mutations.test.ts';
const LOG = 'clients/ts/test/scenarios/log.test.ts';

/** Guards of the client library. Its scenarios are tests of its own. */
export const plants: readonly Plant[] = [
  {
    case: 'D3 D4 a client whose gateway is killed mid-stream, or which reaches another gateway when it reconnects, is shown each event once',
    test: LINES,
    guard: 'a subscription that is sent again says where it is',
    file: 'clients/ts/src/subscription.ts',
    find: 'const after = this.#received === undefined ? undefined : { after: this.#received };',
    replace: 'const after = {};',
  },
  {
    case: 'D3 D4 a client whose connection is cut repeatedly, in the middle of frames, is shown each event once',
    test: LINES,
    guard: 'a subscription that lost its connection is sent again',
    file: 'clients/ts/src/subscription.ts',
    find: 'if (link === undefined) this.#stopOnServer = undefined;',
    replace: '',
  },
  {
    case: 'D3 a client on a slow network that delivers fragments is shown each event once, and keeps its connection',
    test: LINES,
    guard: 'a line of an event stream may come in several chunks',
    file: 'clients/ts/src/event-stream-parser.ts',
    find: "this.#line = lines.pop() ?? '';",
    replace: "lines.pop(); this.#line = '';",
  },
  {
    case: 'D4 a client whose connection dies silently while its clock is set back an hour notices it, and is shown each event once',
    test: LINES,
    guard: 'a server that does not answer when it is asked is given up',
    file: 'clients/ts/src/watchdog.ts',
    find: 'if (this.#isAsked) onSilent();',
    replace: 'if (this.#isAsked) return;',
  },
  {
    case: 'that is silent counts as dead even if the system clock is set back',
    test: 'clients/ts/test/connection.test.ts',
    guard: 'the watchdog has a clock that nobody sets',
    file: 'clients/ts/src/connection.ts',
    find: '[this.#parts.now, this.#parts.monotonic],',
    replace: '[this.#parts.now],',
  },
  {
    case: 'D4 a client whose process sleeps while its connection is cut, and more events pass than a window holds, is shown each event once',
    test: LINES,
    guard: 'a closed WebSocket is a lost connection',
    file: 'clients/ts/src/web-socket-link.ts',
    find: "for (const type of ['close', 'error']) on(type, (event) => lose(lossOf(event)));",
    replace: '',
  },
  {
    case: 'D4 S2 a client whose tokens expire, and which has none for a while, is shown each event once',
    test: LINES,
    guard: 'a connection that is closed because of its credentials needs others',
    file: 'clients/ts/src/close-codes.ts',
    find: 'const REFUSED = new Set([4401, 4403]);',
    replace: 'const REFUSED = new Set([4401]);',
  },
  {
    case: 'D4 a client whose server accepts connections and answers nothing says so, and is shown each event once by another',
    test: LINES,
    guard: 'an attempt to connect has a time limit',
    file: 'clients/ts/src/connection.ts',
    find: ' s`), DIAL_TIMEOUT_MS);',
    replace: ' s`), 10 * DIAL_TIMEOUT_MS);',
  },
  {
    case: 'D1 a mutation whose answers are lost, and whose outcome comes after a restart of its process, acts once and returns the outcome',
    test: MUTATIONS,
    guard: 'a mutation that is continued has the key with which it began',
    file: 'clients/ts/src/mutations.ts',
    find: 'const { idempotencyKey } = before ?? { idempotencyKey: crypto.randomUUID() };',
    replace: 'const { idempotencyKey } = { idempotencyKey: crypto.randomUUID() };',
  },
  {
    case: 'D1 a mutation whose answers are lost, and whose outcome comes after a restart of its process, acts once and returns the outcome',
    test: MUTATIONS,
    guard: 'a retry looks for an outcome that was pending',
    file: 'src/publish/idempotency.ts',
    find: "(hasWaited || 'value' in found.answer)",
    replace: '(hasWaited || Boolean(found.answer))',
    shows: /its outcome did not arrive within 100 ms/,
  },
  {
    case: 'D6 a client is shown each event once while Redis is emptied again and again',
    test: LOG,
    guard: 'a result is a duplicate only if its offset is not beyond the newest one',
    file: 'clients/ts/src/subscription.ts',
    find: 'if (at <= (offsets[partition] ?? -1)) return true;',
    replace: 'if (at <= (offsets[partition] ?? -1) + 1) return true;',
  },
  {
    case: 'D5 a client is told when retention has passed its position, and when the topic is another one, and then gets what is left',
    test: LOG,
    guard: 'a subscription that resumes after a gap forgets the offsets before it',
    file: 'clients/ts/src/subscription.ts',
    find: 'this.#offsets = new Map();\n        this.#count',
    replace: 'this.#count',
  },
];
