import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOf } from './gateway-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOPICS = /\bshop\.(?=(orders|stock|payments|shipments|carts|products|notifications)\b)/g;

export interface ShopFolder extends AsyncDisposable {
  readonly path: string;
  /** `shop.orders`, as it is called here. */
  topic(name: string): string;
}

/**
 * The shop as a project in a folder of its own, with topics of its own: tests share one Kafka. That it runs
 * there shows as well that it needs nothing of the gateway but its front door.
 * @param more further files, or others instead; `shop.` in them is replaced too
 */
export async function shopFolder(
  prefix: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ShopFolder> {
  const files: Record<string, string> = {};
  for (const name of await readdir(join(ROOT, 'src/shop')))
    files[`src/shop/${name}`] = await readFile(join(ROOT, 'src/shop', name), 'utf8');
  const rules = (await readdir(join(ROOT, 'schema/events'))).map((name) => `schema/events/${name}`);
  for (const name of ['schema/shop.graphql', ...rules, 'millrace.config.ts'])
    files[name] = await readFile(join(ROOT, name), 'utf8');
  const own = Object.entries({ ...files, ...more }).map(([name, text]) => [
    name,
    text.replace(TOPICS, `${prefix}.`),
  ]);
  const folder = await folderOf({ ...Object.fromEntries(own), 'package.json': '{ "type": "module" }' });
  // The storefront is in dist.
  for (const name of ['node_modules', 'dist']) await symlink(join(ROOT, name), join(folder.path, name));
  return { ...folder, topic: (name) => name.replace(TOPICS, `${prefix}.`) };
}
