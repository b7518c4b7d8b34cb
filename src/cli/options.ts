import { InvalidArgumentError, Option } from 'commander';

/** Parses a whole number from 1 to 999,999,999. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(text);
}

/** `--workers`, of the commands that serve clients. */
export function workersOption(): Option {
  return new Option('--workers <count>', 'how many processes serve clients on one port')
    .default(1)
    .argParser((text) => {
      const count = Number(text);
      if (Number.isInteger(count) && count >= 1 && count <= 256) return count;
      throw new InvalidArgumentError('Expected a whole number from 1 to 256.');
    });
}
