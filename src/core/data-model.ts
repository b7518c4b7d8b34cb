/**
 * What the data of a topic look like once they are JSON, whatever says so: a registered schema, or samples of records. It is
 * compared with GraphQL types, and written as such.
 */
export interface DataModel {
  /** The names of the objects that a record can be. One, unless the schema has several. */
  readonly roots: readonly string[];
  readonly objects: ReadonlyMap<string, ObjectModel>;
  readonly enums: ReadonlyMap<string, EnumModel>;
}

/** A record, message or struct. */
export interface ObjectModel {
  /** In full: `com.acme.Order`. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly fields: readonly DataField[];
}

export interface EnumModel {
  readonly name: string;
  readonly description?: string | undefined;
  readonly values: readonly string[];
}

export interface DataValue {
  readonly type: DataType;
  /** Whether it may be null or absent. */
  readonly nullable: boolean;
}

export interface DataField extends DataValue {
  readonly name: string;
  readonly description?: string | undefined;
}

export type DataType =
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'object'; readonly name: string }
  /** One of several objects; `__typename` says which, by the last part of its name. */
  | { readonly kind: 'union'; readonly names: readonly string[] }
  | { readonly kind: 'list'; readonly items: DataValue }
  | { readonly kind: 'map'; readonly values: DataValue }
  /** What GraphQL has no type for. */
  | { readonly kind: 'json'; readonly because: string };

/** The scalar of GraphQL, or of schema/directives.graphql, that shows all values exactly. */
export type ScalarName =
  | 'Boolean'
  | 'Int'
  | 'Long'
  | 'BigInt'
  | 'Float'
  | 'Decimal'
  | 'String'
  | 'DateTime'
  | 'Date'
  | 'Time'
  | 'LocalDateTime'
  | 'UUID'
  | 'Bytes';

export const scalar = (name: ScalarName): DataType => ({ kind: 'scalar', name });

/** Collects the objects and enums of a model while it is read. */
export class ModelBuilder {
  readonly objects = new Map<string, ObjectModel>();
  readonly enums = new Map<string, EnumModel>();

  /** @param fields called once the name is known: objects may contain themselves */
  object(name: string, description: string | undefined, fields: () => readonly DataField[]): DataType {
    if (!this.objects.has(name)) {
      this.objects.set(name, { name, description, fields: [] });
      this.objects.set(name, { name, description, fields: fields() });
    }
    return { kind: 'object', name };
  }

  enum(model: EnumModel): DataType {
    this.enums.set(model.name, model);
    return { kind: 'enum', name: model.name };
  }

  build(roots: readonly string[]): DataModel {
    return { roots, objects: this.objects, enums: this.enums };
  }
}
