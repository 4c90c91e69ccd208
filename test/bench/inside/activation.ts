import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { extensions } from 'vscode';
import type { Activation, Tasks } from '../tasks.ts';

/** Where VS Code notes when it began and ended to load and to activate an extension. */
declare const MonacoPerformanceMarks: {
  getMarks(): readonly { readonly name: string; readonly startTime: number }[];
};

export async function activateEach(asks: Tasks['activation']['asks']): Promise<Tasks['activation']['answers']> {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const memory = (): NodeJS.MemoryUsage => {
    for (let turn = 0; turn < 3; turn++) collectGarbage();
    return process.memoryUsage();
  };
  const activations: Activation[] = [];
  for (const id of asks.extensions) {
    const extension = extensions.getExtension(id);
    if (extension === undefined || extension.isActive) throw new Error(`${id} is not there, or is active already.`);
    const before = memory();
    const times = await finely(async () => extension.activate());
    const after = memory();
    activations.push({
      extension: id,
      loadMs: times(`didLoadExtensionCode/${id}`) - times(`willLoadExtensionCode/${id}`),
      activateMs: times(`didActivateExtension/${id}`) - times(`willActivateExtension/${id}`),
      heapBytes: after.heapUsed - before.heapUsed,
      residentBytes: after.rss - before.rss,
    });
  }
  return activations;
}

/** VS Code's notes of when things happened; it takes times from a clock of whole milliseconds, which this makes a finer one meanwhile. */
async function finely(work: () => Promise<unknown>): Promise<(name: string) => number> {
  const { now } = Date;
  Date.now = () => performance.timeOrigin + performance.now();
  try {
    await work();
  } finally {
    Date.now = now;
  }
  const noted = new Map(MonacoPerformanceMarks.getMarks().map(({ name, startTime }) => [name, startTime]));
  return (name) => {
    const time = noted.get(`code/extHost/${name}`);
    if (time === undefined) throw new Error(`VS Code has not noted ${name}.`);
    return time;
  };
}
