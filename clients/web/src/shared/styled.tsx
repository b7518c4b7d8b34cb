import { type CSSVariablesResolver, createTheme, MantineProvider } from '@mantine/core';
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

/** Mantine's own dimmed text has a contrast of 3.3 to 1. It takes 4.5 (WCAG 1.4.3). */
const VARIABLES: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': 'var(--mantine-color-gray-7)' },
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
