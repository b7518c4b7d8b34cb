import { Alert, Button, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { isDenial } from './session';

interface FailureProps {
  /** What failed, as a sentence: `The map cannot be shown.` */
  readonly title: string;
  readonly error: { readonly message: string; readonly code?: string };
  readonly onRetry?: () => void;
  readonly children?: ReactNode;
}

/** Says what failed, why, and lets the reader try again. The sign-in says it of credentials. */
export function Failure({ title, error, onRetry, children }: FailureProps) {
  if (error.code !== undefined && isDenial(error.code)) return null;
  return (
    <Alert color="red" variant="light" title={title} icon={<CircleAlert aria-hidden />} role="alert">
      <Text size="sm">{error.message}</Text>
      {children}
      {onRetry !== undefined && (
        <Button variant="default" size="xs" mt="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
