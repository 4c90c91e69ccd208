// oxlint-disable typescript/switch-exhaustiveness-check -- most kinds of nodes are not about this
import type { Node } from 'oxc-parser';

/** What of a file can be one thing or another at run time: an expression, or statements. */
export interface Host {
  readonly from: number;
  readonly to: number;
  readonly kind: 'expression' | 'block' | 'statements';
}

/** What a host is while one mutant is switched on. */
export interface Variant {
  readonly id: number;
  readonly host: Host;
  readonly text: string;
}

/**
 * A file that has all of its mutants in it, each of which is switched on by its number in the environment variable MUTANT. So a
 * process need not start anew for each, and those that the tests start know which one it is.
 */
export function withSwitches(source: string, variants: readonly Variant[]): string {
  const hosts = new Map<string, Variant[]>();
  for (const variant of variants) {
    const { from, to } = variant.host;
    hosts.set(`${from}-${to}`, [...(hosts.get(`${from}-${to}`) ?? []), variant]);
  }
  const outerFirst = [...hosts.values()].toSorted(([a], [b]) => {
    const [one, other] = [a?.host ?? NONE, b?.host ?? NONE];
    return one.from - other.from || other.to - one.to;
  });
  const switched = inside(source, { from: 0, to: source.length }, outerFirst);
  return `const $is = (mutant) => process.env.MUTANT === mutant; ${switched}`;
}

const NONE: Host = { from: 0, to: 0, kind: 'expression' };

/** The source from one place to another, with the hosts in it. Takes these hosts away from the front of `left`. */
function inside(source: string, { from, to }: { from: number; to: number }, left: Variant[][]): string {
  let text = '';
  let at = from;
  for (let [next] = left; next?.[0] !== undefined && next[0].host.to <= to; [next] = left) {
    left.shift();
    const { host } = next[0];
    text += source.slice(at, host.from) + choice(host, next, inside(source, host, left));
    at = host.to;
  }
  return text + source.slice(at, to);
}

function choice({ kind }: Host, variants: readonly Variant[], original: string): string {
  if (kind === 'expression') {
    return `(${variants.map(({ id, text }) => `$is('${id}') ? (${text}) : `).join('')}(${original}))`;
  }
  const chosen = `${variants.map(({ id, text }) => `if ($is('${id}')) {${text}} else `).join('')}{${original}}`;
  return kind === 'block' ? `{${chosen}}` : chosen;
}

/** The innermost node from this one outwards that can be switched as a whole. `around` are the nodes around it, the innermost first. */
export function hostOf(node: Node, around: readonly Node[]): Host {
  const [parent, ...others] = around;
  const { start: from, end: to } = node;
  if (node.type === 'BlockStatement') return { from, to, kind: 'block' };
  if (node.type === 'ExpressionStatement' || node.type === 'ThrowStatement') return { from, to, kind: 'block' };
  if (node.type === 'SwitchCase') {
    return { from: node.consequent[0]?.start ?? to, to, kind: 'statements' };
  }
  if (parent === undefined) throw new Error(`A ${node.type} can't be switched.`);
  return isSwitchable(node, parent) ? { from, to, kind: 'expression' } : hostOf(parent, others);
}

/** Whether an expression stays what it is in parentheses, where it is: not if it is called, assigned to or part of a chain. */
function isSwitchable(node: Node, parent: Node): boolean {
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.init === node;
    case 'AssignmentExpression':
    case 'AssignmentPattern':
    case 'ForOfStatement':
      return parent.right === node;
    case 'ArrowFunctionExpression':
      return parent.body === node;
    case 'SwitchCase':
      return parent.test === node;
    case 'Property':
    case 'PropertyDefinition':
      return parent.value === node;
    case 'CallExpression':
    case 'NewExpression':
      return parent.callee !== node;
    case 'MemberExpression':
      return parent.object !== node || !/^(?:Call|Member)Expression$/.test(node.type);
    case 'UnaryExpression':
      return parent.operator !== 'typeof' && parent.operator !== 'delete';
    case 'ArrayExpression':
    case 'AwaitExpression':
    case 'BinaryExpression':
    case 'ConditionalExpression':
    case 'DoWhileStatement':
    case 'ExpressionStatement':
    case 'ForStatement':
    case 'IfStatement':
    case 'LogicalExpression':
    case 'ParenthesizedExpression':
    case 'ReturnStatement':
    case 'SpreadElement':
    case 'SwitchStatement':
    case 'TemplateLiteral':
    case 'ThrowStatement':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
    case 'WhileStatement':
    case 'YieldExpression':
      return true;
    default:
      return false;
  }
}
