import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './product-art.module.css';

/** A picture of a product: a drawing of a few lines, since a page of the shop loads nothing from other hosts. */
export function ProductArt({ sku, height }: { readonly sku: string; readonly height: number }) {
  return (
    <Box className={classes.tile} h={height}>
      <svg viewBox="0 0 120 90" aria-hidden="true" focusable="false" className={classes.art}>
        {DRAWINGS[sku] ?? <Bag label="" />}
      </svg>
    </Box>
  );
}

function Bag({
  label,
  tone = classes.paper,
}: {
  readonly label: string;
  readonly tone?: string | undefined;
}) {
  return (
    <>
      <path className={tone} d="M40 28 h40 l4 50 q0 4 -4 4 h-40 q-4 0 -4 -4 z" />
      <path className={tone} d="M42 14 h36 l2 14 h-40 z" />
      <path className={classes.line} d="M40 28 h40" />
      <rect className={classes.label} x="43" y="42" width="34" height="22" rx="3" />
      <text className={classes.text} x="60" y="56" textAnchor="middle">
        {label}
      </text>
    </>
  );
}

const DRAWINGS: Readonly<Record<string, ReactNode>> = {
  'flour-rye': <Bag label="RYE" />,
  'flour-spelt': <Bag label="SPELT" tone={classes.wheat} />,
  oats: (
    <>
      <rect className={classes.wheat} x="38" y="16" width="44" height="66" rx="6" />
      <rect className={classes.label} x="38" y="34" width="44" height="28" />
      <text className={classes.text} x="60" y="52" textAnchor="middle">
        OATS
      </text>
      <path className={classes.line} d="M38 34 h44 M38 62 h44" />
    </>
  ),
  sourdough: (
    <>
      <path
        className={classes.glass}
        d="M42 26 h36 v6 q6 4 6 12 v32 q0 6 -6 6 h-36 q-6 0 -6 -6 v-32 q0 -8 6 -12 z"
      />
      <path className={classes.wheat} d="M36 54 q12 -6 24 0 t24 0 v22 q0 6 -6 6 h-36 q-6 0 -6 -6 z" />
      <rect className={classes.wood} x="40" y="14" width="40" height="12" rx="3" />
      <circle className={classes.label} cx="50" cy="68" r="3" />
      <circle className={classes.label} cx="64" cy="64" r="4" />
      <circle className={classes.label} cx="72" cy="72" r="2.5" />
    </>
  ),
  basket: (
    <>
      <path className={classes.wood} d="M20 40 h80 l-8 30 q-2 10 -12 10 h-40 q-10 0 -12 -10 z" />
      <path className={classes.line} d="M23 50 h74 M26 60 h68 M29 70 h62" />
      <ellipse className={classes.wheat} cx="60" cy="38" rx="42" ry="12" />
      <path className={classes.line} d="M44 34 q6 6 14 2 M60 32 q6 6 14 2" />
    </>
  ),
  millstone: (
    <>
      <rect className={classes.wood} x="34" y="54" width="52" height="28" rx="4" />
      <ellipse className={classes.stone} cx="60" cy="52" rx="30" ry="10" />
      <ellipse className={classes.stone} cx="60" cy="42" rx="30" ry="10" />
      <path className={classes.line} d="M60 42 L88 30 M88 30 v-10" />
      <ellipse className={classes.line} cx="60" cy="41" rx="6" ry="2.5" />
    </>
  ),
  voucher: (
    <>
      <path className={classes.paper} d="M22 26 h76 v14 a8 8 0 0 0 0 16 v14 h-76 v-14 a8 8 0 0 0 0 -16 z" />
      <path className={classes.line} strokeDasharray="3 4" d="M78 28 v40" />
      <path
        className={classes.wood}
        d="M38 56 q-8 0 -8 -8 q0 -10 10 -9 q4 -8 13 -5 q10 -3 13 5 q8 1 5 9 q0 8 -8 8 z"
      />
    </>
  ),
};
