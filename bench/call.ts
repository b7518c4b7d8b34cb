import type { ChildProcess } from 'node:child_process';

/** A method of an API: one argument and one result, both plain JSON. */
type Method<A, N extends keyof A> = A[N] extends (argument: infer P) => infer R
  ? { readonly argument: P; readonly result: Awaited<R> }
  : never;

interface CallRequest {
  readonly api: string;
  readonly name: string;
  readonly id: number;
  readonly argument: unknown;
}

/** Sent once a process serves an API: a request before that would reach the listener of another API. */
interface ApiReady {
  readonly ready: string;
}

interface CallReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Serves the calls of `api` in a child process. The process exits when its parent is gone. */
export function serve<A extends object>(api: string, handlers: A): void {
  process.on('message', async (request: CallRequest) => {
    if (request.api !== api) return;
    const { id } = request;
    try {
      const handler: unknown = Reflect.get(handlers, request.name);
      if (typeof handler !== 'function') throw new Error(`${api} has no ${request.name}`);
      process.send?.({ id, value: await handler.call(handlers, request.argument) } satisfies CallReply);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ id, error: text } satisfies CallReply);
    }
  });
  process.once('disconnect', () => process.exit());
  process.send?.({ ready: api } satisfies ApiReady);
  // A process that serves calls stays alive, although measured.ts has unreferenced the channel.
  process.channel?.ref();
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Calls a child process. When the process ends, every pending call rejects. */
export class Caller {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingCall>();
  readonly #ready = new Set<string>();
  /** Calls from before their API was ready. */
  #early: CallRequest[] = [];
  #next = 0;
  #ended: Error | undefined;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    child.on('message', (message: CallReply | ApiReady) => {
      if ('ready' in message) return this.#onReady(message.ready);
      const call = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(`${name}: ${message.error}`));
    });
    child.once('exit', (code, signal) => {
      this.#ended = new Error(`${name} ended with ${code ?? signal}`);
      for (const call of this.#pending.values()) call.reject(this.#ended);
      this.#pending.clear();
    });
  }

  call<A extends object, N extends keyof A & string>(
    api: string,
    name: N,
    argument: Method<A, N>['argument'],
  ): Promise<Method<A, N>['result']> {
    const request: CallRequest = { api, name, id: this.#next++, argument };
    return new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#pending.set(request.id, { resolve, reject });
      if (this.#ready.has(api)) this.#child.send(request);
      else this.#early.push(request);
      // Both processes are compiled against `A`, so the reply has its result type.
    }) as Promise<Method<A, N>['result']>;
  }

  #onReady(api: string): void {
    this.#ready.add(api);
    const early = this.#early;
    this.#early = early.filter((request) => request.api !== api);
    for (const request of early) if (request.api === api) this.#child.send(request);
  }
}
