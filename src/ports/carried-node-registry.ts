import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { aborted, retry, withSignal } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import type { NodeCarrier } from './node-carrier.js';
import {
  type AnswerHandler,
  type Answers,
  MAX_MESSAGE_BYTES,
  MAX_NODES,
  MAX_REPORT_BYTES,
  type NodeRegistry,
  type Presence,
  type PresentNode,
} from './node-registry.js';
import type { OnProblem } from './problem.js';

/** How long `list` waits for the backend, and the withdrawal when the node stops. */
const BACKEND_PATIENCE_MS = 2_000;
/** C4: how many questions of this node may be open at once, and how many of others it answers at once. */
const MAX_OPEN_QUESTIONS = 64;
const MAX_ANSWERING = 16;
/** What a message has beside its question or answer. Longer messages are of no node. */
const MAX_HEAD_BYTES = 4_096;
/** Where every node listens. Each also listens to a channel of its own. */
const EVERYBODY = 'all';

const MESSAGE = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('question'),
    number: z.number(),
    from: z.string(),
    topic: z.string(),
    /** Left out by JSON when it is `undefined`, which zod 4 allows only if told so. */
    question: z.unknown().optional(),
  }),
  z.object({
    kind: z.literal('answer'),
    number: z.number(),
    from: z.string(),
    outcome: z.enum(['answered', 'unknown', 'failed']),
    answer: z.unknown().optional(),
  }),
]);
type Message = z.infer<typeof MESSAGE>;
type Answered = Pick<Extract<Message, { kind: 'answer' }>, 'outcome' | 'answer'>;

/** The registry over any carrier: questions and answers are matched here, and everything that waits is bounded. */
export class CarriedNodeRegistry implements NodeRegistry {
  readonly id = randomUUID();
  readonly #carrier: NodeCarrier;
  readonly #onProblem: OnProblem;
  readonly #closed = new AbortController();
  readonly #handlers = new Map<string, AnswerHandler>();
  /** Questions of this node, by number: called with each answer. */
  readonly #open = new Map<number, (from: string, answered: Answered) => void>();
  readonly #hearing: Promise<void>;
  #lastNumber = 0;
  #answering = 0;
  #ownReport: unknown;
  /** The announcement that is under way: while the backend is away, none is queued behind it. */
  #announcing: Promise<string | undefined> | undefined;
  #listing: Promise<Presence> | undefined;

