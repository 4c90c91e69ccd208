import { parseArgs } from 'node:util';
import { NATIVE_APP, WEB_APP } from './app.ts';
import { startStandIn } from './standIn.ts';

const HELP = `Runs a stand-in for X on this machine, for trying things out without an account at X.

  node test/x/main.ts [--port PORT] [--callback URL]…

  --port PORT      listen on this port of 127.0.0.1; any free one by default
  --callback URL   register this callback in place of the usual ones; ten at most
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    callback: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  await run(Number(values.port), values.callback);
}

async function run(port: number, redirectUris = NATIVE_APP.redirectUris): Promise<void> {
  const x = await startStandIn({
    port,
    apps: [NATIVE_APP, WEB_APP].map((app) => ({ ...app, redirectUris })),
    onRequest: ({ method, path, outcome: { status, state } }) => console.log(`${method} ${path} → ${status ?? state}`),
  });
  const settings = {
    'xAuthentication.clientId': NATIVE_APP.clientId,
    'xAuthentication.apiBaseUrl': x.apiBaseUrl,
    'xAuthentication.authorizationBaseUrl': x.authorizationBaseUrl,
  };
  console.log(
    `The stand-in for X listens on ${x.apiBaseUrl}\n\nVS Code settings:\n${JSON.stringify(settings, null, 2)}`,
  );
  for (const { name, kind, clientId, clientSecret, apiKey, apiSecret } of x.apps) {
    console.log(`\n${name} (${kind})\n  client id      ${clientId}`);
    if (clientSecret !== undefined) console.log(`  client secret  ${clientSecret}`);
    console.log(`  API key        ${apiKey}\n  API secret     ${apiSecret}`);
  }
  console.log(`\nRegistered callbacks, to be matched exactly:\n${redirectUris.map((uri) => `  ${uri}`).join('\n')}`);
  console.log(`\nPeople: ${x.people.map(({ name, username }) => `${name} (@${username})`).join(', ')}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void x.stop());
}
