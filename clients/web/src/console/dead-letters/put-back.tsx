import { Button, List, Modal, Group as Row, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ask } from '../../shared/console-client';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { PutBackDeadLettersDocument, type PutBackDeadLettersMutationVariables } from './operations';
import { type Run, RunReport } from './run-report';

interface PutBackProps {
  readonly selection: PutBackDeadLettersMutationVariables['selection'];
  readonly count: number;
  readonly topic: string;
  readonly label: string;
  readonly isDisabled: boolean;
  readonly onDone?: () => void;
}

type Phase =
  | { readonly kind: 'asking' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'failed'; readonly error: Error };

/** A button that puts records back once the reader knows what that does. */
export function PutBack({ selection, count, topic, label, isDisabled, onDone }: PutBackProps) {
  // What was selected when the reader was asked, whatever happens behind the dialog.
  const [asked, setAsked] = useState<{ selection: PutBackProps['selection']; count: number }>();
  const [phase, setPhase] = useState<Phase>({ kind: 'asking' });
  const begin = (): void => {
    setPhase({ kind: 'asking' });
    setAsked({ selection, count });
  };
  const send = async (): Promise<void> => {
    if (asked === undefined) return;
    setPhase({ kind: 'sending' });
    try {
      const { putBackDeadLetters } = await ask(PutBackDeadLettersDocument, { selection: asked.selection });
      setPhase({ kind: 'run', run: putBackDeadLetters });
      onDone?.();
    } catch (error) {
      setPhase({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  const close = (): void => setAsked(undefined);
  return (
    <>
      <Button disabled={isDisabled} onClick={begin}>
        {label}
      </Button>
      <Modal
        opened={asked !== undefined}
        onClose={close}
        title={`Put back ${counted(asked?.count ?? count, 'record')}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
        size="lg"
      >
        <Stack gap="md">
          {(phase.kind === 'asking' || phase.kind === 'sending') && (
            <>
              <WhatHappens topic={topic} />
              <Row justify="flex-end" gap="xs">
                <Button variant="default" onClick={close}>
                  Cancel
                </Button>
                <Button loading={phase.kind === 'sending'} onClick={() => void send()} data-autofocus>
                  Put back
                </Button>
              </Row>
            </>
          )}
          {phase.kind === 'failed' && (
            <Failure
              title="It is not known what was put back."
              error={phase.error}
              onRetry={() => void send()}
            >
              <Text size="sm">Trying again puts nothing back twice.</Text>
            </Failure>
          )}
          {phase.kind === 'run' && <RunReport run={phase.run} onClose={close} />}
        </Stack>
      </Modal>
    </>
  );
}

function WhatHappens({ topic }: { readonly topic: string }) {
  return (
    <List size="sm" spacing={4}>
      <List.Item>
        The records go back to the end of {topic}, with key, value and headers as they were.
      </List.Item>
      <List.Item>
        Everything that follows the topic receives them again: also subscribers, services and programs that
        received them the first time.
      </List.Item>
      <List.Item>
        Each record goes back exactly once, even if somebody else puts it back at the same time. The dead
        letters stay, marked as put back.
      </List.Item>
    </List>
  );
}
