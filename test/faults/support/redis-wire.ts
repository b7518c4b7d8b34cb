import { type Judge, type Passing, TcpProxy } from './proxy.js';
import { pushed, relayed, respFrames, words } from './resp.js';

/** A network before Redis that understands what passes: it counts, and a case decides what goes on. */
export class RedisWire implements AsyncDisposable {
  /** Messages with events that arrived at a subscriber. */
  events = 0;
  /** Beats that did. */
  beats = 0;
  /** The connections that channels were subscribed on. */
  readonly subscribers = new Set<number>();
  /** What each run of the relay's script answered, in the order in which the answers came by. */
  readonly outcomes: { readonly status: string; readonly number: number }[] = [];
  /** How often Redis answered with an error, by its first word: `OOM`, `BUSY`, `LOADING`. */
  readonly refusals = new Map<string, number>();
  /** What becomes of a frame; is asked before it is counted. */
  judge: Judge = () => 'pass';
  readonly proxy: TcpProxy;

  private constructor(proxy: TcpProxy) {
    this.proxy = proxy;
    proxy.judge = async (frame, passing) => {
      const verdict = await this.judge(frame, passing);
      if (verdict === 'pass') this.#count(frame, passing);
      return verdict;
    };
  }

  /** @param url of the Redis behind it */
  static async open(url: string): Promise<RedisWire> {
    return new RedisWire(await TcpProxy.open({ target: url, frames: respFrames }));
  }

  get url(): string {
    return `redis://${this.proxy.address}`;
  }

  #count(frame: Buffer, { direction, connection }: Passing): void {
    if (direction === 'up') {
      const [command] = words(frame);
      if (/^subscribe$/i.test(command?.toString('latin1') ?? '')) this.subscribers.add(connection);
      return;
    }
    const push = pushed(frame);
    if (push !== undefined) this[push.beat ? 'beats' : 'events'] += 1;
    const outcome = relayed(frame);
    if (outcome !== undefined) this.outcomes.push(outcome);
    const refusal = /^-(\w+)/.exec(frame.toString('latin1', 0, 40))?.[1];
    if (refusal !== undefined) this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}
