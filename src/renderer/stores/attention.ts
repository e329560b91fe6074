/**
 * Whether somebody sees this page: only then is it told what happens.
 * @module
 */
/** See the module. */
export interface Attention {
  readonly isSeen: boolean;
  /** Whether a person wants to be notified while the page is not seen: then it looks now and then. */
  readonly wantsNotices: () => boolean;
  /** Tells when it changes, until the returned function is called. */
  onChange(listener: (isSeen: boolean) => void): () => void;
}

/** The attention that a document has. A window that is minimised, covered or hidden is not seen, nor is another tab. */
export function documentAttention(page: Document, wantsNotices: () => boolean): Attention {
  return {
    get isSeen() {
      return page.visibilityState === 'visible';
    },
    wantsNotices,
    onChange(listener) {
      const change = (): void => listener(page.visibilityState === 'visible');
      page.addEventListener('visibilitychange', change);
      return () => page.removeEventListener('visibilitychange', change);
    },
  };
}

/** A page that is always looked at. */
export const ALWAYS_SEEN: Attention = {
  isSeen: true,
  wantsNotices: () => false,
  onChange: () => () => undefined,
};
