#!/usr/bin/env bash
# Mantine 9.8.1 gives `getStyleNonce` to the styles that it adds itself, but an open Modal or Drawer also stops the page behind
# it from scrolling by react-remove-scroll, whose style has no nonce. Under a policy with `style-src 'nonce-…'` a browser
# blocks that one: the page scrolls behind the modal, and each opening is a violation. The nonce that the style would take is
# a global of webpack, `__webpack_nonce__`, whatever bundler made the page.
# What Millrace does: it sets that global beside `getStyleNonce`, clients/web/src/shared/nonce.ts.
#
# Seen with @mantine/core 9.8.1, react 19.3.1 and happy-dom 20.14.6 on Node 20.20:
#   getStyleNonce alone: styles of Mantine with the nonce: true, of the scroll lock: false; with the global: true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  @mantine/core@9.8.1 @mantine/hooks@9.8.1 react@19.3.1 react-dom@19.3.1 happy-dom@20.14.6
cat > run.mjs <<'JS'
import { createRequire } from 'node:module';
import { Window } from 'happy-dom';

const window = new Window();
window.matchMedia ??= () => ({ matches: false, addEventListener() {}, removeEventListener() {} });
for (const name of ['document', 'navigator', 'Element', 'HTMLElement', 'Node', 'getComputedStyle', 'MutationObserver', 'ResizeObserver', 'requestAnimationFrame', 'cancelAnimationFrame'])
  Object.defineProperty(globalThis, name, {
    value: name.endsWith('Frame') ? window[name].bind(window) : window[name],
    configurable: true,
  });
globalThis.window = window;
const require = createRequire(import.meta.url);
const { createElement } = require('react');
const { createRoot } = require('react-dom/client');
const { MantineProvider, Modal } = require('@mantine/core');

async function nonces() {
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  const modal = createElement(Modal, { opened: true, onClose() {}, transitionProps: { duration: 0 } }, 'text');
  root.render(createElement(MantineProvider, { getStyleNonce: () => 'n' }, modal));
  await window.happyDOM.waitUntilComplete();
  const isLock = (style) => style.textContent.includes('data-scroll-locked');
  const styles = [...document.querySelectorAll('style')];
  const have = (some) => some.length > 0 && some.every((style) => style.getAttribute('nonce') === 'n');
  const found = [have(styles.filter((style) => !isLock(style))), have(styles.filter(isLock)), styles.some(isLock)];
  root.unmount();
  await window.happyDOM.waitUntilComplete();
  return found;
}

const [own, lock, isThere] = await nonces();
globalThis.__webpack_nonce__ = 'n';
const [, mended] = await nonces();
if (!isThere) throw new Error('There is no style of the scroll lock.');
console.log(`getStyleNonce alone: styles of Mantine with the nonce: ${own}, of the scroll lock: ${lock}; with the global: ${mended}`);
process.exit(0);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'getStyleNonce alone: styles of Mantine with the nonce: true, of the scroll lock: false; with the global: true' ]
