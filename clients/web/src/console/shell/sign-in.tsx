import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { signIn, useSession } from '../../shared/session';

/**
 * Asks for credentials when the gateway refuses. It stands above the page, which stays as it is: who signs in again after
 * the credentials have expired goes on where they were.
 */
export function SignIn() {
  const { denied } = useSession();
  const [value, setValue] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (value.trim() === '') return;
    signIn(value);
    setValue('');
  };
  return (
    <Modal
      opened={denied !== undefined}
      onClose={() => undefined}
      withCloseButton={false}
      title="Sign in to the console"
      centered
      overlayProps={{ backgroundOpacity: 0.5, blur: 6 }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm" role="alert">
            {denied?.message}
          </Text>
          <PasswordInput
            label="Authorization"
            description="A token, or the whole value of the header. It stays in this tab."
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the value' }}
            data-autofocus
          />
          <Button type="submit">Sign in</Button>
        </Stack>
      </form>
    </Modal>
  );
}
