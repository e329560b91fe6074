import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channels } from '../../src/shared/contract/channels.ts';
import { confirmChannels } from '../../src/shared/contract/confirm.ts';
import { deltaSchema } from '../../src/shared/contract/model.ts';

const SECRET = /seed|private|secret|passphrase|scalar|pkcs8|pem$/i;

/** Names of properties anywhere in what a schema lets through. */
function propertyNames(schema: z.ZodType): string[] {
  const names: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value) names.push(...Object.keys(value.properties as object));
    for (const child of Object.values(value)) visit(child);
  };
  visit(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }));
  return names;
}

describe('SECURITY 7: what crosses to a page', () => {
  const outputs: [string, z.ZodType][] = [
    ...Object.entries(channels).map(([name, { output }]): [string, z.ZodType] => [name, output]),
    ...Object.entries(confirmChannels).map(([name, { output }]): [string, z.ZodType] => [name, output]),
    ['deltas', deltaSchema],
  ];

  it.each(outputs)('%s has no place for a secret', (_name, schema) => {
    expect(propertyNames(schema).filter((name) => SECRET.test(name))).toEqual([]);
  });

  it('is really looked through', () => {
    expect(outputs.flatMap(([, schema]) => propertyNames(schema))).toContain('publicKey');
    expect(propertyNames(z.strictObject({ deep: z.array(z.strictObject({ seed: z.string() })) }))).toContain(
      'seed',
    );
  });
});
