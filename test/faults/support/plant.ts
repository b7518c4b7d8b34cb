export interface Edit {
  /** From the project's folder. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A bug, planted by `npm run test:planted`: with the guard gone, the case has to fail. `also` takes away what
 * else would keep the guarantee, where one guard stands behind another.
 */
export interface Plant extends Edit {
  /** The title of the case, or a part of it that no other has. */
  readonly case: string;
  /** The file that has the case, from the project's folder, where it is not the suite's own. */
  readonly test?: string;
  /** What is taken away, in words. */
  readonly guard: string;
  readonly also?: readonly Edit[];
}
