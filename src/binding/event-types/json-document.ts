import { getLocation, Source } from 'graphql';
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { SchemaSource } from '../sdl/schema-source.js';

/** A JSON file, and where in it things are. */
export interface JsonDocument {
  readonly value: unknown;
  /** Of the value at a JSON pointer (RFC 6901), or of the nearest value above it that is there. */
  at(pointer: string): Place;
  /** Of the first name or text that reads so; `undefined` when none does. */
  find(text: string): Place | undefined;
}

/** `line` and `column` count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ReadJson = { readonly text: JsonDocument } | { readonly wrong: string; readonly place: Place };

/** Reads JSON as RFC 8259 has it: without comments. */
export function readJson({ name, body }: SchemaSource): ReadJson {
  const source = new Source(body, name);
  const place = (offset: number): Place => ({ file: name, ...getLocation(source, offset) });
  const errors: ParseError[] = [];
  const tree = parseTree(body, errors, { disallowComments: true });
  const [first] = errors;
  if (first !== undefined) return { wrong: printParseErrorCode(first.error), place: place(first.offset) };
  if (tree === undefined) return { wrong: 'nothing', place: place(0) };
  const value: unknown = JSON.parse(body);
  return {
    text: {
      value,
      at: (pointer) => place(nearest(tree, pointer).offset),
      find: (text) => {
        const node = named(tree, text);
        return node && place(node.offset);
      },
    },
  };
}

function nearest(tree: Node, pointer: string): Node {
  const path = pointer.split('/').slice(1).map(unescaped);
  for (let length = path.length; length > 0; length -= 1) {
    let node: Node | undefined = tree;
    for (const part of path.slice(0, length)) {
      node = node && findNodeAtLocation(node, [node.type === 'array' ? Number(part) : part]);
    }
    if (node !== undefined) return node;
  }
  return tree;
}

function named(node: Node, text: string): Node | undefined {
  if (node.type === 'string' && node.value === text) return node;
  for (const child of node.children ?? []) {
    const found = named(child, text);
    if (found !== undefined) return found;
  }
  return undefined;
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
