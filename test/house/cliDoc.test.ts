/** docs/CLI.md says everything that `--help` says: every command, every option, every exit code. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/main/headless/output.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

async function help(...args: readonly string[]): Promise<string> {
  const entry = join(root, 'src/main/headless/index.ts');
  const { stdout } = await run(process.execPath, [entry, ...args, '--help']);
  return stdout;
}

/** The names in the first column of a part of a help text, such as `--data <directory>`. */
function entries(text: string, part: 'Commands' | 'Options'): string[] {
  const lines = (text.split(`${part}:\n`)[1] ?? '').split('\n\n')[0]?.split('\n') ?? [];
  // Words that follow on the next lines are indented further.
  return lines.flatMap((line) => /^ {2}(\S.*?)(?: {2,}|$)/.exec(line)?.[1] ?? []);
}

const doc = await readFile(join(root, 'docs/CLI.md'), 'utf8');

/** The part of the document about a command. */
function section(command: string): string {
  return new RegExp(`\n### \`${command}\\b[^\n]*\n([\\s\\S]*?)(?=\n##|$)`).exec(doc)?.[1] ?? '';
}

const commands = entries(await help(), 'Commands').map((line) => line.split(' ')[0] ?? '');

test('the help names the commands', () => {
  expect(commands).toEqual(expect.arrayContaining(['demo', 'serve', 'keygen', 'sign', 'submit', 'verify']));
});

test('the document has the commands of the help, and no others', () => {
  const documented = [...doc.matchAll(/\n### `(\w+)/g)].map(([, name]) => name);
  expect(documented).toEqual(commands);
});

describe.each(commands.filter((command) => command !== 'help'))('%s', (command) => {
  test('every option of the help is in the document, and none is there that is not', async () => {
    const options = entries(await help(command), 'Options').filter((option) => !option.startsWith('-h'));
    expect(options.length).toBeGreaterThan(0);
    const flags = (text: string): string[] => text.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [];
    const rows = section(command)
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split(' | ')[0] ?? '');
    expect(rows.flatMap(flags).sort()).toEqual(options.flatMap(flags).sort());
    for (const option of options) {
      const placeholder = /<.*>/.exec(option)?.[0];
      if (placeholder !== undefined) expect(rows.join('\n')).toContain(placeholder);
    }
  });
});

test('every exit code is in the document', () => {
  for (const code of Object.values(EXIT)) expect(doc).toMatch(new RegExp(`\n\\| ${String(code)} \\|`));
});
