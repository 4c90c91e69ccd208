#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { NATIVE_APP, WEB_APP } from './app.ts';
import { FAULT_NAMES, obey, ORDERS } from './orders.ts';
import { startStandIn } from './standIn.ts';

const HELP = `Runs a stand-in for X on this machine, for trying things out without an account at X.

  x-stand-in [--port PORT] [--callback URL]… [--consent PERSON]

  --port PORT      listen on this port of 127.0.0.1; any free one by default
  --callback URL   register this callback in place of the usual ones; ten at most
  --consent PERSON answer consent pages at once, as ada, grace or katherine

While it runs, you can type:
${ORDERS}
A FAULT is one of: ${FAULT_NAMES}
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    callback: { type: 'string', multiple: true },
    consent: { type: 'string' },
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
  let done = Promise.resolve();
  const typed = createInterface(process.stdin).on('line', (line) => {
    done = done.then(async () => console.log(await obey(x, line)));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      typed.close();
      void x.stop();
    });
  }
  if (values.consent !== undefined) console.log(await obey(x, `consent ${values.consent}`));
}
