import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** S4: how many documents are kept, and how much memory they may take together. */
const CACHE_LIMITS = { max: 1_000, maxSize: 64 << 20 };
/** What graphql-js keeps of a token, with its part of the tree: 270 bytes on average (Node 20). */
const BYTES_PER_TOKEN = 300;
const BYTES_PER_CHARACTER = 2;
/** How many texts are remembered that were asked for once, by their hashes. */
const MAX_SEEN = 10_000;

/**
 * Documents by their text, because parsing and validating one costs more than most operations.
 *
 * A document is kept from its second request on (S4). A client that never sends the same document twice then takes no
 * memory, and evicts nothing that others send again and again.
 */
export class DocumentCache<Document extends object> {
  readonly #kept = new LRUCache<string, Document>(CACHE_LIMITS);
  readonly #seen = new LRUCache<string, true>({ max: MAX_SEEN });

  /** How many documents are kept. */
  get size(): number {
    return this.#kept.size;
  }

  get(text: string): Document | undefined {
    return this.#kept.get(text);
  }

  /** @param tokens of the document, 0 when it could not be parsed */
  add(text: string, document: Document, tokens: number): void {
    const hash = createHash('sha256').update(text).digest('base64url');
    if (!this.#seen.has(hash)) {
      this.#seen.set(hash, true);
      return;
    }
    this.#seen.delete(hash);
    const size = tokens * BYTES_PER_TOKEN + text.length * BYTES_PER_CHARACTER + 1;
    this.#kept.set(text, document, { size });
  }
}
