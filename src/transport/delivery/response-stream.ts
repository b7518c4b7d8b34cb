import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { SharedResult } from '../../subscribe/delivery/result-layout.js';
import { type ResponseStreamParts, ResponseWriter } from './response-writer.js';
import { type OperationOutput, RunningOperation } from './running-operation.js';
import type { StreamFraming } from './stream-framing.js';

/** An HTTP response that carries the results of one operation as they come, in any framing. */
export class ResponseStream implements OperationOutput {
  readonly operation: RunningOperation;
  readonly #framing: StreamFraming;
  readonly #writer: ResponseWriter;

  constructor(response: ServerResponse, framing: StreamFraming, parts: ResponseStreamParts) {
    const operation = new RunningOperation(this);
    this.operation = operation;
    this.#framing = framing;
    this.#writer = new ResponseWriter(response, framing, parts, {
      onDrained: () => operation.onDrained(),
      onClose: () => operation.cancel(),
    });
  }

  /** C1: passes the cohort's bytes on as they are. */
  next(result: SharedResult, tag: string): boolean {
    return this.#writer.buffer.offer(this.#framing.next(result, tag));
  }

  get readsPositions(): boolean {
    return this.#framing.hasPositions;
  }

  position(cursor: string, tag: string, behind: number): boolean {
    return this.#writer.buffer.offer(this.#framing.position(cursor, tag, behind));
  }

  result(json: string): void {
    this.#writer.end(this.#framing.result(json));
  }

  /** An error that may pass (`retry`) leaves the client's last position as it is, so that it resumes there. */
  error(errors: readonly GraphQLFormattedError[]): void {
    const mayPass = errors.some(({ extensions }) => extensions?.['retry'] === true);
    this.#writer.end(this.#framing.error(errors, { isFinal: !mayPass }));
  }

  complete(): void {
    this.#writer.end(this.#framing.complete());
  }

  /** Cancels the operation and says why: the client must not come back with the same credentials. */
  revoke(error: GraphQLFormattedError): void {
    if (!this.operation.isRunning) return;
    this.operation.cancel();
    this.#writer.end(this.#framing.error([error], { isFinal: true }));
  }

  /** Ends the stream without completion: clients take it for a lost connection, and resume. */
  leave(): void {
    if (!this.operation.isRunning) return;
    this.operation.cancel();
    this.#writer.end([]);
  }

  keepAlive(): void {
    if (this.operation.isRunning) this.#writer.keepAlive();
  }
}
