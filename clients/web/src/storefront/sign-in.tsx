import { Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { NAME, useSession } from './session.js';

/** Names with a meaning in the demonstration. */
const SUGGESTIONS = [
  { name: 'ada', text: 'a customer' },
  { name: 'grace', text: 'another customer' },
  { name: 'broke', text: 'whose payment is declined' },
  { name: 'staff', text: 'the merchant' },
] as const;

export function SignInDialog() {
  const { isAsking, stopAsking } = useSession();
  return (
    <Modal
      opened={isAsking}
      onClose={stopAsking}
      title="Who are you?"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <SignInForm />
    </Modal>
  );
}

export function SignInForm() {
  const { signIn } = useSession();
  const [name, setName] = useState('');
  const isValid = NAME.test(name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isValid) signIn(name);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text size="sm">This shop is a demonstration: a name is enough, and it proves nothing.</Text>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={name === '' || isValid ? undefined : 'Letters, digits and . _ @ - only, at most 64.'}
          data-autofocus
          autoComplete="username"
        />
        <Button type="submit" disabled={!isValid}>
          Sign in
        </Button>
        <Stack gap={4}>
          <Text size="sm" c="dimmed">
            Or be one of these:
          </Text>
          {SUGGESTIONS.map((one) => (
            <Button key={one.name} variant="default" justify="flex-start" onClick={() => signIn(one.name)}>
              <Group gap={6}>
                <Text fw={600}>{one.name}</Text>
                <Text size="sm" c="dimmed">
                  {one.text}
                </Text>
              </Group>
            </Button>
          ))}
        </Stack>
      </Stack>
    </form>
  );
}

/** In place of a page that belongs to somebody. */
export function SignInFirst({ what }: { readonly what: string }) {
  return (
    <Stack maw={420} mx="auto" gap="lg">
      <Title order={1}>{what}</Title>
      <SignInForm />
    </Stack>
  );
}
