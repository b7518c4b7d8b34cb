import type { GatewayContext } from '../binding/runtime/context.js';
import type { MutationCaller, MutationParts } from './mutation-context.js';
import { OperationContext } from './operation-context.js';

/** Makes the contexts with which the fields of an operation publish. Hot path (bench: mutations). */
export class Mutations {
  readonly #parts: MutationParts;

  constructor(parts: MutationParts) {
    this.#parts = parts;
  }

  /** The context of one operation. */
  context(caller: MutationCaller): GatewayContext {
    return new OperationContext(this.#parts, caller);
  }
}
