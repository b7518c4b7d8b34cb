import { Button } from '@mantine/core';
import { signOut, useSession } from '../../shared/session';

/** Shown only after a sign-in here. */
export function SignOut() {
  const { authorization } = useSession();
  if (authorization === undefined) return null;
  return (
    <Button variant="default" size="xs" onClick={signOut}>
      Sign out
    </Button>
  );
}
