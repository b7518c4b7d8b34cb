import { Drawer, Text } from '@mantine/core';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { useConsoleQuery } from '../../shared/use-console-query';
import { LetterDetail } from './letter-detail';
import { DeadLetterDetailDocument } from './operations';

interface LetterDrawerProps {
  /** The dead letter that is shown; `undefined`: none. */
  readonly id: string | undefined;
  readonly isReadOnly: boolean;
  readonly onClose: () => void;
}

/** One dead letter beside the table. */
export function LetterDrawer({ id, isReadOnly, onClose }: LetterDrawerProps) {
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="xl"
      title={id ?? ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.15 }}
    >
      {id !== undefined && <Letter key={id} id={id} isReadOnly={isReadOnly} />}
    </Drawer>
  );
}

function Letter({ id, isReadOnly }: { readonly id: string; readonly isReadOnly: boolean }) {
  const { data, error, reload } = useConsoleQuery(DeadLetterDetailDocument, { id });
  if (data === undefined && error === undefined) return <Loading what="the dead letter" onRetry={reload} />;
  if (data === undefined)
    return error && <Failure title="The dead letter cannot be read." error={error} onRetry={reload} />;
  if (data.deadLetter === null)
    return <Text>The log has no dead letter {id}: it never had, or retention has deleted it.</Text>;
  return <LetterDetail letter={data.deadLetter} isReadOnly={isReadOnly} onChanged={reload} />;
}
