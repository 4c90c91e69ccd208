// oxlint-disable typescript/switch-exhaustiveness-check -- most kinds of nodes stay as they are
import { type Expression, type Node, parseSync, visitorKeys } from 'oxc-parser';
import { type Host, hostOf } from './switches.ts';

/** A small change to a source file, which a test should notice. */
export interface Mutant {
  readonly from: number;
  readonly to: number;
  readonly was: string;
  readonly now: string;
  readonly line: number;
  /** The innermost function with a name that it is in; empty outside of functions. */
  readonly within: string;
  readonly host: Host;
  /** True for what runs only when the file is loaded: it is too late to switch it on afterwards. */
  readonly isOnce: boolean;
}

/** What an operator is replaced with. An equality that is all of a condition is not flipped: the condition becomes true and false. */
const OPERATORS = new Map(
  Object.entries({
    '===': ['!=='],
    '!==': ['==='],
    '<': ['<=', '>='],
    '<=': ['<', '>'],
    '>': ['>=', '<='],
    '>=': ['>', '<'],
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['*'],
    '&': ['|'],
    '|': ['&'],
    '&&': ['||'],
    '||': ['&&'],
    '+=': ['-='],
    '-=': ['+='],
    '??=': ['='],
    '||=': ['='],
    '++': ['--'],
    '--': ['++'],
  }),
);
const EQUALITY = new Set(['===', '!==']);
const COMPARISON = new Set(['===', '!==', '<', '<=', '>', '>=', 'in', 'instanceof']);

/** What a method is replaced with; with '' the whole call goes, and what it was called on stays. */
const METHODS = new Map(
  Object.entries({
    some: 'every',
    every: 'some',
    startsWith: 'endsWith',
    endsWith: 'startsWith',
    min: 'max',
    max: 'min',
    toLowerCase: 'toUpperCase',
    toUpperCase: 'toLowerCase',
    filter: '',
    slice: '',
    sort: '',
    toSorted: '',
    reverse: '',
    toReversed: '',
    trim: '',
  }),
);

/** What people and logs read, and no program does. */
const WORDS = /^(?:(?:this\.|[\w.]+\.)?#?(?:log|console)(?:\??\.\w+)?|(?:vscode\.)?l10n\.t)$/;

/** A node and the nodes around it, the innermost first. */
interface Place<T extends Node = Node> {
  readonly node: T;
  readonly around: readonly Node[];
  readonly within: string;
}

/** Every change of a TypeScript file that is tried, in the order of the file. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const found = new Map<string, Mutant>();
  for (const place of places(program, [], '', source)) {
    for (const { from, to, now, at } of changes(place, source)) {
      const was = source.slice(from, to);
      const line = source.slice(0, from).split('\n').length;
      const host = at === undefined ? hostOf(place.node, place.around) : hostOf(at, [place.node, ...place.around]);
      const isOnce = !place.around.some(({ type }) => /Function/.test(type));
      const change = { from, to, was, now, line, within: place.within, host, isOnce };
      if (was !== now) found.set(`${from} ${to} ${now}`, change);
    }
  }
  return [...found.values()].toSorted((a, b) => a.from - b.from || a.to - b.to);
}

function* places(node: Node, around: readonly Node[], outer: string, source: string): Generator<Place> {
  if (isOutOfReach(node, around[0], source)) return;
  const within = nameOf(node, source) ?? outer;
  yield { node, around, within };
  for (const key of visitorKeys[node.type] ?? []) {
    const child: unknown = Reflect.get(node, key);
    for (const each of Array.isArray(child) ? child : [child]) {
      if (isNode(each)) yield* places(each, [node, ...around], within, source);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** Types, imports and names are not changed, and neither is what is logged or says why something was thrown. */
function isOutOfReach(node: Node, parent: Node | undefined, source: string): boolean {
  if (node.type.startsWith('TS')) return !/^TS(?:As|NonNull|Satisfies)Expression$/.test(node.type);
  if (node.type === 'ExpressionStatement' || node.type === 'ChainExpression') {
    return isOutOfReach(node.expression, node, source);
  }
  if (node.type === 'CallExpression') return WORDS.test(textOf(node.callee, source));
  if (!isText(node)) return /^(?:Import|ExportAll)/.test(node.type);
  switch (parent?.type) {
    case 'NewExpression':
      return textOf(node, source).includes(' ');
    case 'CallExpression':
      return parent.callee.type === 'Super';
    case 'Property':
      return parent.key === node;
    case 'PropertyDefinition':
      return textOf(parent.key, source) === 'name';
    // Compared with what `typeof` says, another text is as good as false.
    case 'BinaryExpression':
      return parent.left.type === 'UnaryExpression';
    case 'ExportNamedDeclaration':
    case 'SwitchCase':
    case 'TaggedTemplateExpression':
      return true;
    default:
      return false;
  }
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}

function nameOf(node: Node, source: string): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
      return node.id?.name;
    case 'MethodDefinition':
      return textOf(node.key, source);
    case 'VariableDeclarator':
      return node.init?.type === 'ArrowFunctionExpression' ? textOf(node.id, source) : undefined;
    default:
      return undefined;
  }
}

