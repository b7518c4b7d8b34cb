/** The largest report of a node, and the largest question or answer, as JSON in UTF-8. */
export const MAX_REPORT_BYTES = 32_768;
export const MAX_MESSAGE_BYTES = 131_072;
/** How many nodes may be present at once. Further ones are not listed (C4). */
export const MAX_NODES = 128;
/** How long a node is present after its last announcement. */
export const PRESENT_MS = 8_000;

export interface PresentNode {
  /** Chosen at random by each process when it starts. */
  readonly id: string;
  readonly isSelf: boolean;
  /** How long ago it announced itself, in milliseconds. Measured by one clock: those of nodes are never compared. */
  readonly ageMs: number;
  /** JSON, as the node announced it. It may be of another version of Millrace: check it. */
  readonly report: unknown;
}

export interface Presence {
  readonly nodes: readonly PresentNode[];
  /** Why other nodes cannot be heard at the moment, a sentence. `nodes` has then this node alone. */
  readonly unheard: string | undefined;
}

export interface Answers {
  /** Nodes that know nothing of the topic have no entry. */
  readonly answers: readonly {
    readonly node: string;
    /** JSON. Check it. */
    readonly answer: unknown;
  }[];
  /** The ids of present nodes that did not answer in time, or failed to. */
  readonly silent: readonly string[];
  /** As `Presence.unheard`. `answers` has then only what this node answers. */
  readonly unheard: string | undefined;
}

/** @returns JSON, or `undefined` when the node knows nothing of it */
export type AnswerHandler = (question: unknown) => unknown | Promise<unknown>;

/**
 * What the nodes of one installation say of themselves, and ask each other. For operators only: no guarantee of delivery
 * depends on it, so it never throws for a backend that is away, and never waits for one longer than it says.
 *
 * An implementation MUST pass test/contract/node-registry.ts.
 */
export interface NodeRegistry extends AsyncDisposable {
  /** This node. */
  readonly id: string;

  /**
   * Says that this node is present for `PRESENT_MS` more, and replaces its report. A node is announced only once it
   * hears questions. Disposing withdraws it at once. While an announcement is under way, a further one only renews what
   * `list` shows of this node. Waits at most two seconds.
   * @returns why it was not announced, a sentence; `undefined`: it was
   * @throws {RangeError} for a report above `MAX_REPORT_BYTES`
   */
  announce(report: unknown): Promise<string | undefined>;

  /** The nodes that are present, this one first once it was announced. Waits at most two seconds. */
  list(): Promise<Presence>;

  /** Answers questions on a topic, also this node's own. There is one handler for each topic. Disposing stops it. */
  answer(topic: string, handler: AnswerHandler): Disposable;

  /**
   * Asks all present nodes, this one included. Resolves once all have answered, or after `withinMs`.
   * @throws {RangeError} for a question above `MAX_MESSAGE_BYTES`
   */
  ask(topic: string, question: unknown, withinMs: number): Promise<Answers>;
}
