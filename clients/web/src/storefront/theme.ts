import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The brown of a crust. */
const crust: MantineColorsTuple = [
  '#faf3ea',
  '#f1e4d1',
  '#e3c8a2',
  '#d5aa70',
  '#c98f47',
  '#b97a2e',
  '#a2661f',
  '#84511a',
  '#6b421a',
  '#4f3115',
];

const HEADINGS = "'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif";

export const theme = createTheme({
  colors: { crust },
  primaryColor: 'crust',
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  headings: { fontFamily: HEADINGS, fontWeight: '600' },
  components: {
    Notification: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } },
      styles: { description: { color: 'var(--mantine-color-dimmed)' } },
    },
  },
});

/** Colours that badges and alerts have. */
const TONES = ['blue', 'crust', 'gray', 'green', 'orange', 'red', 'teal', 'yellow'];

/** Mantine's dimmed text, and its text on a light ground of the same colour, have too little contrast (WCAG 1.4.3). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fdfaf5',
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    ...Object.fromEntries(
      TONES.map((tone) => [
        `--mantine-color-${tone}-light-color`,
        `color-mix(in srgb, var(--mantine-color-${tone}-9), black 35%)`,
      ]),
    ),
  },
  dark: {
    '--mantine-color-body': '#1f1c19',
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-crust-light': '#453526',
    '--mantine-color-crust-light-hover': '#54412f',
    '--mantine-color-crust-light-color': '#f1e4d1',
  },
});
