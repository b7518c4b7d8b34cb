import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parseType,
  visit,
} from 'graphql';
import type { Diagnostics } from '../diagnostic.js';

/** An argument that a directive adds to the field that it is on. */
interface ImplicitArg {
  readonly type: string;
  readonly description: string;
}

/** Of every field with `@subscribe`. */
const RESUME_ARGS = {
  after: {
    type: 'Cursor',
    description:
      'Resumes after this cursor, from `extensions.cursor` of a subscription with the same arguments.',
  },
  since: { type: 'DateTime', description: 'Starts with the events published at or after this time.' },
} as const;

/** Of fields with both `@subscribe` and `@view`. */
const SNAPSHOT_ARGS = {
  snapshot: {
    type: 'Boolean',
    description: 'Starts with the current state, followed by exactly the events after it.',
  },
} as const;

/** Of fields of Query with `@view`. */
const VIEW_ARGS = {
  minCursor: {
    type: 'Cursor',
    description:
      "Waits until the state includes the event at this cursor, which is a mutation's `Published.cursor`.",
  },
} as const;

/** Every implicit argument by name. They are not part of `args` in the expressions of a subscription. */
export const IMPLICIT_ARGS = { ...RESUME_ARGS, ...SNAPSHOT_ARGS, ...VIEW_ARGS } as const;

/**
 * Adds the implicit arguments to the field definitions. A field that declares one itself gets a diagnostic.
 */
export function addImplicitArgs(document: DocumentNode, diagnostics: Diagnostics): DocumentNode {
  return visit(document, {
    FieldDefinition(field): FieldDefinitionNode | undefined {
      const implicit = implicitArgsOf(field);
      if (implicit.length === 0) return undefined;
      const declared = field.arguments ?? [];
      const added: InputValueDefinitionNode[] = [];
      for (const { name, arg, directive } of implicit) {
        const conflict = declared.find((argument) => argument.name.value === name);
        if (conflict === undefined) added.push(definitionOf(name, arg));
        else {
          const hint = `${directive} adds ${name}: ${arg.type} to the field. Use another name.`;
          diagnostics.at(conflict, `The argument name ${name} is reserved.`, hint);
        }
      }
      return { ...field, arguments: [...declared, ...added] };
    },
  });
}

interface NamedArg {
  readonly name: string;
  readonly arg: ImplicitArg;
  /** The directive that adds it. */
  readonly directive: string;
}

function implicitArgsOf(field: FieldDefinitionNode): readonly NamedArg[] {
  const directives = new Set(field.directives?.map((directive) => directive.name.value));
  const args = (directive: string, added: Readonly<Record<string, ImplicitArg>>): NamedArg[] =>
    Object.entries(added).map(([name, arg]) => ({ name, arg, directive }));
  const hasView = directives.has('view');
  if (!directives.has('subscribe')) return hasView ? args('@view', VIEW_ARGS) : [];
  return [...args('@subscribe', RESUME_ARGS), ...(hasView ? args('@view', SNAPSHOT_ARGS) : [])];
}

function definitionOf(name: string, { type, description }: ImplicitArg): InputValueDefinitionNode {
  return {
    kind: Kind.INPUT_VALUE_DEFINITION,
    description: { kind: Kind.STRING, value: description },
    name: { kind: Kind.NAME, value: name },
    type: parseType(type, { noLocation: true }),
  };
}
