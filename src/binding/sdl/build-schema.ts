import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  Kind,
  parse,
  parseType,
  Source,
  validateSchema,
  visit,
} from 'graphql';
// Not in graphql's index: `buildASTSchema` calls it, but throws its errors as one text without places.
import { validateSDL } from 'graphql/validation/validate.js';
import type { Diagnostics } from '../diagnostic.js';
import { type SchemaSource, withDirectives } from './schema-source.js';

/** The arguments that every `@subscribe` field is given. */
const RESUME_ARGS = {
  after: { type: 'Cursor', description: 'Goes on after this cursor of an earlier subscription to the same.' },
  since: { type: 'DateTime', description: 'Begins with the events of this time.' },
} as const;

const SNAPSHOT_ARGS = {
  snapshot: {
    type: 'Boolean',
    description: 'Begins with the state as it is, and then shows exactly the events that came after it.',
  },
} as const;

const VIEW_ARGS = {
  minCursor: {
    type: 'Cursor',
    description: 'Waits until what this cursor of a mutation says is in the state: `Published.cursor`.',
  },
} as const;

/** All arguments that fields are given by their directives. */
export const IMPLICIT_ARGS = { ...RESUME_ARGS, ...SNAPSHOT_ARGS, ...VIEW_ARGS } as const;

/** What the directives of a field give it, with the directive that does. */
function implicitArgs(
  names: ReadonlySet<string>,
): (readonly [string, { type: string; description: string }, string])[] {
  const of = (by: string, args: Readonly<Record<string, { type: string; description: string }>>) =>
    Object.entries(args).map(([name, one]) => [name, one, by] as const);
  const follows = names.has('subscribe');
  const shows = names.has('view');
  return [
    ...(follows ? of('@subscribe', RESUME_ARGS) : []),
    ...(follows && shows ? of('@view', SNAPSHOT_ARGS) : []),
    ...(!follows && shows ? of('@view', VIEW_ARGS) : []),
  ];
}

/**
 * The schema of all sources and the directives. `undefined` when nothing can be said beyond the diagnostics;
 * it may also be there beside diagnostics, so that more of them can be found.
 */
export function buildSchema(
  sources: readonly SchemaSource[],
  diagnostics: Diagnostics,
): GraphQLSchema | undefined {
  const definitions: DefinitionNode[] = [];
  for (const { name, body } of withDirectives(sources)) {
    try {
      definitions.push(...parse(new Source(body, name)).definitions);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      // A file of comments only is no mistake.
      if (body.replace(/#.*/g, '').trim() !== '') report(error, diagnostics, name);
    }
  }
  // A file that cannot be read makes all that it defines unknown: those would be no diagnostics.
  if (diagnostics.any) return undefined;

  let document = addImplicitArgs({ kind: Kind.DOCUMENT, definitions }, diagnostics);
  const errors = validateSDL(document);
  for (const error of errors) report(error, diagnostics);
  document = withPlaceholders(document, errors);
  let schema: GraphQLSchema;
  try {
    schema = buildASTSchema(document, { assumeValidSDL: true });
  } catch (error) {
    if (!diagnostics.any) throw error;
    return undefined;
  }
  for (const error of validateSchema(schema)) report(error, diagnostics, sources[0]?.name);
  return schema;
}

/** A scalar in place of each type that is unknown, so that the rest can be checked too. */
function withPlaceholders(document: DocumentNode, errors: readonly GraphQLError[]): DocumentNode {
  const unknown = new Set<string>();
  for (const error of errors) {
    const node = error.nodes?.[0];
    if (node?.kind === Kind.NAMED_TYPE && error.message.startsWith('Unknown type'))
      unknown.add(node.name.value);
  }
  const placeholders = [...unknown].map(
    (value): DefinitionNode => ({
      kind: Kind.SCALAR_TYPE_DEFINITION,
      name: { kind: Kind.NAME, value },
    }),
  );
  return { ...document, definitions: [...document.definitions, ...placeholders] };
}

function addImplicitArgs(document: DocumentNode, diagnostics: Diagnostics): DocumentNode {
  return visit(document, {
    FieldDefinition(field): FieldDefinitionNode | undefined {
      const given = implicitArgs(new Set(field.directives?.map((directive) => directive.name.value)));
      if (given.length === 0) return undefined;
      const own = field.arguments ?? [];
      const added: InputValueDefinitionNode[] = [];
      for (const [name, { type, description }, by] of given) {
        const declared = own.find((argument) => argument.name.value === name);
        if (declared) {
          diagnostics.at(
            declared,
            `an argument named ${name}`,
            `another name: every ${by} field is given ${name}: ${type}`,
          );
          continue;
        }
        added.push({
          kind: Kind.INPUT_VALUE_DEFINITION,
          description: { kind: Kind.STRING, value: description },
          name: { kind: Kind.NAME, value: name },
          type: parseType(type, { noLocation: true }),
        });
      }
      return { ...field, arguments: [...own, ...added] };
    },
  });
}

/** ` Did you mean "key"?` of graphql-js, in the middle of a sentence. */
const hint = (said: string | undefined): string => (said ? ` (d${said.slice(2)})` : '');

/** What graphql-js says, as found and expected. */
const ERROR_PATTERNS: readonly (readonly [RegExp, (match: RegExpExecArray) => readonly [string, string]])[] =
  [
    [/^Syntax Error: Expected (.+), found (.+)\.$/, (m) => [m[2] ?? '', m[1] ?? '']],
    [/^Syntax Error: Unexpected (.+)\.$/, (m) => [m[1] ?? '', 'GraphQL SDL']],
    [
      /^Unknown (type|directive) (.+?)\.( .+)?$/,
      (m) => [`unknown ${m[1]} ${m[2]}`, `one that the schema defines${hint(m[3])}`],
    ],
    [
      /^Unknown argument (".+?") on directive (".+?")\.( .+)?$/,
      (m) => [`unknown argument ${m[1]}`, `an argument that ${m[2]} has${hint(m[3])}`],
    ],
    [
      /^(?:Directive (".+?") argument|Argument) (".+?") of (?:required )?type (".+?") (?:is required, but it )?was not provided\.$/,
      (m) => [`no argument ${m[2]}`, `${m[2]} of type ${m[3]}`],
    ],
    [/^Query root type must be provided\.$/, () => ['no type Query', 'a type Query']],
    [/^There can be only one (.+)\.$/, (m) => [`a second ${m[1]}`, 'another name']],
    [/^(.+?) must be (.+?)\.?$/, (m) => [m[1] ?? '', m[2] ?? '']],
  ];

/** Adds an error of graphql-js. One that has no place is at the beginning of the file `fallback`. */
export function report(error: GraphQLError, diagnostics: Diagnostics, fallback?: string): void {
  const [found, expected] = inWords(error.message);
  // Of two definitions of one name the second is the mistake; the first may be ours.
  const node = error.nodes?.at(error.message.startsWith('There can be only one') ? -1 : 0);
  const place = error.locations?.[0];
  if (node?.loc) diagnostics.at(node, found, expected);
  else if (error.source && place) diagnostics.add({ file: error.source.name, ...place, found, expected });
  else diagnostics.add({ file: fallback ?? 'schema', line: 1, column: 1, found, expected });
}

function inWords(message: string): readonly [string, string] {
  for (const [pattern, words] of ERROR_PATTERNS) {
    const match = pattern.exec(message);
    if (match) return words(match);
  }
  return [message.replace(/\.$/, ''), 'a valid GraphQL schema'];
}
