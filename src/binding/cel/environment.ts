import { Environment } from '@marcbachmann/cel-js';

/**
 * S4: CEL bounds an expression by its size and depth. The size of its input is bounded by
 * `MAX_SUBSCRIPTION_CHARS` for arguments and by the log's limit for events.
 */
const OPTIONS = {
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2_000, maxDepth: 50 },
} as const;

/**
 * A CEL environment with overloads of `==` that GraphQL values need: JSON does not tell 1 from 1.0, and an
 * optional value is null. Registering `a == b` also registers `b == a` and both `!=`.
 */
export function newEnvironment(): Environment {
  const environment = new Environment(OPTIONS);
  for (const type of ['int', 'double', 'string', 'bool', 'list'])
    environment.registerOperator(`${type} == null`, (a: unknown, b: unknown) => a === b);
  environment.registerOperator('int == double', (a: unknown, b: unknown) => Number(a) === Number(b));
  return environment;
}
