import { text, type Variable } from './variable.js';

/** How Redis is reached. */
export const REDIS_SETTINGS = {
  REDIS_URL: {
    about: 'The Redis that carries the fan-out between processes; when unset, the fan-out is in-process',
    allowed: 'a URL that begins with redis:// or rediss://',
    schema: text.refine((value) => /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
    secret: true,
  },
} satisfies Record<string, Variable<unknown>>;
