import { Alert, List, Progress, Text } from '@mantine/core';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { useConsoleQuery } from '../../shared/use-console-query';
import { DeadLetterDryRunDocument, type DeadLetterDryRunQueryVariables } from './operations';

const SHOWN_REASONS = 8;
const VERDICTS: Readonly<Record<string, string>> = {
  GOES_THROUGH: 'would go through',
  FAILS_AGAIN: 'would fail again',
  NOT_TESTED: 'could not be tested',
};

interface DryRunSummaryProps {
  readonly selection: DeadLetterDryRunQueryVariables['selection'];
  readonly onClose: () => void;
}

/** How many records would go through with the current schema, and why the others would not. */
export function DryRunSummary({ selection, onClose }: DryRunSummaryProps) {
  const { data, error, reload } = useConsoleQuery(DeadLetterDryRunDocument, { selection });
  if (error !== undefined)
    return <Failure title="The dry run failed. Nothing was written." error={error} onRetry={reload} />;
  if (data === undefined) return <Loading what="the dry run" onRetry={reload} />;
  const { tested, goesThrough, failsAgain, notTested, reasons, beyondLimit, alreadyPutBack } =
    data.deadLetterDryRun;
  const percent = (part: number): number => (tested === 0 ? 0 : (100 * part) / tested);
  const parts = [
    failsAgain > 0 ? `${failsAgain.toLocaleString('en')} would fail again` : undefined,
    notTested > 0 ? `${notTested.toLocaleString('en')} could not be tested` : undefined,
  ].filter((part) => part !== undefined);
  return (
    <Alert
      variant="default"
      role="status"
      title={`${goesThrough.toLocaleString('en')} of ${tested.toLocaleString('en')} would go through${parts.length > 0 ? `; ${parts.join(', ')}` : ''}.`}
      withCloseButton
      closeButtonLabel="Close the dry run"
      onClose={onClose}
      data-testid="dry-run"
    >
      <Progress.Root size="sm" aria-hidden mb="xs">
        <Progress.Section value={percent(goesThrough)} color="green" />
        <Progress.Section value={percent(failsAgain)} color="red" />
        <Progress.Section value={percent(notTested)} color="gray" />
      </Progress.Root>
      <List size="sm" spacing={2}>
        {reasons.slice(0, SHOWN_REASONS).map(({ verdict, reason, count }) => (
          <List.Item key={`${verdict} ${reason}`} style={{ overflowWrap: 'anywhere' }}>
            <Text span inherit fw={600} className="tabular">
              {count.toLocaleString('en')} {VERDICTS[verdict]}.
            </Text>{' '}
            {reason}
          </List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed" mt="xs">
        Tested with the current schema. Nothing was written.
        {alreadyPutBack > 0 && ` ${counted(alreadyPutBack, 'record')} had been put back before.`}
        {beyondLimit > 0 && ` ${counted(beyondLimit, 'further record')} were not tested.`}
        {reasons.length > SHOWN_REASONS && ` There are ${reasons.length - SHOWN_REASONS} further reasons.`}
      </Text>
    </Alert>
  );
}
