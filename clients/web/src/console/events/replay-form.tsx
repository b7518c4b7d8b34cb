import { Button, Group, NumberInput, Popover, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import type { ReplayRange } from './topic-reader';

interface ReplayFormProps {
  /** Where the page is. `undefined`: at the newest records. */
  readonly from: string | undefined;
  readonly onReplay: (range: ReplayRange) => void;
}

/** What is offered first: an hour, which most readers mean by "just now". */
const DEFAULT_RANGE_MS = 3_600_000;

/** Shows a range of the topic again, to this page only. Nothing is published. */
export function ReplayForm({ from, onReplay }: ReplayFormProps) {
  const [isOpen, setOpen] = useState(false);
  const [begin, setBegin] = useState('');
  const [until, setUntil] = useState('');
  const [kind, setKind] = useState<'speed' | 'perSecond'>('speed');
  const [rate, setRate] = useState<number | string>(1);
  const open = (): void => {
    setBegin(from ?? new Date(Date.now() - DEFAULT_RANGE_MS).toISOString());
    setUntil(new Date().toISOString());
    setOpen(true);
  };
  const [start, end] = [Date.parse(begin), until === '' ? undefined : Date.parse(until)];
  const isRate = typeof rate === 'number' && rate > 0;
  const problems = {
    begin: Number.isNaN(start) ? 'Write a time such as 2026-01-31T09:30:00Z.' : undefined,
    until:
      end === undefined
        ? undefined
        : Number.isNaN(end)
          ? 'Write a time, or nothing: then it goes on.'
          : end <= start
            ? 'It is not after the beginning.'
            : undefined,
    rate: isRate ? undefined : 'Write a number above 0.',
  };
  const isValid = Object.values(problems).every((problem) => problem === undefined);
  const replay = (): void => {
    if (!isValid || !isRate) return;
    setOpen(false);
    onReplay({
      from: { time: new Date(start).toISOString() },
      until: end === undefined ? undefined : new Date(end).toISOString(),
      pace: kind === 'speed' ? { speed: rate } : { perSecond: rate },
    });
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} width={320} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button
          variant="default"
          size="xs"
          leftSection={<RotateCcw size={14} aria-hidden />}
          onClick={() => (isOpen ? setOpen(false) : open())}
        >
          Replay
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text size="sm">Shows a range again in this page only. Nothing is published.</Text>
          <TextInput
            label="From"
            size="xs"
            value={begin}
            error={problems.begin}
            onChange={(event) => setBegin(event.currentTarget.value)}
          />
          <TextInput
            label="Until"
            size="xs"
            value={until}
            error={problems.until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
          <SegmentedControl
            size="xs"
            aria-label="Pace"
            value={kind}
            onChange={(value) => setKind(value === 'speed' ? 'speed' : 'perSecond')}
            data={[
              { value: 'speed', label: 'Times as fast' },
              { value: 'perSecond', label: 'Records a second' },
            ]}
          />
          <NumberInput
            label={kind === 'speed' ? 'How many times as fast' : 'How many a second'}
            description={kind === 'speed' ? 'Waits at most 5 s for the next record.' : 'At most 1,000.'}
            size="xs"
            min={0.01}
            value={rate}
            error={problems.rate}
            onChange={setRate}
          />
          <Group justify="flex-end">
            <Button size="xs" onClick={replay} disabled={!isValid}>
              Start
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
