import type { ReportInternal } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import { type ConnectionSlots, noFreeConnections } from '../delivery/connection-slots.js';
import type { HtmlPage } from './html-page.js';
import { refuse } from './refuse.js';
import { pathOf } from './request-target.js';
import type { Route } from './router.js';
import type { StaticFiles } from './static-files.js';
import type { UnreadAnswers } from './unread-answers.js';

/** Files and pages below a path. */
export interface Folder {
  /** Ends with `/`. */
  readonly prefix: string;
  readonly files: StaticFiles;
  /** By name in the folder: `about.html`. The path of a folder shows the `index.html` there. */
  readonly pages?: ReadonlyMap<string, HtmlPage>;
  /** What all other paths show: its own script tells them apart. */
  /** `undefined`: there are files alone. */
  readonly page: HtmlPage | undefined;
}

interface FilesRouteParts {
  readonly slots: ConnectionSlots;
  readonly unread: UnreadAnswers;
  readonly report: ReportInternal;
}

/** Answers GET and HEAD for the paths of a folder. */
export function filesRoute(
  { prefix, files, page, pages }: Folder,
  { slots, unread, report }: FilesRouteParts,
): Route {
  const releaseSlot = (): void => slots.release();
  return async (request, response) => {
    // S4: from here until its client has read the answer, or is gone.
    if (!slots.acquire()) return refuse(response, noFreeConnections(), report);
    response.once('close', releaseSlot);
    const path = pathOf(request);
    const isRoot = path.length <= prefix.length;
    const name = path.slice(prefix.length);
    const named = pages?.get(name) ?? pages?.get(isRoot ? 'index.html' : `${name}/index.html`);
    if (named !== undefined) {
      await named.answer(request, response);
      return unread.watch(response);
    }
    if (!isRoot && (await files.answer(name, request, response))) {
      // A file is in memory once for all who do not read it.
      unread.watch(response, 0);
      return;
    }
    // A browser that navigates says so. A script that is missing must not be answered with a page.
    if (page !== undefined && (isRoot || request.headers.accept?.includes('text/html') === true))
      await page.answer(request, response);
    else refuse(response, new MillraceError('BAD_REQUEST', `Nothing is at ${path}.`), report, 404);
    unread.watch(response);
  };
}
