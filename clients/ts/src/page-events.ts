/** Ends the wait for the next attempt when the page becomes visible or the network comes back. */
export function onPageEvents(onWake: () => void): () => void {
  const { document, addEventListener } = globalThis as {
    readonly document?: EventTarget & { readonly visibilityState: string };
    readonly addEventListener?: EventTarget['addEventListener'];
  };
  if (document === undefined || addEventListener === undefined) return () => undefined;
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onWake();
  };
  const control = new AbortController();
  addEventListener('online', onWake, control);
  document.addEventListener('visibilitychange', onVisible, control);
  return () => control.abort();
}
