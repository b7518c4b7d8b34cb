import {
  type ASTVisitor,
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/**
 * "Single Root Field" as of the GraphQL specification of September 2025 (section 5.2.4.1), in place of graphql 16's
 * rule: that one lets a literal `@skip` or `@include` decide, so that a subscription may select nothing, and throws at
 * a variable. Here both are refused at the root, in its fragments too, with the messages of graphql 17.
 */
function SubscriptionRootRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      if (operation.operation !== 'subscription') return;
      const { fields, conditions } = rootOf(context, operation);
      const name = operation.name?.value;
      const subject = name === undefined ? 'Anonymous Subscription' : `Subscription "${name}"`;
      const report = (problem: string, nodes: readonly (FieldNode | DirectiveNode)[]): void =>
        context.reportError(new GraphQLError(`${subject} ${problem}.`, { nodes }));
      if (conditions.length > 0) {
        report('must not use `@skip` or `@include` directives in the top level selection', conditions);
        return;
      }
      const [, ...others] = fields.values();
      if (others.length > 0) report('must select only one top level field', others.flat());
      for (const nodes of fields.values())
        if (nodes[0]?.name.value.startsWith('__'))
          report('must not select an introspection top level field', nodes);
    },
  };
}

/** The rules of the specification. */
export const VALIDATION_RULES: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === SingleFieldSubscriptionsRule ? SubscriptionRootRule : rule,
);

interface Root {
  /** By response name, in the order of their appearance. */
  readonly fields: ReadonlyMap<string, readonly FieldNode[]>;
  readonly conditions: readonly DirectiveNode[];
}

/** CollectSubscriptionFields (section 5.2.4.1). Each fragment is visited once, so it ends with cycles too. */
function rootOf(context: ValidationContext, { selectionSet }: OperationDefinitionNode): Root {
  const fields = new Map<string, FieldNode[]>();
  const conditions: DirectiveNode[] = [];
  const visited = new Set<FragmentDefinitionNode>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      const { directives = [] } = selection;
      conditions.push(...directives.filter(({ name }) => name.value === 'skip' || name.value === 'include'));
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const same = fields.get(name);
        if (same === undefined) fields.set(name, [selection]);
        else same.push(selection);
        continue;
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = spread ? context.getFragment(selection.name.value) : selection;
      if (
        fragment === null ||
        fragment === undefined ||
        !applies(context, fragment.typeCondition?.name.value)
      )
        continue;
      if (fragment.kind === Kind.FRAGMENT_DEFINITION) {
        if (visited.has(fragment)) continue;
        visited.add(fragment);
      }
      collect(fragment.selectionSet);
    }
  };
  collect(selectionSet);
  return { fields, conditions };
}

function applies(context: ValidationContext, condition: string | undefined): boolean {
  const schema = context.getSchema();
  const root = schema.getSubscriptionType();
  if (condition === undefined || condition === root?.name) return true;
  const type = schema.getType(condition);
  return isAbstractType(type) && root != null && schema.isSubType(type, root);
}
