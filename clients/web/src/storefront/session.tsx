import { type Client, createClient } from 'millrace-client';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

/** Who shops here. The shop's demonstration takes any name, without proof. */
export interface Session {
  /** `undefined`: nobody has signed in. */
  readonly name: string | undefined;
  readonly isStaff: boolean;
  readonly client: Client;
  readonly signIn: (name: string) => void;
  readonly signOut: () => void;
  /** Opens the dialog that asks for a name. */
  readonly askName: () => void;
  readonly isAsking: boolean;
  readonly stopAsking: () => void;
}

const SessionContext = createContext<Session | undefined>(undefined);
const NAME_KEY = 'shop/name';

/** What the shop accepts as a name. */
export const NAME = /^[\w.@-]{1,64}$/;

/** The client of a user. Tabs of one user share one connection; another user gets another one. */
function clientOf(name: string | undefined): Client {
  return createClient({
    url: '/graphql',
    credentials: () => (name === undefined ? undefined : { authorization: `Demo ${name}` }),
    share: true,
  });
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [name, setName] = useState(storedName);
  const [isAsking, setAsking] = useState(false);
  const client = useMemo(() => clientOf(name), [name]);
  useEffect(() => {
    // Another tab has signed in or out: both belong to one user.
    const onStorage = ({ key }: StorageEvent): void => {
      if (key === NAME_KEY || key === null) setName(storedName());
    };
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }, []);
  const session = useMemo<Session>(
    () => ({
      name,
      isStaff: name === 'staff',
      client,
      signIn(next) {
        localStorage.setItem(NAME_KEY, next);
        setName(next);
        setAsking(false);
      },
      signOut() {
        localStorage.removeItem(NAME_KEY);
        setName(undefined);
      },
      askName: () => setAsking(true),
      isAsking,
      stopAsking: () => setAsking(false),
    }),
    [name, client, isAsking],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('There is no SessionProvider.');
  return session;
}

function storedName(): string | undefined {
  const name = localStorage.getItem(NAME_KEY) ?? '';
  return NAME.test(name) ? name : undefined;
}
