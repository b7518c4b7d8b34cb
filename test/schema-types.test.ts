import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FILE, schemaTypes } from '../scripts/types.mjs';

it('the types that resolvers are written with are those of the schema: `npm run types` writes them', async () => {
  expect(readFileSync(FILE, 'utf8')).toBe(await schemaTypes());
});
