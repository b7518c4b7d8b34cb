import { useSyncExternalStore } from 'react';

/** Why the console shows nothing: the sentence of the gateway. */
interface Denied {
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN';
  readonly message: string;
}

interface Session {
  /** The value of the header `authorization`. `undefined`: none is sent. */
  readonly authorization: string | undefined;
  readonly denied: Denied | undefined;
  /** Another number after each sign-in: what was read before may have been read as somebody else. */
  readonly generation: number;
}

/** It lasts as long as the tab, and other tabs cannot read it. */
const KEY = 'millrace.authorization';

let session: Session = {
  authorization: sessionStorage.getItem(KEY) ?? undefined,
  denied: undefined,
  generation: 0,
};
const listeners = new Set<() => void>();

function change(changed: Partial<Session>): void {
  session = { ...session, ...changed };
  for (const listener of [...listeners]) listener();
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const currentSession = (): Session => session;

export const useSession = (): Session => useSyncExternalStore(onSession, currentSession);

export function signIn(value: string): void {
  // A token alone is what people have at hand.
  const authorization = /\s/.test(value.trim()) ? value.trim() : `Bearer ${value.trim()}`;
  sessionStorage.setItem(KEY, authorization);
  change({ authorization, denied: undefined, generation: session.generation + 1 });
}

/** Begins again: nothing that the pages have read stays on the screen or in memory. */
export function signOut(): void {
  sessionStorage.removeItem(KEY);
  location.reload();
}

/** The gateway refused: pages keep what they show, and the sign-in asks above them. */
export function deny(denied: Denied): void {
  if (session.denied?.message !== denied.message) change({ denied });
}

export const isDenial = (code: string): code is Denied['code'] =>
  code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
