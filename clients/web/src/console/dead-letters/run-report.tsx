import { Button, Code, Loader, Group as Row, Stack, Text } from '@mantine/core';
import { counted } from '../../shared/counted';
import { useConsoleSubscription } from '../../shared/use-console-subscription';
import { DeadLetterRunDocument, type PutBackDeadLettersMutation } from './operations';

export type Run = PutBackDeadLettersMutation['putBackDeadLetters'];

const SHOWN_FAILURES = 20;

/** How far a run is, and what came of it. */
export function RunReport({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const { data } = useConsoleSubscription(DeadLetterRunDocument, {
    variables: { id: run.id },
    skip: run.state !== 'RUNNING',
  });
  const newest = data?.deadLetterRun ?? run;
  const { failed, state, records } = newest;
  const [only] = records;
  return (
    <Stack gap="sm" role="status" data-testid="run">
      <Row gap="sm">
        {state === 'RUNNING' && <Loader size="sm" aria-hidden />}
        <Text fw={600} className="tabular">
          {outcomeOf(newest)}
        </Text>
      </Row>
      {newest.problem !== null && <Text size="sm">{newest.problem}</Text>}
      {records.length === 1 && only?.to != null && (
        <Text size="sm">
          The copy is at <Code>{only.to}</Code>.
        </Text>
      )}
      {newest.alreadyPutBack > 0 && (
        <Text size="sm">
          {counted(newest.alreadyPutBack, 'record')} had been put back before, or by somebody else.
        </Text>
      )}
      {newest.idempotent > 0 && (
        <Text size="sm">
          {counted(newest.idempotent, 'record')} with an idempotency key: consumers that remember the key skip
          them.
        </Text>
      )}
      {newest.left > 0 && (
        <Text size="sm">
          {counted(newest.left, 'record')} are left, because one run is bounded. Repeat it for them.
        </Text>
      )}
      {failed.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {counted(failed.length, 'record')} could not be put back:
          </Text>
          {failed.slice(0, SHOWN_FAILURES).map(({ from, reason }) => (
            <Text key={from} size="sm" style={{ overflowWrap: 'anywhere' }}>
              <Code>{from}</Code> {reason}
            </Text>
          ))}
          {failed.length > SHOWN_FAILURES && <Text size="sm">…</Text>}
        </div>
      )}
      {state === 'RUNNING' && (
        <Text size="sm" c="dimmed">
          It goes on when this dialog is closed.
        </Text>
      )}
      <Row justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </Row>
    </Stack>
  );
}

function outcomeOf({ state, putBack }: Run): string {
  switch (state) {
    case 'RUNNING':
      return `Putting back: ${counted(putBack, 'record')} so far.`;
    case 'DONE':
      return putBack === 0 ? 'Nothing was put back.' : `${counted(putBack, 'record')} put back.`;
    case 'REFUSED':
      return 'Nothing was written.';
    case 'FAILED':
      return `It ended early, with ${counted(putBack, 'record')} put back. It can be repeated.`;
    default:
      return 'Another gateway does it. The table shows what was put back.';
  }
}
