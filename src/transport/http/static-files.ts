import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import Negotiator from 'negotiator';
import { type Policy, scriptPolicy } from './html-page.js';
import { MAX_ACCEPT_CHARACTERS } from './media-types.js';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** S4: files stay in memory once they were asked for. */
const MAX_FOLDER_BYTES = 128 << 20;

/** Where a build puts files whose names contain their hashes: another content has another name. */
const HASHED = 'assets/';
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** A browser asks each time, and gets the file again only when it has changed. */
const ASK = 'no-cache';

/** What a build compresses ahead, by the name in `Accept-Encoding`. The preferred one first. */
const SUFFIXES = { br: '.br', gzip: '.gz', identity: '' } as const;
type Encoding = keyof typeof SUFFIXES;

/** One file in one encoding, read when it is first asked for. Everybody gets the same bytes (S4). */
class Variant {
  readonly #path: string;
  #read: Promise<{ readonly bytes: Buffer; readonly etag: string }> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  content() {
    this.#read ??= readFile(this.#path).then((bytes) => ({
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
    }));
    // A file that could not be read once may be there later.
    this.#read.catch(() => {
      this.#read = undefined;
    });
    return this.#read;
  }
}

type Variants = Partial<Record<Encoding, Variant>>;

/**
 * The files of a folder, as they were when it was opened. Only these are served, by their exact names, so no path leads out
 * of the folder. HTML is left out: a page has a policy, and is an `HtmlPage`.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, Variants>;
  readonly #scriptPolicy: string;

  private constructor(files: ReadonlyMap<string, Variants>, policy: string) {
    this.#files = files;
    this.#scriptPolicy = policy;
  }

  /**
   * @param exceptions directives of the policy that take the place of the strict ones
   * @throws {Error} when the folder does not exist, or is too large
   */
  static async open(folder: string, exceptions: Policy = {}): Promise<StaticFiles> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && !/\.html(\.br|\.gz)?$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name));
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total > MAX_FOLDER_BYTES)
      throw new Error(
        `${folder} has ${total} bytes; pages may have ${MAX_FOLDER_BYTES}. Serve large files elsewhere.`,
      );
    const files = new Map<string, Variants>();
    for (const path of paths) {
      const [encoding, suffix] = encodingOf(path, paths);
      const file = path.slice(0, path.length - suffix.length);
      const name = encodeURI(file.slice(join(folder, '/').length).replaceAll('\\', '/'));
      files.set(name, { ...files.get(name), [encoding]: new Variant(path) });
    }
    return new StaticFiles(files, scriptPolicy(exceptions));
  }

  /** @param name relative to the folder, as in a URL @returns `false`: there is no such file, and nothing was answered */
  async answer(name: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const variants = this.#files.get(name);
    if (variants === undefined) return false;
    const [encoding, variant] = chosen(variants, request);
    const { bytes, etag } = await variant.content();
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    const headers = {
      'content-type': type,
      'cache-control': name.startsWith(HASHED) ? IMMUTABLE : ASK,
      etag,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      ...(type.startsWith('text/javascript') && { 'content-security-policy': this.#scriptPolicy }),
    };
    if (isKnown(request, etag)) {
      response.writeHead(304, headers).end();
      return true;
    }
    response.writeHead(200, {
      ...headers,
      'content-length': bytes.length,
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    });
    // Node leaves the body out of the answer to HEAD.
    response.end(bytes);
    return true;
  }
}

/** A compressed file stands beside the file itself; any other `.gz` is a file like others. */
function encodingOf(path: string, paths: readonly string[]): readonly [Encoding, string] {
  for (const encoding of ['br', 'gzip'] as const) {
    const suffix = SUFFIXES[encoding];
    if (path.endsWith(suffix) && paths.includes(path.slice(0, -suffix.length))) return [encoding, suffix];
  }
  return ['identity', ''];
}

function chosen(variants: Variants, request: IncomingMessage): readonly [Encoding, Variant] {
  const there = (Object.keys(SUFFIXES) as Encoding[]).filter((encoding) => variants[encoding] !== undefined);
  const { 'accept-encoding': accepted = '' } = request.headers;
  const isReadable = accepted.length <= MAX_ACCEPT_CHARACTERS;
  // Ours is the order that counts: browsers accept all of them alike.
  const wanted = isReadable ? new Negotiator(request).encodings([...there]) : [];
  const encoding = there.find((one) => wanted.includes(one)) ?? 'identity';
  const variant = variants[encoding];
  // A file is in the map by itself: `encodingOf` looks for it.
  if (variant === undefined) throw new Error('A file is there only compressed.');
  return [encoding, variant];
}

/** RFC 9110, section 13.1.2: a list, compared without `W/`, which proxies add when they compress. */
function isKnown({ headers }: IncomingMessage, etag: string): boolean {
  const { 'if-none-match': given = '' } = headers;
  return given.split(',').some((one) => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');
}
