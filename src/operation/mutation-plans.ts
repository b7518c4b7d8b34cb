import type { DocumentNode } from 'graphql';
import type { Bindings } from '../binding/bindings.js';
import { MutationPlan } from './mutation-plan.js';

/** The plans of documents that are kept, by document and operation: made once, and kept as long as the document (S4). */
export class MutationPlans {
  readonly #bindings: Bindings;
  readonly #plans = new WeakMap<DocumentNode, Map<string | undefined, MutationPlan | undefined>>();

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  /** @param operationName of one of the document's operations @returns `undefined`: graphql-js has to run it */
  of(document: DocumentNode, operationName: string | undefined): MutationPlan | undefined {
    const known = this.#plans.get(document);
    if (known?.has(operationName)) return known.get(operationName);
    const plan = MutationPlan.of(this.#bindings, document, operationName);
    if (known === undefined) this.#plans.set(document, new Map([[operationName, plan]]));
    else known.set(operationName, plan);
    return plan;
  }
}
