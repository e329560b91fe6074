/**
 * Imported before anything that makes a schema: Zod otherwise compiles its checks with `new Function`, which the
 * page's content security policy forbids (and reports, even where the failure is caught).
 * @module
 */
import { z } from 'zod';

z.config({ jitless: true });
