import { type ComponentType, lazy } from 'react';

/** The scripts of a page are loaded when it is first opened, which may be after the gateway has stopped or was replaced. */
export class PageNotLoaded extends Error {
  constructor(cause: unknown) {
    super('Its files cannot be loaded: the gateway does not answer, or it has another version by now.', {
      cause,
    });
  }

  /** Loads all pages again: React keeps a failed one for ever. Does nothing while the gateway does not answer. */
  async retry(): Promise<void> {
    const answered = await fetch(location.href).catch(() => undefined);
    if (answered !== undefined) location.reload();
  }
}

export const lazyPage = (load: () => Promise<{ readonly default: ComponentType }>) =>
  lazy(() =>
    load().catch((cause: unknown) => {
      throw new PageNotLoaded(cause);
    }),
  );
