import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Folder } from '../transport/http/files-route.js';
import { HtmlPage } from '../transport/http/html-page.js';
import { StaticFiles } from '../transport/http/static-files.js';
import type { Config } from './config.js';

/** Where `npm run build` puts the pages of this package. The relative path is the same from src/ and from dist/. */
const TOOLS = fileURLToPath(new URL('../../dist/web/tools/', import.meta.url));

export const CONSOLE_PREFIX = '/console/';

/**
 * The console's page, with the files that it and GraphiQL consist of.
 * @returns `undefined`: the pages were not built (`npm run build:gateway` leaves them out), or nothing of them is served
 */
export async function toolPages({ CONSOLE, GRAPHIQL }: Config): Promise<Folder | undefined> {
  if ((!CONSOLE && !GRAPHIQL) || !existsSync(TOOLS)) return undefined;
  return {
    prefix: CONSOLE_PREFIX,
    files: await StaticFiles.open(TOOLS),
    page: CONSOLE ? await HtmlPage.read(join(TOOLS, 'console.html')) : undefined,
  };
}
