import { type FramePath, type Judge, TcpProxy } from './proxy.js';
import { bulkStrings, pushedMessage, relayReply, respFrames } from './resp.js';

/** A proxy in front of Redis that parses its protocol and counts messages. A case decides about each frame. */
export class RedisWire implements AsyncDisposable {
  /** How many messages with events reached a subscriber. */
  events = 0;
  /** How many beats reached a subscriber. */
  beats = 0;
  /** The connections with SUBSCRIBE commands. */
  readonly subscribers = new Set<number>();
  /** The replies of the relay's script, in order of arrival. */
  readonly outcomes: { readonly status: string; readonly number: number }[] = [];
  /** How many error replies Redis sent, by their first word: `OOM`, `BUSY`, `LOADING`. */
  readonly refusals = new Map<string, number>();
  /** Decides about each frame, before it is counted. */
  judge: Judge = () => 'pass';
  readonly proxy: TcpProxy;

  private constructor(proxy: TcpProxy) {
    this.proxy = proxy;
    proxy.judge = async (frame, path) => {
      const verdict = await this.judge(frame, path);
      if (verdict === 'pass') this.#count(frame, path);
      return verdict;
    };
  }

  /** @param url of Redis */
  static async open(url: string): Promise<RedisWire> {
    return new RedisWire(await TcpProxy.open({ target: url, frames: respFrames }));
  }

  get url(): string {
    return `redis://${this.proxy.address}`;
  }

  #count(frame: Buffer, { direction, connection }: FramePath): void {
    if (direction === 'up') {
      const [command] = bulkStrings(frame);
      if (/^subscribe$/i.test(command?.toString('latin1') ?? '')) this.subscribers.add(connection);
      return;
    }
    const push = pushedMessage(frame);
    if (push !== undefined) this[push.beat ? 'beats' : 'events'] += 1;
    const outcome = relayReply(frame);
    if (outcome !== undefined) this.outcomes.push(outcome);
    const refusal = /^-(\w+)/.exec(frame.toString('latin1', 0, 40))?.[1];
    if (refusal !== undefined) this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}
