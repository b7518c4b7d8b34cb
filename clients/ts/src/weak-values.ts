/** A map that keeps a value only while something else does. */
export class WeakValues<Value extends WeakKey> {
  readonly #references = new Map<string, WeakRef<Value>>();
  // Another value may have the key by now.
  readonly #collected = new FinalizationRegistry<string>(
    (key) => this.get(key) ?? this.#references.delete(key),
  );

  get size(): number {
    return this.#references.size;
  }

  get(key: string): Value | undefined {
    return this.#references.get(key)?.deref();
  }

  set(key: string, value: Value): void {
    this.#references.set(key, new WeakRef(value));
    this.#collected.register(value, key);
  }
}
