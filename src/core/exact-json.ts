import { parse, stringify } from 'lossless-json';
import { attempt } from './attempt.js';
import { integerDigits } from './integer-digits.js';

/**
 * JSON whose integers are exact. `JSON.parse` reads every number as a double, and doubles are not exact beyond 2^53:
 * 9007199254740993 would become 9007199254740992, another entity's id. Here such an integer is a `bigint`.
 *
 * Other numbers are doubles, as everywhere in JavaScript: those with a fraction, those of more than `MAX_DIGITS` digits,
 * and integers with an exponent whose digits a double keeps, such as 1e16.
 *
 * Hot path (bench: distinct): `JSON.parse` does the work unless the text has a number of 16 digits, which one look at
 * every 16th byte tells.
 * @param onLong converts a value that may hold a `bigint`
 * @throws {SyntaxError} what `JSON.parse` throws
 */
export function parseJson(json: Buffer, onLong?: (value: unknown) => unknown): unknown {
  const text = json.toString('utf8');
  // It decides what is valid JSON, for both parsers.
  const value: unknown = JSON.parse(text);
  if (!hasLongNumber(json)) return value;
  const exact: unknown = parse(text, undefined, OPTIONS);
  return onLong === undefined ? exact : onLong(exact);
}

/** Converts data that may hold a `bigint`, as its event type declares it. */
export type ConvertData = (type: string, data: unknown) => unknown;

/** `parseJson` of text. */
export function parseJsonText(json: string): unknown {
  return parseJson(Buffer.from(json));
}

/** `JSON.stringify` that writes a `bigint` as its digits. Without a `bigint`, nothing but `JSON.stringify` runs. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Thrown for a bigint, and for a circle. Only the error's message would tell, so the other writer tries.
    const json = attempt(() => stringify(value));
    if (json === undefined) throw error;
    return json;
  }
}

/**
 * `stringifyJson` for what a project's code computes and gets back later: `parseJson` makes a number of each number
 * again, and a `bigint` of each `bigint`. So a double beyond 2^53 is written with an exponent.
 */
export function stringifyState(value: unknown): string {
  const json = stringifyJson(value);
  // A value without a notation in JSON, such as `undefined`, gives no text.
  if (json === undefined || !hasLongNumber(Buffer.from(json))) return json;
  return stringify(value, undefined, undefined, DOUBLES) ?? json;
}

/** Whether a number is an integer that a double may have rounded. */
export function isInexactInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** JSON with doubles in place of each `bigint`, for a library that knows none. */
export function withDoubles(value: unknown): unknown {
  return holdsBigInt(value) ? converted(value) : value;
}

/** Whether a value of JSON has an integer beyond 2^53, as a `bigint` or a double. */
export function holdsLongInteger(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsLongInteger);
  return typeof value === 'bigint' || isInexactInteger(value);
}

/** Whether a value of JSON has an integer that a double would round. */
export function holdsBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsBigInt);
}

function converted(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(converted);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, converted(item)]));
}

/** The fewest digits of an integer beyond 2^53. */
const MIN_DIGITS = 16;
/** S4: conversion from and to decimal digits takes more than linear time. JSON.parse makes infinity of 309 digits. */
const MAX_DIGITS = 1_000;
const PLAIN_INTEGER = new RegExp(`^-?\\d{1,${MAX_DIGITS}}$`);

const OPTIONS = {
  parseNumber: (text: string): number | bigint => {
    const number = Number(text);
    if (Number.isSafeInteger(number)) return number;
    if (PLAIN_INTEGER.test(text)) return BigInt(text);
    const digits = Number.isFinite(number) ? integerDigits(text) : undefined;
    return digits === undefined || digits === integerDigits(String(number)) ? number : BigInt(digits);
  },
  // As JSON.parse does: the last one counts.
  onDuplicateKey: ({ newValue }: { readonly newValue: unknown }): unknown => newValue,
};

const DOUBLES = [{ test: isInexactInteger, stringify: (value: unknown) => Number(value).toExponential() }];

/**
 * Whether a number of at least `MIN_DIGITS` digits may be in the text: a run of so many digits has one of them at every
 * sixteenth byte, and what is before it is not what precedes digits in most strings. Linear: no byte is read twice in
 * search of a run's start, because the search continues behind its end.
 */
function hasLongNumber(json: Uint8Array): boolean {
  for (let at = MIN_DIGITS - 1; at < json.length; at += MIN_DIGITS) {
    if (!isDigit(json[at])) continue;
    let start = at;
    while (start > 0 && isDigit(json[start - 1])) start -= 1;
    let end = at + 1;
    while (end < json.length && isDigit(json[end])) end += 1;
    if (end - start >= MIN_DIGITS) {
      const before = json[start - 1];
      if (start === 0 || precedesNumbers(before) || (before === DOT && isExponent(json[end]))) return true;
    }
    at = end;
  }
  return false;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** White space, a colon, a comma, an opening bracket or a minus sign (RFC 8259, section 2). */
const precedesNumbers = (byte: number | undefined): boolean =>
  byte !== undefined && (byte <= 0x20 || byte === 0x3a || byte === 0x2c || byte === 0x5b || byte === 0x2d);

const DOT = 0x2e;
/** Only an integer may be inexact in the digits of its fraction: `1.2345678901234567e16`. */
const isExponent = (byte: number | undefined): boolean => byte === 0x45 || byte === 0x65;
