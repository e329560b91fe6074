/**
 * What was typed into a draft and could not be saved yet, kept for this tab: a lost connection, and a reload during one,
 * lose nothing. It goes when it is saved.
 * @module
 */
import { z } from 'zod';
import { DECISIONS } from '../../../shared/domain/payload.ts';

const KEY = 'countersign.typed.';

const typedSchema = z.object({
  title: z.string().optional(),
  remark: z.string().optional(),
  decision: z.enum(DECISIONS).optional(),
});
/** What differs from what is saved. */
export type Typed = z.infer<typeof typedSchema>;

type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Keeps what was typed into the item `id`; nothing typed keeps nothing. */
export function keepTyped(id: string, typed: Typed, storage: () => Keep = tab): void {
  try {
    if (Object.keys(typed).length === 0) storage().removeItem(KEY + id);
    else storage().setItem(KEY + id, JSON.stringify(typed));
  } catch {
    // A browser may forbid storage, or have no room: then it lasts as long as the page.
  }
}

/** What was kept of the item `id`; empty where that is nothing. */
export function typedInto(id: string, storage: () => Keep = tab): Typed {
  try {
    const parsed = typedSchema.safeParse(JSON.parse(storage().getItem(KEY + id) ?? '{}'));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

function tab(): Keep {
  return window.sessionStorage;
}
