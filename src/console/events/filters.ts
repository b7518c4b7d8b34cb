import { isObjectType } from 'graphql';
import type { Bindings } from '../../binding/bindings.js';
import { compileEventFilter, type EventFilter } from '../../binding/cel/event-filter.js';
import type { Shape } from '../../binding/cel/shape.js';
import { mergedShape } from '../../binding/event-types/merged-shape.js';
import type { ResolverMap } from '../../binding/runtime/resolvers.js';
import { MillraceError } from '../../core/errors.js';
import { topic } from '../../core/ids.js';

/** `type EventFilterCheck`. */
interface FilterCheck {
  readonly problem: { readonly message: string; readonly start: number } | null;
  readonly fields: readonly string[];
}

/** Compiles filters with what the schema says of the events of a topic. */
export class Filters {
  readonly #bindings: Bindings;
  readonly #resolvers: ResolverMap;
  /** @param topicOfLetters the topic whose dead letters a topic has */
  readonly #topicOfLetters: (name: string) => string | undefined;

  constructor(
    bindings: Bindings,
    resolvers: ResolverMap,
    topicOfLetters: (name: string) => string | undefined,
  ) {
    this.#bindings = bindings;
    this.#resolvers = resolvers;
    this.#topicOfLetters = topicOfLetters;
  }

  check(name: string, source: string): FilterCheck {
    const shape = this.#shapeOf(name);
    const compiled = compileEventFilter(source, shape);
    const problem =
      'problem' in compiled
        ? { message: [compiled.problem, compiled.hint].filter(Boolean).join(' '), start: compiled.start }
        : null;
    return { problem, fields: [...(shape?.keys() ?? [])].sort() };
  }

  /** @throws {MillraceError} BAD_REQUEST */
  compile(name: string, source: string | null | undefined): EventFilter | undefined {
    if (source === null || source === undefined || source.trim() === '') return undefined;
    const compiled = compileEventFilter(source, this.#shapeOf(name));
    if (!('problem' in compiled)) return compiled;
    const message = [compiled.problem, compiled.hint].filter(Boolean).join(' ');
    throw new MillraceError('BAD_REQUEST', message, { details: { start: compiled.start } });
  }

  /** `undefined`: the schema does not know the events of the topic. */
  #shapeOf(name: string): Shape | undefined {
    const { topics, schema } = this.#bindings;
    const binding = topics.get(topic(name)) ?? topics.get(topic(this.#topicOfLetters(name) ?? ''));
    const types = [...(binding?.types ?? [])].flatMap((type) => {
      const found = schema.getType(type);
      return isObjectType(found) ? [found] : [];
    });
    return types.length === 0 ? undefined : mergedShape(types, [], this.#resolvers);
  }
}
