import { type CSSVariablesResolver, createTheme, DEFAULT_THEME, MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { nonce } from './nonce';

const THEME = createTheme({
  primaryColor: 'blue',
  // White on blue 6 or 7, and blue 6 on white, have too little contrast for text (WCAG 1.4.3).
  primaryShade: 8,
  defaultRadius: 'sm',
  fontFamily: 'system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontFamily: 'system-ui, sans-serif' },
});

/** Of the variant `light`, whose green text has a contrast of 4.3 to 1 with its background. */
const DARKER_TEXT = Object.fromEntries(
  Object.keys(DEFAULT_THEME.colors)
    .filter((color) => color !== 'dark')
    .map((color) => [
      `--mantine-color-${color}-light-color`,
      `color-mix(in srgb, var(--mantine-color-${color}-9), black 15%)`,
    ]),
);

/** Where Mantine's own colours have less than the contrast of 4.5 to 1 that text takes (WCAG 1.4.3). */
const VARIABLES: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': 'var(--mantine-color-gray-7)', ...DARKER_TEXT },
  dark: { '--mantine-color-dimmed': 'var(--mantine-color-dark-1)' },
});

/** The look of all pages: light or dark as the system is, unless the reader chooses. */
export function Styled({ children }: { readonly children: ReactNode }) {
  return (
    <MantineProvider
      theme={THEME}
      cssVariablesResolver={VARIABLES}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      {children}
    </MantineProvider>
  );
}