function textOf(node: Node, source: string): string {
  return source.slice(node.start, node.end);
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly now: string;
  /** The node that is changed, if it is a part of the one that is looked at. */
  readonly at?: Node;
}

/** The changes of one node, without those of the nodes in it. */
function* changes(place: Place, source: string): Generator<Change> {
  const { node, around } = place;
  const [parent] = around;
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return yield* conditions(node.test);
    case 'WhileStatement':
    case 'DoWhileStatement':
      return yield { ...into(node.test, 'false'), at: node.test };
    case 'ForStatement':
      if (node.test !== null) yield { ...into(node.test, 'false'), at: node.test };
      return;
    case 'LogicalExpression':
      yield into(node, textOf(node.left, source));
      yield into(node, textOf(node.right, source));
      return yield* operators(node, source);
    case 'BinaryExpression':
      if (EQUALITY.has(node.operator) && isCondition(node, parent)) return;
      if (node.operator === '+' && (isText(node.left) || isText(node.right))) return;
      return yield* operators(node, source);
    case 'AssignmentExpression':
      return yield* operators(node, source);
    case 'UpdateExpression': {
      const from = node.prefix ? node.start : node.end - 2;
      for (const now of OPERATORS.get(node.operator) ?? []) yield { from, to: from + 2, now };
      return;
    }
    case 'UnaryExpression':
      if (node.operator === '-' || (node.operator === '!' && !isCondition(node, parent))) {
        yield into(node, textOf(node.argument, source));
      }
      return;
    case 'Literal':
      return yield* literals(node);
    case 'TemplateLiteral':
      return yield into(node, '``');
    case 'ArrayExpression':
      if (node.elements.length > 0) yield into(node, '[]');
      return;
    case 'ObjectExpression':
      if (node.properties.length > 0) yield into(node, '{}');
      return;
    case 'ArrowFunctionExpression':
      if (node.body.type !== 'BlockStatement') yield* results(node.body, source);
      return;
    case 'ReturnStatement':
      if (node.argument !== null) yield* results(node.argument, source);
      return;
    case 'BlockStatement':
      if (isWorthRemoving(node, parent)) yield into(node, '{}');
      return;
    case 'ExpressionStatement':
      if (isAction(node.expression) && !isAlone(place) && !isWiring(place)) yield into(node, ';');
      return;
    case 'ThrowStatement':
      if (!isAlone(place)) yield into(node, ';');
      return;
    case 'SwitchCase': {
      const [first, last] = [node.consequent[0], node.consequent.at(-1)];
      if (first && last) yield { from: first.start, to: last.end, now: '' };
      return;
    }
    case 'MemberExpression':
      if (node.optional) yield unchained(node.object.end, source, node.computed ? '' : '.');
      return;
    case 'CallExpression':
      if (node.optional) yield unchained(node.callee.end, source, '');
      return yield* methods(node, source);
    default:
  }
}

function into({ start, end }: Node, now: string): Change {
  return { from: start, to: end, now };
}

/** A condition of several parts has its parts left out already, which makes it true, or false, often enough. */
function* conditions(test: Expression): Generator<Change> {
  const operator = test.type === 'LogicalExpression' ? test.operator : undefined;
  if (operator !== '&&') yield { ...into(test, 'true'), at: test };
  if (operator !== '||') yield { ...into(test, 'false'), at: test };
}

function isCondition(node: Node, parent: Node | undefined): boolean {
  return parent !== undefined && 'test' in parent && parent.test === node;
}

