import type { ExecutionResult } from 'graphql';
import { stringifyJson } from '../core/exact-json.js';

type Members = Readonly<Record<string, unknown>>;

/** A result with data and without errors that is JSON already. Its data are parsed only for code that looks into them. */
export class WrittenResult implements ExecutionResult {
  readonly json: string;
  declare readonly extensions?: Members;
  readonly #data: string;

  /** @param data as JSON, an object */
  constructor(data: string, extensions: Members | undefined) {
    this.#data = data;
    if (extensions === undefined) this.json = `{"data":${data}}`;
    else {
      this.extensions = extensions;
      this.json = `{"data":${data},"extensions":${JSON.stringify(extensions)}}`;
    }
  }

  get data(): Members {
    // An object, by the constructor's condition.
    return JSON.parse(this.#data) as Members;
  }
}

/** The JSON of any result. @throws when it has none, such as for a circle */
export const resultJson = (result: ExecutionResult): string =>
  result instanceof WrittenResult ? result.json : stringifyJson(result);
