/**
 * Something that must not happen has happened.
 * @module
 */

export class Violation extends Error {
  /** Which rule was broken: equal for equal failures, so that a shrunk run can be compared with the first. */
  readonly rule: string;

  constructor(rule: string, detail: unknown) {
    super(`${rule}: ${JSON.stringify(detail)}`);
    this.name = 'Violation';
    this.rule = rule;
  }
}
