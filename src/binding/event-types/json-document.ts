import { getLocation, Source } from 'graphql';
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { SourceLocation } from '../diagnostic.js';
import type { SchemaSource } from '../sdl/schema-source.js';
import { tokensOf } from './json-pointer.js';

/** A parsed JSON file that knows the locations of its values. */
export interface JsonDocument {
  readonly value: unknown;
  /** The location of the value at a JSON pointer (RFC 6901), or of its nearest ancestor that exists. */
  locate(pointer: string): SourceLocation;
  /** The location of the first property name or string equal to `text`. */
  find(text: string): SourceLocation | undefined;
}

type ParsedJson =
  | { readonly ok: true; readonly document: JsonDocument }
  | { readonly ok: false; readonly error: string; readonly location: SourceLocation };

/** Parses JSON (RFC 8259): comments and trailing commas are errors. */
export function parseJsonFile({ name, body }: SchemaSource): ParsedJson {
  const source = new Source(body, name);
  const at = (offset: number): SourceLocation => ({ file: name, ...getLocation(source, offset) });
  const errors: ParseError[] = [];
  const tree = parseTree(body, errors, { disallowComments: true });
  const [first] = errors;
  if (first !== undefined)
    return { ok: false, error: printParseErrorCode(first.error), location: at(first.offset) };
  if (tree === undefined) return { ok: false, error: 'the file is empty', location: at(0) };
  const value: unknown = JSON.parse(body);
  return {
    ok: true,
    document: {
      value,
      locate: (pointer) => at(nearestNode(tree, pointer).offset),
      find: (text) => {
        const node = findString(tree, text);
        return node && at(node.offset);
      },
    },
  };
}

function nearestNode(tree: Node, pointer: string): Node {
  const path = tokensOf(pointer);
  for (let length = path.length; length > 0; length -= 1) {
    let node: Node | undefined = tree;
    for (const token of path.slice(0, length)) {
      node = node && findNodeAtLocation(node, [node.type === 'array' ? Number(token) : token]);
    }
    if (node !== undefined) return node;
  }
  return tree;
}

/** Depth first, in source order. Property names are string nodes too. */
function findString(node: Node, text: string): Node | undefined {
  if (node.type === 'string' && node.value === text) return node;
  for (const child of node.children ?? []) {
    const found = findString(child, text);
    if (found !== undefined) return found;
  }
  return undefined;
}
