import { EvaluationError } from '@marcbachmann/cel-js';
import { asCall, type CelNode, childrenOf } from './ast.js';
import { zonedFields } from './time-zone.js';
import { TIMESTAMP_GETTERS } from './timestamp.js';

/** An operand by which an operation fails for every event, whatever its other operands are. */
export interface DecidingOperand {
  readonly node: CelNode;
  /** @throws {EvaluationError} when the operation has no value with this operand */
  check(value: unknown): void;
}

const EPOCH = { seconds: 0, nanos: 0 };

/**
 * The pattern in `event.name.matches('(')`, the time zone in `event.at.getHours('Mars')`, and the divisor in
 * `event.n / 0`. `undefined`: the node has no such operand.
 */
export function decidingOperand(
  node: CelNode,
  compilePattern: (pattern: unknown) => void,
): DecidingOperand | undefined {
  const call = asCall(node);
  const [first, ...others] = call?.operands ?? [];
  if (call?.receiver !== undefined && first !== undefined && others.length === 0) {
    if (call.name === 'matches') return { node: first, check: compilePattern };
    if (TIMESTAMP_GETTERS.has(call.name)) return { node: first, check: checkTimeZone };
  }
  const [, divisor] = childrenOf(node);
  return divisor !== undefined && (node.op === '/' || node.op === '%')
    ? { node: divisor, check: checkDivisor }
    : undefined;
}

function checkTimeZone(zone: unknown): void {
  if (typeof zone === 'string') zonedFields(EPOCH, zone);
}

/** A double may be divided by zero. */
function checkDivisor(divisor: unknown): void {
  if (divisor === 0n) throw new EvaluationError({ code: 'division_by_zero', message: 'division by zero' });
}
