/**
 * A property that an object itself has; `undefined` for what it inherits. Fields, arguments and claims may have
 * names such as `constructor` and `toString`, which every plain object inherits.
 */
export function own<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Whether every object inherits a member of this name. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}
