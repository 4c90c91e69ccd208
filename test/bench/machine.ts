import { arch, cpus, release, totalmem, type } from 'node:os';

/** What the bench runs on, without a name of it. */
export function machine({
  vscode,
  chromium,
}: {
  readonly vscode: string;
  readonly chromium: string;
}): readonly string[] {
  const processors = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GB`;
  return [
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory}; ${type()} ${release().split('-', 1)[0]} ${arch()}`,
    `VS Code ${vscode} in Chromium ${chromium}; Node ${process.versions.node}`,
  ];
}
