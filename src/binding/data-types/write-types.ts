import { Kind, print } from 'graphql';
import type {
  DataField,
  DataModel,
  DataType,
  DataValue,
  EnumModel,
  ObjectModel,
} from '../../core/data-model.js';
import { lastName } from '../../core/envelope/type-names.js';
import { isEnumValue, isName, pascalCase, type UniqueNames } from './names.js';

/** The types of a model as SDL. */
export interface WrittenTypes {
  readonly sdl: readonly string[];
  /** The GraphQL type of each root, by the root's name. */
  readonly types: ReadonlyMap<string, string>;
}

/**
 * Writes a model as types of GraphQL. What GraphQL cannot name is left out, and a comment says so.
 * @param names of types that are taken already
 * @param typeName the name that an object should have; by default the last part of its own
 */
export function writeTypes(
  model: DataModel,
  names: UniqueNames,
  typeName: (name: string) => string | undefined = () => undefined,
): WrittenTypes {
  const writer = new TypeWriter(model, names, typeName);
  const types = new Map(model.roots.map((root) => [root, writer.object(root) ?? 'JSON']));
  return { sdl: writer.finish(), types };
}

class TypeWriter {
  readonly #model: DataModel;
  readonly #names: UniqueNames;
  readonly #typeName: (name: string) => string | undefined;
  readonly #written = new Map<string, string>();
  readonly #pending: ObjectModel[] = [];
  readonly #others: string[] = [];
  /** Objects in unions, whose types must have their names. */
  readonly #branches: ReadonlySet<string>;

  constructor(model: DataModel, names: UniqueNames, typeName: (name: string) => string | undefined) {
    this.#model = model;
    this.#names = names;
    this.#typeName = typeName;
    const fields = [...model.objects.values()].flatMap((object) => object.fields);
    this.#branches = new Set(fields.flatMap(({ type }) => namesOfUnion(type)));
  }

  /** The GraphQL type of an object. `undefined`: GraphQL can name none of its fields. */
  object(name: string): string | undefined {
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const object = this.#model.objects.get(name);
    if (object === undefined || !object.fields.some((field) => isName(field.name))) return undefined;
    const type = this.#take(name);
    this.#pending.push(object);
    return type;
  }

  finish(): readonly string[] {
    const sdl: string[] = [];
    for (let object = this.#pending.shift(); object !== undefined; object = this.#pending.shift()) {
      const type = this.#written.get(object.name) ?? '';
      const fields = object.fields.flatMap((field) => this.#field(type, field));
      sdl.push(`${described(object.description)}type ${type} {\n${fields.join('\n')}\n}`);
    }
    return [...sdl, ...this.#others];
  }

  #take(name: string): string {
    const [last, before = ''] = name.split('.').reverse();
    const own = last ?? name;
    const short = this.#typeName(name) ?? (this.#branches.has(name) && isName(own) ? own : pascalCase(own));
    const type = this.#names.take(short, pascalCase(before) + short);
    this.#written.set(name, type);
    return type;
  }

  #field(parent: string, field: DataField): readonly string[] {
    if (!isName(field.name))
      return [`  # Not shown: ${JSON.stringify(field.name)}, which is not a name in GraphQL.`];
    const { text, note } = this.#value(field, parent + pascalCase(field.name));
    // Of a schema that others wrote: a line break would end the comment.
    const because = note?.replace(/\s+/g, ' ').slice(0, 200);
    const notes = because === undefined ? [] : [`  # JSON, because ${because}.`];
    return [...notes, `${described(field.description, '  ')}  ${field.name}: ${text}`];
  }

  /** @param hint names a type that has no name of its own */
  #value({ type, nullable }: DataValue, hint: string): { readonly text: string; readonly note?: string } {
    if (type.kind === 'list') {
      const { text, note } = this.#value(type.items, hint);
      return { text: `[${text}]${nullable ? '' : '!'}`, ...(note !== undefined && { note }) };
    }
    const named = this.#named(type, hint);
    const text = `${named ?? 'JSON'}${nullable ? '' : '!'}`;
    return named === undefined ? { text, note: becauseOf(type) } : { text };
  }

  /** `undefined`: only JSON shows it. */
  #named(type: DataType, hint: string): string | undefined {
    switch (type.kind) {
      case 'scalar':
        return type.name;
      case 'enum':
        return this.#enum(type.name);
      case 'object':
        return this.object(type.name);
      case 'union':
        return this.#union(type.names, hint);
      default:
        return undefined;
    }
  }

  #enum(name: string): string {
    const known = this.#written.get(name);
    const model = this.#model.enums.get(name);
    if (known !== undefined) return known;
    if (model === undefined || !model.values.every(isEnumValue) || model.values.length === 0) return 'String';
    const type = this.#take(name);
    this.#others.push(enumSdl(type, model));
    return type;
  }

  /** `__typename` has the last part of a record's name, which its type must have as well. */
  #union(names: readonly string[], hint: string): string | undefined {
    const types = names.map((name) => this.object(name));
    if (!types.every((type, index) => type !== undefined && type === lastPart(names[index])))
      return undefined;
    const union = this.#names.take(hint);
    this.#others.push(`union ${union} = ${types.join(' | ')}`);
    return union;
  }
}

/** The branches of a union, also of one in a list. */
function namesOfUnion(type: DataType): readonly string[] {
  if (type.kind === 'list') return namesOfUnion(type.items.type);
  return type.kind === 'union' ? type.names : [];
}

const lastPart = (name = ''): string => name.slice(name.lastIndexOf('.') + 1);

function becauseOf(type: DataType): string {
  switch (type.kind) {
    case 'json':
      return type.because;
    case 'map':
      return 'it is a map, whose keys are data';
    case 'union':
      return 'it is a union of types whose names are taken';
    default:
      return 'GraphQL can name none of its fields';
  }
}

function enumSdl(type: string, { description, values }: EnumModel): string {
  return `${described(description)}enum ${type} {\n${values.map((value) => `  ${value}`).join('\n')}\n}`;
}

/** A description, and the line break behind it. */
export function described(text: string | undefined, indent = ''): string {
  const value = text?.trim();
  if (value === undefined || value === '') return '';
  const block = value.includes('\n') || value.length > 100;
  const lines = print({ kind: Kind.STRING, value, block }).split('\n');
  return lines.map((line) => `${line === '' ? '' : indent}${line}\n`).join('');
}

/** The type that the rule `LAST_NAME` makes of a name in a record, as a valid name of GraphQL. */
export const typeOfName = (name: string): string => {
  const last = lastName(name);
  return isName(last) ? last : pascalCase(last);
};
