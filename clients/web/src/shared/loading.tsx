import { Button, Group, Loader, Text } from '@mantine/core';
import { useEffect, useState } from 'react';

interface LoadingProps {
  /** What is awaited, to go on after `Waiting for`: `the list of topics`. */
  readonly what: string;
  readonly onRetry?: () => void;
}

/** A quick answer is not announced by a flash of a spinner. */
const SHOW_AFTER_MS = 300;
/** From here on a spinner alone would be no answer. */
const SLOW_AFTER_MS = 8_000;

/** Shows that something is awaited, and says what when it takes long. */
export function Loading({ what, onRetry }: LoadingProps) {
  const [phase, setPhase] = useState<'hidden' | 'shown' | 'slow'>('hidden');
  useEffect(() => {
    const timers = [
      setTimeout(() => setPhase('shown'), SHOW_AFTER_MS),
      setTimeout(() => setPhase('slow'), SLOW_AFTER_MS),
    ];
    return () => timers.forEach(clearTimeout);
  }, []);
  if (phase === 'hidden') return null;
  return (
    <Group role="status" gap="sm" py="md">
      <Loader size="sm" aria-hidden />
      <Text size="sm" c="dimmed">
        {phase === 'slow'
          ? `Still waiting for ${what}. The gateway may be busy, or away.`
          : `Waiting for ${what}…`}
      </Text>
      {phase === 'slow' && onRetry !== undefined && (
        <Button variant="default" size="xs" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Group>
  );
}
