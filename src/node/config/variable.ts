import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable: its purpose, its allowed values, and its parser. */
export interface Variable<T> {
  readonly about: string;
  /** In words, for the error message of an invalid value. */
  readonly allowed: string;
  readonly schema: z.ZodType<T, string | undefined>;
  /** Whether error messages must not show the value. It can then be given as a file, `<name>_FILE`, too. */
  readonly secret?: boolean;
  /** Whether it can be given as a file although it is not a secret: certificates are files everywhere. */
  readonly file?: boolean;
  /** Whether the file is read again whenever the value is used, so that a rotated secret applies without a restart. */
  readonly reread?: boolean;
  /** Replaces the schema's own default with NODE_ENV=production. */
  readonly inProduction?: string;
}

/** The value of a variable that is read again whenever it is used. Throws, with a sentence, what is wrong with it by now. */
export type Reread = () => string;

/** What a variable of the table becomes in the configuration. */
export type ValueOf<V extends Variable<unknown>> = V extends { readonly reread: true }
  ? Reread | undefined
  : z.output<V['schema']>;

export const text = z.string().min(1);

export const list = text
  .transform((value) => value.split(',').map((part) => part.trim()))
  .refine((parts) => parts.every(Boolean));

export const httpUrl = text.refine((value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value));

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));

export const count = (fallback: number, about: string, min = 1, max = 1_000_000_000) => ({
  about: `${about} (${fallback})`,
  allowed: `a whole number from ${min} to ${max}`,
  schema: whole(min, max)
    .optional()
    .transform((value) => value ?? fallback),
});

const FLAGS: Readonly<Record<string, boolean>> = { true: true, on: true, false: false, off: false };

export const flag = (fallback: boolean, about: string) => ({
  about: `${about} (${fallback})`,
  allowed: 'true or false',
  schema: z
    .enum(['true', 'on', 'false', 'off'])
    .optional()
    .transform((value) => (value === undefined ? fallback : FLAGS[value] === true)),
});

/** For what helps developers, and would help attackers too. */
export const developmentFlag = (about: string) => {
  const variable = flag(true, about);
  return { ...variable, about: `${about} (true; false with NODE_ENV=production)`, inProduction: 'false' };
};

/** Host names or IPv6 addresses with ports, separated by commas. */
export const addresses = list.refine((parts) =>
  parts.every((part) => /^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(part)),
);