function* operators(
  { left, right, operator }: { left: Node; right: Node; operator: string },
  source: string,
): Generator<Change> {
  const from = source.indexOf(operator, left.end);
  if (from + operator.length > right.start) return;
  for (const now of OPERATORS.get(operator) ?? []) yield { from, to: from + operator.length, now };
}

function* literals(node: Node & { type: 'Literal' }): Generator<Change> {
  const { value } = node;
  if (typeof value === 'boolean') yield into(node, String(!value));
  if (typeof value === 'number') yield into(node, value === 0 ? '1' : '0');
  if (typeof value === 'string') yield into(node, value === '' ? "'?'" : "''");
  if ('regex' in node) {
    const { pattern, flags } = node.regex;
    if (pattern.startsWith('^')) yield into(node, `/${pattern.slice(1) || '(?:)'}/${flags}`);
    if (/(?<!\\)\$$/.test(pattern)) yield into(node, `/${pattern.slice(0, -1) || '(?:)'}/${flags}`);
    if (flags.includes('i')) yield into(node, `/${pattern}/${flags.replace('i', '')}`);
  }
}

/** What a function gives back. Literals are changed as such. */
function* results(node: Expression, source: string): Generator<Change> {
  if (isBoolean(node)) {
    yield { ...into(node, 'true'), at: node };
    yield { ...into(node, 'false'), at: node };
  } else if (!/^(?:Literal|ArrayExpression|AssignmentExpression)$/.test(node.type)) {
    if (textOf(node, source) !== 'undefined') yield { ...into(node, 'undefined'), at: node };
  }
}

function isBoolean(node: Expression): boolean {
  if (node.type === 'ParenthesizedExpression') return isBoolean(node.expression);
  if (node.type === 'UnaryExpression') return node.operator === '!';
  if (node.type === 'BinaryExpression') return COMPARISON.has(node.operator);
  return node.type === 'LogicalExpression' && node.operator !== '??' && isBoolean(node.right);
}

/** A block that is not a whole branch, which a condition of true or false takes away already. */
function isWorthRemoving(block: Node & { body: readonly Node[] }, parent: Node | undefined): boolean {
  const { body } = block;
  if (body.length === 0) return false;
  if (parent?.type === 'IfStatement') return parent.alternate === block;
  const isFunction = parent !== undefined && /Function/.test(parent.type);
  // Its only statement is removed, or what it returns.
  return !(isFunction && body.length === 1 && /^(?:Return|Expression)Statement$/.test(body[0]?.type ?? ''));
}

function isAction(node: Expression): boolean {
  switch (node.type) {
    case 'AwaitExpression':
    case 'UnaryExpression':
      return isAction(node.argument);
    case 'ChainExpression':
      return isAction(node.expression);
    case 'CallExpression':
      return node.callee.type !== 'Super';
    default:
      return node.type === 'AssignmentExpression';
  }
}

/** Whether it is all that a branch does: a condition that is never true takes it away already. */
function isAlone({ node, around: [parent, grandparent] }: Place): boolean {
  if (parent?.type === 'IfStatement') return parent.alternate === null;
  return (
    parent?.type === 'BlockStatement' &&
    parent.body.length === 1 &&
    grandparent?.type === 'IfStatement' &&
    grandparent.alternate === null &&
    grandparent.consequent.start < node.start
  );
}

/** A constructor that keeps what it is given: without it nothing works, which every test shows. */
function isWiring({ node, around }: Place): boolean {
  const method = around[2];
  return (
    method?.type === 'MethodDefinition' &&
    method.kind === 'constructor' &&
    node.type === 'ExpressionStatement' &&
    node.expression.type === 'AssignmentExpression' &&
    /^(?:Identifier|MemberExpression)$/.test(node.expression.right.type)
  );
}

/** Without the question mark after `end`, where a comment may be as well. */
function unchained(end: number, source: string, now: string): Change {
  const from = source.indexOf('?.', end);
  return { from, to: from + 2, now };
}

function* methods({ callee, end }: Node & { type: 'CallExpression' }, source: string): Generator<Change> {
  if (callee.type !== 'MemberExpression' || callee.computed) return;
  const now = METHODS.get(textOf(callee.property, source));
  if (now === '') yield { from: callee.object.end, to: end, now };
  else if (now !== undefined) yield into(callee.property, now);
}
