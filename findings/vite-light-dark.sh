#!/usr/bin/env bash
# Vite 8 takes away every colour that is written as `light-dark(…)` where a stylesheet sets `color-scheme` by a variable, as
# Mantine's does. Its default target has browsers before Chrome 123, so lightningcss replaces `light-dark(a, b)` by
# `var(--lightningcss-light,a) var(--lightningcss-dark,b)`. It defines these variables where `color-scheme` is a plain value, and
# nowhere else: both fallbacks stand there then, which is no colour, and browsers drop the declaration. A development server, which
# does not replace it, shows the colour; the build says nothing.
# What Millrace does: it sets `cssTarget` to the first browsers that have light-dark(), clients/web/build.mjs.
#
# Seen with vite 8.3.8 on Node 20.20:
#   plain value: 1 definition, variable: 0 definitions; replaced in both: true; with cssTarget chrome123: false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts vite@8.3.8
cat > run.mjs <<'JS'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'vite';

async function built(scheme, options = {}) {
  writeFileSync('index.html', '<link rel="stylesheet" href="./a.css">');
  writeFileSync('a.css', `:root { --scheme: light dark; color-scheme: ${scheme} } p { color: light-dark(#111, #eee) }`);
  await build({ configFile: false, logLevel: 'silent', build: { outDir: 'out', emptyOutDir: true, ...options } });
  const [name] = readdirSync('out/assets').filter((one) => one.endsWith('.css'));
  return readFileSync(`out/assets/${name}`, 'utf8');
}
const definitions = (css) => Number(/--lightningcss-light:initial/.test(css));
const isReplaced = (css) => css.includes('var(--lightningcss-light,');
const [plain, variable] = [await built('light dark'), await built('var(--scheme)')];
const own = await built('var(--scheme)', { cssTarget: 'chrome123' });
console.log(
  `plain value: ${definitions(plain)} definition, variable: ${definitions(variable)} definitions; ` +
    `replaced in both: ${isReplaced(plain) && isReplaced(variable)}; with cssTarget chrome123: ${isReplaced(own)}`,
);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'plain value: 1 definition, variable: 0 definitions; replaced in both: true; with cssTarget chrome123: false' ]
