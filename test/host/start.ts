import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startCodeServer } from './codeServer.ts';
import { startDesktop } from './desktop.ts';
import { freePort } from './freePort.ts';
import { type Program, run } from './program.ts';
import { CACHE, ROOT } from './project.ts';
import { NATIVE_APP, startFakeX, WEB_APP } from 'x-authentication-testing';
import { openOnDesktop } from './openOnDesktop.ts';

const HELP = `Starts VS Code with X Authentication, the example extensions Greeter and Recipes, and a fake X.

  npm start                 in a browser
  npm start -- --desktop    on the desktop: the VS Code in VSCODE_PATH, or one that is downloaded
  npm start -- --real       with the live X; settings are yours and stay from one start to the next
  npm start -- --extension FOLDER  with yours as well, as often as you like
  npm start -- --port PORT  in a browser, at another address than http://127.0.0.1:8951
  npm start -- --desktop --inspect  so that a debugger can attach to the extensions, at port 9229
`;

const { values: options } = parseArgs({
  options: {
    desktop: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    extension: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '8951' },
    inspect: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const LOOPBACK_PORT = 41951;
const INSPECT_PORT = 9229;
const EXTENSIONS = [
  ROOT,
  join(ROOT, 'examples', 'greeter'),
  join(ROOT, 'examples', 'recipes'),
  ...options.extension.map((path) => resolve(path)),
];
const FOLDER = join(ROOT, 'examples', 'greeter');

if (options.help) console.log(HELP);
else await start();

async function start(): Promise<void> {
  const builds = [join(ROOT, 'esbuild.mjs'), join(ROOT, 'test', 'editor', 'build.ts')];
  for (const build of builds) await run(process.execPath, [build], { cwd: ROOT });
  const port = await freePort(Number(options.port));
  const loopbackPort = options.real ? LOOPBACK_PORT : await freePort(LOOPBACK_PORT);
  const loopback = `http://127.0.0.1:${loopbackPort}/callback`;
  const callback = options.desktop ? loopback : `http://127.0.0.1:${port}/proxy/${loopbackPort}/callback`;
  const settings = options.real ? undefined : await fakeXSettings(loopbackPort, [loopback, callback]);
  const editor = options.desktop ? await onDesktop(settings) : await inBrowser(port, settings);
  if (options.real) console.log(`\nRegister this callback for your app at X, exactly:\n  ${callback}`);
  console.log(`
Then, in VS Code:
  ${options.real ? 'run "X: Set Up App Credentials", and ' : ''}click "Greet me" in the status bar, or "Sign in with X to use Greeter" in the Accounts menu (bottom left).
${options.real ? '' : `  For OAuth 1.0a and app-only, the API Key is ${NATIVE_APP.apiKey}\n  and its secret ${NATIVE_APP.apiSecret}\n`}
Ctrl-C ends everything.
`);
  process.exitCode = await editor.exit();
  console.log(options.desktop ? 'VS Code was closed.' : `VS Code ended.\n${editor.output}`);
  process.exit();
}

async function fakeXSettings(loopbackPort: number, callbacks: string[]): Promise<Record<string, unknown>> {
  const redirectUris = [...new Set([...callbacks, ...NATIVE_APP.redirectUris])];
  const x = await startFakeX({
    apps: [NATIVE_APP, WEB_APP].map((app) => ({ ...app, redirectUris })),
    onRequest: ({ method, path, outcome: { status, state } }) =>
      console.log(`Fake X: ${method} ${path} → ${status ?? state}`),
  });
  return {
    'xAuthentication.clientId': NATIVE_APP.clientId,
    'xAuthentication.apiBaseUrl': x.apiBaseUrl,
    'xAuthentication.authorizationBaseUrl': x.authorizationBaseUrl,
    'xAuthentication.loopbackPort': loopbackPort,
  };
}

async function inBrowser(port: number, settings: Record<string, unknown> | undefined): Promise<Program> {
  const home = join(CACHE, options.real ? 'real' : 'start');
  if (!options.real) await rm(home, { recursive: true, force: true });
  await linkExtensions(join(home, 'extensions'));
  const server = await startCodeServer({ port, home, folder: FOLDER, ...(settings === undefined ? {} : { settings }) });
  console.log(`\nVS Code is at\n  ${server.url}`);
  if (port !== Number(options.port)) console.log(`Port ${options.port} is taken, so this is not the usual address.`);
  openOnDesktop(server.url);
  return server.program;
}

/** Links rather than copies: after a build, "Developer: Reload Window" is enough. */
async function linkExtensions(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // VS Code's list of what is installed; without it VS Code looks at what is in the folder.
  await rm(join(folder, 'extensions.json'), { force: true });
  for (const extension of EXTENSIONS) {
    const { publisher, name, version } = JSON.parse(await readFile(join(extension, 'package.json'), 'utf8'));
    const link = join(folder, `${publisher}.${name}-${version}`);
    await rm(link, { force: true });
    await symlink(extension, link, 'junction');
  }
}

async function onDesktop(settings: Record<string, unknown> | undefined): Promise<Program> {
  console.log('\nOpening VS Code.');
  const flags = options.inspect ? [`--inspect-extensions=${INSPECT_PORT}`] : [];
  return startDesktop({
    extensions: EXTENSIONS,
    folder: FOLDER,
    flags,
    ...(settings === undefined ? {} : { settings }),
  });
}
