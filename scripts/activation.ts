import { spawnSync } from 'node:child_process';

/** Loads the bundle and activates it against a `vscode` that does nothing, so that only our own work is timed. Prints milliseconds. */
const PROGRAM = `
const { Module } = require('node:module');
const nothing = new Proxy(function () {}, { get: (_, name) => (name === Symbol.toPrimitive ? () => '' : nothing), apply: () => nothing, construct: () => nothing });
const names = ['authentication', 'commands', 'env', 'l10n', 'window', 'workspace', 'Disposable', 'EventEmitter', 'Uri'];
const vscode = Object.fromEntries(names.map((name) => [name, nothing]));
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));
const uri = { fsPath: require('node:os').tmpdir() };
const context = { secrets: nothing, extensionUri: uri, globalStorageUri: uri, globalState: { get: () => 'measured', update: async () => {} }, subscriptions: [] };
const start = performance.now();
require(process.argv[1]).activate(context);
console.log(performance.now() - start);
process.exit(0);
`;

/** The median time, in milliseconds, that fresh processes of this Node take to load and activate the bundle. */
export function activationMs(bundle: string, runs = 9): number {
  const times = Array.from({ length: runs }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAM, bundle], { encoding: 'utf8' });
    const ms = Number.parseFloat(stdout);
    if (Number.isNaN(ms)) throw new Error(`The bundle does not activate:\n${stderr.slice(-2000)}`);
    return ms;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}
