import type { ChildProcess } from 'node:child_process';

/** What a process can be asked for: by name, one argument, one answer, both plain JSON. */
type Answering<A, N extends keyof A> = A[N] extends (argument: infer P) => infer R
  ? { readonly argument: P; readonly answer: Awaited<R> }
  : never;

interface Question {
  readonly api: string;
  readonly name: string;
  readonly id: number;
  readonly argument: unknown;
}

/** Sent once a process answers for an API: what is asked before would be heard by another one's listener. */
interface Ready {
  readonly ready: string;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** In a child process: answers the questions of `api`. The process ends when the one that asks is gone. */
export function serve<A extends object>(api: string, handlers: A): void {
  process.on('message', async (question: Question) => {
    if (question.api !== api) return;
    const { id } = question;
    try {
      const handler: unknown = Reflect.get(handlers, question.name);
      if (typeof handler !== 'function') throw new Error(`${api} has no ${question.name}`);
      process.send?.({ id, value: await handler.call(handlers, question.argument) } satisfies Answer);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ id, error: text } satisfies Answer);
    }
  });
  process.once('disconnect', () => process.exit());
  process.send?.({ ready: api } satisfies Ready);
  // Whoever serves stays: measured.ts, which is only a guest, has said otherwise before.
  process.channel?.ref();
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Asks one process. A process that ends leaves no question unanswered. */
export class Asker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Asked>();
  readonly #ready = new Set<string>();
  /** Asked before its API was ready. */
  #early: Question[] = [];
  #next = 0;
  #ended: Error | undefined;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    child.on('message', (message: Answer | Ready) => {
      if ('ready' in message) return this.#nowReady(message.ready);
      const asked = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) asked?.resolve(message.value);
      else asked?.reject(new Error(`${name}: ${message.error}`));
    });
    child.once('exit', (code, signal) => {
      this.#ended = new Error(`${name} ended with ${code ?? signal}`);
      for (const asked of this.#waiting.values()) asked.reject(this.#ended);
      this.#waiting.clear();
    });
  }

  ask<A extends object, N extends keyof A & string>(
    api: string,
    name: N,
    argument: Answering<A, N>['argument'],
  ): Promise<Answering<A, N>['answer']> {
    const question: Question = { api, name, id: this.#next++, argument };
    return new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(question.id, { resolve, reject });
      if (this.#ready.has(api)) this.#child.send(question);
      else this.#early.push(question);
      // Both ends are compiled from the same type, so the answer is what `A` says.
    }) as Promise<Answering<A, N>['answer']>;
  }

  #nowReady(api: string): void {
    this.#ready.add(api);
    const early = this.#early;
    this.#early = early.filter((question) => question.api !== api);
    for (const question of early) if (question.api === api) this.#child.send(question);
  }
}
