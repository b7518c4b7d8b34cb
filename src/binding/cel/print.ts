import { type CelNode, childrenOf, isCelNode } from './ast.js';

/** Prints some nodes in another way; `undefined`: the node is printed as it is. */
export type Rewrite = (node: CelNode, print: (node: CelNode) => string) => string | undefined;

/** How tightly each operator binds. Nodes that are not here bind tightest. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '?:': 0,
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  in: 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
  '!_': 7,
  '-_': 7,
};
const UNARY = 7;
const POSTFIX = 8;

/**
 * The text of a node, with parentheses where its operators need them and literals exact: parsing it gives the same
 * node. cel-js's own `serialize` does not: it prints `1 - (2 - 3)` as `1 - 2 - 3`. The source text between the
 * positions of a node cannot be used either, because positions leave out parentheses.
 */
export function print(node: CelNode, rewrite: Rewrite = () => undefined): string {
  const printed = (one: CelNode): string => rewrite(one, printed) ?? textOf(one);
  /** In parentheses if it binds less tightly than `least`. What is rewritten is a call, which never does. */
  const wrapped = (one: CelNode, least: number): string =>
    rewrite(one, printed) ?? ((PRECEDENCE[one.op] ?? POSTFIX) < least ? `(${textOf(one)})` : textOf(one));

  function textOf(one: CelNode): string {
    const { op, args } = one;
    const children = childrenOf(one);
    const list = (nodes: readonly CelNode[]): string => nodes.map(printed).join(', ');
    const name = Array.isArray(args) ? String(args[op === '.' ? 1 : 0]) : '';
    const [first, second, third] = children;
    if (op === 'value') return literal(args);
    if (op === 'id') return String(args);
    if (op === 'list') return `[${list(children)}]`;
    if (op === 'map') return `{${entries(children, printed)}}`;
    if (op === 'call') return `${name}(${list(children)})`;
    if (first === undefined) throw new Error(`cel-js has an operator ${op} that cannot be printed`);
    if (op === 'rcall') return `${wrapped(first, POSTFIX)}.${name}(${list(children.slice(1))})`;
    if (op === '.') return `${wrapped(first, POSTFIX)}.${name}`;
    if (op === '!_' || op === '-_') return `${op[0]}${wrapped(first, UNARY)}`;
    if (op === '[]' && second) return `${wrapped(first, POSTFIX)}[${printed(second)}]`;
    if (op === '?:' && second && third)
      return `${wrapped(first, 1)} ? ${printed(second)} : ${printed(third)}`;
    const precedence = PRECEDENCE[op];
    if (precedence === undefined || second === undefined)
      throw new Error(`cel-js has an operator ${op} that cannot be printed`);
    // Binary operators associate to the left.
    return `${wrapped(first, precedence)} ${op} ${wrapped(second, precedence + 1)}`;
  }
  return printed(node);
}

/** A map's children are its keys and values in turn. */
function entries(children: readonly CelNode[], inner: (node: CelNode) => string): string {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < children.length; i += 2) {
    const [key, value] = [children[i], children[i + 1]];
    if (key !== undefined && value !== undefined) pairs.push(`${inner(key)}: ${inner(value)}`);
  }
  return pairs.join(', ');
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(UNSAFE, escaped)}'`;
  if (typeof value === 'number') return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
  if (value instanceof Uint8Array)
    return `b'${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
  // cel-js's uint: its text is the decimal number.
  if (typeof value === 'object' && value !== null && !isCelNode(value)) return `${value}u`;
  return String(value);
}

/** What cannot stand in a literal of one line as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /['\\\u0000-\u001f\u007f]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
