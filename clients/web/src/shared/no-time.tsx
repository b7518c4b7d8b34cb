import { Text } from '@mantine/core';

interface NoTimeProps {
  /** The parameter of the page's address. */
  readonly name: string;
  /** `null`: the address has none. */
  readonly text: string | null;
  /** What the page does without it. */
  readonly instead: string;
}

/** Says that an address that somebody typed has a time that cannot be read, rather than showing another time in silence. */
export function NoTime({ name, text, instead }: NoTimeProps) {
  if (text === null || !Number.isNaN(Date.parse(text))) return null;
  return (
    <Text size="sm" role="status">
      The address has {name}=“{text}”, which is no time, such as 2026-01-31T09:30:00Z. {instead}
    </Text>
  );
}
