export interface Edit {
  /** Relative to the project folder. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A bug, planted by `npm run test:planted`: without the guard, the case must fail. `also` removes further guards
 * that would keep the guarantee alone.
 */
export interface Plant extends Edit {
  /** The title of the case, exactly. */
  readonly case: string;
  /** The file that has the case, relative to the project folder; the suite of the same name by default. */
  readonly test?: string;
  /** What is removed, as a sentence. */
  readonly guard: string;
  readonly also?: readonly Edit[];
  /** What the failure says, if it is none of an expectation: the bug ends a process of the case before it runs. */
  readonly shows?: RegExp;
}
