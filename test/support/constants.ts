/**
 * The constants of src, evaluated from the source, so that those which a module keeps to itself can be held against
 * the documents as well.
 * @module
 */
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

const src = join(import.meta.dirname, '../../src');

/** Values by name; the properties of an object by `NAME.property`. Imported ones are among them. */
export interface Constants {
  readonly values: ReadonlyMap<string, number>;
  /** Names of those that the module declares itself. */
  readonly declared: ReadonlySet<string>;
}

type Values = Map<string, number>;

const ARITHMETIC: Readonly<Record<number, (left: number, right: number) => number>> = {
  [ts.SyntaxKind.PlusToken]: (left, right) => left + right,
  [ts.SyntaxKind.MinusToken]: (left, right) => left - right,
  [ts.SyntaxKind.AsteriskToken]: (left, right) => left * right,
  [ts.SyntaxKind.SlashToken]: (left, right) => left / right,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (left, right) => left ** right,
};

/** Paths of all modules of src, from there, in forward slashes. */
export async function modulesOfSrc(): Promise<string[]> {
  const entries = await readdir(src, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.d)\.(ts|vue)$/.test(entry.name))
    .map(({ parentPath, name }) => relative(src, join(parentPath, name)).split(sep).join('/'))
    .toSorted();
}

const known = new Map<string, Promise<Constants>>();

/** The numbers among the constants in capitals at the top of a module, and in objects there. */
export function constantsOf(path: string): Promise<Constants> {
  const before = known.get(path);
  if (before !== undefined) return before;
  const constants = read(path);
  known.set(path, constants);
  return constants;
}

async function read(path: string): Promise<Constants> {
  const text = await readFile(join(src, path), 'utf8');
  const script = path.endsWith('.vue') ? (/<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '') : text;
  const file = ts.createSourceFile(path, script, ts.ScriptTarget.Latest, true);
  const values: Values = new Map();
  const imported = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      await addImports(values, path, statement);
      for (const name of values.keys()) imported.add(name);
    }
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || !/^[A-Z][A-Z0-9_]*$/.test(name.text) || !initializer) continue;
      addValue(values, name.text, initializer);
    }
  }
  return { values, declared: new Set([...values.keys()].filter((name) => !imported.has(name))) };
}

async function addImports(
  values: Values,
  path: string,
  { importClause, moduleSpecifier }: ts.ImportDeclaration,
): Promise<void> {
  const bindings = importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings) || !ts.isStringLiteral(moduleSpecifier)) return;
  const wanted = bindings.elements.filter(({ name }) => /^[A-Z][A-Z0-9_]*$/.test(name.text));
  if (wanted.length === 0 || !moduleSpecifier.text.startsWith('.')) return;
  const { values: from } = await constantsOf(join(dirname(path), moduleSpecifier.text).split(sep).join('/'));
  for (const { name, propertyName } of wanted) {
    const value = from.get((propertyName ?? name).text);
    if (value !== undefined) values.set(name.text, value);
  }
}

function addValue(values: Values, name: string, initializer: ts.Expression): void {
  const expression = ts.isAsExpression(initializer) ? initializer.expression : initializer;
  if (ts.isObjectLiteralExpression(expression)) {
    for (const property of expression.properties) {
      if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) continue;
      addValue(values, `${name}.${property.name.text}`, property.initializer);
    }
    return;
  }
  const value = evaluate(values, expression);
  if (value !== undefined) values.set(name, value);
}

function evaluate(values: Values, expression: ts.Expression): number | undefined {
  if (ts.isNumericLiteral(expression)) return Number(expression.text.replaceAll('_', ''));
  if (ts.isParenthesizedExpression(expression)) return evaluate(values, expression.expression);
  if (ts.isIdentifier(expression) || ts.isPropertyAccessExpression(expression)) {
    return values.get(expression.getText());
  }
  if (ts.isCallExpression(expression) && expression.expression.getText() === 'Math.ceil') {
    const value = expression.arguments[0] && evaluate(values, expression.arguments[0]);
    return value === undefined ? undefined : Math.ceil(value);
  }
  if (!ts.isBinaryExpression(expression)) return undefined;
  const left = evaluate(values, expression.left);
  const right = evaluate(values, expression.right);
  const operation = ARITHMETIC[expression.operatorToken.kind];
  return left === undefined || right === undefined ? undefined : operation?.(left, right);
}
