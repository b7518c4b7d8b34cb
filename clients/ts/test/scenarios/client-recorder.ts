import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { EVENTUALLY } from '../../../../test/faults/support/ceiling.js';
import type { ReceivedLog } from '../../../../test/faults/support/check.js';
import type { Received } from '../../../../test/support/recorder.js';
import {
  type Client,
  type ClientOptions,
  createClient,
  type Gap,
  type Step,
  type Steps,
  type SubscribeOptions,
  type Transport,
} from '../../src/index.js';

export interface Said {
  readonly said: { readonly text: string };
}

export const SAID_BY = 'subscription By($scenario: String!) { said: saidBy(scenario: $scenario) { text } }';

export interface RecorderOptions
  extends Omit<ClientOptions, 'url' | 'webSocket' | 'transports' | 'onProblem'>,
    Pick<SubscribeOptions<Record<string, unknown>>, 'onGap' | 'from' | 'key'> {
  readonly over: Transport;
}

/** What the application at the far end of a client was given, in order. */
export class ClientRecorder implements ReceivedLog, AsyncDisposable {
  readonly name: string;
  readonly received: Received[] = [];
  readonly faults: string[] = [];
  /** How many results were received before each gap. */
  readonly gaps: { readonly gap: Gap; readonly after: number }[] = [];
  /** The states of the connection, in order. */
  readonly states: string[] = [];
  readonly client: Client;
  readonly steps: Steps<Said>;

  constructor(url: string, scenario: string, { over, onGap, from, key, ...options }: RecorderOptions) {
    this.name = `${scenario} over ${over}`;
    this.client = createClient({
      ...options,
      url: `${url}/graphql`,
      transports: [over],
      webSocket: WebSocket,
      onProblem: (error) => this.faults.push(`problem: ${error.message}`),
    });
    this.client.onState(({ state }) => this.states.push(state));
    this.steps = this.client.subscribe<Said>(SAID_BY, {
      variables: { scenario },
      ...(from !== undefined && { from }),
      ...(key !== undefined && { key }),
      ...(onGap !== undefined && {
        onGap: (gap) => {
          this.gaps.push({ gap, after: this.received.length });
          return onGap(gap);
        },
      }),
    });
    this.steps.observe({
      next: (step) => this.#take(step),
      error: (error) => this.faults.push(`ended: ${error.code} ${JSON.stringify(error.extensions)}`),
    });
  }

  /** Resolves once the subscription has a position: it gets whatever is appended from then on. */
  async started(): Promise<this> {
    await vi.waitFor(() => {
      if (this.steps.cursor === undefined)
        throw new Error(
          `${this.name} has no position: ${this.client.state.state}, ${this.steps.state.state}`,
        );
    }, EVENTUALLY);
    return this;
  }

  /** How many times it connected. */
  get connections(): number {
    return this.states.filter((state) => state === 'connected').length;
  }

  /** What was received since the newest gap, to be judged alone. */
  sinceGap(): ReceivedLog {
    const { name, faults, received, gaps } = this;
    const from = gaps.at(-1)?.after ?? 0;
    return {
      name,
      faults,
      get received() {
        return received.slice(from);
      },
    };
  }

  #take({ data, errors, cursor, event }: Step<Said>): void {
    if (data === null || cursor === undefined || event === undefined) {
      this.faults.push(`not a result of an event: ${JSON.stringify({ data, errors, cursor, event })}`);
      return;
    }
    const { id, partition, offset } = event;
    this.received.push({ id, partition, offset: Number(offset), cursor, text: data.said.text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
  }
}
