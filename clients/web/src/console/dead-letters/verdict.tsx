import { Alert } from '@mantine/core';
import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';

const SHAPES = {
  good: [CircleCheck, 'light-dark(var(--mantine-color-green-8), var(--mantine-color-green-5))'],
  bad: [CircleX, 'light-dark(var(--mantine-color-red-8), var(--mantine-color-red-5))'],
  unknown: [CircleHelp, 'light-dark(var(--mantine-color-gray-7), var(--mantine-color-gray-5))'],
} as const;

interface VerdictProps {
  readonly shape: keyof typeof SHAPES;
  readonly title: string;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** What a test says. The colour is the icon's, so that the text keeps its contrast. */
export function Verdict({ shape, title, children, testId }: VerdictProps) {
  const [Icon, color] = SHAPES[shape];
  return (
    <Alert
      variant="default"
      role="status"
      title={title}
      icon={<Icon color={color} aria-hidden />}
      data-testid={testId}
    >
      {children}
    </Alert>
  );
}
