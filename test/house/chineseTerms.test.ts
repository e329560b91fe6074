/**
 * The words of the product have one Chinese word each. 副本 is a replica: a copy of a file, or of the ledger, is none, and a
 * sentence that calls it so says something else.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const CATALOGUES = [
  'src/renderer/locales/zh-CN.json',
  'src/shared/locales/errors.zh-CN.json',
  'src/main/desktop/locales/zh-CN.json',
];

/** What stands for the product's words elsewhere, and what is said here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  监督员: '监督人',
  注册表: '登记册',
  收据: '回执',
  密码: '口令',
  校验点: '检查点',
  复制品: '副本',
  法定数量: '法定多数',
  法定人数: '法定多数',
};
/** A copy, called a replica: 旧副本 (an old copy), 完整副本 (a whole one), 副本与… at the head of a title. */
const COPY_AS_REPLICA = /(?:旧|完整|新的|多份)副本|"副本与/;

it.each(CATALOGUES)('%s keeps to them', async (file) => {
  const lines = (await readFile(join(root, file), 'utf8')).split('\n');
  const found = lines.filter(
    (line) => Object.keys(OTHER_WORDS).some((word) => line.includes(word)) || COPY_AS_REPLICA.test(line),
  );
  expect(found).toEqual([]);
});
