import type { Link, LinkListener, Loss, OpenLink } from '../link.js';
import type { Watchdog } from '../watchdog.js';

/** How long a connection may take until operations may start. */
const DIAL_TIMEOUT_MS = 20_000;
const CLOCKS = [() => Date.now(), () => performance.now()];

/** Adds what a `Connection` does for its own link: a deadline for the start, and a watchdog for silence. */
export function watched(open: OpenLink, WatchdogClass: typeof Watchdog): OpenLink {
  return (credentials, listener): Link => {
    let watchdog: Watchdog | undefined;
    const rest = (): void => {
      clearTimeout(deadline);
      watchdog?.stop();
    };
    const lose = (loss: Loss): void => {
      rest();
      listener.lost(loss);
    };
    const giveUp = (why: string): void => {
      link.close();
      lose({ kind: 'retry', why });
    };
    const deadline = setTimeout(
      () => giveUp(`no answer within ${DIAL_TIMEOUT_MS / 1_000} s`),
      DIAL_TIMEOUT_MS,
    );
    const own: LinkListener = {
      ...listener,
      opened: (heartbeatMs, renews) => {
        clearTimeout(deadline);
        const silent = 'the server gives no sign of life';
        watchdog = new WatchdogClass(
          heartbeatMs,
          CLOCKS,
          () => link.probe(),
          () => giveUp(silent),
        );
        listener.opened(heartbeatMs, renews);
      },
      heard: () => {
        watchdog?.heard();
        listener.heard();
      },
      lost: lose,
    };
    const link = open(credentials, own);
    return {
      start: (operation, sink) => link.start(operation, sink),
      probe: () => link.probe(),
      renew: (renewed) => link.renew?.(renewed),
      close: () => {
        rest();
        link.close();
      },
    };
  };
}
