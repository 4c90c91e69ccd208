import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the bench ran on, in words that name nobody's machine. */
export function machine(vscode: string, chromium: string): readonly string[] {
  const processors = cpus();
  return [
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GB`,
    `${type()} ${release()}, ${arch()}`,
    `Node ${process.versions.node}, VS Code ${vscode} in Chromium ${chromium}`,
  ];
}

/** Processes that wanted a processor in the last minute, on average: on Windows always 0. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
