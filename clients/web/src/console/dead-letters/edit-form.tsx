import { Button, Checkbox, Group as Row, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { diffLines } from 'diff';
import { useState } from 'react';
import { ask } from '../../shared/console-client';
import { Failure } from '../../shared/failure';
import classes from './dead-letters.module.css';
import { type Detail, formatted, headersIn, headerText, jsonProblem } from './edit-text';
import {
  DeadLetterEditTestDocument,
  type DeadLetterEditTestQuery,
  type DeadLetterEditTestQueryVariables,
  PutBackEditedDeadLetterDocument,
} from './operations';
import { type Run, RunReport } from './run-report';
import { Verdict } from './verdict';

type Edit = DeadLetterEditTestQueryVariables['edit'];
type Test = DeadLetterEditTestQuery['deadLetterEditTest'];

/** How long a line-by-line comparison may take before it is left out, in milliseconds. */
const DIFF_TIMEOUT_MS = 200;

interface EditFormProps {
  readonly letter: Detail;
  readonly onDone: () => void;
}

/** A copy of the record that can be corrected, tested, and put back in place of it. */
export function EditForm({ letter, onDone }: EditFormProps) {
  const original = originalOf(letter);
  const [value, setValue] = useState(original.value);
  const [key, setKey] = useState(original.key ?? '');
  const [headers, setHeaders] = useState(original.headers ?? '');
  const [newId, setNewId] = useState(false);
  const [test, setTest] = useState<Test>();
  const [isForced, setForced] = useState(false);
  const [busy, setBusy] = useState<'test' | 'send'>();
  const [error, setError] = useState<Error>();
  const [run, setRun] = useState<Run>();
  const parsedHeaders = headersIn(headers);
  const problem = value.trim() === '' ? undefined : jsonProblem(value);
  const editOf = (): Edit => ({
    ...(value === original.value ? {} : { value: letter.hasCodec ? { data: value } : { text: value } }),
    ...(original.key === undefined || key === original.key ? {} : { key: { text: key } }),
    ...(original.headers === undefined || headers === original.headers || typeof parsedHeaders === 'string'
      ? {}
      : { headers: parsedHeaders }),
    newId,
  });
  const changed = (): void => {
    setTest(undefined);
    setRun(undefined);
    setForced(false);
  };
  const work = async (what: 'test' | 'send', does: () => Promise<void>): Promise<void> => {
    setBusy(what);
    setError(undefined);
    try {
      await does();
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(undefined);
    }
  };
  const tryIt = () =>
    work('test', async () => {
      const { deadLetterEditTest } = await ask(DeadLetterEditTestDocument, { id: letter.id, edit: editOf() });
      setTest(deadLetterEditTest);
    });
  const send = () =>
    work('send', async () => {
      const variables = { id: letter.id, edit: editOf(), force: isForced };
      const { putBackEditedDeadLetter } = await ask(PutBackEditedDeadLetterDocument, variables);
      setRun(putBackEditedDeadLetter);
      if (putBackEditedDeadLetter.state === 'REFUSED')
        setTest({ verdict: 'FAILS_AGAIN', reason: putBackEditedDeadLetter.problem ?? '' });
    });
  if (run !== undefined && run.state !== 'REFUSED') return <RunReport run={run} onClose={onDone} />;
  return (
    <Stack gap="sm" component="section" aria-label="Edit a copy">
      <Title order={3} size="h5">
        Edit a copy
      </Title>
      {original.isBinary && (
        <Text size="sm">
          The value is not text. What is written here takes its place; left empty, it stays.
        </Text>
      )}
      <Textarea
        label={letter.hasCodec ? "Data, as JSON that the topic's codec encodes" : 'Value'}
        description={problem === undefined ? 'It is JSON.' : `It is no JSON: ${problem}`}
        value={value}
        onChange={({ currentTarget }) => {
          setValue(currentTarget.value);
          changed();
        }}
        autosize
        minRows={6}
        maxRows={24}
        classNames={{ input: classes['mono'] ?? '' }}
        spellCheck={false}
      />
      <Difference before={original.value} after={value} />
      {original.key !== undefined && (
        <TextInput
          label="Key"
          description={key === original.key ? undefined : 'Another key may lie in another partition.'}
          value={key}
          onChange={({ currentTarget }) => {
            setKey(currentTarget.value);
            changed();
          }}
          spellCheck={false}
        />
      )}
      {original.headers === undefined ? (
        <Text size="sm" c="dimmed">
          Some headers are no single lines of text, so they stay as they are.
        </Text>
      ) : (
        <Textarea
          label="Headers"
          description="One a line: name: value"
          error={typeof parsedHeaders === 'string' ? parsedHeaders : undefined}
          value={headers}
          onChange={({ currentTarget }) => {
            setHeaders(currentTarget.value);
            changed();
          }}
          autosize
          minRows={3}
          maxRows={12}
          classNames={{ input: classes['mono'] ?? '' }}
          spellCheck={false}
        />
      )}
      <Checkbox
        label="Give the event a new id"
        description="Consumers that remember the id then act on the copy; with the same id they skip it."
        checked={newId}
        onChange={({ currentTarget }) => {
          setNewId(currentTarget.checked);
          changed();
        }}
      />
      {test !== undefined && (
        <Verdict
          shape={test.verdict === 'FAILS_AGAIN' ? 'bad' : 'good'}
          title={test.verdict === 'FAILS_AGAIN' ? 'The copy would fail' : 'The copy can be put back'}
          testId="edit-test"
        >
          {test.reason}
          {test.verdict === 'FAILS_AGAIN' && (
            <Checkbox
              mt="xs"
              label="Put it back all the same"
              checked={isForced}
              onChange={({ currentTarget }) => setForced(currentTarget.checked)}
            />
          )}
        </Verdict>
      )}
      {error !== undefined && <Failure title="It could not be done." error={error} />}
      <Row gap="xs">
        <Button variant="default" loading={busy === 'test'} onClick={() => void tryIt()}>
          Test the copy
        </Button>
        <Button
          loading={busy === 'send'}
          disabled={typeof parsedHeaders === 'string' || (test?.verdict === 'FAILS_AGAIN' && !isForced)}
          onClick={() => void send()}
        >
          Put the copy back
        </Button>
      </Row>
      <Text size="sm" c="dimmed">
        The copy goes to the end of {letter.origin?.topic} in place of the record, exactly once: the record is
        then put back. It is tested before it is written.
      </Text>
    </Stack>
  );
}

function originalOf({ value, data, hasCodec, key, headers }: Detail) {
  const text = hasCodec ? (data ?? '') : (value?.text ?? '');
  return {
    value: formatted(text) ?? text,
    isBinary: value !== null && text === '',
    /** `undefined`: bytes, which stay as they are. */
    key: key === null ? '' : (key.text ?? undefined),
    headers: headerText(headers),
  };
}

/** What was changed, line by line. */
function Difference({ before, after }: { readonly before: string; readonly after: string }) {
  if (before === after) return null;
  const parts = diffLines(`${before}\n`, `${after}\n`, { timeout: DIFF_TIMEOUT_MS });
  if (parts === undefined) return <Text size="sm">The texts differ too much to be compared here.</Text>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it
    <section aria-label="Changes" tabIndex={0} className={classes['diff'] ?? ''}>
      {parts.map(({ value, added, removed }, i) => {
        const Part = added ? 'ins' : removed ? 'del' : 'span';
        const sign = added ? '+ ' : removed ? '- ' : '  ';
        const lines = value.replace(/\n$/, '').split('\n');
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no names, and are made again as a whole
          <Part key={i}>{lines.map((line) => sign + line).join('\n')}</Part>
        );
      })}
    </section>
  );
}
