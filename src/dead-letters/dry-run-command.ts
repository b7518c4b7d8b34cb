import { positionName } from '../core/position.js';
import { oneLine, terminalText } from '../core/terminal-text.js';
import { count, type DeadLettersCommand, type Selected, selectionOf } from './command.js';
import type { Verdict } from './dry-run.js';

const MAX_REASON_CHARS = 300;
const VERDICTS: Readonly<Record<Verdict, string>> = {
  GOES_THROUGH: 'would go through',
  FAILS_AGAIN: 'would fail again',
  NOT_TESTED: 'could not be tested',
};

/** `millrace dead-letters retry --dry-run`. @returns whether none would fail again */
export async function dryRun(
  command: DeadLettersCommand,
  {
    json,
    limit,
    records,
    ...selected
  }: Selected & { readonly json: boolean; readonly limit: number; readonly records: number },
): Promise<boolean> {
  const { office, print, printError, signal } = command;
  const selection = await selectionOf(command, selected);
  const found = await office.dryRun(selection, { limit, recordsPerTopic: records }, signal);
  const { counts, reasons, letters, redriven, notTested, skipped } = found;
  if (json) {
    for (const { at, originName: position, verdict, reason } of letters)
      print(oneLine(JSON.stringify({ position, letter: positionName(at), verdict, reason })));
  } else {
    print(`${counts.GOES_THROUGH} of ${letters.length} would go through. Nothing was written.`);
    for (const { verdict, reason, count: times } of reasons)
      print(`  ${times} ${VERDICTS[verdict]}: ${terminalText(reason, MAX_REASON_CHARS)}`);
  }
  if (redriven > 0) printError(`${count(redriven, 'record')} had been redriven before and were not tested.`);
  if (notTested > 0) printError(`${count(notTested, 'record')} were not tested; test more with --limit.`);
  if (skipped > 0)
    printError(`${skipped} older records were not read; read more of each topic with --records.`);
  return counts.FAILS_AGAIN === 0;
}
