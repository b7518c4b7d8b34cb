import {
  type ASTNode,
  type ASTVisitFn,
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getEnterLeaveForKind,
  Kind,
  KnownDirectivesRule,
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  TypeInfo,
  UniqueDirectivesPerLocationRule,
  ValidationContext,
  type ValidationRule,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';

type Visit = ASTVisitFn<ASTNode>;
/** By kind of node, the rules that look at it, by their numbers. */
type Interests = ReadonlyMap<string, readonly number[]>;

interface ValidateOptions {
  readonly maxErrors: number;
  readonly hideSuggestions: boolean;
}

/** The rules that look at directives only. */
const DIRECTIVE_RULES: ReadonlySet<ValidationRule> = new Set([
  KnownDirectivesRule,
  UniqueDirectivesPerLocationRule,
]);
/** The rules that look at variables only, for which they walk through all of an operation. */
const VARIABLE_RULES: ReadonlySet<ValidationRule> = new Set([
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  VariablesInAllowedPositionRule,
]);
const MAX_ERRORS_REACHED = new Error('As many errors as may be are found');
const NOBODY: readonly never[] = [];

/**
 * Validates documents with the specified rules: the same errors in the same order as graphql-js's `validate`. Rules look at
 * nodes and skip them, and change nothing. A rule looks at the same kinds of nodes in every document.
 *
 * `validate` is made for one document. It asks each rule about each of 43 kinds of nodes before it begins, makes what
 * rules need for directives that a document does not have, and allocates at each node. For a short document that is
 * nearly all of the time and of the garbage (bench: fairness). Here a rule is made when a node comes that it looks at.
 */
export class RuleSet {
  readonly #schema: GraphQLSchema;
  /** For the rules of a document without directives: some list those of the schema before they look at it. */
  readonly #bareSchema: GraphQLSchema;
  readonly #rules: readonly ValidationRule[];
  /** By what a document may contain; found out with the first such document. */
  readonly #interests = new Map<string, Interests>();

  constructor(schema: GraphQLSchema, rules: readonly ValidationRule[]) {
    this.#schema = schema;
    // The same schema but for one method, so it has all of its type's.
    this.#bareSchema = Object.create(schema, { getDirectives: { value: () => NOBODY } }) as GraphQLSchema;
    this.#rules = rules;
  }

  /** @throws {RangeError} the document is nested too deeply */
  validate(document: DocumentNode, options: ValidateOptions): readonly GraphQLError[] {
    // Type definitions are errors, and never many.
    if (!document.definitions.every(({ kind }) => kind in CHILDREN))
      return validate(this.#schema, document, this.#rules, options);
    const errors: GraphQLError[] = [];
    const typeInfo = new TypeInfo(this.#schema);
    const onError = (error: GraphQLError): void => {
      if (errors.length >= options.maxErrors) {
        const message = 'Too many validation errors, error limit reached. Validation aborted.';
        errors.push(new GraphQLError(message));
        throw MAX_ERRORS_REACHED;
      }
      errors.push(error);
    };
    const [directives, variables] = [mayContain(document, '@'), mayContain(document, '$')];
    const schema = directives ? this.#schema : this.#bareSchema;
    const context = new ValidationContext(schema, document, typeInfo, onError, options.hideSuggestions);
    const interests = this.#interestsOf(directives, variables, context);
    try {
      new Walk(this.#rules, interests, context, typeInfo).visit(document, undefined, undefined);
    } catch (error) {
      // A rule gives up a document that takes too much work with an error of its own.
      if (error instanceof GraphQLError) errors.push(error);
      else if (error !== MAX_ERRORS_REACHED) throw error;
    }
    return errors;
  }

  #interestsOf(directives: boolean, variables: boolean, context: ValidationContext): Interests {
    const name = `${directives} ${variables}`;
    const known = this.#interests.get(name);
    if (known !== undefined) return known;
    const isUsed = (rule: ValidationRule): boolean =>
      (directives || !DIRECTIVE_RULES.has(rule)) && (variables || !VARIABLE_RULES.has(rule));
    const interests = interestsOf(this.#rules, context, isUsed);
    this.#interests.set(name, interests);
    return interests;
  }
}

function interestsOf(
  rules: readonly ValidationRule[],
  context: ValidationContext,
  isUsed: (rule: ValidationRule) => boolean,
): Interests {
  const visitors = rules.map((rule) => rule(context));
  const interests = Object.values(Kind).map((kind): [string, readonly number[]] => {
    const numbers = rules.flatMap((rule, number) => {
      const { enter, leave } = getEnterLeaveForKind(visitors[number] ?? {}, kind);
      return isUsed(rule) && (enter !== undefined || leave !== undefined) ? [number] : [];
    });
    return [kind, numbers];
  });
  return new Map(interests);
}

function mayContain({ loc }: DocumentNode, token: string): boolean {
  return loc === undefined || loc.source.body.includes(token);
}

/** A rule that looks at one kind of node. */
interface Handler {
  readonly rule: number;
  readonly visitor: ASTVisitor;
  readonly enter: Visit | undefined;
  readonly leave: Visit | undefined;
}

/** One walk through a document, in the order of graphql-js's `visit`. */
class Walk {
  readonly #rules: readonly ValidationRule[];
  readonly #interests: Interests;
  readonly #context: ValidationContext;
  readonly #typeInfo: TypeInfo;
  /** By rule; those that have been needed. */
  readonly #visitors: (ASTVisitor | undefined)[];
  /** By rule, the node that it skips with everything in it. */
  readonly #skipped: (ASTNode | undefined)[];
  readonly #handlers = new Map<string, readonly Handler[]>();
  readonly #path: (string | number)[] = [];
  readonly #ancestors: (ASTNode | readonly ASTNode[])[] = [];

  constructor(
    rules: readonly ValidationRule[],
    interests: Interests,
    context: ValidationContext,
    typeInfo: TypeInfo,
  ) {
    this.#rules = rules;
    this.#interests = interests;
    this.#context = context;
    this.#typeInfo = typeInfo;
    this.#visitors = new Array(rules.length).fill(undefined);
    this.#skipped = new Array(rules.length).fill(undefined);
  }

  visit(
    node: ASTNode,
    key: string | number | undefined,
    parent: ASTNode | readonly ASTNode[] | undefined,
  ): void {
    const [skipped, path, ancestors] = [this.#skipped, this.#path, this.#ancestors];
    const handlers = this.#handlersOf(node.kind);
    this.#typeInfo.enter(node);
    for (const { rule, visitor, enter } of handlers) {
      if (skipped[rule] !== undefined) continue;
      if (enter?.call(visitor, node, key, parent, path, ancestors) === false) skipped[rule] = node;
    }
    const keys = CHILDREN[node.kind] ?? NOBODY;
    if (keys.length > 0) {
      if (parent !== undefined) ancestors.push(parent);
      for (const name of keys) this.#visitChild(node, name);
      if (parent !== undefined) ancestors.pop();
    }
    for (const { rule, visitor, leave } of handlers) {
      const skips = skipped[rule];
      if (skips === undefined) leave?.call(visitor, node, key, parent, path, ancestors);
      else if (skips === node) skipped[rule] = undefined;
    }
    this.#typeInfo.leave(node);
  }

  #visitChild(node: ASTNode, name: string): void {
    // By `CHILDREN`, which has the fields of each kind that hold nodes.
    const child = (node as unknown as Readonly<Record<string, ASTNode | readonly ASTNode[] | undefined>>)[
      name
    ];
    if (child === undefined) return;
    this.#path.push(name);
    if ('kind' in child) this.visit(child, name, node);
    else {
      this.#ancestors.push(node);
      for (let i = 0; i < child.length; i++) {
        const one = child[i];
        if (one === undefined) continue;
        this.#path.push(i);
        this.visit(one, i, child);
        this.#path.pop();
      }
      this.#ancestors.pop();
    }
    this.#path.pop();
  }

  #handlersOf(kind: ASTNode['kind']): readonly Handler[] {
    const known = this.#handlers.get(kind);
    if (known !== undefined) return known;
    const handlers = (this.#interests.get(kind) ?? NOBODY).map((rule): Handler => {
      const visitor = this.#visitorOf(rule);
      const { enter, leave } = getEnterLeaveForKind(visitor, kind);
      return { rule, visitor, enter, leave };
    });
    this.#handlers.set(kind, handlers);
    return handlers;
  }

  #visitorOf(rule: number): ASTVisitor {
    const known = this.#visitors[rule];
    if (known !== undefined) return known;
    const visitor = this.#rules[rule]?.(this.#context) ?? {};
    this.#visitors[rule] = visitor;
    return visitor;
  }
}

/**
 * The fields that hold nodes, by kind, of everything that an executable document is made of, in the order of graphql-js's
 * `QueryDocumentKeys`, which it does not export. Descriptions are not validated.
 */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  Document: ['definitions'],
  OperationDefinition: ['name', 'variableDefinitions', 'directives', 'selectionSet'],
  VariableDefinition: ['variable', 'type', 'defaultValue', 'directives'],
  Variable: ['name'],
  SelectionSet: ['selections'],
  Field: ['alias', 'name', 'arguments', 'directives', 'selectionSet'],
  Argument: ['name', 'value'],
  FragmentSpread: ['name', 'directives'],
  InlineFragment: ['typeCondition', 'directives', 'selectionSet'],
  FragmentDefinition: ['name', 'variableDefinitions', 'typeCondition', 'directives', 'selectionSet'],
  ListValue: ['values'],
  ObjectValue: ['fields'],
  ObjectField: ['name', 'value'],
  Directive: ['name', 'arguments'],
  NamedType: ['name'],
  ListType: ['type'],
  NonNullType: ['type'],
};
