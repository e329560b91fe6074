/**
 * The version of the program, from its package.
 * @module
 */
import packageFile from '../../../package.json' with { type: 'json' };

export const VERSION = packageFile.version;