  constructor(carrier: NodeCarrier, onProblem: OnProblem) {
    this.#carrier = carrier;
    this.#onProblem = onProblem;
    const hear = (text: string): void => this.#hear(text);
    const { signal } = this.#closed;
    // What the backend refuses, or that it is away, is reported by the carrier itself.
    this.#hearing = retry(
      async () => {
        await Promise.all([carrier.listen(EVERYBODY, hear), carrier.listen(this.id, hear)]);
      },
      { signal },
    );
    this.#hearing.catch(() => undefined); // It was closed before it could listen.
  }

  async announce(report: unknown): Promise<string | undefined> {
    const text = bounded(report, MAX_REPORT_BYTES, 'report');
    this.#ownReport = report;
    this.#announcing ??= this.#put(text).finally(() => {
      this.#announcing = undefined;
    });
    using deadline = new Deadline(BACKEND_PATIENCE_MS);
    try {
      return await withSignal(this.#announcing, deadline.signal);
    } catch (cause) {
      return this.#carrier.sentenceOf(cause);
    }
  }

  /** Callers of the same moment share one reading. */
  list(): Promise<Presence> {
    this.#listing ??= this.#read().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  answer(topic: string, handler: AnswerHandler): Disposable {
    this.#handlers.set(topic, handler);
    return {
      [Symbol.dispose]: () => {
        if (this.#handlers.get(topic) === handler) this.#handlers.delete(topic);
      },
    };
  }

  async ask(topic: string, question: unknown, withinMs: number): Promise<Answers> {
    const number = ++this.#lastNumber;
    const message: Message = { kind: 'question', number, from: this.id, topic, question };
    const text = bounded(message, MAX_MESSAGE_BYTES, 'question');
    if (this.#open.size >= MAX_OPEN_QUESTIONS)
      return {
        answers: [],
        silent: [],
        unheard: `This node waits for ${MAX_OPEN_QUESTIONS} answers already. Ask again.`,
      };
    const answered = new Map<string, Answered>();
    using deadline = new Deadline(withinMs);
    const until = AbortSignal.any([deadline.signal, this.#closed.signal]);
    /** Aborted when the last answer is here. */
    const complete = new AbortController();
    let expected: ReadonlySet<string> | undefined;
    const check = (): void => {
      if (expected !== undefined && [...expected].every((id) => answered.has(id))) complete.abort();
    };
    // C4: whatever else writes to the backend, only the nodes that were asked are remembered.
    const take = (from: string, answer: Answered): void => {
      if (from !== this.id && expected?.has(from) !== true) return;
      answered.set(from, answer);
      check();
    };
    this.#open.set(number, take);
    try {
      // Its own answer needs no backend, and is given also while that is away.
      void this.#answerTo(topic, question).then((answer) => take(this.id, answer));
      const unheard = await this.#askOthers(text, until, (ids) => {
        expected = ids;
      });
      if (unheard !== undefined) expected = new Set([this.id]);
      check();
      await aborted(AbortSignal.any([until, complete.signal]));
      return { ...split(answered, expected ?? new Set()), unheard };
    } finally {
      this.#open.delete(number);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    using deadline = new Deadline(BACKEND_PATIENCE_MS);
    // In this order: an announcement that is on its way must not arrive after the withdrawal.
    const withdrawn = Promise.resolve(this.#announcing).then(() => this.#carrier.remove(this.id));
    // A node that cannot withdraw is gone after `PRESENT_MS`.
    await withSignal(withdrawn, deadline.signal).catch(() => undefined);
    await this.#carrier[Symbol.asyncDispose]();
  }

  async #put(report: string): Promise<string | undefined> {
    const { signal } = this.#closed;
    try {
      await withSignal(this.#hearing, signal);
      const hasRoom = await this.#carrier.put(this.id, report);
      return hasRoom ? undefined : 'Too many nodes are present: this one is not listed.';
    } catch (cause) {
      return this.#carrier.sentenceOf(cause);
    }
  }

  async #read(): Promise<Presence> {
    using deadline = new Deadline(BACKEND_PATIENCE_MS);
    const own: readonly PresentNode[] =
      this.#ownReport === undefined ? [] : [{ id: this.id, isSelf: true, ageMs: 0, report: this.#ownReport }];
    try {
      const announced = await withSignal(this.#carrier.list(), deadline.signal);
      const others = announced
        .slice(0, MAX_NODES)
        .flatMap(({ id, ageMs, report }): PresentNode[] =>
          id === this.id ? [] : [{ id, isSelf: false, ageMs, report: parsed(report, MAX_REPORT_BYTES) }],
        );
      return { nodes: [...own, ...others], unheard: undefined };
    } catch (cause) {
      return { nodes: own, unheard: this.#carrier.sentenceOf(cause) };
    }
  }

  /**
   * @param expect called with the nodes that should answer, before the question is sent: an answer may come at once
   * @returns why they cannot be asked
   */
  async #askOthers(
    text: string,
    signal: AbortSignal,
    expect: (ids: ReadonlySet<string>) => void,
  ): Promise<string | undefined> {
    try {
      await withSignal(this.#hearing, signal);
      const announced = await withSignal(this.#carrier.list(), signal);
      expect(new Set([this.id, ...announced.slice(0, MAX_NODES).map(({ id }) => id)]));
      await withSignal(this.#carrier.send(EVERYBODY, text), signal);
      return undefined;
    } catch (cause) {
      return this.#carrier.sentenceOf(cause);
    }
  }

  #hear(text: string): void {
    const message = MESSAGE.safeParse(parsed(text, MAX_MESSAGE_BYTES + MAX_HEAD_BYTES));
    // Of another version of Millrace. The node that asked waits no longer than its limit.
    if (!message.success) return;
    if (message.data.kind === 'question') void this.#reply(message.data);
    else this.#open.get(message.data.number)?.(message.data.from, message.data);
  }

  async #reply({ from, number, topic, question }: Extract<Message, { kind: 'question' }>): Promise<void> {
    if (from === this.id) return;
    const answered = await this.#answerTo(topic, question);
    const message: Message = { kind: 'answer', number, from: this.id, ...answered };
    // The node that asked counts this one as silent, and says so.
    await this.#carrier.send(from, JSON.stringify(message)).catch(() => undefined);
  }

  async #answerTo(topic: string, question: unknown): Promise<Answered> {
    const handler = this.#handlers.get(topic);
    if (handler === undefined) return { outcome: 'unknown', answer: undefined };
    if (this.#answering >= MAX_ANSWERING) return { outcome: 'failed', answer: undefined };
    this.#answering += 1;
    try {
      const answer = await handler(question);
      if (answer === undefined) return { outcome: 'unknown', answer };
      bounded(answer, MAX_MESSAGE_BYTES, 'answer');
      return { outcome: 'answered', answer };
    } catch (cause) {
      const message = `A question on ${JSON.stringify(topic)} could not be answered`;
      this.#onProblem({ kind: 'node-registry', message, cause });
      return { outcome: 'failed', answer: undefined };
    } finally {
      this.#answering -= 1;
    }
  }
}

function split(answered: ReadonlyMap<string, Answered>, expected: ReadonlySet<string>) {
  const answers = [...answered].flatMap(([node, { outcome, answer }]) =>
    outcome === 'answered' ? [{ node, answer }] : [],
  );
  const silent = [...expected].filter((id) => (answered.get(id)?.outcome ?? 'failed') === 'failed');
  return { answers, silent };
}

/** C4, S4: as JSON. @throws {RangeError} when it is too large */
function bounded(value: unknown, maxBytes: number, what: string): string {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new RangeError(`The ${what} has ${bytes} bytes; at most ${maxBytes} are allowed`);
  return text;
}

/** C4: another program may have written it. `undefined`: it is no JSON, or longer than what a node writes. */
function parsed(text: string, maxBytes: number): unknown {
  if (text.length > maxBytes) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
