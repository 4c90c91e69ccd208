import { spawn } from 'node:child_process';

/** Opens an address in the person's own browser, if there is a desktop. */
export function openOnDesktop(url: string): void {
  const [command, ...args] = opener() ?? [];
  if (command === undefined) return;
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  // The address was printed: whoever has no such program can click on it.
  child.on('error', () => undefined);
  child.unref();
}

function opener(): string[] | undefined {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (CI !== undefined) return undefined;
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return DISPLAY === undefined && WAYLAND_DISPLAY === undefined ? undefined : ['xdg-open'];
}
