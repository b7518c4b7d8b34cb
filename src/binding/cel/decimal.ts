import { type Environment, EvaluationError } from '@marcbachmann/cel-js';
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalText,
  multiplyDecimals,
  parseDecimal,
} from '../../core/decimal-number.js';

/**
 * A value of the scalar `Decimal` in expressions: exact, where a double would make 0.1 + 0.2 greater than 0.3. CEL has no
 * such type, so its operators are registered here.
 */
export class DecimalValue implements Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
  /** As it was written; `undefined`: it was computed. */
  readonly text: string | undefined;

  constructor({ unscaled, scale }: Decimal, text?: string) {
    this.unscaled = unscaled;
    this.scale = scale;
    this.text = text;
  }

  toString(): string {
    return this.text ?? decimalText(this);
  }
}

/** The name of the type in expressions. */
export const DECIMAL = 'Decimal';

/** `decimal(value)`. */
export function decimalOf(value: unknown): DecimalValue {
  if (value instanceof DecimalValue) return value;
  const decimal = parseDecimal(String(value));
  if (decimal !== undefined) return new DecimalValue(decimal, typeof value === 'string' ? value : undefined);
  throw new EvaluationError({
    code: 'invalid_decimal',
    message: `${JSON.stringify(String(value).slice(0, 60))} is not a decimal number, such as 12.50`,
  });
}

const ORDERINGS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** What a Decimal is compared with. A double counts as the shortest decimal that reads as it: 0.1 is 0.1. */
const COMPARABLE = [DECIMAL, 'int', 'double'];

/** Registers the type, in an environment that checks expressions and in one that evaluates them. */
export function registerDecimals(environment: Environment): void {
  environment.registerType(DECIMAL, DecimalValue);
  for (const other of COMPARABLE) {
    // Registers the other order and `!=` too.
    environment.registerOperator(`${DECIMAL} == ${other}`, (a: unknown, b: unknown) => compare(a, b) === 0);
    for (const [operator, holds] of Object.entries(ORDERINGS)) {
      const operation = (a: unknown, b: unknown): boolean => holds(compare(a, b));
      environment.registerOperator(`${DECIMAL} ${operator} ${other}`, operation);
      if (other !== DECIMAL) environment.registerOperator(`${other} ${operator} ${DECIMAL}`, operation);
    }
  }
  environment.registerOperator(`${DECIMAL} == null`, (a: unknown, b: unknown) => a === b);
  for (const other of [DECIMAL, 'int']) {
    for (const [operator, operation] of Object.entries(ARITHMETIC)) {
      const exact = (a: unknown, b: unknown) => new DecimalValue(operation(decimalOf(a), decimalOf(b)));
      environment.registerOperator(`${DECIMAL} ${operator} ${other}: ${DECIMAL}`, exact);
      if (other !== DECIMAL)
        environment.registerOperator(`${other} ${operator} ${DECIMAL}: ${DECIMAL}`, exact);
    }
  }
  for (const type of ['string', 'int', 'double', DECIMAL])
    environment.registerFunction(`decimal(${type}): ${DECIMAL}`, decimalOf);
  environment.registerFunction(`string(${DECIMAL}): string`, String);
  environment.registerFunction(`double(${DECIMAL}): double`, (value: unknown) => Number(String(value)));
}

const ARITHMETIC: Readonly<Record<string, (a: Decimal, b: Decimal) => Decimal>> = {
  '+': addDecimals,
  '-': (a, b) => addDecimals(a, { ...b, unscaled: -b.unscaled }),
  '*': multiplyDecimals,
};

/** NaN, to which nothing compares, when one of both is NaN. */
function compare(a: unknown, b: unknown): number {
  const areFinite = [a, b].every((value) => typeof value !== 'number' || Number.isFinite(value));
  return areFinite ? compareDecimals(decimalOf(a), decimalOf(b)) : Number(a) - Number(b);
}
