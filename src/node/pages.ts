import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glob } from 'tinyglobby';
import type { Pages, Project } from '../project/project.js';
import type { Folder } from '../transport/http/files-route.js';
import { HtmlPage } from '../transport/http/html-page.js';
import { playgroundPage } from '../transport/http/playground-page.js';
import { StaticFiles } from '../transport/http/static-files.js';
import { type Config, ConfigError } from './config.js';

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
    page: CONSOLE
      ? await HtmlPage.read(join(TOOLS, 'console.html'), {}, (html) =>
          // The navigation has a link to GraphiQL where there is one.
          GRAPHIQL ? html.replace('</head>', '<meta name="graphiql" content="/graphql" /></head>') : html,
        )
      : undefined,
  };
}

/**
 * A project's own pages, at `/`. Every path that is none of their files shows `index.html`, so that its script may route.
 * @throws {ConfigError} when the folder has no `index.html`
 */
export async function projectPages(pages: string | Pages | undefined): Promise<Folder | undefined> {
  if (pages === undefined) return undefined;
  const { folder, contentSecurityPolicy: exceptions }: Pages =
    typeof pages === 'string' ? { folder: pages } : pages;
  const path = resolve(folder);
  const names = existsSync(path) ? await glob('**/*.html', { cwd: path }) : [];
  const read = await Promise.all(
    names.map(async (name) => [encodeURI(name), await HtmlPage.read(join(path, name), exceptions)] as const),
  );
  const html = new Map(read);
  const page = html.get('index.html');
  if (page === undefined)
    throw new ConfigError(
      `The pages of the project cannot be served: ${path} has no index.html. Build them, or correct \`pages\` in millrace.config.ts.`,
    );
  return { prefix: '/', files: await StaticFiles.open(path, exceptions), page, pages: html };
}

/** GraphiQL, for browsers that open /graphql. @returns `undefined`: it is switched off, or was not built */
export async function graphiqlPage(
  { CONSOLE, GRAPHIQL, TRANSPORTS }: Config,
  { examples = [] }: Pick<Project, 'examples'>,
): Promise<HtmlPage | undefined> {
  if (!GRAPHIQL || !existsSync(TOOLS)) return undefined;
  return playgroundPage(join(TOOLS, 'playground.html'), {
    examples,
    transports: [
      ...(TRANSPORTS.includes('graphql-transport-ws') ? ['websocket' as const] : []),
      ...(TRANSPORTS.includes('sse') ? ['sse' as const] : []),
    ],
    console: CONSOLE,
  });
}

/** Where the pages are, for the person who starts the gateway. */
export function pageLines(url: string, folders: readonly Folder[]): readonly string[] {
  return folders
    .filter(({ page }) => page !== undefined)
    .map(({ prefix }) => `${prefix === CONSOLE_PREFIX ? 'console ' : 'pages   '} ${url}${prefix}`);
}
