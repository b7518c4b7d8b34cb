import { readFile } from 'node:fs/promises';

/** The files that a page of docs/ shows: a name in backticks and a colon, then the code. */
export async function filesOf(page: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const found = text.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms);
  return Object.fromEntries([...found].map(([, name = '', code = '']) => [name, code]));
}
