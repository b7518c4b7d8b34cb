import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
} from 'graphql';
import { costOf } from './cost.js';
import { DocumentCache } from './document-cache.js';
import { refusal } from './refusal.js';
import { RuleSet } from './rule-set.js';
import { VALIDATION_RULES } from './subscription-root.js';
import { exceedsValidationCost } from './validation-cost.js';

export interface OperationLimits {
  /** Of a document, as the parser counts them: names, values and punctuation. */
  readonly maxTokens: number;
}

/** What a client may learn of the schema. */
interface SchemaExposure {
  /** Whether `__schema` and `__type` may be selected. */
  readonly introspection: boolean;
  /** Whether messages suggest names of the schema. */
  readonly suggestions: boolean;
}

/** S4: the highest `costOf` of a document: twice that of the introspection query of common tools. */
export const MAX_COST = 100_000;
/** S4: the most steps that comparing the fields and fragments of a document may take: a few milliseconds. */
export const MAX_VALIDATION_STEPS = 20_000;
/** S4: the longest document, in characters for each token that it may have. Comments and spaces take time to read too. */
const MAX_CHARACTERS_PER_TOKEN = 20;
/** Of graphql-js's parser. */
const TOO_MANY_TOKENS = /more tha[nt] \d+ tokens/;
/** How many validation errors a client gets. */
const MAX_ERRORS = 20;

type Validated = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };
/** `isNew`: it was parsed and validated for this request. */
export type ValidatedDocument = Validated & { readonly isNew: boolean };

/** Parses and validates documents. Those that are asked for again are kept. */
export class DocumentValidator {
  readonly #schema: GraphQLSchema;
  readonly #limits: OperationLimits;
  readonly #rules: RuleSet;
  readonly #options: { readonly maxErrors: number; readonly hideSuggestions: boolean };
  readonly #cache = new DocumentCache<ValidatedDocument>();

  constructor(
    schema: GraphQLSchema,
    limits: OperationLimits,
    { introspection, suggestions }: SchemaExposure = { introspection: true, suggestions: true },
  ) {
    this.#schema = schema;
    this.#limits = limits;
    const rules = introspection ? VALIDATION_RULES : [...VALIDATION_RULES, NoSchemaIntrospectionCustomRule];
    this.#rules = new RuleSet(schema, rules);
    this.#options = { maxErrors: MAX_ERRORS, hideSuggestions: !suggestions };
  }

  /** Never throws. Errors are BAD_REQUEST, LIMIT_EXCEEDED, or graphql-js's own without a code. */
  validate(query: string): ValidatedDocument {
    const known = this.#cache.get(query);
    if (known !== undefined) return known;
    // Refused by its length alone: quickly, and too long to be kept.
    const maxCharacters = this.#limits.maxTokens * MAX_CHARACTERS_PER_TOKEN;
    if (query.length > maxCharacters) {
      const message = `The document has ${query.length} characters; ${maxCharacters} are allowed.`;
      return {
        errors: [refusal('LIMIT_EXCEEDED', `${message} Put long values into variables.`)],
        isNew: true,
      };
    }
    const parsed = this.#parse(query);
    const validated = 'document' in parsed ? this.#validated(parsed.document) : parsed;
    // An error refers to its part of the document, so it keeps all of it.
    this.#cache.add(
      query,
      { ...validated, isNew: false },
      'document' in parsed ? (parsed.document.tokenCount ?? 0) : 0,
    );
    return { ...validated, isNew: true };
  }

  #validated(document: DocumentNode): Validated {
    try {
      if (exceedsValidationCost(document, MAX_VALIDATION_STEPS)) {
        const message = 'The document repeats fields or spreads fragments too often to be validated.';
        return { errors: [refusal('LIMIT_EXCEEDED', `${message} Select each field once.`)] };
      }
      const errors = this.#rules.validate(document, this.#options);
      if (errors.length > 0) return { errors };
      if (costOf(this.#schema, document) <= MAX_COST) return { document };
      return { errors: [refusal('LIMIT_EXCEEDED', 'The operation selects too many fields.')] };
    } catch {
      return { errors: [tooDeep()] };
    }
  }

  #parse(query: string): Validated {
    const { maxTokens } = this.#limits;
    try {
      return { document: parse(query, { maxTokens }) };
    } catch (error) {
      if (error instanceof GraphQLError && TOO_MANY_TOKENS.test(error.message)) {
        return { errors: [refusal('LIMIT_EXCEEDED', `The document has more than ${maxTokens} tokens.`)] };
      }
      if (error instanceof GraphQLError) return { errors: [error] };
      return { errors: [tooDeep()] };
    }
  }
}

/** The stack overflowed: the document is nested too deeply. */
const tooDeep = (): GraphQLError =>
  refusal('BAD_REQUEST', 'The document cannot be parsed: it is nested too deeply.');
