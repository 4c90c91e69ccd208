import type { Metafile } from 'esbuild';

/** How large the built extension is, in bytes. */
export interface BundleSize {
  /** What is loaded when VS Code activates the extension: its entry point, and what that imports at once. */
  readonly atActivation: number;
  /** With what is loaded when it is needed. */
  readonly all: number;
}

/** Reads it off what esbuild says about a build with one entry point. */
export function bundleSize({ outputs }: Metafile): BundleSize {
  const code = Object.entries(outputs).filter(([path]) => /\.c?js$/.test(path));
  const dynamic = new Set(
    code
      .flatMap(([, { imports }]) => imports)
      .filter(({ kind }) => kind === 'dynamic-import')
      .map(({ path }) => path),
  );
  const loaded = new Set<string>();
  const load = (path: string): void => {
    const output = outputs[path];
    if (output === undefined || loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: imported } of output.imports) if (kind !== 'dynamic-import') load(imported);
  };
  for (const [path, { entryPoint }] of code) if (entryPoint !== undefined && !dynamic.has(path)) load(path);
  const sum = (paths: Iterable<string>): number =>
    [...paths].reduce((total, path) => total + (outputs[path]?.bytes ?? 0), 0);
  return { atActivation: sum(loaded), all: sum(code.map(([path]) => path)) };
}
