/**
 * The pages that one can go to by name, as the router has them: the navigation by keys, the list of shortcuts and the
 * command palette all read this, so that a new page is in each of them by itself.
 * @module
 */
import type { Router } from 'vue-router';

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's title. */
    readonly title: string;
    /** Goes there after `g`; a page without one has no such shortcut. */
    readonly letter?: string;
    /** Whether there is such a page only where this program hosts the whole network. */
    readonly onlyEmbedded?: boolean;
  }
}

/** A page of the console. */
export interface PageEntry {
  readonly path: string;
  /** Key of its title. */
  readonly title: string;
  /** Second letter after `g`; `null` where it has none. */
  readonly letter: string | null;
}

/** All pages whose address names nothing. `embedded`: whether this program hosts the whole network. */
export function pagesOf(router: Pick<Router, 'getRoutes'>, embedded: boolean): PageEntry[] {
  return router
    .getRoutes()
    .filter(({ path, meta }) => !path.includes(':') && (embedded || meta.onlyEmbedded !== true))
    .map(({ path, meta }) => ({ path, title: meta.title, letter: meta.letter ?? null }));
}
