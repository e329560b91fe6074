/**
 * Tables of the documents, for tests that hold them against the code.
 * @module
 */

/**
 * The cells of all tables between `heading` (a whole line) and the next heading of the same or a higher level, row by
 * row, without the rows of headings and rules. Throws where there is no such heading.
 */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`no heading "${heading}"`);
  const level = heading.indexOf(' ');
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    const other = /^(#+) /.exec(line)?.[1];
    if (other !== undefined && other.length <= level) break;
    if (!line.startsWith('|')) continue;
    if (/^\|[-| ]+\|$/.test(line)) rows.pop();
    else rows.push(cellsOf(line));
  }
  return rows;
}

/** A bar that belongs to a cell is written `\|`. */
function cellsOf(line: string): string[] {
  return line
    .replaceAll('\\|', '\0')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.replaceAll('\0', '|').trim());
}
