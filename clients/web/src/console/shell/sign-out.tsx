import { Button } from '@mantine/core';
import { signOut, useSession } from '../../shared/session';

/** Only for those who have signed in here. */
export function SignOut() {
  const { authorization } = useSession();
  if (authorization === undefined) return null;
  return (
    <Button variant="default" size="xs" onClick={signOut}>
      Sign out
    </Button>
  );
}
