import { readFileSync } from 'node:fs';

/** The version of Millrace. */
export function packageVersion(): string {
  // The relative path is the same from src/ and from dist/. Every package.json of a package has a version.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
